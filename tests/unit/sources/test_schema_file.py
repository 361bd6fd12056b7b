"""The published schema: itself valid, described throughout, and of one mind with the loader."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from jsonschema_rs import Draft202012Validator as Rust

from cron_actors.adapters.sources import FaultyJobsError, load_mapping, schema, schema_text
from cron_actors.core.definitions import job_from
from cron_actors.core.job_defaults import OWN_KEYS
from cron_actors.core.schema import SchemaCheck
from cron_actors.model.job import Job
from cron_actors.model.queue import Backoff, Queue
from cron_actors.settings import Granularity

JOB: dict[str, Any] = schema()["$defs"]["job"]
QUEUE: dict[str, Any] = schema()["$defs"]["queue"]
FUNCTION = {"identifier": "a", "path": "jobs", "function_name": "f"}


def described(properties: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    for key, value in properties.items():
        yield above + key, value
        yield from described(value.get("properties", {}), f"{above}{key}.")


def complete(key: str, value: object) -> dict[str, object]:
    """Return a job in which the field can stand."""
    work = {"identifier": "a", "command": "x"} if key in ("command", "shell") else FUNCTION
    when = {} if key in ("periodicity", "cron", "run_at", "run_in", "manual") else {"periodicity": "1h"}
    return {**work, **when, key: value}


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(schema())
    assert json.loads(schema_text()) == schema()


@pytest.mark.parametrize(
    ("name", "part"), list(described({**JOB["properties"], **QUEUE["properties"], **schema()["properties"]}))
)
def test_every_key_has_a_description_and_examples(name: str, part: Mapping[str, Any]) -> None:
    assert part["description"].endswith("."), name
    assert part["examples"], name
    assert part.get("x-accepted") or part["enum"], name


@pytest.mark.parametrize(
    ("key", "example"), [(key, example) for key, part in JOB["properties"].items() for example in part["examples"]]
)
def test_every_example_of_a_key_is_accepted(key: str, example: object) -> None:
    calendars = {"holidays": {"dates": "2027-01-01"}, "weekend": {"weekdays": ["sat", "sun"]}}
    others = [{"identifier": name, "command": "x", "manual": True} for name in ("report", "upload", "alarm")]
    mapping = {"jobs": [complete(key, example), *others], "calendars": calendars}
    assert load_mapping(mapping, folder=Path("/srv"), granularity=Granularity.SECOND).definitions


@pytest.mark.parametrize("example", JOB["examples"] + schema()["properties"]["jobs"]["examples"][0])
def test_every_example_of_a_job_is_accepted(example: object) -> None:
    assert load_mapping({"jobs": [example]}, folder=Path("/srv"), granularity=Granularity.MINUTE).definitions


@pytest.mark.parametrize(
    ("key", "default"), [(key, part["default"]) for key, part in JOB["properties"].items() if "default" in part]
)
def test_writing_a_default_is_the_same_as_leaving_it_out(key: str, default: object) -> None:
    written = complete(key, default)
    if key == "manual":
        written["periodicity"] = "1h"
    without = {name: value for name, value in written.items() if name != key}
    assert job_from(written, Path("/srv")) == job_from(without, Path("/srv"))


def test_defaults_inside_objects_are_those_of_the_model() -> None:
    usual = job_from(complete("catch_up", {}), Path("/srv"))
    for key in ("catch_up", "output_limit", "success", "retention"):
        parts = JOB["properties"][key]["properties"]
        inner = {name: part["default"] for name, part in parts.items() if "default" in part}
        assert job_from(complete(key, inner), Path("/srv")) == usual


@pytest.mark.parametrize(
    ("key", "example"), [(key, example) for key, part in QUEUE["properties"].items() for example in part["examples"]]
)
def test_every_example_of_a_key_of_a_queue_is_accepted(key: str, example: object) -> None:
    mapping = {"jobs": [], "queues": {"mail": {key: example}}}
    [declared] = load_mapping(mapping, folder=Path("/srv"), granularity=Granularity.SECOND).queues
    assert declared.queue != Queue(name="mail")


@pytest.mark.parametrize(
    ("key", "default"), [(key, part["default"]) for key, part in QUEUE["properties"].items() if "default" in part]
)
def test_writing_a_default_of_a_queue_changes_no_more_than_naming_it(key: str, default: object) -> None:
    mapping = {"jobs": [], "queues": {"mail": {key: default}}}
    [declared] = load_mapping(mapping, folder=Path("/srv"), granularity=Granularity.SECOND).queues
    assert declared.queue in (Queue(name="mail"), Queue(name="mail", backoff=Backoff()))


def test_every_field_of_a_queue_can_be_written() -> None:
    written = {"recycle" if part.name == "recycling" else part.name for part in fields(Queue)}
    assert written - {"name"} == set(QUEUE["properties"])


def test_every_field_of_a_job_can_be_written() -> None:
    inside = {"work", "when", "process", "folder"}
    assert {part.name for part in fields(Job)} - inside <= set(JOB["properties"])


WRONG = [
    (key, value)
    for key in JOB["properties"]
    for value in (None, 5.5, {"?": 1}, [[1]])
    if (key, value) not in (("kwargs", {"?": 1}), ("args", [[1]]))
]


@pytest.mark.parametrize(("key", "value"), WRONG)
def test_a_value_of_a_wrong_type_is_a_fault_of_that_key_alone(key: str, value: object) -> None:
    with pytest.raises(FaultyJobsError) as caught:
        load_mapping({"jobs": [complete(key, value)]}, folder=Path("/srv"), granularity=Granularity.MINUTE)
    assert {(entry.field or "").split(".")[0].split("[")[0] for entry in caught.value.entries} == {key}


def test_every_key_can_have_a_default_but_those_that_say_what_the_job_is_and_what_it_runs() -> None:
    defaults = schema()["$defs"]["defaults"]["properties"]
    assert set(defaults) == set(JOB["properties"]) - set(OWN_KEYS)
    assert all(part == {"$ref": f"#/$defs/job/properties/{key}"} for key, part in defaults.items())


@pytest.mark.parametrize("quick", [True, False])
def test_the_fast_check_and_the_thorough_one_find_the_same(quick: bool) -> None:  # noqa: FBT001 - a parameter
    whole = schema()
    check = SchemaCheck(whole, (lambda _: False) if not quick else Rust(whole).is_valid)
    sound: dict[str, Any] = {"jobs": [{**FUNCTION, "periodicity": "1h"}], "defaults": {"timeout": "1m"}}
    assert list(check.problems(sound)) == []
    [problem] = check.problems({**sound, "defaults": {"tiemout": "1m"}})
    assert problem.message == "unknown key, did you mean 'timeout'?"
