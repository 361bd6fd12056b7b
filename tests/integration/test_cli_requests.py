"""The commands that follow logs, ask something of the daemon or clear the store, on a real database."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import pytest

from cron_actors.model.records import JobRecord, Request, RequestKind
from tests.fakes.command_line import MINUTE, NOW, CommandLine, answer, claim, put_job, put_run, settle


# ── logs ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_log_is_that_of_the_newest_run_or_of_the_one_named(
    cli: CommandLine, capsys: pytest.CaptureFixture[str]
) -> None:
    store = cli.start_daemon()
    put_job(store)
    for number in (1, 2):
        log = cli.folder / f"{number}.txt"
        log.write_text(f"log {number}\n")
        put_run(store, NOW - MINUTE * (3 - number))
        settle(store, claim(store, NOW - MINUTE * (3 - number), log), NOW)
    put_run(store, NOW)
    assert cli("logs", "backup") == 0
    assert capsys.readouterr().out == "log 2\n"
    assert cli("logs", "backup", "--run", "1") == 0
    assert capsys.readouterr().out == "log 1\n"


def test_a_log_is_followed_until_the_run_ends(cli: CommandLine, capsys: pytest.CaptureFixture[str]) -> None:
    store = cli.start_daemon()
    put_job(store)
    put_run(store, NOW)
    log = cli.folder / "log.txt"
    log.write_text("one\n")
    run = claim(store, NOW, log)

    def end() -> None:
        log.write_text("one\ntwo\n")
        settle(store, run, NOW)

    cli.while_waiting = end
    assert cli("logs", "backup", "-f") == 0
    assert capsys.readouterr().out == "one\ntwo\n"


def test_following_ends_when_the_daemon_is_gone(cli: CommandLine, capsys: pytest.CaptureFixture[str]) -> None:
    store = cli.start_daemon()
    put_job(store)
    put_run(store, NOW)
    (cli.folder / "log.txt").write_text("one\n")
    claim(store, NOW, cli.folder / "log.txt")
    cli.while_waiting = cli.stop_daemon
    assert cli("logs", "backup", "-f") == 0
    assert "no daemon executes run 1" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["logs", "backup"], 1, "no run of 'backup' has a log yet"),
        (["logs", "backup", "--run", "99"], 2, "'backup' has no run 99"),
        (["logs", "nothing"], 2, "there is no job 'nothing'"),
    ],
)
def test_a_log_that_is_not_there_is_told(
    cli: CommandLine, capsys: pytest.CaptureFixture[str], words: list[str], code: int, told: str
) -> None:
    store = cli.start_daemon()
    put_job(store)
    put_run(store, NOW)
    assert cli(*words) == code
    assert told in capsys.readouterr().err


# ── requests ────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(("words", "code"), [([], 0), (["--wait"], 1)])
def test_a_trigger_without_a_daemon_is_recorded_with_a_warning(
    cli: CommandLine, capsys: pytest.CaptureFixture[str], words: list[str], code: int
) -> None:
    cli.write_jobs({"identifier": "new", "command": "true", "manual": True})
    assert cli("trigger", "new", "--force", *words) == code
    assert "warning: no daemon runs" in capsys.readouterr().err
    with cli.start_daemon().begin() as transaction:
        (request,) = transaction.requests()
    assert (request.job, request.force) == ("new", True)


def test_a_trigger_does_not_wait_unless_told(cli: CommandLine, capsys: pytest.CaptureFixture[str]) -> None:
    put_job(cli.start_daemon())
    assert cli("trigger", "backup") == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(("error", "code"), [(None, 0), ("exit status 3", 1)])
def test_a_trigger_that_waits_ends_as_its_run(
    cli: CommandLine, capsys: pytest.CaptureFixture[str], error: str | None, code: int
) -> None:
    store = cli.start_daemon()
    put_job(store)
    steps: list[Callable[[], None]] = [
        lambda: answer(store, "run 1", put_run(store, NOW).run_id),
        lambda: None,
        lambda: settle(store, claim(store, NOW), NOW, error=error),
    ]

    def next_step() -> None:
        steps.pop(0)()

    cli.while_waiting = next_step
    assert cli("trigger", "backup", "--wait") == code
    assert capsys.readouterr().out.startswith("run 1: " + ("discarded: failed" if error else "completed"))


def test_a_trigger_that_makes_no_run_says_why_and_fails(cli: CommandLine, capsys: pytest.CaptureFixture[str]) -> None:
    store = cli.start_daemon()
    put_job(store)
    cli.while_waiting = lambda: answer(store, "skipped: overlap")
    assert cli("trigger", "backup", "--wait") == 1
    assert capsys.readouterr().out == "skipped: overlap\n"


def test_waiting_ends_when_the_daemon_is_gone(cli: CommandLine, capsys: pytest.CaptureFixture[str]) -> None:
    put_job(cli.start_daemon())
    cli.while_waiting = cli.stop_daemon
    assert cli("trigger", "backup", "--wait") == 1
    assert "the daemon ended before it answered" in capsys.readouterr().err


def test_an_unknown_or_removed_job_cannot_be_triggered(cli: CommandLine) -> None:
    store = cli.start_daemon()
    put_job(store)
    with store.begin() as transaction:
        (record,) = transaction.jobs()
        removed = {name: getattr(record, name) for name in JobRecord.__slots__} | {"removed_at": NOW}
        transaction.put_job(JobRecord(**removed))
    assert (cli("trigger", "backup"), cli("trigger", "nothing")) == (2, 2)
    with store.begin() as transaction:
        assert transaction.requests() == []


def test_the_answer_to_a_cancel_is_printed(cli: CommandLine, capsys: pytest.CaptureFixture[str]) -> None:
    store = cli.start_daemon()
    put_run(store, NOW)
    cli.while_waiting = lambda: answer(store, "run 1 is cancelled")
    assert cli("cancel", "1") == 0
    assert capsys.readouterr().out == "run 1 is cancelled\n"


def test_an_unknown_run_cannot_be_cancelled(cli: CommandLine, capsys: pytest.CaptureFixture[str]) -> None:
    cli.start_daemon()
    assert cli("cancel", "7") == 2
    assert capsys.readouterr().err == "cron-actors: there is no run 7\n"


@pytest.mark.parametrize(("word", "job"), [("backup", "backup"), ("--all", None)])
def test_the_answer_to_a_reset_of_cursors_is_printed(
    cli: CommandLine, capsys: pytest.CaptureFixture[str], word: str, job: str | None
) -> None:
    store = cli.start_daemon()
    put_job(store)
    asked: list[Request] = []

    def reply() -> None:
        with store.begin() as transaction:
            asked.extend(transaction.requests())
        answer(store, "1 cursor set back")

    cli.while_waiting = reply
    assert cli("reset-cursor", word) == 0
    assert capsys.readouterr().out == "1 cursor set back\n"
    assert [(request.kind, request.job) for request in asked] == [(RequestKind.RESET_CURSOR, job)]


def test_a_reset_of_cursors_without_a_daemon_is_recorded_with_a_warning(
    cli: CommandLine, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli("reset-cursor", "--all") == 0
    assert "warning: no daemon runs" in capsys.readouterr().err
    with cli.start_daemon().begin() as transaction:
        assert [request.kind for request in transaction.requests()] == [RequestKind.RESET_CURSOR]


@pytest.mark.parametrize("words", [[], ["backup", "--all"], ["nothing"]])
def test_a_reset_of_cursors_names_one_known_job_or_all(cli: CommandLine, words: list[str]) -> None:
    store = cli.start_daemon()
    put_job(store)
    assert cli("reset-cursor", *words) == 2
    with store.begin() as transaction:
        assert transaction.requests() == []


# ── housekeeping ────────────────────────────────────────────────────────────────────────────────────────────────────
def test_pruning_deletes_old_runs_beside_a_living_daemon(cli: CommandLine, capsys: pytest.CaptureFixture[str]) -> None:
    store = cli.start_daemon()
    for days in (100, 80):
        put_run(store, NOW - timedelta(days=days))
        settle(store, claim(store, NOW - timedelta(days=days)), NOW - timedelta(days=days))
    assert cli("prune") == 0
    assert capsys.readouterr().out == "1 run deleted\n"
    assert cli("prune", "--keep", "0") == 0
    assert capsys.readouterr().out == "1 run deleted\n"


def test_a_bad_age_is_a_misuse(cli: CommandLine, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli("prune", "--older-than", "soon") == 2
    assert "--older-than" in capsys.readouterr().err


def test_a_reset_deletes_everything_only_if_told_so(
    cli: CommandLine, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    put_run(cli.start_daemon(), NOW)
    cli.stop_daemon()
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda _: "n")
    assert cli("reset") == 1
    cli("runs", "--json")
    assert '"run_id": 1' in capsys.readouterr().out
    assert cli("reset", "--yes") == 0
    capsys.readouterr()
    cli("runs", "--json")
    assert json.loads(capsys.readouterr().out) == []


def test_a_reset_is_refused_while_a_daemon_lives(cli: CommandLine, capsys: pytest.CaptureFixture[str]) -> None:
    put_run(cli.start_daemon(), NOW)
    assert cli("reset", "--yes") == 1
    told = f"cron-actors: a daemon uses {cli.folder}/jobs.db; stop it first; nothing was deleted\n"
    assert capsys.readouterr().err == told
    cli("runs", "--json")
    assert '"run_id": 1' in capsys.readouterr().out
