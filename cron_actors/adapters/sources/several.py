"""The jobs of several files, which must fit together: no two share an identifier, and what they name is there."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from cron_actors.adapters.sources.checking import MOST_FAULTS
from cron_actors.adapters.sources.loaded_jobs import LoadedJobs
from cron_actors.adapters.sources.loading import load_file
from cron_actors.adapters.sources.places import JobsFiles, source_of
from cron_actors.adapters.sources.problem_lines import FaultyJobsError, ProblemLine
from cron_actors.adapters.sources.references import Misfit, misfits
from cron_actors.core.quotation import quote
from cron_actors.settings import Granularity

Loaded = Mapping[str, LoadedJobs]
Judge = Callable[[LoadedJobs], FaultyJobsError | None]
_NOTHING: Loaded = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How files are read: which extensions are supported, when the daemon ticks, how many workers queues share."""

    supported_extensions: Sequence[str]
    granularity: Granularity
    workers: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What became of some files: the jobs of those that can be used, by source, and the faults of the others.

    What stands in ``jobs`` for a faulty file are the jobs it had before, if it had any.
    """

    jobs: Loaded
    faults: Mapping[str, FaultyJobsError]


def load_files(files: JobsFiles, manner: Manner) -> list[LoadedJobs]:
    """Return the jobs of all files, in order; raises FaultyJobsError with all that is wrong with any of them."""
    reading = read_files(files.names, manner)
    if reading.faults or files.empty:
        faults = reading.faults.values()
        entries = (*empty_lines(files), *(entry for fault in faults for entry in fault.entries))
        raise FaultyJobsError(entries, complete=all(fault.complete for fault in faults))
    return list(reading.jobs.values())


def empty_lines(files: JobsFiles) -> list[ProblemLine]:
    """Return a fault for each directory without a jobs file: it may be another one that was meant."""
    message = "found no jobs file in this directory; accepted: one at least, which may have no jobs"
    return [ProblemLine(file=directory, message=message) for directory in files.empty]


def read_files(
    names: Sequence[str],
    manner: Manner,
    earlier: Loaded = _NOTHING,
    unchanged: Collection[str] = (),
    judge: Judge = lambda _: None,
) -> Reading:
    """Read the files that are not ``unchanged`` (sources), and keep for the others and the faulty ones what was there.

    ``judge`` may find a fault in a file that was read. Of two files that name one job, the one that changed is faulty;
    if both did, the later one; so it is with queues that two files declare and with names that nothing has any more.
    """
    jobs: dict[str, LoadedJobs] = {}
    faults: dict[str, FaultyJobsError] = {}
    for name in names:
        source = source_of(name)
        before = earlier.get(source)
        if before is not None:
            jobs[source] = before
            if source in unchanged:
                continue
        try:
            jobs[source] = _judged(_read(name, manner, before), judge)
        except FaultyJobsError as fault:
            faults[source] = fault
    _part_twins(jobs, faults, earlier)
    if earlier or not faults:  # at a start, what a faulty file may hold is not missed as well
        _part_misfits(jobs, faults, earlier, manner.workers)
    return Reading(jobs=jobs, faults=faults)


def _read(name: str, manner: Manner, before: LoadedJobs | None) -> LoadedJobs:
    extensions = manner.supported_extensions
    return load_file(name, supported_extensions=extensions, granularity=manner.granularity, earlier=before)


def _judged(loaded: LoadedJobs, judge: Judge) -> LoadedJobs:
    fault = judge(loaded)
    if fault is not None:
        raise fault
    return loaded


def _part_twins(jobs: dict[str, LoadedJobs], faults: dict[str, FaultyJobsError], earlier: Loaded) -> None:
    """Take back the files that name a job of another file, until no two files name one job."""
    while entries := _twins_by_file(jobs, earlier):
        _take_back(entries, jobs, faults, earlier)


def _part_misfits(
    jobs: dict[str, LoadedJobs], faults: dict[str, FaultyJobsError], earlier: Loaded, workers: int
) -> None:
    """Take back the files that do not fit, until the others fit together, or nothing more can be taken back."""
    while entries := _misfits_by_file(jobs, faults, earlier, workers):
        _take_back(entries, jobs, faults, earlier)
        if not earlier:  # nothing of it is put in force, and what is taken back is not to be missed
            return


def _take_back(
    entries: Mapping[str, list[ProblemLine]],
    jobs: dict[str, LoadedJobs],
    faults: dict[str, FaultyJobsError],
    earlier: Loaded,
) -> None:
    for source, lines in entries.items():
        known = faults[source].entries if source in faults else ()
        faults[source] = FaultyJobsError((*known, *lines))
        if source in earlier:
            jobs[source] = earlier[source]
        else:
            del jobs[source]


def _misfits_by_file(
    jobs: Loaded, faults: Mapping[str, FaultyJobsError], earlier: Loaded, workers: int
) -> dict[str, list[ProblemLine]]:
    found: dict[str, list[ProblemLine]] = {}
    for misfit in islice(misfits(list(jobs.values()), workers), MOST_FAULTS):
        for source in _at_fault(misfit, jobs, earlier):
            if source not in faults or jobs[source] is not earlier.get(source):
                line = misfit.lines.get(source) or next(iter(misfit.lines.values()))
                found.setdefault(source, []).append(line)
    return found


def _at_fault(misfit: Misfit, jobs: Loaded, earlier: Loaded) -> list[str]:
    """Return the first file concerned that changed; else all that changed, as one of them had what is missed now.

    If none did, it went with a file that is gone, and there is only the one that misses it.
    """
    changed = [source for source in misfit.lines if jobs[source] is not earlier.get(source)]
    others = [source for source in jobs if source in earlier and jobs[source] is not earlier[source]]
    return changed[:1] or others or list(misfit.lines)[:1]


def _twins_by_file(jobs: Loaded, earlier: Loaded) -> dict[str, list[ProblemLine]]:
    found: dict[str, list[ProblemLine]] = {}
    for one, other, identifier in _twins(list(jobs.values())):
        gives_way, stays = (one, other) if earlier.get(other.source) is other else (other, one)
        found.setdefault(gives_way.source, []).append(_line(gives_way, stays, identifier))
    return found


def _twins(loaded: Sequence[LoadedJobs]) -> Iterator[tuple[LoadedJobs, LoadedJobs, str]]:
    """Yield each pair of files that name one job, with its folded identifier."""
    if len(loaded) < 2:  # noqa: PLR2004 - the only file has been looked through by itself
        return
    seen: dict[str, LoadedJobs] = {}
    for jobs in loaded:
        for folded in jobs.identifiers:
            first = seen.setdefault(folded, jobs)
            if first is not jobs:
                yield first, jobs, folded


def _line(gives_way: LoadedJobs, stays: LoadedJobs, folded: str) -> ProblemLine:
    identifier, other = gives_way.identifiers[folded], stays.identifiers[folded]
    has = "has already" if identifier == other else f"has already as {quote(other)}"
    message = (
        f"found {quote(identifier)}, which {stays.locate(other, 'identifier')} {has};"
        " accepted: an identifier of its own for each job of all files"
    )
    return gives_way.entry(identifier, "identifier", message)
