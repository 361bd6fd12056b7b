"""Overlap policies over any order of instants, claims, ends, cancels and deaths of the daemon."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from cron_actors.adapters.stores.urls import open_store
from cron_actors.messages import Launch
from cron_actors.model.records import RequestKind, RunFilter
from cron_actors.model.run import Outcome, Run, RunState
from tests.fakes.ledger_desk import LedgerDesk
from tests.fakes.values import NOON, finished

BUSY = {RunState.AVAILABLE, RunState.EXECUTING}
OUTCOMES = [Outcome.SUCCESS, Outcome.FAILURE, Outcome.CANCELLED, Outcome.INTERRUPTED]


class OverlapMachine(RuleBasedStateMachine):
    """One job under one of the policies that keep its runs apart; it is triggered by nobody but its schedule."""

    @initialize(policy=st.sampled_from(["skip", "queue_one", "queue_all", "cancel_other"]))
    def begin(self, policy: str) -> None:
        self.store = open_store("sqlite://")
        self.store.open()
        self.policy = policy
        self.desk = LedgerDesk(self.store)
        self.desk.load({"overlap": policy})
        self.launches: list[Launch] = []
        self.performed: list[datetime] = []
        self.instants = 0
        self.nodes = 0

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()

    @rule(count=st.integers(1, 3))
    def come_due(self, count: int) -> None:
        runs = [self.desk.owe(due_at=NOON + timedelta(minutes=self.instants + number)) for number in range(count)]
        self.instants += count
        self.desk.tell(self.desk.due(*runs))

    @rule(slots=st.integers(1, 3))
    def claim(self, slots: int) -> None:
        launches = self.desk.claim(slots)
        self.launches += launches
        self.performed += [launch.run.due_at for launch in launches if launch.run.attempt == 1]

    @precondition(lambda self: bool(self.launches))
    @rule(outcome=st.sampled_from(OUTCOMES))
    def end(self, outcome: Outcome) -> None:
        self.desk.tell(finished(self.launches.pop(), outcome))

    @precondition(lambda self: bool(self.runs(RunState.SCHEDULED, RunState.AVAILABLE)))
    @rule(draw=st.integers(0, 9))
    def cancel(self, draw: int) -> None:
        waiting = self.runs(RunState.SCHEDULED, RunState.AVAILABLE)
        self.desk.ask(RequestKind.CANCEL, run_id=waiting[draw % len(waiting)].run_id)
        self.desk.pulse()

    @rule()
    def die(self) -> None:
        self.nodes += 1
        self.desk = self.desk.successor(f"node {self.nodes}")
        self.desk.load({"overlap": self.policy})
        self.launches.clear()

    @invariant()
    def at_most_one_is_busy_and_nothing_waits_for_nobody(self) -> None:
        busy = [run for run in self.runs() if run.state in BUSY]
        waiting = self.runs(RunState.SCHEDULED)
        assert len(busy) <= 1
        assert busy or not waiting
        assert len(waiting) <= {"skip": 0, "queue_all": self.instants}.get(self.policy, 1)

    @invariant()
    def every_instant_has_one_row_and_the_newest_is_never_given_up(self) -> None:
        runs = self.runs()
        assert len(runs) == self.instants
        if runs and self.policy != "skip":
            newest = max(runs, key=lambda run: run.due_at)
            assert newest.state is not RunState.SKIPPED
            assert newest.reason != "overlap" or newest.state is not RunState.CANCELLED

    @invariant()
    def what_is_performed_comes_in_the_order_of_its_instants(self) -> None:
        first = list(dict.fromkeys(self.performed))
        assert first == sorted(first)

    def runs(self, *states: RunState) -> list[Run]:
        return self.store.reader().runs(RunFilter(states=states, limit=None))


OverlapMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
TestOverlapMachine = OverlapMachine.TestCase
