"""The actor-model cron daemon; see ``docs/architecture.md`` for the map."""

from __future__ import annotations

__version__ = "0.1.0"
