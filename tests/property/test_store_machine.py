"""Claims, settlements and all that moves runs, against a model that is a dictionary."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from cron_actors.adapters.stores.urls import open_store
from cron_actors.core.moments import iso
from cron_actors.core.run_log import log_name
from cron_actors.core.settlement import settled
from cron_actors.model.run import AttemptKey, Cause, Ending, Identity, NewRun, Outcome, Run, RunState, Settlement
from cron_actors.model.statistics import Distribution, JobStatistics
from tests.fakes.values import NOON

QUEUES = st.sampled_from(["a", "b"])
DRAW = st.integers(0, 10**6)
SECONDS_LATER = st.integers(0, 6)
STATES = st.sampled_from(
    [RunState.COMPLETED, RunState.DISCARDED, RunState.AVAILABLE, RunState.RETRYABLE, RunState.SCHEDULED]
)
WAITING = (RunState.AVAILABLE,)
DELAYED = (RunState.SCHEDULED, RunState.RETRYABLE)
HELD = (RunState.EXECUTING, RunState.LAUNCHED)
WHO = Identity(pid=4711, start_time=99, boot_id="boot")


def later(seconds: int) -> datetime:
    return NOON + timedelta(seconds=seconds)


@dataclass
class Expected:
    """What the model believes of a run; ``ripe`` is the second for which it waits."""

    job: str
    seconds: int
    queue: str
    priority: int
    state: RunState = RunState.AVAILABLE
    attempt: int = 0
    token: str | None = None
    tries: int = 0
    ripe: int | None = None
    dismissed: bool = False


class LedgerMachine(RuleBasedStateMachine):
    """Any order of inserts, claims, acknowledgements in time and too late, promotions, adoptions, and cancellations."""

    def __init__(self) -> None:
        super().__init__()
        self.store = open_store("sqlite://")
        self.store.open()
        self.runs: dict[int, Expected] = {}
        self.tokens: list[AttemptKey] = []

    def teardown(self) -> None:
        self.store.close()

    @rule(
        job=st.sampled_from("xyz"),
        seconds=SECONDS_LATER,
        queue=QUEUES,
        priority=st.integers(-1, 1),
        ripe=st.none() | SECONDS_LATER,
    )
    def insert(self, job: str, seconds: int, queue: str, priority: int, ripe: int | None) -> None:
        due_at = later(seconds)
        new = NewRun(
            job=job,
            due_at=due_at,
            cause=Cause.SCHEDULE,
            key=iso(due_at),
            definition="",
            queue=queue,
            priority=priority,
            state=RunState.AVAILABLE if ripe is None else RunState.SCHEDULED,
            scheduled_at=None if ripe is None else later(ripe),
        )
        with self.store.begin() as transaction:
            (run,) = transaction.insert_runs([new])
        known = any((one.job, one.seconds) == (job, seconds) for one in self.runs.values())
        assert (run is None) == known
        if run is not None:
            assert run.run_id > max(self.runs, default=0)
            self.runs[run.run_id] = Expected(job, seconds, queue, priority, state=new.state, ripe=ripe)

    @rule(queue=QUEUES, slots=st.integers(0, 4))
    def claim(self, queue: str, slots: int) -> None:
        waiting = [
            (-one.priority, one.seconds, run_id)
            for run_id, one in self.runs.items()
            if one.queue == queue and one.state in WAITING
        ]
        with self.store.begin() as transaction:
            claimed = transaction.claim(queue, slots, "node", NOON, log_name)
            assert claimed == [transaction.run(run.run_id) for run in claimed]
        assert [run.run_id for run in claimed] == [run_id for *_, run_id in sorted(waiting)[:slots]]
        for run in claimed:
            one = self.runs[run.run_id]
            one.state, one.attempt = RunState.EXECUTING, one.attempt + 1
            one.tries += 1
            assert run.attempt == one.attempt
            self.hold(run)

    def hold(self, run: Run) -> None:
        assert run.lease_token is not None
        assert run.lease_token not in {key.token for key in self.tokens}
        self.runs[run.run_id].token = run.lease_token
        self.tokens.append(AttemptKey(run_id=run.run_id, attempt=run.attempt, token=run.lease_token))

    @precondition(lambda self: bool(self.tokens))
    @rule(draws=st.lists(st.tuples(DRAW, STATES, st.booleans(), SECONDS_LATER), min_size=1, max_size=4))
    def acknowledge(self, draws: list[tuple[int, RunState, bool, int]]) -> None:
        batch = [self.settlement(*draw) for draw in draws]
        with self.store.begin() as transaction:
            before = {one.key.run_id: transaction.run(one.key.run_id) for one in batch}
            done = transaction.settle(batch)
            after = {run_id: transaction.run(run_id) for run_id in before}
        for settlement, known, (*_, seconds) in zip(batch, done, draws, strict=True):
            one, run = self.runs[settlement.key.run_id], before[settlement.key.run_id]
            assert run is not None
            assert known == (one.state in HELD and one.token == settlement.key.token)
            if known:
                before[run.run_id] = settled(run, settlement)
                one.state, one.token = settlement.state, None
                one.attempt -= 0 if settlement.counted else 1
                one.ripe = seconds if settlement.state in DELAYED else None
        assert after == before

    def settlement(self, draw: int, state: RunState, counted: bool, seconds: int) -> Settlement:  # noqa: FBT001 # drawn
        key = self.tokens[draw % len(self.tokens)]
        return Settlement(
            key=key,
            ending=Ending(outcome=Outcome.FAILURE, error="why", result="1"),
            state=state,
            reason=None,
            at=NOON,
            counted=counted,
            scheduled_at=later(seconds) if state in DELAYED else None,
        )

    @precondition(lambda self: bool(self.tokens))
    @rule(draw=DRAW)
    def launch(self, draw: int) -> None:
        key = self.tokens[draw % len(self.tokens)]
        one = self.runs[key.run_id]
        with self.store.begin() as transaction:
            known = transaction.launch(key, WHO)
        assert known == (one.state is RunState.EXECUTING and one.token == key.token)
        if known:
            one.state = RunState.LAUNCHED

    @precondition(lambda self: bool(self.runs))
    @rule(draw=DRAW)
    def adopt(self, draw: int) -> None:
        run_id = self.drawn(draw)
        with self.store.begin() as transaction:
            run = transaction.adopt(run_id, "other node")
        assert (run is not None) == (self.runs[run_id].state is RunState.LAUNCHED)
        if run is not None:
            assert run.node == "other node"
            self.hold(run)

    @rule(until=SECONDS_LATER, limit=st.integers(0, 3))
    def promote(self, until: int, limit: int) -> None:
        ripe = sorted(
            (one.ripe, run_id)
            for run_id, one in self.runs.items()
            if one.state in DELAYED and one.ripe is not None and one.ripe <= until
        )
        with self.store.begin() as transaction:
            promoted = transaction.promote(later(until), limit)
            assert promoted == [transaction.run(run.run_id) for run in promoted]
        assert [run.run_id for run in promoted] == [run_id for _, run_id in ripe[:limit]]
        for run in promoted:
            self.runs[run.run_id].state = RunState.AVAILABLE

    @precondition(lambda self: bool(self.runs))
    @rule(draw=DRAW, by_hand=st.booleans())
    def try_once_more(self, draw: int, *, by_hand: bool) -> None:
        run_id = self.drawn(draw)
        one = self.runs[run_id]
        with self.store.begin() as transaction:
            run = transaction.retry(run_id, 9) if by_hand else transaction.revive(run_id, "new")
        assert (run is not None) == (one.state is RunState.DISCARDED)
        if run is not None:
            one.state, one.dismissed = RunState.AVAILABLE, False

    @precondition(lambda self: bool(self.runs))
    @rule(draw=DRAW)
    def dismiss(self, draw: int) -> None:
        run_id = self.drawn(draw)
        one = self.runs[run_id]
        with self.store.begin() as transaction:
            done = transaction.dismiss(run_id, NOON, "me")
        assert done == (one.state is RunState.DISCARDED and not one.dismissed)
        one.dismissed = one.dismissed or done

    @precondition(lambda self: bool(self.runs))
    @rule(draw=DRAW, expected=st.sampled_from([*WAITING, *HELD, *DELAYED]))
    def cancel(self, draw: int, expected: RunState) -> None:
        run_id = self.drawn(draw)
        with self.store.begin() as transaction:
            run = transaction.finish(run_id, expected, RunState.CANCELLED, None, NOON)
        valid = self.runs[run_id].state == expected and expected not in HELD
        assert (run is not None) == valid
        if valid:
            self.runs[run_id].state = RunState.CANCELLED

    def drawn(self, draw: int) -> int:
        return sorted(self.runs)[draw % len(self.runs)]

    @invariant()
    def the_store_believes_what_the_model_believes(self) -> None:
        reader = self.store.reader()
        with self.store.begin() as transaction:
            for run_id, one in self.runs.items():
                run = transaction.run(run_id)
                assert run is not None
                assert (run.state, run.attempt) == (one.state, one.attempt)
                assert (run.finished_at is None) == (one.state in (*WAITING, *HELD, *DELAYED))
                assert (run.dismissed_at is not None) == one.dismissed
                assert len(reader.attempts(run_id)) == one.tries
            held = {(run.run_id, attempt.attempt) for run, attempt in transaction.held()}
            assert held == {(run_id, one.attempt) for run_id, one in self.runs.items() if one.state in HELD}
            waits = [one.ripe for one in self.runs.values() if one.state in DELAYED and one.ripe is not None]
            assert transaction.next_scheduled() == (later(min(waits)) if waits else None)
            standing = Counter((one.queue, one.state) for one in self.runs.values())
            available = {queue: standing[queue, RunState.AVAILABLE] for queue in "ab"}
            assert transaction.backlog(99) == {queue: number for queue, number in available.items() if number}
        unfinished = {key: number for key, number in standing.items() if key[1] in (*WAITING, *HELD, *DELAYED)}
        found = reader.in_queue(99).items()
        assert {(queue, state): number for queue, by in found for state, number in by.items()} == unfinished
        assert reader.counts() == Counter(one.state for one in self.runs.values())


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
