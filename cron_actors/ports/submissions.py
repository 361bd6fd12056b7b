"""How another process, or an application in its own transaction, writes runs into the store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from cron_actors.model.submission import Accepted, Submission


class Submissions(Protocol):
    """A connection to the store that inserts runs and nothing else."""

    def queue_names(self) -> list[str]:
        """Return the names of the queues in the store that have not been removed, in order."""

    def submit(self, submissions: Sequence[Submission]) -> list[Accepted]:
        """Write the runs in one transaction, which may be that of the application, and say what each became.

        One with a claim becomes the newest run that its claim names, if there is one, also of this very call. Raises
        StoreError, and nothing is written then.
        """

    def close(self) -> None:
        """Free the connection, if it is not the application's."""
