"""The command that prints the log of a run, or follows it."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

import click

from cron_actors.cli.console import warn
from cron_actors.cli.known_jobs import require_known
from cron_actors.cli.surroundings import Surroundings, surroundings
from cron_actors.core.run_states import FINAL
from cron_actors.errors import CronActorsError, UsageError
from cron_actors.model.records import RunFilter
from cron_actors.model.run import Run
from cron_actors.ports.store import Reader

LOOK_AGAIN = timedelta(seconds=0.2)
PIECE = 1 << 16
NEWEST = 200  # rows looked through for the newest one that has a log


@click.command()
@click.argument("job")
@click.option("--run", "run_id", type=int, metavar="ID", help="This run; the newest with a log if not given.")
@click.option("-f", "--follow", is_flag=True, help="Go on until the run ends.")
@click.pass_context
def logs(context: click.Context, job: str, run_id: int | None, *, follow: bool) -> None:
    """Print the log of a run: of the newest, or of the one named.

    Example: cron-actors logs backup -f
    """
    around = surroundings(context)
    with around.reader() as reader:
        require_known(around, reader, job)
        run = None if reader is None else _find(reader, job, run_id)
        if reader is None or run is None or run.log is None:
            raise CronActorsError(f"no run of '{job}' has a log yet" if run_id is None else f"run {run_id} has no log")
        with _open(Path(run.log), run) as file:
            _copy(file)
            if follow:
                _follow(around, reader, run, file)


def _find(reader: Reader, job: str, run_id: int | None) -> Run | None:
    if run_id is not None:
        found = reader.runs(RunFilter(job=job, run_id=run_id, limit=1))
        if not found:
            raise UsageError(f"'{job}' has no run {run_id}")
        return found[0]
    logged = [run for run in reader.runs(RunFilter(job=job, limit=NEWEST)) if run.log is not None]
    return max(logged, key=_started, default=None)


def _started(run: Run) -> tuple[bool, float, int]:
    """Order runs by their start: a caught-up run is newer than its due instant says."""
    return (run.started_at is not None, run.started_at.timestamp() if run.started_at else 0.0, run.run_id)


def _open(path: Path, run: Run) -> BinaryIO:
    try:
        return path.open("rb")
    except FileNotFoundError:
        told = f"the log of run {run.run_id} was deleted, as the job's retention says, or by hand: {path}"
        raise CronActorsError(told) from None


def _follow(around: Surroundings, reader: Reader, run: Run, file: BinaryIO) -> None:
    while True:
        over = _is_over(reader, run)
        _copy(file)  # what came before the end was seen is in the file by now
        if over:
            return
        if not reader.daemon_lives():
            warn(f"no daemon executes run {run.run_id} any more")
            return
        around.pause(LOOK_AGAIN)


def _is_over(reader: Reader, run: Run) -> bool:
    present = reader.runs(RunFilter(run_id=run.run_id, limit=1))
    return not present or present[0].state in FINAL


def _copy(file: BinaryIO) -> None:
    """Write what the file holds from here on, as it is: it is the job's own output."""
    while piece := file.read(PIECE):
        sys.stdout.buffer.write(piece)
    sys.stdout.buffer.flush()
