"""What jobs ask of their processes, held against this machine and this process when they are loaded."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from cron_actors.adapters.process_check import account_problems, env_file_problems, rights_problems
from cron_actors.errors import JobsFileError
from cron_actors.launcher import Scheduler
from cron_actors.model.job import Job, Limits, ProcessSettings
from cron_actors.settings import Settings
from tests.conftest import Require
from tests.fakes.command_line import CommandLine
from tests.fakes.values import a_job


def with_settings(**fields: Any) -> Job:  # noqa: ANN401 # any setting of a process
    return a_job(process=ProcessSettings(**fields))


@pytest.mark.parametrize(
    ("settings", "field", "message"),
    [
        ({"user": "no-such-user"}, "user", "no such user: 'no-such-user'"),
        ({"user": "root", "group": "no-such-group"}, "group", "no such group: 'no-such-group'"),
        ({"group": "no-such-group"}, "group", "no such group: 'no-such-group'"),
        ({"user": "12345678"}, "user", "the user 12345678 has no account, and so no group; accepted: a group as well"),
        ({"user": "٣"}, "user", "no such user: '٣'"),
    ],
)
def test_an_account_that_nobody_knows_is_told_with_its_field(
    settings: dict[str, Any], field: str, message: str
) -> None:
    (problem,) = account_problems([with_settings(**settings)])
    assert (problem.job, problem.field, problem.message) == ("backup", field, message)


@pytest.mark.parametrize(
    "settings", [{}, {"user": "root"}, {"user": 0}, {"group": "0"}, {"user": "1234", "group": "5"}]
)
def test_an_account_that_is_known_or_a_number_is_no_problem(settings: dict[str, Any]) -> None:
    assert list(account_problems([with_settings(**{key: str(value) for key, value in settings.items()})])) == []


def test_root_may_do_everything(require: Require) -> None:
    require("the rights of root", present=os.geteuid() == 0)
    assert list(rights_problems([with_settings(user="nobody", limits=Limits(nice=-5))])) == []


def test_others_can_only_be_themselves_and_only_nicer(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, number in (("geteuid", 65534), ("getegid", 65534)):
        monkeypatch.setattr(os, name, lambda number=number: number)
    themselves = [with_settings(user="nobody"), with_settings(user="65534", limits=Limits(nice=5)), with_settings()]
    assert list(rights_problems(themselves)) == []
    jobs = [
        with_settings(user="root"),
        with_settings(user="nobody", group="daemon"),
        with_settings(limits=Limits(nice=-1)),
    ]
    assert [(problem.field, problem.message) for problem in rights_problems(jobs)] == [
        ("user", "only root can run as user 'root'; this process is of user 65534 and group 65534"),
        ("group", "only root can run as group 'daemon'; this process is of user 65534 and group 65534"),
        ("limits", "a niceness below 0 needs root, which this process is not"),
    ]


def test_an_env_file_that_cannot_be_read_is_only_a_warning(tmp_path: Path) -> None:
    (tmp_path / "good.env").write_text("A=1")
    job = a_job(folder=tmp_path, process=ProcessSettings(env_file="good.env"))
    assert list(env_file_problems([job, a_job()])) == []
    (tmp_path / "good.env").write_text("A")
    (problem,) = env_file_problems([job])
    assert problem.field == "env_file"
    assert "line 1: no NAME=value" in problem.message
    assert problem.message.endswith("; only a warning, as it is read at each start")


def test_validate_refuses_unknown_accounts_and_warns_of_env_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = CommandLine(tmp_path)
    line.write_jobs({"identifier": "a", "command": "x", "manual": True, "timeout": "1m", "user": "nosuch"})
    assert line("validate") == 2
    assert "job 'a', user: no such user: 'nosuch'\n" in capsys.readouterr().err
    line.write_jobs({"identifier": "a", "command": "x", "manual": True, "timeout": "1m", "env_file": "none.env"})
    assert line("validate") == 0
    assert "warning: " in capsys.readouterr().err


def test_a_daemon_does_not_start_with_accounts_that_nobody_knows(tmp_path: Path) -> None:
    jobs = [
        {"identifier": name, "command": "x", "manual": True, key: "nosuch"}
        for name, key in (("a", "user"), ("b", "group"))
    ]
    settings = Settings(logs_base_directory=tmp_path)
    with pytest.raises(JobsFileError) as caught:
        Scheduler({"jobs": jobs}, settings).start()
    assert caught.value.problems == (
        "jobs[0].user: job 'a', user: no such user: 'nosuch'",
        "jobs[1].group: job 'b', group: no such group: 'nosuch'",
    )
