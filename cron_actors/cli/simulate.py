"""The command that runs a jobs file over a span of virtual time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import click

from cron_actors.cli import options
from cron_actors.cli.console import width, write_json
from cron_actors.cli.known_jobs import jobs_file, refuse_unknown
from cron_actors.cli.simulation_options import Asked, asking
from cron_actors.cli.surroundings import Surroundings, surroundings
from cron_actors.model.job import Job
from cron_actors.settings import Granularity

if TYPE_CHECKING:
    from cron_actors.cli.simulation_report import Report


@click.command()
@click.argument("file", required=False)
@asking
@options.as_json
@click.pass_context
def simulate(context: click.Context, /, file: str | None, asked: Asked, *, as_json: bool) -> None:
    """Run a jobs file, JOBS_FILE_PATH if none is named, over a span of virtual time. Nothing is performed.

    It says how many jobs fire in each minute and which are the busiest, how many runs go on at once, what the overlap
    policies would do, which runs would wait for a worker, and where H would spread a herd. Instants are UTC if they
    name no offset.

    Example: cron-actors simulate jobs.yaml --from 2027-01-01 --for 365d --duration backup=20m
    """
    from cron_actors.cli.simulation_objects import simulation_object  # noqa: PLC0415 - help texts need no calendar
    from cron_actors.cli.simulation_report import report_lines  # noqa: PLC0415 - as above

    around = surroundings(context)
    name = file if file is not None else around.settings.jobs_file_path
    begin_at, end_at = asked.span(around.now())
    jobs = [definition.job for definition in jobs_file(around, name).values()]
    for job in asked.stated:
        refuse_unknown(job, {job.identifier for job in jobs}, name)
    report = _report(around, name, jobs, asked, (begin_at, end_at))
    if as_json:
        write_json(simulation_object(report))
        return
    for line in report_lines(report, around.now(), width=width(), top=asked.top):
        click.echo(line)


def _report(
    around: Surroundings, file: str, jobs: Sequence[Job], asked: Asked, span: tuple[datetime, datetime]
) -> Report:
    """Simulate the jobs as they are and, if there are herds that H would spread, as they would be then."""
    from cron_actors.cli.simulation_report import Report  # noqa: PLC0415 - help texts need no calendar
    from cron_actors.core import simulation, simulation_herds  # noqa: PLC0415 - as above
    from cron_actors.core.simulation_plans import Lengths, take_in  # noqa: PLC0415 - as above

    recorded = _recorded(around) if asked.history else {}
    intake = take_in(jobs, Lengths(stated=asked.stated, recorded=recorded, assumed=asked.assumed))
    workers = asked.workers or around.settings.max_processes
    begin_at, end_at = span
    found = simulation.simulate(intake.plans, begin_at=begin_at, end_at=end_at, workers=workers, busiest=asked.top)
    simulated = [plan.job for plan in intake.plans]
    herds = [] if around.settings.granularity is Granularity.HOUR else simulation_herds.herds(simulated)
    with_h = None
    if herds:
        changed = simulation_herds.spread(simulated, herds)
        plans = [replace(plan, job=job) for plan, job in zip(intake.plans, changed, strict=True)]
        with_h = simulation.simulate(plans, begin_at=begin_at, end_at=found.end_at, workers=workers)
    return Report(
        file=file,
        intake=intake,
        assumed=asked.assumed,
        workers_from="MAX_PROCESSES" if asked.workers is None else "--workers",
        found=found,
        herds=tuple(herds),
        with_h=with_h,
    )


def _recorded(around: Surroundings) -> dict[str, timedelta]:
    from cron_actors.core.simulation_plans import recorded_lengths  # noqa: PLC0415 - help texts need no calendar

    with around.reader() as reader:
        return {} if reader is None else recorded_lengths(reader.statistics())
