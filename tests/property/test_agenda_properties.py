"""The agenda against a plain mapping, under any sequence of calls."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from cron_actors.core.agenda import Agenda

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
JOBS = st.sampled_from([f"job-{number}" for number in range(5)])
RANKS = st.dictionaries(JOBS, st.tuples(st.integers(-1, 1), st.integers(0, 3)))
INSTANTS = st.integers(0, 20).map(lambda minutes: NOON + timedelta(minutes=minutes))


class AgendaMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.agenda = Agenda()
        self.model: dict[str, datetime] = {}
        self.ranks: dict[str, tuple[int, int]] = {}

    @rule(ranks=RANKS)
    def rank(self, ranks: dict[str, tuple[int, int]]) -> None:
        self.agenda.rank(ranks)
        self.ranks = ranks

    @rule(job=JOBS, at=INSTANTS)
    def put(self, job: str, at: datetime) -> None:
        self.agenda.put(job, at)
        self.model[job] = at

    @rule(job=JOBS)
    def end(self, job: str) -> None:
        self.agenda.put(job, None)
        self.model.pop(job, None)

    @rule(job=JOBS)
    def remove(self, job: str) -> None:
        self.agenda.remove(job)
        self.model.pop(job, None)

    @rule(until=INSTANTS)
    def take(self, until: datetime) -> None:
        expected = min(
            ((at, self.ranks.get(job, (0, 0)), job) for job, at in self.model.items() if at <= until), default=None
        )
        job = self.agenda.take(until)
        assert job == (None if expected is None else expected[2])
        self.model.pop(job or "", None)

    @invariant()
    def agrees(self) -> None:
        assert self.agenda.peek() == min(self.model.values(), default=None)
        assert len(self.agenda) == len(self.model)
        first = {job for job, at in self.model.items() if at == self.agenda.peek()}
        assert set(self.agenda.first(1000)) == first
        assert set(self.agenda.first(2)) <= first
        assert len(self.agenda.first(2)) <= 2


TestAgenda = AgendaMachine.TestCase
TestAgenda.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
