"""Submitting work from Python into a real database, which no daemon need hold."""

from __future__ import annotations

import multiprocessing
import os
import re
import sqlite3
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cron_actors import Unique, Worker, submit, submit_all
from cron_actors.adapters.stores.kept_submissions import kept_submissions
from cron_actors.adapters.stores.urls import open_reader, open_store, recreate
from cron_actors.core.definitions import job_of
from cron_actors.errors import (
    CronActorsError,
    DelayError,
    InvalidValueError,
    SubmissionError,
    UnknownQueueError,
    UnknownWorkError,
    WrongArgumentsError,
)
from cron_actors.model.job import Job
from cron_actors.model.queue import QueueRecord
from cron_actors.model.records import RunFilter
from cron_actors.model.run import Cause, Run, RunState
from cron_actors.submitting import submit_command

MODULE = '''
from cron_actors import Worker

def close(shop, at="noon"):
    """Close."""

class Mail(Worker):
    queue = "high"
    priority = 7
    backoff = "linear"
    timeout = "90s"
    def perform(self, to, *, copy=False):
        pass

class Homeless(Worker):
    def perform(self):
        pass

class Idle(Worker):
    queue = "low"

number = 5
'''


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Return a module with work in it, in a folder that is the working one, with a database of its own."""
    (tmp_path / "shop.py").write_text(MODULE)
    (tmp_path / "needy.py").write_text("import nowhere")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'jobs.db'}")
    monkeypatch.delitem(sys.modules, "shop", raising=False)
    import shop  # type: ignore[import-not-found] # noqa: PLC0415 # written above

    yield shop
    kept_submissions.close()
    monkeypatch.delitem(sys.modules, "shop")


def url() -> str:
    return os.environ["DATABASE_URL"]


def runs() -> list[Run]:
    """Return every run in the store, oldest first."""
    reader = open_reader(url())
    if reader is None:
        return []
    try:
        return sorted(reader.runs(RunFilter(limit=None)), key=lambda run: run.run_id)
    finally:
        reader.close()


def job_of_run(run: Run) -> Job:
    reader = open_reader(url())
    assert reader is not None
    try:
        return job_of(reader.definitions([run.definition])[run.definition])
    finally:
        reader.close()


def test_a_function_becomes_a_run_that_waits_in_the_default_queue(shop: Any, tmp_path: Path) -> None:  # noqa: ANN401 # a module
    submitted = submit(shop.close, args=["north"], kwargs={"at": "six"})
    run = submitted.run()
    assert run is not None
    assert [run] == runs()
    assert (run.job, run.state, run.cause, run.queue) == ("shop.close", RunState.AVAILABLE, Cause.SUBMITTED, "default")
    assert run.args == {"args": ["north"], "kwargs": {"at": "six"}}
    job = job_of_run(run)
    assert (job.folder, job.max_attempts, job.when.manual) == (tmp_path, 1, True)


def test_a_worker_class_says_how_its_work_is_done(shop: Any) -> None:  # noqa: ANN401 # as above
    run = submit(shop.Mail, args=["a@b"]).run()
    assert run is not None
    job = job_of_run(run)
    assert (run.queue, run.priority, job.max_attempts) == ("high", 7, 50)
    assert (job.timeout, job.backoff is not None) == (timedelta(seconds=90), True)


def test_a_submission_can_say_something_else(shop: Any) -> None:  # noqa: ANN401 # as above
    run = submit(
        shop.Mail, args=["a@b"], queue="low", priority=-1, max_attempts=3, timeout=5, backoff={"initial": "1s"}
    ).run()
    assert run is not None
    job = job_of_run(run)
    assert (run.queue, run.priority, run.max_attempts, job.timeout) == ("low", -1, 3, timedelta(seconds=5))


def test_work_can_be_named_by_text(shop: Any) -> None:  # noqa: ANN401 # as above
    assert submit("shop:Mail", args=["a@b"]).run_id == 1
    assert runs()[0].job == "shop.Mail"


def test_a_delayed_run_is_scheduled_for_its_instant(shop: Any) -> None:  # noqa: ANN401 # as above
    run = submit(shop.close, args=["north"], delay=timedelta(minutes=5)).run()
    assert run is not None
    assert (run.state, run.reason, run.due_at) == (RunState.SCHEDULED, "delayed", run.scheduled_at)
    assert run.inserted_at is not None
    assert run.due_at - run.inserted_at == timedelta(minutes=5)


def test_a_unique_run_is_submitted_once(shop: Any) -> None:  # noqa: ANN401 # as above
    first, second = (submit(shop.close, args=["north"], unique=True) for _ in range(2))
    assert (first.existing, second.existing, second.run_id) == (False, True, first.run_id)
    assert not submit(shop.close, args=["south"], unique=True).existing
    assert submit(shop.close, args=["south"], unique=Unique(by=("work",))).existing is False
    assert submit(shop.close, args=["west"], unique=Unique(by=("work",))).existing
    assert len(runs()) == 3


def test_many_are_submitted_in_their_order(shop: Any) -> None:  # noqa: ANN401 # as above
    submitted = submit_all(shop.close, ([number] for number in range(2_500)))
    stored = runs()
    assert [one.run_id for one in submitted] == [run.run_id for run in stored]
    assert [run.args for run in stored] == [{"args": [number], "kwargs": {}} for number in range(2_500)]


def test_of_many_nothing_is_stored_if_one_is_wrong(shop: Any) -> None:  # noqa: ANN401 # as above
    with pytest.raises(WrongArgumentsError):
        submit_all(shop.close, [*([number] for number in range(1_500)), []])
    with pytest.raises(InvalidValueError, match=r"args\[0\]: found a set"):
        submit_all(shop.close, [["a"], [{1}]])
    with pytest.raises(SubmissionError, match=r"calls\[1\]: found 'ab'; accepted: a list or tuple"):
        submit_all(shop.close, [["a"], "ab"])
    assert runs() == []


REFUSALS: list[tuple[Callable[[Any], object], type[CronActorsError], str]] = [
    (lambda shop: submit(shop.close), WrongArgumentsError, r"shop.close: found 0 arguments, missing a required"),
    (lambda shop: submit(shop.close, args=[1, 2, 3]), WrongArgumentsError, r"too many .*accepted: \(shop, at='noon'\)"),
    (lambda shop: submit(shop.Mail, kwargs={"too": 1}), WrongArgumentsError, "shop.Mail: found 1 argument, "),
    (lambda shop: submit(shop.close, args="ab"), SubmissionError, "args: found 'ab'; accepted: a list"),
    (lambda shop: submit(shop.Homeless), UnknownQueueError, "shop.Homeless: the worker class names no queue"),
    (lambda shop: submit(shop.Idle), UnknownWorkError, "shop.Idle: the worker class has no method perform"),
    (lambda shop: submit(shop.close, args=[1], queue="hihg"), UnknownQueueError, "found 'hihg', did you mean 'high'"),
    (lambda shop: submit(shop.close, args=[1], delay=-1), DelayError, "negative"),
    (lambda _: submit(lambda: 1), UnknownWorkError, "found a lambda, which no other process can import"),
    (lambda shop: submit(shop.number), UnknownWorkError, "found the number 5; accepted: a function"),
    (lambda _: submit("shop.close"), UnknownWorkError, "found 'shop.close'; accepted: .*module:name"),
    (lambda _: submit("shop:clos"), UnknownWorkError, "'shop' has no 'clos', did you mean 'close'"),
    (lambda _: submit("shop:number"), UnknownWorkError, "of type int"),
    (lambda _: submit("shp:close"), UnknownWorkError, "there is no module 'shp'$"),
    (lambda _: submit("needy:close"), UnknownWorkError, "there is no module 'nowhere', which 'needy' needs$"),
    (lambda shop: submit(shop.close, args=[1], unique=Unique(period="1x")), InvalidValueError, "unique period: '1x'"),
    (lambda shop: submit(shop.close, args=[object()]), InvalidValueError, r"args\[0\]: found an object"),
    (lambda shop: submit(shop.close, kwargs={"shop": {1}}), InvalidValueError, r"kwargs\['shop'\]: found a set"),
    (lambda shop: submit(shop.close, args=[1], priority=1001), InvalidValueError, "priority: found the number 1001"),
    (lambda shop: submit(shop.close, args=[1], max_attempts=0), InvalidValueError, "max_attempts: found the number 0"),
    (
        lambda shop: submit(shop.close, args=[1], timeout=-5),
        InvalidValueError,
        "timeout: found the number -5; accepted",
    ),
    (lambda shop: submit(shop.close, args=[1], timeout=0), InvalidValueError, "accepted: whole seconds from 1 to 315"),
    (lambda shop: submit(shop.close, args=[1], timeout=10**12), InvalidValueError, "accepted: whole seconds from 1 to"),
    (lambda shop: submit(shop.close, args=[1], unique=Unique(period=-(10**400))), InvalidValueError, "unique period: "),
    (lambda shop: submit(shop.close, args=[1], backoff="none!"), InvalidValueError, "backoff: found 'none!'"),
    (lambda shop: submit(shop.close, args=[1], prio=3), SubmissionError, "did you mean 'priority'"),  # type: ignore[call-arg] # the slip is the example
]


@pytest.mark.parametrize(("wrong", "kind", "text"), REFUSALS)
def test_bad_input_is_one_line_and_nothing_stored(
    shop: Any,  # noqa: ANN401 # as above
    wrong: Callable[[Any], object],
    kind: type[CronActorsError],
    text: str,
) -> None:
    with pytest.raises(kind, match=text) as raised:
        wrong(shop)
    assert "\n" not in str(raised.value)
    assert runs() == []


UNTYPED: Any = Unique
MISTAKEN: list[tuple[dict[str, Any], str]] = [
    ({"timeout": 1.5}, "timeout: found the number 1.5; accepted: whole seconds"),
    ({"unique": UNTYPED(by=5)}, "unique by: found the number 5; accepted: a tuple of work, args, queue"),
    ({"unique": UNTYPED(by="args")}, "unique by: found 'args'; accepted: a tuple of work, args, queue"),
    ({"unique": UNTYPED(states=5)}, "unique states: found the number 5; accepted: "),
    ({"kwargs": [1]}, "kwargs: found the list [1]; accepted: a mapping"),
    ({"kwargs": 0}, "kwargs: found the number 0; accepted: a mapping"),
    ({"connection": "c.db"}, "connection: found 'c.db'; accepted: an open sqlite3.Connection"),
    ({"database_url": 5}, "database_url: found the number 5; accepted: text"),
]


@pytest.mark.parametrize(("fields", "text"), MISTAKEN)
def test_what_is_not_of_its_type_is_one_line_and_nothing_stored(shop: Any, fields: dict[str, Any], text: str) -> None:  # noqa: ANN401 # as above
    with pytest.raises((SubmissionError, InvalidValueError), match=rf"^{re.escape(text)}[^\n]*$"):
        submit(shop.close, **{"args": [1], **fields})
    assert runs() == []


@pytest.mark.parametrize("calls", [5, None])
def test_calls_that_are_none_are_one_line(shop: Any, calls: Any) -> None:  # noqa: ANN401 # as above
    with pytest.raises(SubmissionError, match=r"^calls: found [^\n]*; accepted: lists or tuples of arguments$"):
        submit_all(shop.close, calls)


@pytest.mark.parametrize("command", [True, False])
@pytest.mark.parametrize(
    ("name", "text"),
    [
        (None, "the working directory cannot be used: No such file or directory"),
        (b"\xff", r"the working directory: found '.*'; accepted: one whose name is UTF-8"),
    ],
)
def test_a_working_directory_that_nobody_can_go_to_is_refused(
    shop: Any,  # noqa: ANN401 # as above
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: bytes | None,
    text: str,
    command: bool,  # noqa: FBT001 # two ways
) -> None:
    folder = tmp_path / os.fsdecode(name or b"gone")
    folder.mkdir()
    monkeypatch.chdir(folder)
    if name is None:
        folder.rmdir()
    with pytest.raises(SubmissionError, match=f"^{text}$"):
        submit_command("true") if command else submit("json:dumps", args=[1])
    assert submit(shop.close, args=[1]).run_id == 1, "what lies elsewhere does not need it"


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize("line", ["", " ", None, 5, "echo \0", "echo \udcff"])
def test_what_no_shell_takes_is_refused_before_it_is_stored(line: Any, tmp_path: Path) -> None:  # noqa: ANN401 # anything
    with pytest.raises(SubmissionError, match=r"^command: found [^\n]*; accepted: [^\n]*$"):
        submit_command(line)
    assert not list(tmp_path.glob("*.db"))


def test_what_is_defined_in_a_function_cannot_be_submitted(shop: Any) -> None:  # noqa: ANN401 # as above
    class Local(Worker):
        queue = "low"

    with pytest.raises(UnknownWorkError, match="found 'Local', defined in a function"):
        submit(Local)


def test_a_queue_of_the_store_is_as_good_as_a_built_in_one(shop: Any) -> None:  # noqa: ANN401 # as above
    store = open_store(url())
    store.open()
    with store.begin() as transaction:
        transaction.put_queue(QueueRecord(name="mail", source="command", declared="{}"))
    store.close()
    assert not submit(shop.close, args=[1], queue="mail").existing
    with sqlite3.connect(url().removeprefix("sqlite:///")) as connection:
        submit(shop.close, args=[1], queue="mail", connection=connection)
    connection.close()
    assert [run.queue for run in runs()] == ["mail", "mail"]


@pytest.mark.parametrize("commits", [True, False])
def test_in_an_applications_transaction_a_run_is_there_only_once_that_is_committed(shop: Any, commits: bool) -> None:  # noqa: ANN401, FBT001 # as above; two ways
    submit(shop.close, args=["before"])
    connection = sqlite3.connect(url().removeprefix("sqlite:///"))
    connection.execute("CREATE TABLE customer (name TEXT)")
    connection.execute("INSERT INTO customer VALUES ('Ada')")
    submitted = submit(shop.close, args=["within"], connection=connection)
    assert submitted.run() is None
    if commits:
        connection.commit()
    else:
        connection.rollback()
    connection.close()
    assert (submitted.run() is not None) == commits


def test_a_database_that_was_made_anew_is_noticed(shop: Any) -> None:  # noqa: ANN401 # as above
    submit(shop.close, args=["old"])
    recreate(url())
    submit(shop.close, args=["new"])
    assert [run.args for run in runs()] == [{"args": ["new"], "kwargs": {}}]


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_process_submits_over_a_connection_of_its_own(shop: Any) -> None:  # noqa: ANN401 # as above
    submit(shop.close, args=["parent"])
    child = multiprocessing.get_context("fork").Process(target=submit, args=(shop.close,), kwargs={"args": ["child"]})
    child.start()
    child.join()
    submit(shop.close, args=["parent again"])
    assert len(runs()) == 3


def test_waiting_ends_with_the_run_or_its_patience(shop: Any) -> None:  # noqa: ANN401 # as above
    submitted = submit(shop.close, args=[1])
    with pytest.raises(TimeoutError, match="run 1 is available after 0 seconds"):
        submitted.wait(0)
    store = open_store(url())
    store.open()
    with store.begin() as transaction:
        run = runs()[0]
        transaction.finish(run.run_id, RunState.AVAILABLE, RunState.CANCELLED, "by request", run.due_at)
    store.close()
    assert submitted.wait(0).state is RunState.CANCELLED
