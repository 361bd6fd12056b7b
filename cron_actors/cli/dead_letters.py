"""Which dead letters a command is about: discarded runs that nobody has dismissed."""

from __future__ import annotations

import difflib
import functools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import click

from cron_actors.cli import options
from cron_actors.cli.known_jobs import require_known
from cron_actors.cli.known_queues import require_queue
from cron_actors.cli.surroundings import Surroundings
from cron_actors.core.quotation import quote
from cron_actors.core.run_states import describe
from cron_actors.errors import UsageError
from cron_actors.model.records import RunFilter
from cron_actors.model.run import Reason, Run, RunState
from cron_actors.ports.store import Reader

Result = TypeVar("Result")
_REASONS = [reason.value for reason in Reason]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadFilter:
    """What a dead letter must be to be meant; ``since`` and ``until`` are about its due instant."""

    job: str | None = None
    queue: str | None = None
    reason: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    run_ids: tuple[int, ...] = ()
    limit: int | None = None

    def __bool__(self) -> bool:
        described = (self.job, self.queue, self.reason, self.since, self.until, self.limit)
        return bool(self.run_ids) or any(item is not None for item in described)


def _reason(context: click.Context, parameter: click.Parameter, text: str | None) -> str | None:  # noqa: ARG001 - click's
    """Refuse what is no reason: nothing would be found for it, which may be mistaken for good news."""
    if text is None or text in _REASONS:
        return text
    close = difflib.get_close_matches(text, _REASONS, n=1)
    hint = f", did you mean '{close[0]}'?" if close else ""
    raise click.BadParameter(f"{quote(text)} is no reason{hint}; accepted: {', '.join(_REASONS)}")


def dead_filter(command: Callable[..., Result]) -> Callable[..., Result]:
    """Give a command the options of a filter; it gets them as one argument, ``wanted``."""

    @click.option("--job", metavar="JOB", help="Only those of this job.")
    @click.option("--queue", metavar="QUEUE", help="Only those of this queue.")
    @click.option(
        "--reason",
        metavar="REASON",
        callback=_reason,
        help="Only those with this reason, such as failed, timeout or 'by itself'.",
    )
    @click.option(
        "--since",
        metavar="WHEN",
        callback=options.past,
        help="Only what was due since then: an instant, in UTC if it names no offset, or a duration such as 1h.",
    )
    @click.option("--until", metavar="WHEN", callback=options.past, help="Only what was due up to then.")
    @click.option(
        "--run", "run_ids", metavar="RUN_ID", type=click.IntRange(min=1), multiple=True, help="This one; again: these."
    )
    @click.option("--limit", metavar="N", type=click.IntRange(min=1), help="How many at most, newest first.")
    @functools.wraps(command)
    def filtered(
        *arguments: Any,  # noqa: ANN401 - what the command takes besides
        **given: Any,  # noqa: ANN401 - as above
    ) -> Result:
        keys = ("job", "queue", "reason", "since", "until", "run_ids", "limit")
        wanted = DeadFilter(**{key: given.pop(key) for key in keys})
        return command(*arguments, wanted=wanted, **given)

    return filtered


def dead_letters(
    around: Surroundings, reader: Reader | None, wanted: DeadFilter, *, dismissed: bool | None = False
) -> list[Run]:
    """Return the dead letters that are meant, newest due instant first; ``dismissed`` as in RunFilter.

    Raises UsageError for an unknown job or queue, and for a run that is named and is no dead letter.
    """
    if wanted.job is not None:
        require_known(around, reader, wanted.job)
    if wanted.queue is not None:
        require_queue(around, reader, wanted.queue)
    if reader is None:
        if wanted.run_ids:
            raise UsageError(f"there is no run {wanted.run_ids[0]}")
        return []
    if wanted.run_ids:
        return [one for run_id in dict.fromkeys(wanted.run_ids) for one in _matching(reader, wanted, run_id)]
    return reader.runs(_query(wanted, dismissed=dismissed))


def require_dead(reader: Reader | None, run_id: int) -> Run:
    """Return the run; raises UsageError if there is none of this number or it is no dead letter."""
    found = [] if reader is None else reader.runs(RunFilter(run_id=run_id, limit=1))
    if not found:
        raise UsageError(f"there is no run {run_id}")
    run = found[0]
    if run.state is not RunState.DISCARDED:
        state = describe(run.state, run.reason)
        raise UsageError(f"run {run_id} is no dead letter, but {state}; cron-actors runs --run {run_id} shows it")
    return run


def _matching(reader: Reader, wanted: DeadFilter, run_id: int) -> list[Run]:
    run = require_dead(reader, run_id)
    matches = (
        wanted.job in (None, run.job)
        and wanted.queue in (None, run.queue)
        and wanted.reason in (None, run.reason)
        and (wanted.since is None or run.due_at >= wanted.since)
        and (wanted.until is None or run.due_at <= wanted.until)
    )
    return [run] if matches else []


def _query(wanted: DeadFilter, *, dismissed: bool | None) -> RunFilter:
    return RunFilter(
        job=wanted.job,
        states=(RunState.DISCARDED,),
        queue=wanted.queue,
        reason=wanted.reason,
        since=wanted.since,
        until=wanted.until,
        dismissed=dismissed,
        limit=wanted.limit,
    )
