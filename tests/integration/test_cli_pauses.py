"""Pausing jobs from the command line, and where a pause is shown, on a real database with a stopped clock."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from cron_actors.adapters.stores.sqlite.store import SqliteStore
from cron_actors.model.records import Pause, Request, RequestKind
from tests.fakes.command_line import MINUTE, NOW, CommandLine, answer, put_job, put_node

HOUR = timedelta(hours=1)


@pytest.fixture
def daemon(cli: CommandLine) -> SqliteStore:
    store = cli.start_daemon()
    put_job(store)
    cli.while_waiting = lambda: answer(store, "job 'backup' is paused until resumed")
    return store


def waiting(store: SqliteStore) -> list[Request]:
    with store.begin() as transaction:
        return transaction.requests()


def test_a_pause_is_asked_of_the_daemon_and_its_answer_printed(
    cli: CommandLine, daemon: SqliteStore, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli("pause", "backup") == 0
    assert capsys.readouterr().out == "job 'backup' is paused until resumed\n"
    request = daemon.reader().request(1)
    assert request is not None
    assert (request.kind, request.job, request.until_at) == (RequestKind.PAUSE, "backup", None)
    assert cli("resume", "backup") == 0
    assert (daemon.reader().request(2) or request).kind is RequestKind.RESUME


@pytest.mark.parametrize(
    ("until", "zone", "expected"),
    [
        ("2026-11-21T13:00", "UTC", NOW + HOUR),
        ("2026-11-21T14:00", "Europe/Berlin", NOW + HOUR),
        ("Nov 21 2026 14:00:00", "Europe/Berlin", NOW + HOUR),
        ("2026-11-21T13:00Z", "Europe/Berlin", NOW + HOUR),
    ],
)
def test_the_end_of_a_pause_is_in_the_zone_of_the_job(
    cli: CommandLine, until: str, zone: str, expected: object
) -> None:
    put_job(cli.start_daemon(), timezone=zone)
    cli.stop_daemon()
    assert cli("pause", "backup", "--until", until) == 0
    [request] = waiting(cli.start_daemon())
    assert request.until_at == expected


def test_without_a_daemon_a_pause_is_recorded_and_that_is_said(
    cli: CommandLine, capsys: pytest.CaptureFixture[str]
) -> None:
    put_job(cli.start_daemon())
    cli.stop_daemon()
    assert cli("pause", "--all") == 0
    assert "no daemon runs on this database; the request is recorded" in capsys.readouterr().err
    [request] = waiting(cli.start_daemon())
    assert (request.kind, request.job, request.requested_at) == (RequestKind.PAUSE, None, NOW)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("pause", "bakcup"), "there is no job 'bakcup'"),
        (("pause", "bakcup"), "did you mean 'backup'?"),
        (("resume", "bakcup"), "did you mean 'backup'?"),
        (("pause",), "name a job, or give --all"),
        (("pause", "backup", "--all"), "name a job, or give --all"),
        (("resume",), "name a job, or give --all"),
        (("pause", "backup", "--until", "2026-11-21T11:59"), "--until: 2026-11-21T11:59:00Z is not in the future"),
        (("pause", "backup", "--until", "2026-11-21T12:00"), "accepted: a moment after 2026-11-21T12:00:00Z"),
        (("pause", "backup", "--until", "tomorrow"), "'tomorrow' is not a date; a moment is"),
    ],
)
def test_what_cannot_be_paused_is_a_misuse_in_one_line_and_nothing_is_recorded(
    cli: CommandLine,
    daemon: SqliteStore,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    complaint: str,
) -> None:
    assert cli(*words) == 2
    (error,) = capsys.readouterr().err.splitlines()
    assert complaint in error
    assert waiting(daemon) == []


def paused(store: SqliteStore, until: bool = False) -> None:  # noqa: FBT001, FBT002 - a test's own word
    with store.begin() as transaction:
        end = NOW + HOUR if until else None
        transaction.put_pause("backup", Pause(paused_at=NOW - MINUTE, paused_by="ada", until_at=end))


@pytest.mark.parametrize(("until", "told"), [(False, "paused "), (True, "paused until ")])
def test_a_paused_job_is_shown_as_paused(
    cli: CommandLine, daemon: SqliteStore, capsys: pytest.CaptureFixture[str], *, until: bool, told: str
) -> None:
    put_job(daemon, "other")
    paused(daemon, until)
    assert cli("jobs") == 0
    _, backup, other = capsys.readouterr().out.splitlines()
    assert told in backup
    assert "paused" not in other
    assert cli("jobs", "backup") == 0
    assert "by ada" in capsys.readouterr().out
    assert cli("jobs", "backup", "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["paused_at"], shown["paused_by"]) == ("2026-11-21T11:59:00Z", "ada")
    assert shown["paused_until"] == ("2026-11-21T13:00:00Z" if until else None)


def test_status_names_the_paused_jobs(
    cli: CommandLine, daemon: SqliteStore, capsys: pytest.CaptureFixture[str]
) -> None:
    put_job(daemon, "other")
    put_node(daemon, NOW)
    paused(daemon)
    assert cli("status") == 0
    assert capsys.readouterr().out.splitlines()[-1].split() == ["paused", "backup"]
    assert cli("status", "--json") == 0
    assert json.loads(capsys.readouterr().out)["paused"] == ["backup"]


def test_a_pause_that_is_over_is_not_shown(
    cli: CommandLine, daemon: SqliteStore, capsys: pytest.CaptureFixture[str]
) -> None:
    with daemon.begin() as transaction:
        transaction.put_pause("backup", Pause(paused_at=NOW - HOUR, paused_by="ada", until_at=NOW))
    assert cli("jobs") == 0
    assert "paused" not in capsys.readouterr().out
