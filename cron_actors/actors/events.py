"""Events: tells whoever listens what was committed, and writes one readable line for every change of a run."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import assert_never

from cron_actors.actors.shell import Inbox, Shell
from cron_actors.core.moments import iso
from cron_actors.core.run_states import describe
from cron_actors.messages import Address, Changed, Crashed, Drained, EventsMessage, RunChanged
from cron_actors.model.run import Outcome, RunState

log = logging.getLogger("cron_actors.runs")

BAD_STATES = {RunState.DISCARDED, RunState.MISSED}


class EventsActor(Shell[EventsMessage]):
    """Passes every committed change on to its listeners; none of them can hold up the ledger."""

    def __init__(
        self, inbox: Inbox, supervisor: Address[Crashed | Drained], listeners: Sequence[Address[Changed]]
    ) -> None:
        super().__init__("events", inbox, supervisor)
        self._listeners = listeners
        self._ended = supervisor

    def handle(self, message: EventsMessage) -> None:
        match message:
            case Changed(changes=changes):
                for listener in self._listeners:
                    listener.tell(message)
                for change in changes:
                    level = logging.WARNING if change.state in BAD_STATES else logging.INFO
                    if log.isEnabledFor(level):
                        log.log(level, "%s", line(change))
            case Drained():  # it comes this way so that the daemon does not end before its last change is told
                self._ended.tell(message)
            case _:
                assert_never(message)


def line(change: RunChanged) -> str:
    """Return the change as one line for people."""
    what = f"run {change.run_id} of {change.job}"
    if change.count > 1:
        span = f"{change.count} instants from {iso(change.due_at)} to {iso(change.last_due_at)}"
        return f"{change.job}: {describe(change.state, change.reason)}: {span}"
    parts = [f"{what}, due {iso(change.due_at)}: {describe(change.state, change.reason)}"]
    if change.state is RunState.EXECUTING:
        parts.append(f"attempt {change.attempt}")
    if change.duration is not None:
        parts.append(f"after {change.duration.total_seconds():.3f} s")
    if change.error and change.outcome is not Outcome.SUCCESS:
        parts.append(change.error)
    return ", ".join(parts)
