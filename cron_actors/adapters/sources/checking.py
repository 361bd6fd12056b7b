"""From a plain value to checked jobs: characters, schema, the values' own grammar, schedules, and names; all faults."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from cron_actors.adapters.sources.calendar_section import calendars_in
from cron_actors.adapters.sources.problem_lines import ProblemLine
from cron_actors.adapters.sources.queue_section import queues_in
from cron_actors.adapters.sources.schema_file import schema_check
from cron_actors.core.definitions import canonical, definition, read_job
from cron_actors.core.identifiers import twins
from cron_actors.core.job_defaults import merged, placed
from cron_actors.core.problems import Pointer, Problem
from cron_actors.core.process_reader import pattern_cost
from cron_actors.core.schedule_check import schedule_problems
from cron_actors.core.texts import unusable_texts
from cron_actors.model.calendar import Calendar
from cron_actors.model.job import Definition, Json
from cron_actors.model.queue import QueueDeclaration
from cron_actors.settings import Granularity

MOST_FAULTS = 250
"""After so many faults nothing further is looked at: the file is not what it was meant to be."""

_AT_ONCE = 100  # jobs checked before the faults are counted
_MOST_DEFAULTS = 32 * 1024 * 1024
_MOST_PATTERNS = 200_000  # characters of different patterns, which take half a second


@dataclass(slots=True)
class Findings:
    """The jobs that could be read, in order, and every fault once; not ``complete`` if there were too many faults.

    ``texts`` holds each job by the text of its mapping, the defaults under it. ``elsewhere`` are faults in other files.
    """

    definitions: list[Definition] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    places: set[tuple[Pointer, bool]] = field(default_factory=set)
    texts: dict[str, Definition] = field(default_factory=dict)
    elsewhere: list[ProblemLine] = field(default_factory=list)
    queues: tuple[QueueDeclaration, ...] = ()
    complete: bool = True

    def add(self, problems: Iterable[Problem]) -> None:
        """Add those at places where no earlier step found anything; of very many the first."""
        found = list(itertools.islice(problems, MOST_FAULTS + 1))
        if len(found) > MOST_FAULTS:
            self.complete = False
        self.problems += [problem for problem in found if (problem.pointer, problem.at_key) not in self.places]
        self.places.update((problem.pointer, problem.at_key) for problem in found)


@dataclass(frozen=True, slots=True)
class Terms:
    """What jobs are read by beside their own text.

    ``known`` are the ``texts`` of an earlier reading without faults, on the same terms: those are not checked again,
    unless their calendars have changed. ``calendars`` are those of the document.
    """

    folder: Path
    granularity: Granularity
    known: Mapping[str, Definition] = field(default_factory=dict)
    calendars: Mapping[str, Calendar] = field(default_factory=dict)


def findings_in(value: Json, known: list[Problem], terms: Terms) -> Findings:
    """Return the jobs and the faults of a whole document; ``known`` are those that reading it found."""
    findings = Findings()
    findings.add(known)
    texts = unusable_texts(value)
    findings.add(Problem(pointer=pointer, at_key=at_key, message=message) for pointer, at_key, message in texts)
    mappings = job_mappings(value)
    shell = {**value, "jobs": []} if isinstance(value, dict) and isinstance(value.get("jobs"), list) else value
    findings.add(schema_check().problems(shell))
    terms = _with_calendars(value, findings, terms)
    findings.queues, problems = queues_in(value, {problem.pointer for problem in findings.problems})
    findings.add(problems)
    check = _JobCheck(findings, terms, _defaults(value, findings, terms))
    for start in range(0, len(mappings), _AT_ONCE):
        if len(findings.problems) > MOST_FAULTS:
            findings.complete = False
            break
        check.look_at(mappings, range(start, min(start + _AT_ONCE, len(mappings))))
    findings.add(_twins(mappings, findings.places))
    return findings


def job_mappings(value: Json) -> list[Json]:
    """Return the list of jobs in a document, empty if there is none."""
    jobs = value.get("jobs") if isinstance(value, dict) else None
    return jobs if isinstance(jobs, list) else []


def identifier_of(mapping: Json) -> str | None:
    """Return the identifier that a job's mapping names, None if there is none that is text."""
    identifier = mapping.get("identifier") if isinstance(mapping, dict) else None
    return identifier if isinstance(identifier, str) else None


def _with_calendars(value: Json, findings: Findings, terms: Terms) -> Terms:
    """Return the terms with the calendars of the document, whose faults are found here."""
    section = calendars_in(value, {problem.pointer for problem in findings.problems}, terms.folder)
    findings.add(section.problems)
    findings.elsewhere += section.elsewhere
    return replace(terms, calendars=section.by_name)


def _defaults(value: Json, findings: Findings, terms: Terms) -> dict[str, Any]:
    """Return the defaults of the file; what is wrong with them is found here, before it is found again in each job."""
    defaults = value.get("defaults") if isinstance(value, dict) else None
    if not isinstance(defaults, dict):
        return {}
    faulty = {problem.pointer for problem in findings.problems}
    sound = {key: item for key, item in defaults.items() if ("defaults", key) not in faulty}
    findings.add(_moved(_value_problems(sound, terms)[1], lambda pointer: ("defaults", *pointer)))
    size, count = len(canonical(defaults)), len(job_mappings(value))
    if size * count > _MOST_DEFAULTS:
        found = f"found {size} characters for each of {count} jobs"
        accepted = f"at most {_MOST_DEFAULTS // 2**20} million for all jobs together"
        findings.add([Problem(pointer=("defaults",), message=f"{found}; accepted: {accepted}")])
        return {}
    return defaults


