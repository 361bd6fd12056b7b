"""What a pulse reminds the ledger of: its heartbeat, requests, submissions, figures put aside, an old journal.

A knock reminds it of what other processes have left, requests and submissions, and of nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from cron_actors.actors.postings.arrivals import post_arrivals
from cron_actors.actors.postings.node import Node
from cron_actors.actors.postings.posting import Posting
from cron_actors.actors.postings.requests import post_requests
from cron_actors.messages import Knock, LedgerMessage, Pulse
from cron_actors.ports.store import Store

HEARTBEAT = timedelta(seconds=5)
REQUESTS_AT_ONCE = 1000
# To fold a change into the figures of its job takes a few µs. A herd is to be performed first; what is put aside
# then is folded while there is little else to do, so many changes at once, or when there are too many.
FOLDED_AT_ONCE = 500
MOST_UNFOLDED = 20_000
LITTLE = 25  # changes since the last pulse
ENOUGH_FOR_REST = 1_000  # changes after which the store has a rest as soon as there is little else to do
JOURNAL = 10_000  # commits whose changes are kept to be read
TRIMMED_AFTER = 500  # commits, about


class Chores:
    """Knows when the ledger has to look around, and does what is found then."""

    def __init__(self, node: Node, store: Store) -> None:
        self._node = node
        self._store = store
        self._look = True  # some may have asked while no daemon ran
        self._look_at = 0.0  # when to look for requests again, on the monotonic clock
        self._lately = 0  # changes since the last pulse
        self._calm = True
        self._since_rest = 0  # changes
        self._trimmed = 0  # commits at the last look at the journal

    def note(self, changes: int) -> None:
        """Take note that so many changes were committed."""
        self._lately += changes
        self._since_rest += changes

    def reminder(self, mail: Sequence[LedgerMessage], *, overdue: bool) -> Sequence[Pulse | Knock]:
        """Return what of the pulses and knocks in the mail there is anything to do at: one of them or none.

        A pulse that is ``overdue`` is returned in any case. Raises StoreBusyError.
        """
        pulses = [message for message in mail if isinstance(message, Pulse)]
        due = bool(pulses) and self._due(pulses[-1])
        if pulses and self._calm and self._since_rest >= ENOUGH_FOR_REST:
            self._since_rest = 0
            self._store.rest()
        if pulses and (due or overdue):
            return pulses[-1:]  # it looks for what others have left, too
        knocks = [message for message in mail if isinstance(message, Knock)]
        return knocks[-1:] if knocks and self._left_something() else []

    def _left_something(self) -> bool:
        """Say whether others may have left anything since the last look."""
        self._look = self._store.changed_elsewhere() or self._look
        return self._look

    def _due(self, pulse: Pulse) -> bool:
        node = self._node
        node.record = replace(node.record, ticks=pulse.ticks)  # written with the next row, the last at least
        self._calm, self._lately = self._lately <= LITTLE, 0
        if pulse.monotonic >= self._look_at:
            self._look_at = pulse.monotonic + node.poll_interval.total_seconds()
            self._left_something()
        late = abs(pulse.at - node.record.heartbeat_at) >= HEARTBEAT
        return self._look or late or node.unfolded > MOST_UNFOLDED

    def post(self, posting: Posting, pulse: Pulse) -> None:
        """Write the heartbeat, fold figures, and look for what other processes have left."""
        node = self._node
        node.record = replace(node.record, heartbeat_at=pulse.at)
        posting.transaction.put_node(node.record)
        self._fold(posting)
        self._trim(posting)
        self.look(posting)

    def look(self, posting: Posting) -> None:
        """Do what other processes ask for and see what they have submitted."""
        asked = {number for numbers in self._node.cancelling.values() for number in numbers}
        found = posting.transaction.requests(REQUESTS_AT_ONCE + len(asked))
        post_requests(posting, [request for request in found if request.request_id not in asked])
        more = post_arrivals(posting)
        self._look = more or len(found) == REQUESTS_AT_ONCE + len(asked)  # then there may be more

    def _fold(self, posting: Posting) -> None:
        unfolded = self._node.unfolded
        if unfolded and (self._calm or unfolded > MOST_UNFOLDED):
            posting.fold(max(FOLDED_AT_ONCE, unfolded // 10))

    def _trim(self, posting: Posting) -> None:
        if self._node.commits - self._trimmed >= TRIMMED_AFTER:
            self._trimmed = self._node.commits
            posting.transaction.trim_journal(JOURNAL)
