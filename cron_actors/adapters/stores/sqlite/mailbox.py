"""How another process leaves a request in the SQLite store."""

from __future__ import annotations

from cron_actors.adapters.stores.sqlite.connection import Session
from cron_actors.adapters.stores.sqlite.office_tables import RequestTable
from cron_actors.model.records import Request


class SqliteMailbox:
    """Inserts requests and nothing else, and rings at the daemon's door.

    With ``shared`` the session is the store's own and stays open.
    """

    def __init__(self, session: Session, *, shared: bool = False) -> None:
        self._session = session
        self._shared = shared

    def submit(self, request: Request) -> int:
        """Store the request durably and return its id."""
        with self._session.writing() as connection:
            request_id = RequestTable(connection).submit(request)
        self._session.announce()
        return request_id

    def close(self) -> None:
        """Free the connection, if it is the mailbox's own."""
        if not self._shared:
            self._session.close()