def _value_problems(mapping: dict[str, Any], terms: Terms) -> tuple[Any, list[Problem]]:
    """Return the job of a mapping whose fields have the right types, and the faults of its values."""
    job, problems = read_job(mapping, terms.folder, terms.calendars)
    unfit = schedule_problems(job, terms.granularity, written=mapping.get("cron"))
    return job, [*problems, *itertools.islice(unfit, MOST_FAULTS + 1)]


def _moved(problems: Sequence[Problem], place: Callable[[Pointer], Pointer]) -> list[Problem]:
    return [replace(problem, pointer=place(problem.pointer)) for problem in problems]


class _JobCheck:
    """The jobs of one document, looked at a number at a time."""

    def __init__(self, findings: Findings, terms: Terms, defaults: dict[str, Any]) -> None:
        self._findings = findings
        self._terms = terms
        self._defaults = defaults
        self._patterns: set[str] = set()
        self._patterns_left = _MOST_PATTERNS

    def look_at(self, mappings: Sequence[Json], indexes: range) -> None:
        """Note the faults of these jobs, and those jobs that can be read."""
        whole = {index: self._merged(mappings[index]) for index in indexes}
        texts = {index: canonical(mapping) for index, mapping in whole.items()}
        fresh = [index for index, text in texts.items() if self._known(text) is None]
        self._check_schema(mappings, [(index, whole[index]) for index in fresh])
        for index, mapping in whole.items():
            found = self._known(texts[index])
            if found is None and isinstance(mapping, dict):
                place = self._place_in(mappings, index)
                sound = self._within_patterns(self._sound(mapping, place), place)
                job, problems = _value_problems(sound, self._terms)
                self._findings.add(_moved(problems, place))
                found = definition(sound, job)
            if found is not None:
                self._findings.definitions.append(found)
                self._findings.texts[texts[index]] = found

    def _sound(self, mapping: dict[str, Any], place: Callable[[Pointer], Pointer]) -> dict[str, Any]:
        places = self._findings.places
        if not places:
            return mapping
        return {key: item for key, item in mapping.items() if places.isdisjoint(_both(place((key,))))}

    def _within_patterns(self, mapping: dict[str, Any], place: Callable[[Pointer], Pointer]) -> dict[str, Any]:
        """Count the patterns that no job before had; return the mapping without them once they are too many."""
        success = mapping.get("success")
        if not isinstance(success, dict):
            return mapping
        texts = {text for key in ("output", "output_not") if isinstance(text := success.get(key), str)}
        self._patterns_left -= sum(map(pattern_cost, texts - self._patterns))
        self._patterns |= texts
        if self._patterns_left >= 0 or not texts:
            return mapping
        message = f"found too much to compile in all patterns so far; accepted: {_MOST_PATTERNS} characters of them"
        self._findings.add([Problem(pointer=place(("success",)), message=message)])
        return {key: item for key, item in mapping.items() if key != "success"}

    def _known(self, text: str) -> Definition | None:
        """Return what an earlier reading made of the text, if its calendars are what they were."""
        found = self._terms.known.get(text)
        if found is None or all(self._terms.calendars.get(used.name) == used for used in found.job.when.exclude):
            return found
        return None

    def _merged(self, mapping: Json) -> Json:
        return merged(mapping, self._defaults) if isinstance(mapping, dict) else mapping

    def _check_schema(self, mappings: Sequence[Json], fresh: Sequence[tuple[int, Json]]) -> None:
        document: Json = {"jobs": [mapping for _, mapping in fresh]}
        self._findings.add(self._schema_problems(document, mappings, [index for index, _ in fresh]))

    def _schema_problems(self, document: Json, mappings: Sequence[Json], fresh: Sequence[int]) -> Iterator[Problem]:
        for problem in schema_check().problems(document):
            match problem.pointer:
                case (_, int(number), *inside):
                    place = self._place_in(mappings, fresh[number])
                    yield replace(problem, pointer=place(tuple(inside)))

    def _place_in(self, mappings: Sequence[Json], index: int) -> Callable[[Pointer], Pointer]:
        """Return what turns a pointer into a merged job into one that leads to where the user wrote that."""
        mapping = mappings[index]

        def place(pointer: Pointer) -> Pointer:
            usual = placed(pointer, mapping, self._defaults) if isinstance(mapping, dict) else None
            return ("jobs", index, *pointer) if usual is None else usual

        return place


def _both(pointer: Pointer) -> set[tuple[Pointer, bool]]:
    """Return the place of a value and that of its key."""
    return {(pointer, False), (pointer, True)}


def _twins(mappings: Sequence[Json], places: set[tuple[Pointer, bool]]) -> Iterator[Problem]:
    identifiers: list[str | None] = []
    for index, mapping in enumerate(mappings):
        sound = (("jobs", index, "identifier"), False) not in places
        identifiers.append(identifier_of(mapping) if sound else None)
    for index, message in twins(identifiers):
        yield Problem(pointer=("jobs", index, "identifier"), message=message)
