"""What leaves once a posting is committed: to each reader in the order in which it has to be read."""

from __future__ import annotations

from cron_actors.actors.postings.loads import revised
from cron_actors.actors.postings.posting import Posting
from cron_actors.messages import Address, Available, Changed, EventsMessage, QueueMessage, Rewound, SchedulerMessage


def send(
    posting: Posting,
    scheduler: Address[SchedulerMessage],
    queue: Address[QueueMessage],
    events: Address[EventsMessage],
) -> None:
    """Tell everybody what they asked for, what they have to know, and at last what ends their work."""
    _tell_scheduler(posting, scheduler)
    _tell_queue(posting, queue)
    if posting.changes:
        events.tell(Changed(changes=tuple(posting.changes), commit=posting.node.commits))
    if posting.drain is not None:
        queue.tell(posting.drain)
    if posting.drained is not None:
        events.tell(posting.drained)


def _tell_scheduler(posting: Posting, scheduler: Address[SchedulerMessage]) -> None:
    for answer in posting.to_scheduler:
        scheduler.tell(answer)
    if posting.rewound:
        scheduler.tell(Rewound(at=posting.at))
    if posting.revised:
        scheduler.tell(revised(posting))
    if posting.delayed is not None:
        scheduler.tell(posting.delayed)


def _tell_queue(posting: Posting, queue: Address[QueueMessage]) -> None:
    for answer in posting.to_queue:
        queue.tell(answer)
    for name in sorted(posting.available):
        queue.tell(Available(queue=name))
    for cancel in posting.cancels:  # after the launches: nobody can end what nobody performs
        queue.tell(cancel)
