"""The command line; ``program.py`` holds the table of the commands, each of them in a module of its family."""

from __future__ import annotations

from cron_actors.cli.program import main

__all__ = ["main"]
