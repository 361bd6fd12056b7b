"""Loading jobs from a mapping in memory."""

from __future__ import annotations

from datetime import UTC, date, datetime
from enum import IntEnum, StrEnum
from pathlib import Path
from types import MappingProxyType

import pytest

from cron_actors.adapters.sources import MEMORY, FaultyJobsError, LoadedJobs, load_mapping
from cron_actors.model.job import FunctionCall
from cron_actors.settings import Granularity


class Word(StrEnum):
    NAME = "job1"


class Number(IntEnum):
    ONE = 1


def load(mapping: object, folder: Path = Path("/srv")) -> LoadedJobs:
    return load_mapping(mapping, folder=folder, granularity=Granularity.MINUTE)


def job(**fields: object) -> dict[str, object]:
    return {"identifier": "a", "path": "jobs", "function_name": "f", "periodicity": "5m", **fields}


def problems(mapping: object) -> list[str]:
    with pytest.raises(FaultyJobsError) as caught:
        load(mapping)
    return list(caught.value.problems)


def test_a_mapping_gives_its_jobs() -> None:
    found = load({"jobs": [job()]})
    assert found.source == MEMORY
    assert found.definitions[0].job.folder == Path("/srv")
    assert found.locate("a", "path") == "jobs[0].path"
    assert load({"jobs": []}).definitions == ()


def test_dates_tuples_mappings_and_members_of_enumerations_are_taken_for_what_they_are_made_of() -> None:
    fields = job(
        identifier=Word.NAME,
        start_date=date(2024, 1, 2),
        args=(Number.ONE, 2.5, None),
        kwargs=MappingProxyType({"b": True}),
    )
    (definition,) = load(MappingProxyType({"jobs": (fields,)})).definitions
    assert definition.job.when.start_at == datetime(2024, 1, 2, tzinfo=UTC)
    assert definition.job.work == FunctionCall(path="jobs", function_name="f", args=(1, 2.5, None), kwargs={"b": True})
    assert '"identifier":"job1"' in definition.text
    assert '"start_date":"2024-01-02"' in definition.text


def test_the_callers_mapping_can_change_later_without_changing_the_job() -> None:
    kwargs: dict[str, object] = {"a": 1}
    found = load({"jobs": [job(kwargs=kwargs)]})
    kwargs["a"] = 2
    work = found.definitions[0].job.work
    assert isinstance(work, FunctionCall)
    assert work.kwargs == {"a": 1}


def test_places_are_paths_into_the_mapping_in_its_order() -> None:
    lines = problems({"jobs": [job(timeout="x"), job(identifier="b", cron=["0 0 * * *", "no"], args=[Path("/")])]})
    assert [line.split(": ")[:2] for line in lines] == [
        ["jobs[0].timeout", "job 'a', timeout"],
        ["jobs[1].cron[1]", "job 'b', cron[1]"],
        ["jobs[1].args[0]", "job 'b', args[0]"],
    ]


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (Path("/x"), "a value of type PosixPath"),
        (b"x", "a value of type bytes"),
        ({1, 2}, "a value of type set"),
        (float("nan"), "the number nan"),
        (10**1001, "accepted: a finite number of at most 1000 digits"),
        ({1: 2}, "the key the number 1"),
        ("a\0b", "the character NUL"),
        ("\ud800", "half of a surrogate pair"),
        ({"\ud800": 1}, "half of a surrogate pair"),
    ],
)
def test_what_json_cannot_hold_is_refused_in_its_place(value: object, found: str) -> None:
    (line,) = problems({"jobs": [job(args=["fine", value])]})
    assert line.startswith("jobs[0].args[1]")
    assert found in line
    assert line.isprintable()


def test_a_list_that_holds_itself_is_refused() -> None:
    endless: list[object] = []
    endless.append(endless)
    (line,) = problems({"jobs": [job(args=endless)]})
    assert "more than 100 levels" in line


@pytest.mark.parametrize("mapping", [[], None, "jobs", 5])
def test_what_is_no_mapping_is_refused(mapping: object) -> None:
    (line,) = problems(mapping)
    assert line.startswith("the mapping: found ")
