"""What every table is made of: a connection, lent for as long as the transaction lasts."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection

from cron_actors.adapters.stores.sqlite.rows import Row


class Table:
    """Statements about one table; whoever lends the connection begins and ends the transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def _all(self, statement: str, *parameters: object) -> list[Row]:
        return self._connection.execute(statement, parameters).fetchall()

    def _one(self, statement: str, *parameters: object) -> Row | None:
        row: Row | None = self._connection.execute(statement, parameters).fetchone()
        return row

    def _do(self, statement: str, *parameters: object) -> int:
        return self._connection.execute(statement, parameters).rowcount

    def _do_each(self, statement: str, rows: Collection[tuple[object, ...]]) -> None:
        if rows:
            self._connection.executemany(statement, rows)
