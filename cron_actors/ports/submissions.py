"""Submissions: how another process writes down the runs it wants, without asking the daemon."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from cron_actors.model.run import NewRun
from cron_actors.model.submission import Submitted, Unique


class Submissions(Protocol):
    """Inserts runs, and what they are to be performed as; all or nothing."""

    def submit(
        self, runs: Sequence[NewRun], definitions: Iterable[str], unique: Unique | None = None
    ) -> list[Submitted]:
        """Store the runs durably and say, in their order, which these are.

        ``definitions`` are the texts that the runs name by key (``core/definition_keys.py``). With ``unique``, a run
        whose unique key is taken, also by one before it in ``runs``, is not stored: the one that has it is returned.
        So is the one with the same job and key. Raises StoreError, and StoreBusyError where trying again can help.
        """

    def close(self) -> None:
        """Free the connection."""
