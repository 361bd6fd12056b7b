"""The Supervisor: restarts failed actors within a budget, finds hung ones, and says when the process must end."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any, assert_never

from cron_actors.actors.directory import Directory
from cron_actors.actors.shell import Inbox, Shell
from cron_actors.core.supervision import Budget, Watch
from cron_actors.messages import Address, Broken, Crashed, Drained, Pulse, Restarted, SupervisorMessage

log = logging.getLogger(__name__)

# Called with the reason why the process must end, None after an orderly end; from the supervisor's thread.
Over = Callable[[str | None], None]


class SupervisorActor(Shell[SupervisorMessage]):
    """Looks after the other actors by their names.

    Five failures within a minute (the intensity and period of an OTP supervisor) or an actor that makes no progress
    for 30 seconds while mail waits for it end the process: a service manager starts it afresh, and nothing is lost.
    """

    def __init__(self, inbox: Inbox, directory: Directory, concerned: Sequence[Address[Restarted]], over: Over) -> None:
        super().__init__("supervisor", inbox, directory.address("supervisor"))
        self._directory = directory
        self._concerned = concerned
        self._over = over
        self._budget = Budget()
        self._watch = Watch()
        self._crashed: list[Crashed] = []
        self._monotonic = 0.0

    def handle(self, message: SupervisorMessage) -> None:
        match message:
            case Crashed():
                self._restart(message)
            case Broken(error=error):
                self._over(error)
            case Pulse(monotonic=monotonic):
                self._monotonic = monotonic
                self._look_for_hung()
            case Drained():
                self._over(None)
            case _:
                assert_never(message)

    def on_failure(self, *failure: Any) -> None:  # noqa: ANN401 # what pykka passes
        super().on_failure(*failure)
        self._over(f"the supervisor failed: {failure[1]!r}")  # nobody is left to restart it

    def _restart(self, crashed: Crashed) -> None:
        log.error("the actor %s failed: %s", crashed.actor, crashed.error)
        if not self._budget.spend(self._monotonic):
            self._over(f"too many failures; the last one: {crashed.actor}: {crashed.error}")
            return
        self._directory.restart(crashed.actor)
        log.warning("the actor %s was restarted", crashed.actor)
        for address in self._concerned:
            address.tell(Restarted(actor=crashed.actor))

    def _look_for_hung(self) -> None:
        for vitals in self._directory.vitals():
            if vitals.name != self.name and self._watch.hangs(
                vitals.name, vitals.handled, vitals.waiting, self._monotonic
            ):
                self._over(f"the actor {vitals.name} hangs: no progress for 30 s, {vitals.waiting} messages wait")
                return
