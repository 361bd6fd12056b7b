"""The life of runs over any order of claims, ends, retries, snoozes, launched processes, deaths and late reports."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from cron_actors.adapters.stores.urls import open_store
from cron_actors.core.run_states import FINAL, STEPS
from cron_actors.messages import FinishedBatch, FinishedExecution, Held, Launch, LeftRunning, Promote, RecallQueue
from cron_actors.model.records import RequestKind, RunFilter
from cron_actors.model.run import Outcome, Run, RunState
from tests.fakes.ledger_desk import LedgerDesk
from tests.fakes.values import IDENTITY, NOON, an_ending

OUTCOMES = st.sampled_from(
    [
        Outcome.SUCCESS,
        Outcome.FAILURE,
        Outcome.TIMEOUT,
        Outcome.DISCARDED,
        Outcome.SNOOZED,
        Outcome.INTERRUPTED,
        Outcome.CANCELLED,
    ]
)
ENDS = {RunState.COMPLETED, RunState.DISCARDED, RunState.CANCELLED}
MAX_ATTEMPTS = 3


def end_of(launch: Launch, outcome: Outcome) -> FinishedExecution:
    ending = an_ending(outcome, snooze=timedelta(seconds=40) if outcome is Outcome.SNOOZED else None)
    return FinishedExecution(key=launch.key, job="backup", ending=ending, log=launch.log)


class RetryMachine(RuleBasedStateMachine):
    """One job with a few attempts; every change that is announced is held against the table of states."""

    @initialize(backoff=st.sampled_from(["none", "linear", "exponential"]))
    def begin(self, backoff: str) -> None:
        self.store = open_store("sqlite://")
        self.store.open()
        self.mapping = {"max_attempts": MAX_ATTEMPTS, "backoff": backoff}
        self.desk = LedgerDesk(self.store)
        self.desk.load(self.mapping)
        self.launches: list[Launch] = []
        self.late: list[Launch] = []
        self.instants = 0
        self.nodes = 0
        self.states: dict[int, RunState] = {}
        self.ended: dict[int, int] = {}
        self.deaths: dict[int, int] = {}
        self.by_hand: dict[int, int] = {}

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()

    @rule(count=st.integers(1, 3))
    def come_due(self, count: int) -> None:
        for _ in range(count):
            self.desk.tell(self.desk.due(self.desk.owe(due_at=NOON + timedelta(minutes=self.instants))))
            self.instants += 1

    @rule(slots=st.integers(1, 4))
    def claim(self, slots: int) -> None:
        self.launches += self.desk.claim(slots)

    @precondition(lambda self: bool(self.launches))
    @rule(outcomes=st.lists(OUTCOMES, min_size=1, max_size=3), twice=st.booleans())
    def end(self, outcomes: list[Outcome], *, twice: bool) -> None:
        ends = []
        for outcome in outcomes[: len(self.launches)]:
            launch = self.launches.pop()
            self.late.append(launch)
            ends.append(end_of(launch, outcome))
        batch = FinishedBatch(finished=tuple(ends))
        self.desk.tell(*([batch, batch] if twice else [batch]))

    @precondition(lambda self: bool(self.launches))
    @rule()
    def leave_a_process(self) -> None:
        self.desk.tell(LeftRunning(key=self.launches[-1].key, job="backup", identity=IDENTITY))

    @precondition(lambda self: bool(self.late))
    @rule(outcome=OUTCOMES, draw=st.integers(0, 9))
    def report_late(self, outcome: Outcome, draw: int) -> None:
        launch = self.late[draw % len(self.late)]
        before = self.desk.run(launch.run.run_id)
        self.desk.tell(end_of(launch, outcome), LeftRunning(key=launch.key, job="backup", identity=IDENTITY))
        assert self.desk.run(launch.run.run_id) == before

    @rule(seconds=st.integers(1, 60))
    def pass_time(self, seconds: int) -> None:
        self.desk.clock.advance(timedelta(seconds=seconds))
        self.desk.tell(Promote(until_at=self.desk.clock.now()))

    @precondition(lambda self: bool(self.states))
    @rule(draw=st.integers(0, 99), kind=st.sampled_from([RequestKind.CANCEL, RequestKind.RETRY_DEAD]))
    def ask(self, draw: int, kind: RequestKind) -> None:
        run_id = sorted(self.states)[draw % len(self.states)]
        if kind is RequestKind.RETRY_DEAD and self.states[run_id] is RunState.DISCARDED:
            self.by_hand[run_id] = self.by_hand.get(run_id, 0) + 1
            self.ended[run_id] -= 1
        fields = {"run_id": run_id} if kind is RequestKind.CANCEL else {"payload": {"run_ids": [run_id]}}
        self.desk.ask(kind, **fields)
        self.desk.pulse()

    @rule()
    def die(self) -> None:
        self.nodes += 1
        for run in self.runs():
            if run.state is RunState.EXECUTING:
                self.deaths[run.run_id] = self.deaths.get(run.run_id, 0) + 1
        self.late += self.launches
        self.take_down()
        self.desk = self.desk.successor(f"node {self.nodes}")
        self.desk.load(self.mapping)
        self.desk.tell(RecallQueue())
        self.launches = [adopt.launch for held in self.desk.queue.of(Held) for adopt in held.launched]

    @invariant()
    def a_run_ends_once_and_is_tried_no_more_often_than_it_may_be(self) -> None:
        if not hasattr(self, "store"):
            return
        self.take_down()
        for run in self.runs():
            assert self.states[run.run_id] is run.state
            assert self.ended.get(run.run_id, 0) == (run.state in FINAL)
            spare = self.deaths.get(run.run_id, 0) + self.by_hand.get(run.run_id, 0)
            assert run.attempt <= MAX_ATTEMPTS + spare
            assert run.scheduled_at is not None or run.state not in {RunState.SCHEDULED, RunState.RETRYABLE}

    @invariant()
    def what_is_held_is_held_by_somebody_who_knows(self) -> None:
        if hasattr(self, "store"):
            held = {run.run_id for run in self.runs() if run.state in {RunState.EXECUTING, RunState.LAUNCHED}}
            assert held == {launch.run.run_id for launch in self.launches}

    def runs(self) -> list[Run]:
        return self.store.reader().runs(RunFilter(limit=None))

    def take_down(self) -> None:
        """Read what was announced: every change is a legal step from where its run stood."""
        for change in self.desk.changes():
            assert change.was is self.states.get(change.run_id)
            assert change.was is None or change.state in STEPS[change.was]
            self.states[change.run_id] = change.state
            self.ended[change.run_id] = self.ended.get(change.run_id, 0) + (change.state in ENDS)


RetryMachine.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
TestRetryMachine = RetryMachine.TestCase
