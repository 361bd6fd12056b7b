"""The commands that ask something of the daemon and wait for what becomes of it."""

from __future__ import annotations

import os
import pwd
from datetime import datetime, timedelta
from typing import TypedDict, Unpack

import click

from cron_actors.cli import exit_codes
from cron_actors.cli.console import complain, say, warn
from cron_actors.cli.known_jobs import require_in_force
from cron_actors.cli.surroundings import Surroundings, surroundings
from cron_actors.core.run_states import FINAL, describe
from cron_actors.errors import UsageError
from cron_actors.model.job import Json
from cron_actors.model.records import Request, RequestKind, RunFilter
from cron_actors.model.run import Run, RunState
from cron_actors.ports.store import Reader

LOOK_AGAIN = timedelta(seconds=0.1)
PATIENCE = timedelta(seconds=30)
NO_DAEMON = "no daemon runs on this database; the request is recorded for the next one"


class RequestFields(TypedDict, total=False):
    """What a request may say beside its kind."""

    job: str | None
    run_id: int
    force: bool
    until_at: datetime | None
    payload: Json


@click.command()
@click.argument("job")
@click.option("--wait", is_flag=True, help="Wait for the end of the run; exit code 0 if it completed, else 1.")
@click.option("--force", is_flag=True, help="Run whatever the job's overlap policy says.")
@click.pass_context
def trigger(context: click.Context, job: str, *, wait: bool, force: bool) -> int:
    """Ask the daemon to run a job now.

    Without a daemon the request is recorded and answered by the next one.

    Example: cron-actors trigger backup --wait
    """
    around = surroundings(context)
    with around.reader() as reader:
        require_in_force(around, reader, job)
    request_id = submit(around, RequestKind.TRIGGER, job=job, force=force)
    with around.reader() as reader:
        if reader is None or not reader.daemon_lives():
            warn(NO_DAEMON)
            return exit_codes.FAILURE if wait else exit_codes.OK
        if not wait:
            say(f"request {request_id}: the daemon will run '{job}'")
            return exit_codes.OK
        return _wait_for_run(around, reader, request_id)


@click.command()
@click.argument("run_id", type=int)
@click.pass_context
def cancel(context: click.Context, run_id: int) -> int:
    """Ask the daemon to cancel a run, and print its answer.

    Example: cron-actors cancel 17
    """
    around = surroundings(context)
    with around.reader() as reader:
        if reader is None or _run(reader, run_id) is None:
            raise UsageError(f"there is no run {run_id}")
    return print_answer(around, submit(around, RequestKind.CANCEL, run_id=run_id))


@click.command()
@click.argument("job", required=False)
@click.option("--all", "every", is_flag=True, help="The cursors of all jobs.")
@click.pass_context
def reset_cursor(context: click.Context, job: str | None, *, every: bool) -> int:
    """Set the cursor of a job, or of all, to now if it is ahead, so that scheduling goes on from here.

    This is for a clock that was set back: instants already accounted for do not run again by themselves. After this
    those from now on are looked at anew; one that has a run already gets no second one. Without a daemon the request
    is recorded and carried out by the next one.

    Example: cron-actors reset-cursor --all
    """
    if every == (job is not None):
        raise UsageError("name a job, or give --all for the cursors of all jobs")
    around = surroundings(context)
    if job is not None:
        with around.reader() as reader:
            require_in_force(around, reader, job)
    return print_answer(around, submit(around, RequestKind.RESET_CURSOR, job=job))


def print_answer(around: Surroundings, request_id: int) -> int:
    """Wait for the answer and print it; without a daemon nobody waits."""
    with around.reader() as reader:
        if reader is None or not reader.daemon_lives():
            warn(NO_DAEMON)
            return exit_codes.OK
        answered = _wait_for_answer(around, reader, request_id)
    if answered is None:
        return exit_codes.FAILURE
    say(answered.answer or "done")
    return exit_codes.OK


def submit(around: Surroundings, kind: RequestKind, **fields: Unpack[RequestFields]) -> int:
    """Store the request in the name of whoever runs this process, and return its id."""
    by = f"{_user()} (process {os.getpid()})"
    request = Request(request_id=0, kind=kind, requested_at=around.now(), requested_by=by, **fields)
    with around.mailbox() as mailbox:
        return mailbox.submit(request)


def _user() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container may run as a user that has no name
        return f"user {os.getuid()}"


def _wait_for_answer(around: Surroundings, reader: Reader, request_id: int) -> Request | None:
    """Return the answered request; None, with the reason told, if the daemon died or kept silent for too long."""
    until = around.now() + PATIENCE
    while True:
        request = reader.request(request_id)
        if request is not None and request.handled_at is not None:
            return request
        if not reader.daemon_lives():
            complain(f"the daemon ended before it answered request {request_id}, which stays recorded")
            return None
        if around.now() > until:
            complain(f"the daemon has not answered request {request_id} yet; it stays recorded")
            return None
        around.pause(LOOK_AGAIN)


def _wait_for_run(around: Surroundings, reader: Reader, request_id: int) -> int:
    answered = _wait_for_answer(around, reader, request_id)
    if answered is None:
        return exit_codes.FAILURE
    if answered.run_id is None:
        say(answered.answer or "no run was made")
        return exit_codes.FAILURE
    while True:
        run = _run(reader, answered.run_id)
        if run is None or run.state in FINAL:
            break
        if not reader.daemon_lives():
            complain(f"the daemon ended before run {run.run_id} did")
            return exit_codes.FAILURE
        around.pause(LOOK_AGAIN)
    return _tell_end(run, answered.run_id)


def _tell_end(run: Run | None, run_id: int) -> int:
    if run is None:
        complain(f"run {run_id} is gone from the store")
        return exit_codes.FAILURE
    error = f" ({run.error})" if run.error else ""
    say(f"run {run.run_id}: {describe(run.state, run.reason)}{error}")
    return exit_codes.OK if run.state is RunState.COMPLETED else exit_codes.FAILURE


def _run(reader: Reader, run_id: int) -> Run | None:
    found = reader.runs(RunFilter(run_id=run_id, limit=1))
    return found[0] if found else None
