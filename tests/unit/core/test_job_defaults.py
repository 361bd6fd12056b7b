from __future__ import annotations

import pytest

from cron_actors.core.job_defaults import merged, placed
from cron_actors.model.job import Json

Mapping = dict[str, Json]


@pytest.mark.parametrize(
    ("job", "defaults", "whole"),
    [
        ({"timeout": "1m"}, {}, {"timeout": "1m"}),
        ({}, {"timeout": "1m"}, {"timeout": "1m"}),
        ({"timeout": "2m"}, {"timeout": "1m"}, {"timeout": "2m"}),
        ({"timeout": None}, {"timeout": "1m"}, {}),
        ({"timeout": None}, {}, {"timeout": None}),
        ({"env": {"A": "1"}}, {"env": {"A": "0", "B": "2"}}, {"env": {"A": "1", "B": "2"}}),
        ({"env": {"B": None}}, {"env": {"A": "0", "B": "2"}}, {"env": {"A": "0"}}),
        ({"env": {"C": None}}, {"env": {"A": "0"}}, {"env": {"A": "0", "C": None}}),
        ({"env": None}, {"env": {"A": "0"}}, {}),
        ({"tags": ["a"]}, {"tags": ["b"]}, {"tags": ["a"]}),
        ({"catch_up": "all"}, {"catch_up": {"within": "2h"}}, {"catch_up": {"policy": "all", "within": "2h"}}),
        ({"catch_up": {"cap": 1}}, {"catch_up": "all"}, {"catch_up": {"policy": "all", "cap": 1}}),
        ({"catch_up": "skip"}, {"catch_up": "all"}, {"catch_up": {"policy": "skip"}}),
        ({"x-note": 1}, {"x-other": 2}, {"x-note": 1, "x-other": 2}),
    ],
)
def test_a_job_lies_over_the_defaults(job: Mapping, defaults: Mapping, whole: Mapping) -> None:
    assert merged(job, defaults) == whole


@pytest.mark.parametrize("key", ["periodicity", "cron", "run_at", "run_in", "at_startup", "manual"])
def test_a_job_that_says_when_it_runs_takes_nothing_of_when_the_others_run(key: str) -> None:
    defaults: Mapping = {"periodicity": "1h", "cron": "0 4 * * *", "timeout": "1m"}
    assert merged({key: True}, defaults) == {key: True, "timeout": "1m"}


def test_a_job_that_is_not_manual_has_not_said_when_it_runs() -> None:
    assert merged({"manual": False}, {"cron": "0 4 * * *"}) == {"manual": False, "cron": "0 4 * * *"}


@pytest.mark.parametrize(
    ("job", "reached"),
    [
        ({"command": "echo"}, {"shell"}),
        ({"command": ["echo"]}, set()),
        ({"path": "jobs", "function_name": "f"}, {"python"}),
    ],
)
def test_shell_and_interpreter_reach_only_the_jobs_that_can_have_them(job: Mapping, reached: set[str]) -> None:
    assert merged(job, {"shell": "/bin/bash", "python": "/usr/bin/python3"}).keys() - job.keys() == reached


def test_neither_the_job_nor_the_defaults_are_changed() -> None:
    job: Mapping = {"env": {"A": "1"}}
    defaults: Mapping = {"env": {"B": "2"}}
    merged(job, defaults)
    assert (job, defaults) == ({"env": {"A": "1"}}, {"env": {"B": "2"}})


@pytest.mark.parametrize(
    ("pointer", "place"),
    [
        (("timeout",), ("defaults", "timeout")),
        (("kill_after",), None),
        (("cron", 1), ("defaults", "cron", 1)),
        (("env", "A"), None),
        (("env", "B"), ("defaults", "env", "B")),
        (("catch_up", "within"), ("defaults", "catch_up", "within")),
        (("identifier",), None),
        ((), None),
    ],
)
def test_a_value_is_placed_where_it_was_written(pointer: tuple[str | int, ...], place: object) -> None:
    job: Mapping = {"kill_after": "1s", "env": {"A": "1"}, "catch_up": "all"}
    defaults: Mapping = {"timeout": "1m", "cron": ["x", "y"], "env": {"A": "0", "B": "2"}, "catch_up": {"within": "1h"}}
    assert placed(pointer, job, defaults) == place
