"""Lists of jobs, runs and statistics, narrowed by what the jobs say of themselves."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.fakes.command_line import MINUTE, NOW, CommandLine, put_job, put_run

JOBS = {
    "ledger": {"owner": "shop", "tags": ["nightly", "money"], "calendar_id": "2027"},
    "report": {"owner": "shop", "tags": ["nightly"]},
    "probe": {"owner": "ops", "tags": ["money"], "calendar_id": "2027"},
    "plain": {},
}


@pytest.fixture
def filled(cli: CommandLine) -> CommandLine:
    """Return a database with a run of each of the jobs."""
    store = cli.start_daemon()
    for number, (identifier, fields) in enumerate(JOBS.items()):
        put_job(store, identifier, **fields)
        put_run(store, NOW - MINUTE * number, identifier)
    return cli


def shown(capsys: pytest.CaptureFixture[str]) -> Any:  # noqa: ANN401 - JSON of any kind
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("--owner shop", {"ledger", "report"}),
        ("--tag nightly", {"ledger", "report"}),
        ("--tag nightly --tag money", {"ledger"}),
        ("--calendar-id 2027", {"ledger", "probe"}),
        ("--owner shop --calendar-id 2027", {"ledger"}),
        ("--owner SHOP", set()),
    ],
)
def test_what_is_asked_for_must_all_be_so(
    filled: CommandLine, capsys: pytest.CaptureFixture[str], words: str, named: set[str]
) -> None:
    assert filled("jobs", *words.split(), "--json") == 0
    assert {job["job"] for job in shown(capsys)} == named
    assert filled("runs", *words.split(), "--json") == 0
    assert {run["job"] for run in shown(capsys)} == named
    assert filled("stats", *words.split(), "--json") == 0
    assert set(shown(capsys)["jobs"]) == named


def test_people_see_the_same_jobs_as_programs(filled: CommandLine, capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("jobs", "runs", "stats"):
        filled(command, "--owner", "ops")
        out = capsys.readouterr().out
        assert ("probe" in out, "ledger" in out) == (True, False)


def test_the_limit_counts_runs_of_the_jobs_asked_for(filled: CommandLine, capsys: pytest.CaptureFixture[str]) -> None:
    filled("runs", "--calendar-id", "2027", "--limit", "1", "--json")
    assert [run["job"] for run in shown(capsys)] == ["ledger"]
    filled("runs", "--owner", "ops", "--limit", "1", "--json")
    assert [run["job"] for run in shown(capsys)] == ["probe"]


def test_the_present_definition_decides_and_of_a_removed_job_its_last(
    filled: CommandLine, capsys: pytest.CaptureFixture[str]
) -> None:
    assert filled.daemon is not None
    put_job(filled.daemon, "ledger", owner="ops")
    with filled.daemon.begin() as transaction:
        (probe,) = [record for record in transaction.jobs() if record.identifier == "probe"]
        transaction.put_job(replace(probe, removed_at=NOW))
    filled("runs", "--owner", "ops", "--json")
    assert {run["job"] for run in shown(capsys)} == {"ledger", "probe"}
    filled("jobs", "--owner", "ops", "--json")
    assert {job["job"] for job in shown(capsys)} == {"ledger"}


def test_jobs_that_no_daemon_has_loaded_are_judged_by_the_file(
    cli: CommandLine, capsys: pytest.CaptureFixture[str]
) -> None:
    cli.write_jobs(*({"identifier": name, "command": "true", "manual": True, **keys} for name, keys in JOBS.items()))
    cli("jobs", "--tag", "money", "--json")
    assert {job["job"] for job in shown(capsys)} == {"ledger", "probe"}
    cli("stats", "--tag", "money", "--json")
    assert set(shown(capsys)["jobs"]) == {"ledger", "probe"}


@pytest.mark.parametrize("command", ["jobs", "stats"])
def test_one_job_and_a_filter_at_once_are_a_misuse(
    filled: CommandLine, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    assert filled(command, "ledger", "--owner", "shop") == 2
    assert "--owner" in capsys.readouterr().err


def test_runs_of_one_job_are_told_only_if_the_filter_accepts_it(
    filled: CommandLine, capsys: pytest.CaptureFixture[str]
) -> None:
    filled("runs", "--job", "ledger", "--owner", "shop", "--json")
    assert len(shown(capsys)) == 1
    filled("runs", "--job", "ledger", "--owner", "ops", "--json")
    assert shown(capsys) == []
