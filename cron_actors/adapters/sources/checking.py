"""From a plain value to checked jobs: characters, schema, the values' own grammar, schedules, and names; all faults."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from cron_actors.adapters.sources.schema_file import schema_check
from cron_actors.core.definitions import definition, read_job
from cron_actors.core.identifiers import twins
from cron_actors.core.problems import Pointer, Problem
from cron_actors.core.schedule_check import schedule_problems
from cron_actors.core.texts import unusable_texts
from cron_actors.model.job import Definition, Json
from cron_actors.settings import Granularity


@dataclass(slots=True)
class Findings:
    """The jobs that could be read, in order, and every fault once."""

    definitions: list[Definition] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    places: set[tuple[Pointer, bool]] = field(default_factory=set)

    def add(self, problems: list[Problem]) -> None:
        """Add those at places where no earlier step found anything."""
        self.problems += [problem for problem in problems if (problem.pointer, problem.at_key) not in self.places]
        self.places.update((problem.pointer, problem.at_key) for problem in problems)


def findings_in(value: Json, known: list[Problem], *, folder: Path, granularity: Granularity) -> Findings:
    """Return the jobs and the faults of a whole document; ``known`` are those that reading it found."""
    findings = Findings()
    findings.add(known)
    texts = unusable_texts(value)
    findings.add([Problem(pointer=pointer, at_key=at_key, message=message) for pointer, at_key, message in texts])
    findings.add(list(schema_check().problems(value)))
    faulty = {problem.pointer for problem in findings.problems}
    for index, mapping in enumerate(job_mappings(value)):
        if isinstance(mapping, dict):
            sound = {key: item for key, item in mapping.items() if ("jobs", index, key) not in faulty}
            _read(sound, index, findings, folder, granularity)
    findings.add(list(_twins(value, findings.places)))
    return findings


def job_mappings(value: Json) -> list[Json]:
    """Return the list of jobs in a document, empty if there is none."""
    jobs = value.get("jobs") if isinstance(value, dict) else None
    return jobs if isinstance(jobs, list) else []


def identifier_of(mapping: Json) -> str | None:
    """Return the identifier that a job's mapping names, None if there is none that is text."""
    identifier = mapping.get("identifier") if isinstance(mapping, dict) else None
    return identifier if isinstance(identifier, str) else None


def _read(mapping: dict[str, Any], index: int, findings: Findings, folder: Path, granularity: Granularity) -> None:
    """Read one job whose fields have the right types, and note its faults."""
    job, problems = read_job(mapping, folder)
    listed = isinstance(mapping.get("cron"), list)
    problems += schedule_problems(job, granularity, listed=listed)
    findings.add([replace(problem, pointer=("jobs", index, *problem.pointer)) for problem in problems])
    findings.definitions.append(definition(mapping, job))


def _twins(value: Json, places: set[tuple[Pointer, bool]]) -> Iterator[Problem]:
    identifiers: list[str | None] = []
    for index, mapping in enumerate(job_mappings(value)):
        sound = (("jobs", index, "identifier"), False) not in places
        identifiers.append(identifier_of(mapping) if sound else None)
    for index, message in twins(identifiers):
        yield Problem(pointer=("jobs", index, "identifier"), message=message)
