from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cron_actors.actors.directory import Directory, Vitals
from cron_actors.actors.shell import Inbox, Shell
from cron_actors.actors.supervisor import SupervisorActor
from cron_actors.messages import Broken, Crashed, Drained, Pulse, Restarted
from tests.fakes.mail import Outbox, inbox
from tests.fakes.values import NOON


class QuietDirectory(Directory):
    """A directory that starts nothing and says of its actors what a test wants."""

    def __init__(self) -> None:
        super().__init__()
        self.restarted: list[str] = []
        self.living: list[Vitals] = []

    def start(self, name: str, make: Callable[[Inbox], Shell[Any]]) -> None:
        raise AssertionError(f"nobody starts {name} with {make}")

    def restart(self, name: str) -> None:
        self.restarted.append(name)

    def vitals(self) -> list[Vitals]:
        return self.living


class Desk:
    """A supervisor, its directory, one actor that wants to know, and how the process was told to end."""

    def __init__(self) -> None:
        self.directory, self.concerned = QuietDirectory(), Outbox()
        self.over: list[str | None] = []
        self.supervisor = SupervisorActor(inbox(), self.directory, (self.concerned,), self.over.append)

    def crash(self, monotonic: float, actor: str = "ledger") -> None:
        self.pulse(monotonic)
        self.supervisor.handle(Crashed(actor=actor, error="ValueError: broken"))

    def pulse(self, monotonic: float, *living: Vitals) -> None:
        self.directory.living = list(living)
        self.supervisor.handle(Pulse(at=NOON, monotonic=monotonic, ticks=0))


@pytest.fixture
def desk() -> Desk:
    """Return a supervisor at work."""
    return Desk()


def test_a_failed_actor_is_restarted_and_those_concerned_are_told(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    desk.crash(0.0)
    assert desk.directory.restarted == ["ledger"]
    assert desk.concerned.messages == [Restarted(actor="ledger")]
    assert desk.over == []
    assert caplog.messages == ["the actor ledger failed: ValueError: broken", "the actor ledger was restarted"]


def test_five_failures_in_a_minute_are_borne_and_the_sixth_ends_the_process(desk: Desk) -> None:
    for number in range(5):
        desk.crash(10.0 * number, actor=f"worker-{number} task")
    assert desk.over == []
    desk.crash(59.0)
    assert desk.over == ["too many failures; the last one: ledger: ValueError: broken"]
    assert "ledger" not in desk.directory.restarted


def test_failures_far_apart_are_borne_for_ever(desk: Desk) -> None:
    for number in range(20):
        desk.crash(20.0 * number)
    assert desk.over == []


def test_an_actor_that_hangs_for_thirty_seconds_ends_the_process_by_name(desk: Desk) -> None:
    stuck = Vitals("ledger", 7, 3)
    for number in range(60):
        desk.pulse(number / 2, stuck, Vitals("timer", number, 1))
    assert desk.over == []
    desk.pulse(30.0, stuck)
    assert desk.over == ["the actor ledger hangs: no progress for 30 s, 3 messages wait"]


def test_the_supervisor_does_not_take_its_own_mail_for_a_hang(desk: Desk) -> None:
    for number in range(100):
        desk.pulse(float(number), Vitals("supervisor", 7, 3))
    assert desk.over == []


def test_the_loss_of_a_part_that_cannot_be_restarted_ends_the_process(desk: Desk) -> None:
    desk.supervisor.handle(Broken(error="the template process died"))
    assert desk.over == ["the template process died"]


def test_an_orderly_end_has_no_reason(desk: Desk) -> None:
    desk.supervisor.handle(Drained())
    assert desk.over == [None]


def test_nobody_restarts_the_supervisor_so_its_own_failure_ends_the_process(desk: Desk) -> None:
    error = ValueError("broken")
    desk.supervisor.on_failure(ValueError, error, None)
    assert desk.over == ["the supervisor failed: ValueError('broken')"]
