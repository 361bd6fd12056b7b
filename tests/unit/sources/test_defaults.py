"""The section ``defaults`` of a jobs file, as a user meets it."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from cron_actors.adapters.sources import FaultyJobsError, load_file, load_mapping
from cron_actors.settings import FILE_TYPES, Granularity


def problems(tmp_path: Path, text: str) -> list[str]:
    """Return the lines about a file, without its name."""
    path = tmp_path / "jobs.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FaultyJobsError) as caught:
        load_file(path, supported_extensions=FILE_TYPES, granularity=Granularity.MINUTE)
    return [line.removeprefix(f"{path}:") for line in caught.value.problems]


def test_all_jobs_have_the_defaults_and_their_stored_definitions_hold_them() -> None:
    document = {
        "defaults": {"timeout": "1h", "env": {"A": "1"}},
        "jobs": [
            {"identifier": "a", "command": "x", "manual": True},
            {"identifier": "b", "command": "x", "manual": True, "timeout": None, "env": {"B": "2"}},
        ],
    }
    first, second = load_mapping(document, folder=Path("/srv"), granularity=Granularity.MINUTE).definitions
    assert first.job.timeout == timedelta(hours=1)
    assert json.loads(first.text)["job"]["timeout"] == "1h"
    assert (second.job.timeout, second.job.process.env) == (None, {"A": "1", "B": "2"})
    assert "timeout" not in json.loads(second.text)["job"]


def test_what_is_wrong_with_the_defaults_is_told_once_at_its_own_place(tmp_path: Path) -> None:
    lines = problems(
        tmp_path,
        """\
defaults:
  timeout: 5 parsecs
  overlap: skipp
  catch_up: {polcy: all}
  cron: 61 * * * *
  env: {A: 5}
jobs:
  - {identifier: a, command: x}
  - {identifier: b, command: x, catch_up: all}
  - {identifier: c, command: x, env: {B: "1"}}
""",
    )
    assert [line.split(": ")[0:2] for line in lines] == [
        ["2:12", "defaults.timeout"],
        ["3:12", "defaults.overlap"],
        ["4:14", "defaults.catch_up.polcy"],
        ["5:9", "defaults.cron"],
        ["6:12", "defaults.env.A"],
    ]
    assert "did you mean 'skip'?" in lines[1]
    assert "did you mean 'policy'?" in lines[2]


def test_the_defaults_are_checked_also_where_no_job_takes_them(tmp_path: Path) -> None:
    [line] = problems(tmp_path, "defaults: {periodicity: 90s}\njobs: []\n")
    assert line.startswith("1:25: defaults.periodicity: ")


def test_what_a_job_makes_of_the_defaults_is_told_at_the_job(tmp_path: Path) -> None:
    text = "defaults: {timeout: 1m}\njobs:\n  - {identifier: a, command: x, manual: true, kill_after: null}\n"
    [line] = problems(tmp_path, text)
    assert line.startswith("3:59: job 'a', kill_after: found nothing (null); accepted: ")


@pytest.mark.parametrize("key", ["identifier", "path", "function_name", "args", "kwargs", "command"])
def test_what_a_job_is_and_what_it_runs_has_no_default(tmp_path: Path, key: str) -> None:
    [line] = problems(tmp_path, f"defaults: {{{key}: x}}\njobs: []\n")
    assert line == (
        f"1:12: defaults.{key}: no default of this is possible;"
        " accepted: in each job, which says itself what it is and what it runs"
    )


@pytest.mark.parametrize(
    ("written", "found"),
    [("5", "5"), ("[a]", "a list"), ("null", "nothing (null)"), ("text", "the text 'text'")],
)
def test_defaults_that_are_no_object_are_one_fault(tmp_path: Path, written: str, found: str) -> None:
    [line] = problems(tmp_path, f"defaults: {written}\njobs:\n  - {{identifier: a, command: x, manual: true}}\n")
    assert line.startswith(f"1:11: defaults: found {'the number ' if found == '5' else ''}{found}; accepted: an object")
