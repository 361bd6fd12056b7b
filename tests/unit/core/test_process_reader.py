"""What a job says about its processes."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cron_actors.core.definitions import job_from, read_job
from cron_actors.core.process_reader import parse_exit_codes, parse_pattern, parse_umask
from cron_actors.errors import InvalidValueError
from cron_actors.model.job import Job, Limits, ProcessSettings, Retention, Success

FOLDER = Path("/srv/jobs")


def mapping(**fields: object) -> dict[str, Any]:
    return {"identifier": "a", "command": "x", "manual": True, **fields}


def job(**fields: object) -> Job:
    return job_from(mapping(**fields), FOLDER)


def test_every_setting_of_a_process_arrives_in_the_job() -> None:
    limits = {"memory": "512MB", "cpu": "10m", "open_files": 256.0, "nice": 5}
    found = job(user="shop", group=34, umask="027", env_file="a.env", limits=limits).process
    assert found == ProcessSettings(
        user="shop",
        group="34",
        umask=0o027,
        env_file="a.env",
        limits=Limits(memory=512_000_000, cpu=timedelta(minutes=10), open_files=256, nice=5),
    )


def test_success_is_said_by_statuses_standard_error_and_output() -> None:
    written = {"exit_codes": [0, 3.0, "10-12"], "stderr": "failure", "output": "done", "output_not": "ERROR"}
    assert job(success=written).success == Success(
        exit_codes=frozenset({0, 3, 10, 11, 12}), stderr_fails=True, output="done", output_not="ERROR"
    )


def test_what_is_not_said_of_retention_has_its_default() -> None:
    assert job(retention={"count": 5}).retention == Retention(count=5)
    assert job(retention={"age": "1 week", "size": "1kB"}).retention == Retention(age=timedelta(weeks=1), size=1000)


def test_a_job_that_says_nothing_of_it_has_the_defaults_of_the_model() -> None:
    found = job()
    assert (found.process, found.success, found.retention) == (ProcessSettings(), Success(), Retention())


def test_each_fault_inside_an_object_has_its_own_place() -> None:
    faulty = mapping(
        limits={"memory": "much", "cpu": "0s", "nice": []},
        success={"exit_codes": [0, 300, "20-10", None], "output": "(", "output_not": "x{5,2}"},
        retention={"age": "old", "size": 0},
    )
    _, problems = read_job(faulty, FOLDER)
    assert {problem.field for problem in problems} == {
        "limits.memory",
        "limits.cpu",
        "limits.nice",
        "success.exit_codes[1]",
        "success.exit_codes[2]",
        "success.exit_codes[3]",
        "success.output",
        "success.output_not",
        "retention.age",
        "retention.size",
    }


@pytest.mark.parametrize(("text", "mask"), [("027", 0o027), ("0", 0), ("77", 0o77), ("0022", 0o022), ("777", 0o777)])
def test_a_umask_is_read_in_octal(text: str, mask: int) -> None:
    assert parse_umask(text) == mask


@pytest.mark.parametrize("value", [23, "8", "0o27", "1000", "", "-1", "٣", None])
def test_a_umask_that_is_no_octal_text_is_refused(value: object) -> None:
    with pytest.raises(InvalidValueError, match='accepted: octal digits in quotes, such as "027"'):
        parse_umask(value)


@pytest.mark.parametrize("value", [-1, 256, "0-256", "5-4", "5-", "5", "a-b", None, [1]])
def test_what_is_no_exit_status_is_refused(value: object) -> None:
    with pytest.raises(InvalidValueError, match="accepted: a status from 0 to 255"):
        parse_exit_codes(value)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("(", "missing \\), unterminated subpattern at position 0"),
        ("a" + "{1" * 9 + "(" * 990, "accepted: a regular expression of Python's"),
        ("x{99999999999}", "accepted: a regular expression of Python's"),
        (5, "found the number 5"),
    ],
)
def test_what_is_no_regular_expression_is_refused_with_the_reason(value: object, told: str) -> None:
    with pytest.raises(InvalidValueError, match=told):
        parse_pattern(value)
