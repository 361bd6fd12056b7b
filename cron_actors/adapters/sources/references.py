"""What jobs and queues of several sources say of each other: queues that jobs name, chains, minimums of workers."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from cron_actors.adapters.sources.loaded_jobs import LoadedJobs
from cron_actors.adapters.sources.problem_lines import ProblemLine
from cron_actors.core.balance import check_minimums
from cron_actors.core.chain_reader import circles, targets
from cron_actors.core.problems import Pointer, Problem
from cron_actors.core.queue_names import unknown_queue
from cron_actors.core.quotation import quote
from cron_actors.errors import InvalidValueError
from cron_actors.model.job import Job
from cron_actors.model.queue import BUILT_IN

_MOST_NAMED = 20
_MOST_GUESSED = 500


@dataclass(frozen=True, slots=True)
class Misfit:
    """What is wrong between sources: the line for each source that could be at fault, the likeliest first."""

    lines: Mapping[str, ProblemLine]


def misfits(sources: Sequence[LoadedJobs], workers: int) -> Iterator[Misfit]:
    """Yield what does not fit: queues declared in two ways, minimums beyond ``workers``, wrong names in jobs."""
    yield from _two_ways(sources)
    yield from _minimums(sources, workers)
    yield from _unknown_queues(sources)
    yield from _chains(sources)


def _two_ways(sources: Sequence[LoadedJobs]) -> Iterator[Misfit]:
    seen: dict[str, tuple[LoadedJobs, str]] = {}
    for loaded in sources:
        for declared in loaded.queues:
            name = declared.queue.name
            other, text = seen.setdefault(name, (loaded, declared.text))
            if text != declared.text:
                lines = {loaded.source: _of_queue(loaded, name, _differs(other, name))}
                yield Misfit({**lines, other.source: _of_queue(other, name, _differs(loaded, name))})


def _differs(other: LoadedJobs, name: str) -> str:
    place = _of_queue(other, name, "").place
    return f"found another queue of this name than {place} declares; accepted: the same entry, or one of them"


def _minimums(sources: Sequence[LoadedJobs], workers: int) -> Iterator[Misfit]:
    """Say that there are too few workers for what files reserve; what is built in gives way by itself."""
    queues = {queue.name: queue for queue in BUILT_IN}
    reserving: dict[str, tuple[str, int]] = {}
    for loaded in sources:
        for declared in loaded.queues:
            queue = declared.queue
            queues[queue.name] = queue
            if '"min_workers"' in declared.text and queue.min_workers >= reserving.get(loaded.source, ("", 0))[1]:
                reserving[loaded.source] = (queue.name, queue.min_workers)
    if not reserving:
        return
    try:
        check_minimums(queues.values(), workers)
    except InvalidValueError as error:
        by_source = {loaded.source: loaded for loaded in sources}
        ordered = sorted(reserving.items(), key=lambda item: -item[1][1])
        yield Misfit(
            {source: _of_queue(by_source[source], name, str(error), "min_workers") for source, (name, _) in ordered}
        )


def _unknown_queues(sources: Sequence[LoadedJobs]) -> Iterator[Misfit]:
    known = dict.fromkeys(queue.name for queue in BUILT_IN)
    known.update(dict.fromkeys(declared.queue.name for loaded in sources for declared in loaded.queues))
    for loaded, job in _jobs(sources):
        if job.queue not in known:
            yield Misfit({loaded.source: loaded.entry(job.identifier, "queue", unknown_queue(job.queue, known))})


def _chains(sources: Sequence[LoadedJobs]) -> Iterator[Misfit]:
    homes = {job.identifier: loaded for loaded, job in _jobs(sources)}
    chains = {job.identifier: list(dict.fromkeys(name for _, name in targets(job))) for _, job in _jobs(sources)}
    for loaded, job in _jobs(sources):
        for key, name in targets(job):
            if name not in homes:
                yield Misfit({loaded.source: loaded.entry(job.identifier, key, _unknown_job(name, list(homes)))})
    keys = {(job.identifier, name): key for _, job in _jobs(sources) for key, name in targets(job)}
    for circle in circles(chains):
        message = _circular(circle)
        steps = zip(circle, (*circle[1:], circle[0]), strict=True)
        lines: dict[str, ProblemLine] = {}
        for name, after in steps:
            lines.setdefault(homes[name].source, homes[name].entry(name, keys[name, after], message))
        yield Misfit(lines)


def _circular(circle: tuple[str, ...]) -> str:
    if len(circle) == 1:
        return f"found {quote(circle[0])}, which is this job; accepted: another job"
    named = " → ".join((*circle[:_MOST_NAMED], *(("…",) if len(circle) > _MOST_NAMED else ()), circle[0]))
    return f"found a circle of jobs that start each other: {named}; accepted: chains that end"


def _unknown_job(name: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(name, known[:_MOST_GUESSED], n=1)
    hint = f", did you mean {quote(close[0])}?" if close else ", which no job has"
    return f"found {quote(name)}{hint}; accepted: the identifier of a job of these jobs files"


def _jobs(sources: Sequence[LoadedJobs]) -> Iterator[tuple[LoadedJobs, Job]]:
    return ((loaded, definition.job) for loaded in sources for definition in loaded.definitions)


def _of_queue(loaded: LoadedJobs, name: str, message: str, key: str | None = None) -> ProblemLine:
    pointer: Pointer = ("queues", name) if key is None else ("queues", name, key)
    return loaded.origin.line(Problem(pointer=pointer, message=message, at_key=key is None), None)
