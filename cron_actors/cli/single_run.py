"""One run in full: what became of it, who asked for it, and every try."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import click

from cron_actors.cli.console import printable, say, write_json
from cron_actors.cli.run_objects import followers, full_object, lateness, seconds
from cron_actors.cli.surroundings import Surroundings
from cron_actors.cli.wording import local, moment_text, span
from cron_actors.core.run_states import describe
from cron_actors.errors import UsageError
from cron_actors.model.records import Request, RequestKind, RunFilter
from cron_actors.model.run import Attempt, Run, RunState
from cron_actors.ports.store import Reader

ASKED = {
    RequestKind.TRIGGER: "asked for by",
    RequestKind.CANCEL: "cancel asked for by",
    RequestKind.RETRY_DEAD: "retry asked for by",
    RequestKind.DISMISS_DEAD: "dismissed by",
}
INDENT = "    "
MEGABYTE = 1_000_000


def show_run(around: Surroundings, run_id: int, *, as_json: bool) -> None:
    """Print the run with all its attempts; raises UsageError if there is none of this number."""
    with around.reader(tell_absent=True) as reader:
        found = [] if reader is None else reader.runs(RunFilter(run_id=run_id, limit=1))
        if reader is None or not found:
            raise UsageError(f"there is no run {run_id}")
        run, attempts, requests = found[0], reader.attempts(run_id), reader.requests_about(run_id)
        if as_json:
            write_json(full_object(run, attempts, requests, reader))
        else:
            _tell(run, reader, around.now())
            for request in requests:
                say(_asked(request))
            for attempt in attempts:
                _tell_attempt(attempt)


def _tell(run: Run, reader: Reader, now: datetime) -> None:
    say(f"run {run.run_id} of {run.job}: {describe(run.state, run.reason)}")
    say(f"due        {_due(run, now)}")
    say(f"cause      {run.cause}, queue {run.queue or '-'}, priority {run.priority}")
    for line in _lineage(run, reader):
        say(line)
    if run.scheduled_at is not None and run.state in (RunState.SCHEDULED, RunState.RETRYABLE):
        say(f"next       {moment_text(run.scheduled_at, now)}")
    say(f"took       {span(seconds(run.duration))}")
    say(f"late       {span(seconds(lateness(run, reader)))}")
    if run.error:
        say(f"error      {run.error}")
    if run.result is not None:
        say(f"result     {run.result}")
    if run.dismissed_at is not None:
        say(f"dismissed  {moment_text(run.dismissed_at, now)}")
    say(f"log        {_log(run.log)}")


def _lineage(run: Run, reader: Reader) -> Iterator[str]:
    """Yield the run whose end made this one, and those that this one made."""
    if run.cause_run_id is not None:
        before = reader.runs(RunFilter(run_id=run.cause_run_id, limit=1))
        yield f"after      {_named(before[0]) if before else f'run {run.cause_run_id}, of which nothing is kept'}"
    for other in followers(run, reader):
        yield f"then       {_named(other)}"


def _named(run: Run) -> str:
    return f"run {run.run_id} of {run.job}: {describe(run.state, run.reason)}"


def _log(path: str | None) -> str:
    """Return where the log is, and whether it has been deleted since."""
    if path is None:
        return "-"
    return path if Path(path).exists() else f"{path}: deleted"


def _due(run: Run, now: datetime) -> str:
    if run.count > 1:
        return f"{local(run.due_at)} to {local(run.last_due_at)}: {run.count} instants"
    return moment_text(run.due_at, now)


def _asked(request: Request) -> str:
    return f"{ASKED[request.kind]} {request.requested_by}, {local(request.requested_at)}"


def _tell_attempt(attempt: Attempt) -> None:
    click.echo()
    counted = "" if attempt.counted else ", not counted"
    ending = "under way" if attempt.outcome is None else str(attempt.outcome)
    say(f"attempt {attempt.attempt}{counted}: {ending}")
    for line in _facts(attempt):
        say(f"  {line}")
    if attempt.output_tail:
        say("  output ends with")
        for line in attempt.output_tail.splitlines():
            click.echo(f"{INDENT}{printable(line)}".rstrip())


def _facts(attempt: Attempt) -> Iterator[str]:
    yield f"node     {attempt.node}, process {'-' if attempt.identity is None else attempt.identity.pid}"
    yield f"started  {local(attempt.started_at)}"
    if attempt.finished_at is not None:
        yield f"ended    {local(attempt.finished_at)}"
    if attempt.exit_code is not None:
        yield f"exit     {attempt.exit_code}"
    if attempt.error:
        yield f"error    {attempt.error}"
    if attempt.callback_error:
        yield f"callback {attempt.callback_error}"
    if attempt.cpu_seconds is not None or attempt.peak_memory is not None:
        yield f"used     {span(attempt.cpu_seconds)} of CPU, {_megabytes(attempt.peak_memory)} of memory at most"


def _megabytes(count: int | None) -> str:
    return "-" if count is None else f"{count / MEGABYTE:.1f} MB"
