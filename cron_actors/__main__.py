"""The command line as ``python -m cron_actors``."""

from __future__ import annotations

from cron_actors.cli import main

main()
