"""Attendance: which worker performs what, as the store and the workers themselves say, after somebody was restarted."""

from __future__ import annotations

from collections.abc import Iterable

from cron_actors.messages import Launch
from cron_actors.model.run import AttemptKey


class Attendance:
    """One roll call: over once the store has said what is under way and every worker has answered."""

    def __init__(self) -> None:
        self._held: dict[str, Launch] | None = None  # by token; None until the store has answered
        self._expected: set[str] = set()

    def call(self, held: Iterable[Launch], workers: Iterable[str]) -> None:
        """Begin with what the store holds; these workers are going to answer."""
        self._held = {launch.key.token: launch for launch in held}
        self._expected = set(workers)

    def expects(self, worker: str) -> bool:
        """Say whether the worker has not answered this call; the answer to an earlier one may be out of date."""
        return worker in self._expected

    def tick_off(self, worker: str, keys: Iterable[AttemptKey]) -> tuple[Launch, ...]:
        """Take note of the answer; return the runs of it that are under way as far as the store knows."""
        self._expected.discard(worker)
        held = {} if self._held is None else self._held
        found = [held.pop(key.token, None) for key in keys]
        return tuple(launch for launch in found if launch is not None)

    def over(self) -> bool:
        """Say whether all have answered."""
        return self._held is not None and not self._expected

    def lost(self) -> tuple[Launch, ...]:
        """Return what is under way as far as the store knows, and nobody performs."""
        return () if self._held is None else tuple(self._held.values())
