"""The names of the queues, as an application's own connection sees them."""

from __future__ import annotations

import sqlite3

from cron_actors.adapters.stores.sqlite.connection import OwnErrors


def queue_names(connection: sqlite3.Connection) -> list[str]:
    """Return the names of the queues that have not been removed; raises StoreError."""
    with OwnErrors():
        cursor = connection.cursor()
        cursor.row_factory = None
        return [
            str(name) for (name,) in cursor.execute("SELECT name FROM queue WHERE removed_at IS NULL ORDER BY name")
        ]
