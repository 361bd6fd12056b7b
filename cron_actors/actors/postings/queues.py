"""Posting which queues there are, and reading back which are in force."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import replace

from cron_actors.actors.postings.posting import Posting
from cron_actors.core.queue_declarations import declared
from cron_actors.core.queue_reader import queue_in_force
from cron_actors.core.reconciliation import is_of_files
from cron_actors.errors import InvalidValueError
from cron_actors.messages import Load, Queues
from cron_actors.model.queue import Queue, QueueRecord, QueueState

log = logging.getLogger(__name__)


def declare_queues(posting: Posting, load: Load | None = None) -> None:
    """Bring the stored queues in line with what the sources declare now, and with what is built in."""
    records = {record.name: record for record in posting.transaction.queues()}
    sources = {} if load is None else {source: load.queues.get(source, ()) for source in {*load.jobs, *load.queues}}
    if load is not None and load.every_file:
        others = {record.source for record in records.values()} - sources.keys()
        sources |= {source: () for source in others if is_of_files(source)}
    put_queues(posting, records, declared(records, sources, posting.at))


def put_queues(posting: Posting, records: dict[str, QueueRecord], rows: Iterable[QueueRecord]) -> None:
    """Write these rows, put them among the others, and have the Queue told what is in force if that has changed."""
    for row in rows:
        posting.transaction.put_queue(row)
        records[row.name] = row
    queues = {name: state for name, record in records.items() if (state := _in_force(record)) is not None}
    if queues != (posting.node.queues if posting.queues is None else posting.queues):
        posting.queues = queues
        posting.to_queue.append(Queues(queues=tuple(queues.values())))


def put_shares(posting: Posting, shares: Mapping[str, int]) -> None:
    """Write how many workers each queue was given; the Queue itself has said so."""
    posting.transaction.put_shares(shares)
    known = posting.node.queues if posting.queues is None else posting.queues
    posting.queues = {name: replace(state, share=shares.get(name, state.share)) for name, state in known.items()}


def _in_force(record: QueueRecord) -> QueueState | None:
    """Return the queue as it serves what waits in it; one that has gone has no workers of its own any more."""
    try:
        state = queue_in_force(record)
    except InvalidValueError as error:  # an older or newer version took it
        log.error("queue %s: its settings cannot be read any more: %s", record.name, error)  # noqa: TRY400 # one line is enough
        state = QueueState(queue=Queue(name=record.name), paused=record.paused_at is not None)
    if record.removed_at is not None:
        return replace(state, queue=replace(state.queue, min_workers=0))
    return state
