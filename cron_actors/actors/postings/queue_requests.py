"""Posting requests about queues: adding one, changing, pausing and resuming one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from cron_actors.actors.postings.posting import Posting
from cron_actors.actors.postings.queues import put_queues
from cron_actors.core.balance import check_minimums, reserve
from cron_actors.core.queue_names import check_spelling, parse_queue_name, unknown_queue
from cron_actors.core.queue_reader import COMMAND_SOURCE, changes_text, declaration, queue_in_force
from cron_actors.errors import InvalidValueError
from cron_actors.model.job import Json
from cron_actors.model.queue import QueueRecord
from cron_actors.model.records import Request, RequestKind


def post_queue_request(posting: Posting, request: Request) -> None:
    """Add, change, pause or resume the queue that the request names, and answer it in one line."""
    records = {record.name: record for record in posting.transaction.queues()}
    try:
        row, answer = _changed(posting, request, records)
        _check_minimums(posting, row)
    except InvalidValueError as error:
        answer = str(error)
    else:
        put_queues(posting, records, [row])
    posting.transaction.answer(request.request_id, answer, posting.at)


def _changed(posting: Posting, request: Request, records: Mapping[str, QueueRecord]) -> tuple[QueueRecord, str]:
    """Return the row as the request wants it, and what is answered; raises InvalidValueError if that cannot be."""
    payload = request.payload if isinstance(request.payload, dict) else {}
    entry = {key: value for key, value in payload.items() if key != "queue"}
    name = payload.get("queue")
    if not isinstance(name, str):
        raise InvalidValueError("the request names no queue")
    record = records.get(name)
    in_force = [queue for queue, row in records.items() if row.removed_at is None]
    if request.kind is RequestKind.ADD_QUEUE:
        check_spelling(parse_queue_name(name), in_force)
        return _added(posting, request, record, name, entry), f"queue '{name}' added"
    if record is None or record.removed_at is not None:
        raise InvalidValueError(unknown_queue(name, in_force))
    match request.kind:
        case RequestKind.RESIZE_QUEUE:
            text = changes_text(record, entry)
            row = replace(record, changes=text, changed_at=posting.at, changed_by=request.requested_by)
            return row, f"queue '{name}' changed"
        case RequestKind.PAUSE_QUEUE:
            at, by = record.paused_at or posting.at, record.paused_by or request.requested_by
            return replace(record, paused_at=at, paused_by=by), f"queue '{name}' is paused"
        case _:
            text = f"queue '{name}' is not paused{' any more' if record.paused_at is not None else ''}"
            return replace(record, paused_at=None, paused_by=None), text


def _added(
    posting: Posting, request: Request, record: QueueRecord | None, name: str, entry: Mapping[str, Json]
) -> QueueRecord:
    if record is not None and record.removed_at is None:
        raise InvalidValueError(f"there is a queue {name!r} already; change it with: cron-actors queues resize {name}")
    return QueueRecord(
        name=name,
        source=COMMAND_SOURCE,
        declared=declaration(name, entry).text,
        changed_at=posting.at,
        changed_by=request.requested_by,
    )


def _check_minimums(posting: Posting, row: QueueRecord) -> None:
    """Raise InvalidValueError if this row makes the queues reserve more workers than there may be."""
    changed = queue_in_force(row).queue
    states = posting.node.queues if posting.queues is None else posting.queues
    before = states.get(row.name)
    if before is None or reserve(changed) > reserve(before.queue):
        check_minimums(
            [state.queue for name, state in states.items() if name != row.name] + [changed], posting.node.max_workers
        )
