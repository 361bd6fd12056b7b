"""Jobs read from mappings, and the canonical text under which a definition is stored.

The schema has checked keys and types before; here the values' own grammar is read.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from cron_actors.core.backoff_reader import read_backoff
from cron_actors.core.chain_reader import read_chain
from cron_actors.core.durations import parse_duration
from cron_actors.core.field_reader import FieldReader, whole_number
from cron_actors.core.identifiers import parse_identifier
from cron_actors.core.problems import Problem
from cron_actors.core.process_reader import read_process, read_retention, read_success
from cron_actors.core.queue_names import parse_queue_name
from cron_actors.core.sizes import parse_size
from cron_actors.core.stored_calendars import restored, stored
from cron_actors.core.when_reader import read_when
from cron_actors.errors import InvalidValueError
from cron_actors.model.calendar import Calendar
from cron_actors.model.job import (
    AtLimit,
    CatchUp,
    CatchUpPolicy,
    Command,
    Definition,
    FunctionCall,
    Job,
    Json,
    OnInterrupt,
    OutputLimit,
    Overlap,
    When,
    Work,
)

_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
_DEFAULTS = Job(identifier="", work=Command(line=""), when=When(), folder=Path("/"))
_NO_CALENDARS: Mapping[str, Calendar] = MappingProxyType({})


def read_job(
    mapping: Mapping[str, Any], folder: Path, calendars: Mapping[str, Calendar] = _NO_CALENDARS
) -> tuple[Job, list[Problem]]:
    """Return the job that ``mapping`` says and every value that cannot be read, with pointers that start at the job.

    The types of fields are those of the schema; inside lists and objects anything is borne. An unreadable or missing
    value has its default, so that the job is good for something only if there were none. ``calendars`` are those that
    ``exclude`` may name.
    """
    reader = FieldReader(mapping)
    job = Job(
        identifier=reader.read(parse_identifier, "identifier", default=""),
        work=_work(mapping),
        when=read_when(reader, calendars),
        folder=folder,
        timeout=reader.read(parse_duration, "timeout", default=None),
        kill_after=reader.read(parse_duration, "kill_after", default=_DEFAULTS.kill_after),
        tolerance=reader.read(parse_duration, "tolerance", default=_DEFAULTS.tolerance),
        catch_up=_catch_up(reader),
        overlap=reader.read(Overlap, "overlap", default=_DEFAULTS.overlap),
        on_interrupt=reader.read(OnInterrupt, "on_interrupt", default=_DEFAULTS.on_interrupt),
        process=read_process(reader),
        output_limit=_output_limit(reader),
        success=read_success(reader),
        retention=read_retention(reader),
        description=mapping.get("description"),
        owner=mapping.get("owner"),
        calendar_id=mapping.get("calendar_id"),
        tags=_tags(mapping.get("tags", ())),
        queue=reader.read(parse_queue_name, "queue", default=_DEFAULTS.queue),
        priority=reader.read(whole_number, "priority", default=_DEFAULTS.priority),
        max_attempts=reader.read(whole_number, "max_attempts", default=_DEFAULTS.max_attempts),
        backoff=read_backoff(reader),
        on_success=read_chain(reader, "on_success"),
        on_failure=read_chain(reader, "on_failure"),
    )
    return job, reader.problems


def job_from(mapping: Mapping[str, Any], folder: Path, calendars: Mapping[str, Calendar] = _NO_CALENDARS) -> Job:
    """Return the job that a checked mapping says; raises InvalidValueError with the first value that cannot be read."""
    job, problems = read_job(mapping, folder, calendars)
    if problems:
        raise InvalidValueError(f"{problems[0].field}: {problems[0].message}")
    return job


def definition_of(mapping: Mapping[str, Any], folder: Path) -> Definition:
    """Return the checked mapping as a definition, with the job read from it."""
    return definition(mapping, job_from(mapping, folder))


def definition(mapping: Mapping[str, Any], job: Job) -> Definition:
    """Return the definition of a job that was read from ``mapping`` already."""
    content: dict[str, Json] = {"folder": str(job.folder), "job": dict(mapping)}
    if job.when.exclude:
        content["calendars"] = stored(job.when.exclude)
    return Definition(text=canonical(content), job=job)


def job_of(text: str) -> Job:
    """Return the job of a stored definition's text; raises InvalidValueError if it cannot be read any more."""
    content = json.loads(text)
    return job_from(content["job"], Path(content["folder"]), restored(content.get("calendars", {})))


def canonical(value: Json) -> str:
    """Return the one JSON text of ``value``: sorted keys, no blanks, characters as they are."""
    return _ENCODER.encode(value)


def _work(mapping: Mapping[str, Any]) -> Work:
    if "command" in mapping:
        line = mapping["command"]
        words = tuple(line) if isinstance(line, list) else line
        return Command(line=words, shell=mapping["shell"]) if "shell" in mapping else Command(line=words)
    return FunctionCall(
        path=mapping.get("path", ""),
        function_name=mapping.get("function_name", ""),
        args=tuple(mapping.get("args", ())),
        kwargs=mapping.get("kwargs", {}),
        python=mapping.get("python"),
    )


def _catch_up(reader: FieldReader) -> CatchUp:
    usual = _DEFAULTS.catch_up
    if isinstance(reader.value(("catch_up",)), str):
        return CatchUp(policy=reader.read(CatchUpPolicy, "catch_up", default=usual.policy))
    return CatchUp(
        policy=reader.read(CatchUpPolicy, "catch_up", "policy", default=usual.policy),
        within=reader.read(parse_duration, "catch_up", "within", default=usual.within),
        cap=reader.read(whole_number, "catch_up", "cap", default=usual.cap),
    )


def _output_limit(reader: FieldReader) -> OutputLimit:
    usual = _DEFAULTS.output_limit
    return OutputLimit(
        size=reader.read(parse_size, "output_limit", "size", default=usual.size),
        at_limit=reader.read(AtLimit, "output_limit", "at_limit", default=usual.at_limit),
    )


def _tags(words: Iterable[object]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for word in words if isinstance(word, str)))
