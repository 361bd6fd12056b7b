"""Claims and settlements against a model that is a dictionary."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from cron_actors.adapters.stores.urls import open_store
from cron_actors.core.moments import iso
from cron_actors.core.run_log import log_name
from cron_actors.core.settlement import settled
from cron_actors.model.run import AttemptKey, Cause, Ending, NewRun, Outcome, RunState, Settlement
from cron_actors.model.statistics import Distribution, JobStatistics
from tests.fakes.values import NOON

QUEUES = st.sampled_from(["a", "b"])
DRAW = st.integers(0, 10**6)
STATES = st.sampled_from([RunState.COMPLETED, RunState.DISCARDED, RunState.AVAILABLE, RunState.LAUNCHED])
WAITING = (RunState.AVAILABLE,)
HELD = (RunState.EXECUTING, RunState.LAUNCHED)


@dataclass
class Expected:
    """What the model believes of a run."""

    job: str
    seconds: int
    queue: str
    priority: int
    state: RunState = RunState.AVAILABLE
    attempt: int = 0
    token: str | None = None
    tries: int = 0


class LedgerMachine(RuleBasedStateMachine):
    """Any order of inserts, claims, acknowledgements in time and too late, and cancellations."""

    def __init__(self) -> None:
        super().__init__()
        self.store = open_store("sqlite://")
        self.store.open()
        self.runs: dict[int, Expected] = {}
        self.tokens: list[AttemptKey] = []

    def teardown(self) -> None:
        self.store.close()

    @rule(job=st.sampled_from("xyz"), seconds=st.integers(0, 6), queue=QUEUES, priority=st.integers(-1, 1))
    def insert(self, job: str, seconds: int, queue: str, priority: int) -> None:
        due_at = NOON + timedelta(seconds=seconds)
        new = NewRun(
            job=job,
            due_at=due_at,
            cause=Cause.SCHEDULE,
            key=iso(due_at),
            definition="",
            queue=queue,
            priority=priority,
        )
        with self.store.begin() as transaction:
            (run,) = transaction.insert_runs([new])
        known = any((one.job, one.seconds) == (job, seconds) for one in self.runs.values())
        assert (run is None) == known
        if run is not None:
            assert run.run_id > max(self.runs, default=0)
            self.runs[run.run_id] = Expected(job, seconds, queue, priority)

    @rule(queue=QUEUES, slots=st.integers(0, 4))
    def claim(self, queue: str, slots: int) -> None:
        waiting = [
            (-one.priority, one.seconds, run_id)
            for run_id, one in self.runs.items()
            if one.queue == queue and one.state in WAITING
        ]
        with self.store.begin() as transaction:
            claimed = transaction.claim(queue, slots, "node", NOON, log_name)
        assert [run.run_id for run in claimed] == [run_id for *_, run_id in sorted(waiting)[:slots]]
        for run in claimed:
            one = self.runs[run.run_id]
            assert run.lease_token is not None
            assert run.lease_token not in {key.token for key in self.tokens}
            one.state, one.attempt, one.token = RunState.EXECUTING, one.attempt + 1, run.lease_token
            one.tries += 1
            assert run.attempt == one.attempt
            self.tokens.append(AttemptKey(run_id=run.run_id, attempt=run.attempt, token=run.lease_token))

    @precondition(lambda self: bool(self.tokens))
    @rule(draw=DRAW, state=STATES, counted=st.booleans())
    def acknowledge(self, draw: int, state: RunState, *, counted: bool) -> None:
        key = self.tokens[draw % len(self.tokens)]
        one = self.runs[key.run_id]
        counted = counted or one.attempt == 0  # a launched run was given back uncounted before
        settlement = Settlement(
            key=key, ending=Ending(outcome=Outcome.SUCCESS), state=state, reason=None, at=NOON, counted=counted
        )
        with self.store.begin() as transaction:
            before = transaction.run(key.run_id)
            (done,) = transaction.settle([settlement])
            after = transaction.run(key.run_id)
        valid = one.state in HELD and one.token == key.token
        assert done == valid
        assert before is not None
        assert after == (settled(before, settlement) if valid else before)
        if valid:
            one.state = state
            one.attempt -= 0 if counted else 1

    @precondition(lambda self: bool(self.runs))
    @rule(draw=DRAW, expected=st.sampled_from([*WAITING, *HELD, RunState.SCHEDULED]))
    def cancel(self, draw: int, expected: RunState) -> None:
        run_id = sorted(self.runs)[draw % len(self.runs)]
        with self.store.begin() as transaction:
            run = transaction.finish(run_id, expected, RunState.CANCELLED, None, NOON)
        valid = self.runs[run_id].state == expected and expected not in HELD
        assert (run is not None) == valid
        if valid:
            self.runs[run_id].state = RunState.CANCELLED

    @invariant()
    def the_store_believes_what_the_model_believes(self) -> None:
        reader = self.store.reader()
        with self.store.begin() as transaction:
            for run_id, one in self.runs.items():
                run = transaction.run(run_id)
                assert run is not None
                assert (run.state, run.attempt) == (one.state, one.attempt)
                assert (run.finished_at is None) == (one.state in (*WAITING, *HELD))
                assert len(reader.attempts(run_id)) == one.tries
            held = {run.run_id for run, _ in transaction.held()}
            assert held == {run_id for run_id, one in self.runs.items() if one.state in HELD}
            for queue in "ab":
                waiting = [one for one in self.runs.values() if one.queue == queue and one.state in WAITING]
                assert transaction.backlog(99).get(queue, 0) == len(waiting)
        assert sum(reader.counts().values()) == len(self.runs)


LedgerMachine.TestCase.settings = settings(max_examples=40, stateful_step_count=30)
TestLedgerMachine = LedgerMachine.TestCase

NUMBERS = st.integers(0, 2**63 - 1)
SECONDS = st.floats(allow_nan=False, allow_infinity=False)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
IDENTIFIERS = st.text(st.characters(exclude_categories=["Cs", "Cc"]))
BY_REASON = st.dictionaries(TEXTS, NUMBERS, max_size=4)
MOMENTS = st.none() | st.datetimes(timezones=st.just(NOON.tzinfo))
DISTRIBUTIONS = st.builds(
    Distribution,
    count=NUMBERS,
    total=SECONDS,
    least=st.none() | SECONDS,
    greatest=st.none() | SECONDS,
    buckets=st.dictionaries(st.integers(-2000, 2000), NUMBERS, max_size=5),
)
FIGURES = st.builds(
    JobStatistics,
    launches=NUMBERS,
    successes=NUMBERS,
    failures=NUMBERS,
    timeouts=NUMBERS,
    retries=NUMBERS,
    interrupted=NUMBERS,
    cancelled=NUMBERS,
    skipped=BY_REASON,
    missed=BY_REASON,
    last_outcome=st.none() | TEXTS,
    last_due_at=MOMENTS,
    last_started_at=MOMENTS,
    last_finished_at=MOMENTS,
    duration=DISTRIBUTIONS,
    lateness=DISTRIBUTIONS,
)


@settings(max_examples=60)
@given(figures=st.dictionaries(IDENTIFIERS, FIGURES, max_size=3))
def test_figures_come_back_as_they_were_put(figures: dict[str, JobStatistics]) -> None:
    store = open_store("sqlite://")
    store.open()
    with store.begin() as transaction:
        transaction.put_statistics(figures)
        assert transaction.statistics() == figures
    store.close()
