"""Events: tells whoever listens what was committed, and writes one readable line for every change of a run."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import assert_never

from cron_actors.actors.shell import Inbox, Shell
from cron_actors.core.moments import iso
from cron_actors.core.run_states import describe
from cron_actors.messages import Address, Changed, Crashed, Drained, EventsMessage, RunChanged
from cron_actors.model.run import Outcome, RunState
from cron_actors.ports.many_lines import ManyLines

log = logging.getLogger("cron_actors.runs")

BAD_STATES = {RunState.DISCARDED, RunState.MISSED}


class EventsActor(Shell[EventsMessage]):
    """Passes every committed change on to its listeners; none of them can hold up the ledger.

    ``listeners`` is looked through anew for each commit. To tell one of them must neither block nor raise.
    """

    def __init__(
        self, inbox: Inbox, supervisor: Address[Crashed | Drained], listeners: Iterable[Address[Changed]]
    ) -> None:
        super().__init__("events", inbox, supervisor)
        self._listeners = listeners
        self._ended = supervisor

    def handle(self, message: EventsMessage) -> None:
        match message:
            case Changed(changes=changes):
                for listener in self._listeners:
                    listener.tell(message)
                write(changes)
            case Drained():  # it comes this way so that the daemon does not end before its last change is told
                self._ended.tell(message)
            case _:
                assert_never(message)


def write(changes: Sequence[RunChanged]) -> None:
    """Write a line for each change whose level is wanted.

    Where all that reads this log takes many lines at once, it is given them so. Else each is a record of its own, as
    whoever has set up the logging of a program of his own expects.
    """
    routine = log.isEnabledFor(logging.INFO)
    if not routine and not log.isEnabledFor(logging.WARNING):
        return
    lines = [
        (logging.WARNING if change.state in BAD_STATES else logging.INFO, line(change))
        for change in changes
        if routine or change.state in BAD_STATES
    ]
    takers = _takers() if lines else []
    for taker in takers:
        taker.emit_lines(lines)
    if not takers:
        for level, text in lines:
            log.log(level, "%s", text)


def line(change: RunChanged) -> str:
    """Return the change as one line for people."""
    if change.count > 1:
        span = f"{change.count} instants from {iso(change.due_at)} to {iso(change.last_due_at)}"
        return f"{change.job}: {describe(change.state, change.reason)}: {span}"
    parts = [f"run {change.run_id} of {change.job}, due {iso(change.due_at)}: {describe(change.state, change.reason)}"]
    if change.state is RunState.EXECUTING:
        parts.append(f"attempt {change.attempt}")
    if change.duration is not None:
        parts.append(f"after {change.duration.total_seconds():.3f} s")
    if change.error and change.outcome is not Outcome.SUCCESS:
        parts.append(change.error)
    return ", ".join(parts)


def _takers() -> list[ManyLines]:
    """Return the handlers of this log if each of them takes many lines at once, else none."""
    found: list[ManyLines] = []
    logger: logging.Logger | None = log
    while logger is not None:
        for handler in logger.handlers:
            if not isinstance(handler, ManyLines):
                return []
            found.append(handler)
        logger = logger.parent if logger.propagate else None
    return found
