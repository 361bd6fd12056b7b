"""Keeping the jobs of a running daemon in line with its jobs files."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from pathlib import Path

from cron_actors.adapters.sources import FaultyJobsError, FileWatch, LoadedJobs, paths_in, read_files, source_of
from cron_actors.errors import JobsFileError
from cron_actors.loading import (
    fatal_entries,
    files_of,
    import_problems,
    is_useless,
    manner_of,
    missing_rights,
    tell,
    unknown_accounts,
)
from cron_actors.messages import Address, LedgerMessage, Load, Trouble
from cron_actors.settings import Settings

log = logging.getLogger(__name__)

TOPIC = "jobs file"
LOOK_AGAIN = 1.0  # seconds


def watch_over(settings: Settings) -> FileWatch:
    """Return a watch over the jobs files; make it before they are read, so that no change is missed."""
    return FileWatch(lambda: _sources(settings))


@dataclass(slots=True, kw_only=True)
class InForce:
    """The jobs that the daemon runs, by source, and those of each source whose function cannot be found."""

    jobs: dict[str, LoadedJobs]
    unresolved: dict[str, frozenset[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, sources: Iterable[LoadedJobs], unresolved: frozenset[str]) -> InForce:
        """Return what a daemon starts with."""
        jobs = {loaded.source: loaded for loaded in sources}
        by_source = {source: unresolved.intersection(jobs[source].identifiers.values()) for source in jobs}
        return cls(jobs=jobs, unresolved=by_source)


class Reloader:
    """Reads jobs files again when they change, or when it is asked to, from a thread of its own, and tells the ledger.

    A file that cannot be used keeps the jobs it had; until it can, that is a trouble of the daemon. What did not change
    is neither checked again nor told.
    """

    def __init__(self, settings: Settings, watch: FileWatch, in_force: InForce, ledger: Address[LedgerMessage]) -> None:
        self._settings = settings
        self._watch = watch
        self._in_force = in_force
        self._ledger = ledger
        self._faulty: frozenset[str] = frozenset()
        self._trouble: str | None = None
        self._woken = threading.Event()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="reloader", daemon=True)
        watch.follow(_named(in_force))

    def start(self) -> None:
        """Begin to look after the files."""
        self._thread.start()

    def request(self) -> None:
        """Have all files read at once, also if nothing seems to have changed."""
        self._woken.set()

    def close(self) -> None:
        """End the thread; a reading that is under way comes to its end first."""
        self._closed = True
        self._woken.set()
        self._thread.join()

    def _run(self) -> None:
        while True:
            asked = self._woken.wait(LOOK_AGAIN)
            if self._closed:
                return
            self._woken.clear()
            try:
                if asked or self._watch.has_changed():
                    self.reload(everything=asked)
            except Exception as error:  # whatever a file can do to us, the daemon goes on with the jobs it has
                log.exception("the jobs files cannot be read again")
                self._report(f"the jobs files cannot be read again ({error!r})")

    def reload(self, *, everything: bool) -> None:
        """Read the files that have changed, or everything, and tell the ledger what that makes of the jobs."""
        unchanged = frozenset() if everything else self._unchanged()
        if everything:
            self._watch.begin_reading()
        try:
            names = files_of(self._settings).names
        except JobsFileError as fault:
            self._refuse({TOPIC: fault})
            return
        check = _FitnessCheck(self._in_force, everything=everything)
        reading = read_files(names, manner_of(self._settings), self._in_force.jobs, unchanged, check.fault)
        unresolved = {
            source: self._in_force.unresolved.get(source, frozenset())
            if loaded is self._in_force.jobs.get(source)
            else check.unresolved[source]
            for source, loaded in reading.jobs.items()
        }
        stranded = self._stranded(reading.jobs.keys())
        new = InForce(
            jobs={**reading.jobs, **{source: self._in_force.jobs[source] for source in stranded}},
            unresolved={**unresolved, **{source: self._in_force.unresolved[source] for source in stranded}},
        )
        self._put_in_force(new, everything=everything)
        self._watch.follow(_named(new))
        self._faulty = frozenset(reading.faults)
        self._refuse(reading.faults)

    def _unchanged(self) -> frozenset[str]:
        """Return the sources that were sound and, with all files they name, are as they were."""
        looks = self._watch.begin_reading()
        sound = self._in_force.jobs.keys() - self._faulty
        return frozenset(source for source in sound if looks.issuperset((source, *self._in_force.jobs[source].named)))

    def _stranded(self, present: AbstractSet[str]) -> list[str]:
        """Return the files that are gone with their directory: nobody has taken their jobs away one by one."""
        gone = self._in_force.jobs.keys() - present
        return sorted(source for source in gone if not Path(source).parent.is_dir())

    def _put_in_force(self, new: InForce, *, everything: bool) -> None:
        old, self._in_force = self._in_force, new
        loads = {
            source: loaded.definitions
            for source, loaded in new.jobs.items()
            if everything or source not in old.jobs or _differs(source, old, new)
        }
        gone = old.jobs.keys() - new.jobs.keys()
        if loads or gone:
            unresolved = frozenset[str]().union(*(new.unresolved[source] for source in loads))
            told = {**dict.fromkeys(gone, ()), **loads}
            queues = {source: new.jobs[source].queues if source in new.jobs else () for source in told}
            self._ledger.tell(Load(jobs=told, unresolved=unresolved, queues=queues))
        for source in (*new.jobs, *gone):
            before, after = old.jobs.get(source), new.jobs.get(source)
            if after is not before:
                event = "is gone" if after is None else "was read again"
                log.info("jobs: %s %s: %s", source, event, difference(before, after))

    def _refuse(self, faults: Mapping[str, JobsFileError]) -> None:
        """Say loudly what cannot be used, and that its earlier jobs go on; or that all is well again."""
        lines = [line for fault in faults.values() for line in fault.problems]
        for line in lines[1:]:  # the first one is told by the ledger, with the trouble
            log.error("%s", line)
        more = f" (and {len(lines) - 1} more)" if len(lines) > 1 else ""
        self._report(f"{lines[0]}{more}; the jobs that were there before go on" if lines else None)

    def _report(self, trouble: str | None) -> None:
        if trouble != self._trouble:
            self._trouble = trouble
            self._ledger.tell(Trouble(topic=TOPIC, text=trouble))


class _FitnessCheck:
    """Whether jobs can run here, file by file: their accounts and rights, and the functions of new and changed ones."""

    def __init__(self, in_force: InForce, *, everything: bool) -> None:
        self._in_force = in_force
        self._everything = everything
        self.unresolved: dict[str, frozenset[str]] = {}

    def fault(self, loaded: LoadedJobs) -> FaultyJobsError | None:
        """Return what is wrong with a file that asks for what it cannot have, or of which no job can run.

        Otherwise note the jobs whose functions cannot be found, and tell of them.
        """
        beyond_reach = [*unknown_accounts(loaded), *missing_rights(loaded)]
        if beyond_reach:
            return FaultyJobsError(tuple(beyond_reach))
        before = self._in_force.jobs.get(loaded.source)
        known = frozenset[int]() if before is None or self._everything else frozenset(map(id, before.definitions))
        unresolved_before = self._in_force.unresolved.get(loaded.source, frozenset())
        checked = [
            definition
            for definition in loaded.definitions
            if id(definition) not in known or definition.job.identifier in unresolved_before
        ]
        problems = import_problems(checked)
        unresolved = frozenset(problem.job for problem in problems if problem.fatal)
        self.unresolved[loaded.source] = unresolved
        if is_useless(loaded, unresolved):
            return FaultyJobsError(tuple(fatal_entries(loaded, problems)))
        tell(loaded, problems)
        return None


def difference(before: LoadedJobs | None, after: LoadedJobs | None) -> str:
    """Return in words how the jobs of a file differ.

    >>> difference(None, None)
    'nothing changed'
    """
    old, new = _texts(before), _texts(after)
    counts = {
        "new": len(new.keys() - old.keys()),
        "changed": sum(old[name] != new[name] for name in new.keys() & old.keys()),
        "removed": len(old.keys() - new.keys()),
    }
    parts = [f"{count} {word}" for word, count in counts.items() if count]
    if _queues(before) != _queues(after):
        parts.append("other queues")
    return ", ".join(parts) or "nothing changed"


def _queues(loaded: LoadedJobs | None) -> dict[str, str]:
    return {} if loaded is None else {declared.queue.name: declared.text for declared in loaded.queues}


def _texts(loaded: LoadedJobs | None) -> dict[str, str]:
    definitions = () if loaded is None else loaded.definitions
    return {definition.job.identifier: definition.text for definition in definitions}


def _named(in_force: InForce) -> list[str]:
    return [path for loaded in in_force.jobs.values() for path in loaded.named]


def _differs(source: str, old: InForce, new: InForce) -> bool:
    if _texts(old.jobs[source]) != _texts(new.jobs[source]) or old.jobs[source].queues != new.jobs[source].queues:
        return True
    return old.unresolved.get(source) != new.unresolved.get(source)


def _sources(settings: Settings) -> Iterable[str]:
    """Return what is to be looked at: the files, or the paths as they are if a directory cannot be read."""
    try:
        names = files_of(settings).names
    except JobsFileError:
        names = paths_in(settings.jobs_file_path)
    return [source_of(name) for name in names]
