"""What becomes of the runs of a job, in words: where they wait, how often they are tried, what follows them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cron_actors.core.backoff_reader import backoff_text
from cron_actors.core.quotation import quote
from cron_actors.model.job import Job
from cron_actors.model.queue import DEFAULT_QUEUE


def treatment(job: Job) -> Iterator[str]:
    """Yield a line for each thing that the job says of it; none for a job that leaves all as it is."""
    if job.queue != DEFAULT_QUEUE or job.priority:
        yield f"Its runs wait in the queue {quote(job.queue)} with priority {job.priority}."
    if job.max_attempts > 1:
        wait = "as its queue says" if job.backoff is None else backoff_text(job.backoff)
        yield f"A run that fails is tried up to {job.max_attempts} times; the wait before each further attempt: {wait}."
    if job.on_success:
        yield f"A run that is completed starts {_named(job.on_success)}."
    if job.on_failure:
        yield f"A run that is given up starts {_named(job.on_failure)}."


def _named(jobs: Sequence[str]) -> str:
    return " and ".join(map(quote, jobs))
