from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from cron_actors.core.admission import Admission
from cron_actors.messages import Launch
from tests.fakes.values import a_launch


class AdmissionMachine(RuleBasedStateMachine):
    """A queue, the backlog it claims from, and its workers; every arrow between them may be slow."""

    def __init__(self) -> None:
        super().__init__()
        self.slots = 0
        self.admission = Admission(1)
        self.backlog: list[Launch] = []
        self.claims: list[int] = []  # on their way to the ledger
        self.answers: list[tuple[int, tuple[Launch, ...]]] = []  # on their way back
        self.working: dict[str, Launch] = {}
        self.freed: list[str] = []  # on their way back to the queue
        self.announced = 0
        self.created = 0
        self.performed: list[int] = []

    @initialize(slots=st.integers(1, 4))
    def open(self, slots: int) -> None:
        self.slots = slots
        self.admission = Admission(slots)
        self.claim()

    def claim(self) -> None:
        """Do what the queue does after every message."""
        slots = self.admission.demand()
        if slots:
            self.admission.ask(slots)
            self.claims.append(slots)

    @rule(count=st.integers(1, 6))
    def runs_become_available(self, count: int) -> None:
        for _ in range(count):
            self.created += 1
            self.backlog.append(a_launch(self.created))
        self.announced += 1

    @precondition(lambda self: self.announced)
    @rule()
    def the_queue_hears_of_it(self) -> None:
        self.announced -= 1
        self.admission.wake()
        self.claim()

    @precondition(lambda self: self.claims)
    @rule()
    def the_ledger_answers(self) -> None:
        slots = self.claims.pop()
        taken, self.backlog = self.backlog[:slots], self.backlog[slots:]
        self.answers.append((slots, tuple(taken)))

    @precondition(lambda self: self.answers)
    @rule()
    def the_queue_is_granted_runs(self) -> None:
        asked, launches = self.answers.pop()
        for worker, launch in self.admission.grant(asked, launches):
            assert worker not in self.working, "a busy worker was given a second run"
            self.working[worker] = launch
        self.claim()

    @precondition(lambda self: self.working)
    @rule(data=st.data())
    def a_worker_ends(self, data: st.DataObject) -> None:
        worker = data.draw(st.sampled_from(sorted(set(self.working) - set(self.freed)) or [""]))
        if worker:
            self.freed.append(worker)

    @precondition(lambda self: self.freed)
    @rule()
    def the_queue_hears_that_a_worker_is_free(self) -> None:
        worker = self.freed.pop(0)
        self.performed.append(self.working.pop(worker).run.run_id)
        self.admission.free(worker)
        self.claim()

    @invariant()
    def never_more_runs_than_slots(self) -> None:
        promised = sum(self.claims) + sum(asked for asked, _ in self.answers)
        assert len(self.working) + promised <= max(self.slots, 1)

    @invariant()
    def at_most_one_claim_is_under_way(self) -> None:
        assert len(self.claims) + len(self.answers) <= 1

    @invariant()
    def no_run_is_lost_or_doubled(self) -> None:
        answered = [launch.run.run_id for _, launches in self.answers for launch in launches]
        waiting = [launch.run.run_id for launch in self.backlog]
        working = [launch.run.run_id for launch in self.working.values()]
        assert sorted(self.performed + answered + waiting + working) == list(range(1, self.created + 1))

    @invariant()
    def nobody_waits_while_a_slot_is_free(self) -> None:
        quiet = not (self.claims or self.answers or self.announced)
        if quiet and self.backlog and self.slots:
            assert len(self.working) == self.slots

    @invariant()
    def the_queue_knows_who_works(self) -> None:
        assert set(self.admission.busy()) == set(self.working)


AdmissionMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestAdmission = AdmissionMachine.TestCase
