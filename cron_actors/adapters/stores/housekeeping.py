"""Old history deleted from outside, beside a daemon that may be running."""

from __future__ import annotations

from datetime import datetime

from cron_actors.adapters.stores.sqlite.pruning import Pruning
from cron_actors.adapters.stores.urls import parse_url

BATCH = 1000  # runs deleted in one transaction: short enough for a daemon that waits its turn


def prune_history(url: str, before: datetime, keep: int | None = None) -> int:
    """Delete the finished runs that ended before ``before`` or, per job, beyond the newest ``keep``.

    Return how many went; 0, and nothing is created, where there is no database. Raises SettingsError, StartError, and
    StoreError with what was deleted before it staying deleted.
    """
    database = parse_url(url)
    probe = database.for_reading()
    if probe is None:
        return 0
    probe.close()
    session = database.for_requests()
    deleted = 0
    try:
        while True:
            with session.writing() as connection:
                gone = Pruning(connection).prune(before, keep, BATCH)
            deleted += gone
            if gone < BATCH:
                return deleted
    finally:
        session.close()
