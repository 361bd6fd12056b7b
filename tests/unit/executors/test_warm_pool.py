"""Which batches the warm children are given, and how many are being born; the test is the template and the children."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from time import monotonic_ns

import pytest

from cron_actors.adapters.executors.outbox import Orders, Post
from cron_actors.adapters.executors.warm_pool import WarmPool
from cron_actors.adapters.executors.warm_process import WarmProcess
from cron_actors.model.job import FunctionCall, ProcessSettings
from cron_actors.model.queue import Recycling
from cron_actors.model.run import AttemptKey
from cron_actors.ports.executor import ChildEnded, ChildStarted, Execution

ENDED = b'[%d,%d,1,1,1,true,"",null]\n'
IDLE, LEAVES = 0, 2
BIRTHS = 2
NO_PROCESS = 1 << 30


class Template:
    """Keeps what is ordered, and does only what the test says; ``begun`` has all ends that were reported, by run."""

    def __init__(self) -> None:
        self.children: list[WarmProcess] = []
        self.wakes = 0
        self.begun: dict[int, bool] = {}
        self.pool = WarmPool(Orders(self._post, self._wake), timedelta(minutes=1), BIRTHS)

    def begin(self, *runs: int, queue: str = "one", folder: str = "/jobs") -> None:
        """Have a batch performed."""
        self.pool.begin([an_execution(run, folder) for run in runs], queue, Recycling(), self._report)

    def perform(self, child: int, *, then: int = IDLE) -> None:
        """Let the child tell the end of the one run that it has."""
        process = self.children[child]
        os.eventfd_read(process.permits)
        process.end.send(ENDED % (then, monotonic_ns()))
        self.report()

    def die(self, child: int, *, unborn: bool = False) -> None:
        """Let the child end without a word."""
        name = self.children[child].name
        self.pool.hears({"ended": name, "exit_code": 1, "error": "gone", "unborn": unborn})
        self.report()

    def report(self) -> None:
        """Have the pool do what is to be done."""
        for report, news in self.pool.attend():
            report(news)

    def runs(self) -> list[list[int]]:
        """Return what each child has been given and has not told the end of."""
        return [[one.key.run_id for one in child.batch.given] if child.batch else [] for child in self.children]

    def _post(self, post: Post) -> None:
        if post.child is not None:
            self.children.append(post.child)

    def _wake(self) -> None:
        self.wakes += 1

    def _report(self, news: Sequence[ChildStarted | ChildEnded]) -> None:
        for one in news:
            if isinstance(one, ChildEnded):
                assert one.key.run_id not in self.begun
                self.begun[one.key.run_id] = one.begun


def key_of(run: int) -> AttemptKey:
    return AttemptKey(run_id=run, attempt=1, token="token")  # noqa: S106 - not a password


def an_execution(run: int, folder: str) -> Execution:
    return Execution(
        key=key_of(run),
        work=FunctionCall(path="jobs", function_name="fine"),
        process=ProcessSettings(),
        folder=Path(folder),
        log=f"/nowhere/{run}.txt",
        variables={},
    )


@pytest.fixture
def template() -> Iterator[Template]:
    template = Template()
    yield template
    template.pool.close()


@pytest.fixture
def herd(template: Template) -> Template:
    """Return the template with five batches of one run, of which two have a child that is being born."""
    for run in range(1, 6):
        template.begin(run)
    assert template.runs() == [[1], [2]]
    return template


def test_a_batch_that_waits_is_performed_by_the_child_that_becomes_idle_and_by_one_that_can_be_born_then(
    herd: Template,
) -> None:
    herd.perform(1)
    assert herd.runs() == [[1], [3], [4]]
    herd.perform(0)
    assert herd.runs() == [[5], [3], [4]]
    assert herd.begun == {1: True, 2: True}


def test_nothing_that_comes_later_is_performed_before_what_waits(herd: Template) -> None:
    herd.begin(6)
    assert herd.runs() == [[1], [2]]
    herd.perform(0)
    herd.begin(7)
    herd.perform(1)
    assert herd.runs() == [[3], [5], [4], [6]]


@pytest.mark.parametrize(("queue", "folder"), [("two", "/jobs"), ("one", "/others")])
def test_an_idle_child_of_another_home_is_not_given_what_waits_and_a_place_is(
    template: Template, queue: str, folder: str
) -> None:
    template.begin(1)
    template.begin(2)
    template.begin(3, queue=queue, folder=folder)
    template.perform(0)
    assert template.runs() == [[], [2], [3]]
    assert template.children[2].home == (queue, Path(folder))


def test_the_death_of_a_child_that_is_being_born_frees_its_place(herd: Template) -> None:
    herd.die(0)
    assert herd.runs()[1:] == [[2], [3]]
    herd.die(1, unborn=True)
    assert herd.runs()[2:] == [[3], [4]]
    assert herd.begun == {1: False, 2: True}


def test_an_idle_child_that_has_gone_unnoticed_does_not_make_for_one_birth_too_many(template: Template) -> None:
    template.begin(1)
    template.perform(0)
    template.begin(2, queue="two")
    template.begin(3, queue="two")
    template.children[0].end.close()
    template.begin(4)
    assert template.runs() == [[], [2], [3]]
    template.perform(1)
    assert template.runs()[2:] == [[3], [4]]


def test_the_rest_of_a_batch_whose_child_leaves_waits_for_a_place(template: Template) -> None:
    template.begin(1, 2)
    template.perform(0, then=LEAVES)
    assert template.runs() == [[], [2]]


def test_what_waits_is_taken_back_or_ended_at_once_and_never_performed(herd: Template) -> None:
    herd.pool.take_back(key_of(3))
    assert herd.pool.end(key_of(4), timedelta(0))
    herd.report()
    assert herd.begun == {3: False, 4: False}
    herd.perform(0)
    herd.perform(1)
    assert herd.runs() == [[5], []]


def test_with_the_template_gone_for_good_all_that_waits_is_given_back(herd: Template) -> None:
    for _ in range(3):  # as the thread of the reports does, which each order wakes
        herd.pool.lose("gone", set)
        herd.report()
    assert herd.begun == dict.fromkeys(range(1, 6), False)
    assert herd.pool.wait_seconds() is None


def test_what_waits_is_performed_when_the_template_is_replaced_and_births_that_it_will_hear_of_keep_their_places(
    herd: Template,
) -> None:
    herd.pool.lose("gone", lambda: {herd.children[1].name})
    herd.report()
    assert herd.begun == {1: False}
    assert herd.runs()[1:] == [[2], [3]]


def test_the_thread_of_the_reports_is_woken_for_what_waits_and_waits_for_the_moment_at_which_a_place_is_free(
    template: Template,
) -> None:
    template.begin(1)
    template.begin(2)
    before = template.wakes
    template.begin(3)
    assert template.wakes > before
    template.pool.hears({"started": template.children[0].name, "pid": NO_PROCESS, "start_time": 1})
    seconds = template.pool.wait_seconds()
    assert seconds is not None
    assert seconds < 0.02


def test_nothing_is_told_of_what_waits_after_the_stop(herd: Template) -> None:
    herd.pool.stop()
    herd.pool.take_back(key_of(4))
    herd.report()
    herd.begin(6)
    assert herd.begun == {}
    assert len(herd.children) == 2
