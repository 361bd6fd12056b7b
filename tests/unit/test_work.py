"""What user code is written with, at run time and as a type checker sees it: mypy reads this file, too."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import assert_type

import pytest

from cron_actors import (
    AttemptError,
    Discard,
    Error,
    Launched,
    ProcessEnded,
    Snooze,
    Submitted,
    Unique,
    Worker,
    submit,
    submit_all,
)
from cron_actors.work import CALLBACKS, Result, callbacks

NOT_LOADED = ("cron_actors.launcher", "cron_actors.submitting", "dataclasses", "typing", "asyncio", "sqlite3", "pykka")


class Letter(Worker):
    queue = "high"
    timeout = timedelta(minutes=1)

    def perform(self, to: str, *, copies: int = 1) -> str | Error | Discard | Snooze | Launched:
        return to * copies

    def after_error(self, error: AttemptError) -> None:
        assert_type(error.attempt, int)
        assert_type(error.output_tail, str)

    async def after_async(self, ended: ProcessEnded) -> Error:
        assert_type(ended.pid, int)
        return Error("no")


class Plain(Worker):
    queue = "low"


class Wrong(Worker):
    queue = 5  # type: ignore[assignment] # a queue has a name

    def after_error(self) -> None:  # type: ignore[override] # it is told of the error
        pass


def misuse() -> None:
    """Be read by mypy only: each line is wrong in the way that its comment says."""
    submit(5)  # type: ignore[arg-type] # neither a function nor a class nor a name
    submit("a:b", prio=5)  # type: ignore[call-arg] # no such option
    submit("a:b", priority="high")  # type: ignore[arg-type] # a number
    submit_all("a:b", [5])  # type: ignore[list-item] # arguments are a list
    Snooze("5m")  # type: ignore[arg-type] # seconds or a timedelta


def use() -> None:
    """Be read by mypy only: all of this is right."""
    assert_type(submit(Letter, args=["a"], delay=timedelta(seconds=5), unique=Unique(period="1h")), Submitted)
    assert_type(submit_all("a:b", ([number] for number in range(5)), at=5), list[Submitted])


def test_the_callbacks_of_a_class_are_those_that_it_has_of_its_own() -> None:
    assert callbacks(Letter) == list(CALLBACKS)
    assert callbacks(Plain) == callbacks(Worker) == callbacks(print) == callbacks(Letter()) == []


def test_what_callbacks_are_told_shows_itself() -> None:
    attempt = {"run_id": 7, "attempt": 2, "max_attempts": 3, "args": ["Ada"], "kwargs": {}}
    head = "(run_id=7, attempt=2, max_attempts=3, args=('Ada',), kwargs={}, "
    assert repr(AttemptError(attempt, "no paper", "")) == f"AttemptError{head}error='no paper')"
    assert repr(ProcessEnded(attempt, 12)) == f"ProcessEnded{head}pid=12)"


def test_a_class_without_perform_says_so() -> None:
    with pytest.raises(NotImplementedError, match="Plain has no method perform"):
        Plain().perform()


@pytest.mark.parametrize(
    "make", [lambda: Error("a"), lambda: Discard("a"), lambda: Snooze(1), lambda: Launched(4_194_304)]
)
def test_every_result_can_be_raised_as_well_as_returned(make: Callable[[], Result]) -> None:
    with pytest.raises(Result):
        raise make()


def test_what_user_code_imports_loads_nothing_of_the_daemon(tmp_path: Path) -> None:
    code = (
        f"import sys, cron_actors; cron_actors.Worker, cron_actors.Snooze; print(set(sys.modules) & set({NOT_LOADED}))"
    )
    # -E and -P: neither a coverage hook nor a file of the folder is to be counted.
    result = subprocess.run(
        [sys.executable, "-E", "-P", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert result.stdout == "set()\n"
