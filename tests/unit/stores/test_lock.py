from __future__ import annotations

import os
from pathlib import Path

import pytest

from cron_actors.adapters.stores.sqlite.lock import DaemonLock, daemon_lives
from cron_actors.errors import StartError


def test_a_lock_lives_from_take_to_release(tmp_path: Path) -> None:
    database, lock = tmp_path / "cron.db", DaemonLock(tmp_path / "cron.db")
    assert not daemon_lives(database)
    lock.take("node-1")
    assert daemon_lives(database)
    lock.release()
    assert not daemon_lives(database)


def test_a_question_creates_nothing(tmp_path: Path) -> None:
    assert not daemon_lives(tmp_path / "cron.db")
    assert list(tmp_path.iterdir()) == []


def test_a_second_daemon_is_told_which_process_was_first_and_does_not_disturb_it(tmp_path: Path) -> None:
    first, second = DaemonLock(tmp_path / "cron.db"), DaemonLock(tmp_path / "cron.db")
    first.take("node-1")
    with pytest.raises(StartError) as caught:
        second.take("node-2")
    assert str(caught.value) == (
        f"another daemon (process {os.getpid()}) already uses {tmp_path}/cron.db; "
        "a database file serves one daemon, many nodes need PostgreSQL"
    )
    assert (tmp_path / "cron.db.lock").read_text() == f"{os.getpid()}\nnode-1\n"
    second.release()
    assert daemon_lives(tmp_path / "cron.db")
    first.release()
    second.take("node-2")
    second.release()


def test_questions_never_keep_a_daemon_from_starting(tmp_path: Path) -> None:
    database, lock = tmp_path / "cron.db", DaemonLock(tmp_path / "cron.db")
    lock.take("node-1")
    lock.release()
    with (tmp_path / "cron.db.lock").open("rb"):  # a process in the middle of its question
        assert not daemon_lives(database)
        lock.take("node-2")
    assert daemon_lives(database)
    lock.release()


def test_databases_of_one_folder_have_locks_of_their_own(tmp_path: Path) -> None:
    one, other = DaemonLock(tmp_path / "one.db"), DaemonLock(tmp_path / "other.db")
    one.take("")
    other.take("")
    other.release()
    assert daemon_lives(tmp_path / "one.db")
    assert not daemon_lives(tmp_path / "other.db")
    one.release()
