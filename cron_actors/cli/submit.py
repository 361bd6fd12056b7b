"""The command that submits a function, a worker class, or a line for the shell."""

from __future__ import annotations

import json
import os
import re
import sys
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from cron_actors.cli import exit_codes
from cron_actors.cli.console import complain, say, warn
from cron_actors.cli.options import as_json, read
from cron_actors.cli.surroundings import Surroundings, surroundings
from cron_actors.core.run_states import FINAL, describe
from cron_actors.errors import InvalidValueError, UsageError
from cron_actors.model.records import RunFilter
from cron_actors.model.run import Run, RunState
from cron_actors.ports.store import Reader

if TYPE_CHECKING:
    from cron_actors.ordering import Options
    from cron_actors.submitting import Submitted

LOOK_AGAIN = timedelta(seconds=0.1)
NO_DAEMON = "no daemon runs on this database; the run waits for the next one"
_NUMBER = re.compile("-?[0-9]+")


def _list(context: click.Context, parameter: click.Parameter, text: str | None) -> list[Any]:  # noqa: ARG001 - click's
    return read(lambda: _json(text, list, "a JSON list")) if text is not None else []


def _object(context: click.Context, parameter: click.Parameter, text: str | None) -> dict[str, Any]:  # noqa: ARG001 - click's
    return read(lambda: _json(text, dict, "a JSON object")) if text is not None else {}


def _seconds(context: click.Context, parameter: click.Parameter, text: str | None) -> int | timedelta | None:  # noqa: ARG001 - click's
    """Read seconds, or a duration as a jobs file has it."""
    from cron_actors.core.durations import parse_duration  # noqa: PLC0415 - help texts need no calendar

    if text is None or _NUMBER.fullmatch(text):
        return None if text is None else int(text)
    return read(lambda: parse_duration(text))


def _moment(context: click.Context, parameter: click.Parameter, text: str | None) -> int | datetime | None:  # noqa: ARG001 - click's
    """Read a Unix time, or a date-time, UTC if it names no offset."""
    from cron_actors.core.moments import parse_moment  # noqa: PLC0415 - as above

    if text is None or _NUMBER.fullmatch(text):
        return None if text is None else int(text)
    return read(lambda: parse_moment(text, ZoneInfo("UTC")))


@click.command()
@click.argument("work", required=False)
@click.option("--command", metavar="LINE", help="Submit a line for the shell instead.")
@click.option("--args", callback=_list, metavar="JSON", help="The arguments, a JSON list.")
@click.option("--kwargs", callback=_object, metavar="JSON", help="The arguments by name, a JSON object.")
@click.option("--queue", help="The queue; default where the work does not name one.")
@click.option("--priority", type=int, help="-1000 to 1000; the higher goes first.")
@click.option("--delay", callback=_seconds, metavar="90s|SECONDS", help="Not before so long from now.")
@click.option("--at", callback=_moment, metavar="ISO|UNIX", help="Not before this moment.")
@click.option("--max-attempts", type=int, help="How often it is tried until it succeeds.")
@click.option("--timeout", callback=_seconds, metavar="90s|SECONDS", help="How long one attempt may take.")
@click.option("--unique", is_flag=True, help="Not if the same waits or runs already.")
@click.option("--wait", is_flag=True, help="Wait for the end of the run; exit code 0 if it completed, else 1.")
@as_json
@click.pass_context
def submit(context: click.Context, /, *, work: str | None, command: str | None, **options: Any) -> int:  # noqa: ANN401 - of many types
    """Have a function or a worker class called once, or a command run: WORK is module:name.

    The module is looked up in the working directory first. The run is durable when this returns; without a daemon it
    waits for the next one.

    Example: cron-actors submit shop:close --args '["north"]' --queue high --wait
    """
    if (work is None) == (command is None):
        raise UsageError("name the work as module:name, or give a line for the shell by --command")
    around = surroundings(context)
    wait, in_json = options.pop("wait"), options.pop("as_json")
    submitted = _submitted(around, work, command, options)
    with around.reader() as reader:
        lives = reader is not None and reader.daemon_lives()
        if reader is not None and wait and lives:
            return _tell_end(_waited(around, reader, submitted.run_id), submitted, in_json=in_json)
    _tell(submitted, in_json=in_json)
    if not lives:
        warn(NO_DAEMON)
    return exit_codes.FAILURE if wait else exit_codes.OK


def _submitted(around: Surroundings, work: str | None, command: str | None, options: dict[str, Any]) -> Submitted:
    from cron_actors import submitting  # noqa: PLC0415 - help texts need none of it

    args, kwargs = options.pop("args"), options.pop("kwargs")
    options["unique"] = options["unique"] or None
    own: Options = options  # type: ignore[assignment] # click has read what is left of them
    url = around.settings.database_url
    if work is not None:
        if os.getcwd() not in sys.path:  # noqa: PTH109 - as Python itself puts it there
            sys.path.insert(0, os.getcwd())  # noqa: PTH109 - as above
        return submitting.submit(work, args=args, kwargs=kwargs, database_url=url, **own)
    if args or kwargs:
        raise UsageError("--args and --kwargs are for functions; a command has its arguments in its line")
    return submitting.submit_command(command or "", database_url=url, **own)


def _tell(submitted: Submitted, *, in_json: bool) -> None:
    if in_json:
        say(json.dumps({"run_id": submitted.run_id, "existing": submitted.existing}))
    elif submitted.existing:
        say(f"run {submitted.run_id} stands for it already")
    else:
        say(f"run {submitted.run_id}")


def _waited(around: Surroundings, reader: Reader, run_id: int) -> Run | None:
    """Return the run once it is over; None, with the reason told, if it will not be."""
    while True:
        run = next(iter(reader.runs(RunFilter(run_id=run_id, limit=1))), None)
        if run is None:
            complain(f"run {run_id} is gone from the store")
            return None
        if run.state in FINAL:
            return run
        if not reader.daemon_lives():
            complain(f"the daemon ended before run {run_id} did")
            return None
        around.pause(LOOK_AGAIN)


def _tell_end(run: Run | None, submitted: Submitted, *, in_json: bool) -> int:
    if run is None:
        return exit_codes.FAILURE
    if in_json:
        result = None if run.result is None else json.loads(run.result)
        told = {"run_id": run.run_id, "existing": submitted.existing, "state": run.state.value}
        say(json.dumps({**told, "reason": run.reason, "error": run.error, "result": result}))
    else:
        error = f" ({run.error})" if run.error else ""
        say(f"run {run.run_id}: {describe(run.state, run.reason)}{error}")
        if run.result is not None:
            say(run.result)
    return exit_codes.OK if run.state is RunState.COMPLETED else exit_codes.FAILURE


def _json(text: str, kind: type, words: str) -> Any:  # noqa: ANN401 - what JSON holds
    from cron_actors.core.quotation import quote  # noqa: PLC0415 - help texts need none

    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidValueError(f"{quote(text)} is no JSON ({error}); accepted: {words}") from None
    if not isinstance(value, kind):
        raise InvalidValueError(f"{quote(text)} is other JSON; accepted: {words}")
    return value
