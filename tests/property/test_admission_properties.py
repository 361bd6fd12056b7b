from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from cron_actors.core.admission import Admission
from cron_actors.core.balance import reserve, shares
from cron_actors.core.batching import MOST_IN_BATCH, may_share
from cron_actors.messages import Claimed, Granted, Launch, Want
from cron_actors.model.job import FunctionCall
from cron_actors.model.queue import Isolation, Queue, QueueState
from cron_actors.model.run import Identity
from tests.fakes.values import NOON, a_job, a_launch

JOBS = (a_job(), a_job(work=FunctionCall(path="tasks", function_name="go")))
PROCESS = Identity(pid=1, start_time=1, boot_id="boot")
NAMES = ("a", "b", "c")
MINUTE = timedelta(minutes=1)


@st.composite
def a_queue(draw: st.DrawFn, name: str) -> Queue:
    """Return a queue with few workers."""
    return Queue(
        name=name,
        weight=draw(st.sampled_from((1, 24))),
        min_workers=draw(st.integers(0, 2)),
        parallelism=draw(st.none() | st.integers(1, 3)),
        isolation=draw(st.sampled_from(Isolation)),
        poll_interval=timedelta(days=10_000),  # what waits must be found without polling
    )


class AdmissionMachine(RuleBasedStateMachine):
    """The queues of a node, the backlog they claim from, and the workers; every arrow between them may be slow."""

    def __init__(self) -> None:
        super().__init__()
        self.workers = self.processes = 1
        self.admission = Admission(1, 1)
        self.states: dict[str, QueueState] = {}
        self.backlog: dict[str, list[Launch]] = {}
        self.claims: list[tuple[Want, ...]] = []  # on their way to the ledger
        self.answers: list[Claimed] = []  # on their way back
        self.working: dict[str, tuple[str, tuple[Launch, ...]]] = {}
        self.announced: list[str] = []
        self.limited: set[str] = set()  # queues whose rate limit is spent until the next minute
        self.created = 0
        self.performed: list[int] = []
        self.at = NOON

    @initialize(
        queues=st.integers(1, 3).flatmap(lambda count: st.tuples(*map(a_queue, NAMES[:count]))),
        workers=st.integers(1, 7),
        processes=st.integers(1, 7),
    )
    def open(self, queues: tuple[Queue, ...], workers: int, processes: int) -> None:
        self.workers, self.processes = workers, processes
        self.admission = Admission(workers, processes)
        self.states = {queue.name: QueueState(queue=queue) for queue in queues}
        self.backlog = {queue.name: [] for queue in queues}
        self.admission.open(self.states.values())
        self.admission.pass_time(self.at, 0.0)
        self.claim()

    # what the actor does after every message
    def claim(self) -> None:
        demand = self.admission.demand()
        if not demand:
            return
        self.check_demand(demand)
        wants = self.admission.ask(demand)
        assert {want.queue for want in wants} == set(demand)
        self.claims.append(wants)

    def check_demand(self, demand: dict[str, int]) -> None:
        after = {name: self.busy(name) + demand.get(name, 0) for name in self.states}
        assert sum(after.values()) <= min(self.workers, self.processes)
        lacking = sum(max(0, self.reserve(name) - taken) for name, taken in after.items())
        for name, number in demand.items():
            state = self.states[name]
            assert not state.paused
            assert after[name] <= (state.queue.parallelism or self.workers)
            if number and after[name] > self.reserve(name):
                assert sum(after.values()) + lacking <= self.workers, "a worker kept for another queue was taken"
        self.check_shares(demand, after)

    def check_shares(self, demand: dict[str, int], after: dict[str, int]) -> None:
        """No queue goes beyond its share while another one where runs wait is below its own and could have more."""
        if not any(after[name] > max(self.share(name), self.busy(name), self.reserve(name), 1) for name in demand):
            return
        for name, state in self.states.items():
            limit = state.queue.parallelism
            if self.waits(name) and (limit is None or after[name] < limit):
                assert after[name] >= max(self.share(name), 1)

    def waits(self, name: str) -> bool:
        """Say whether runs wait in the queue that may begin, as it must know by now."""
        state = self.states[name]
        return bool(self.backlog[name]) and not (state.paused or name in self.limited or name in self.announced)

    def busy(self, name: str) -> int:
        return sum(queue == name for queue, _ in self.working.values())

    def reserve(self, name: str) -> int:
        state = self.states[name]
        fits = sum(reserve(state.queue) for state in self.states.values()) <= self.workers
        return reserve(state.queue) if fits and not state.paused else 0

    def share(self, name: str) -> int:
        return self.admission.share(name)

    # what happens elsewhere
    @rule(data=st.data(), kinds=st.lists(st.sampled_from((0, 1)), min_size=1, max_size=6))
    def runs_become_available(self, data: st.DataObject, kinds: list[int]) -> None:
        name = data.draw(st.sampled_from(sorted(self.states)))
        for kind in kinds:
            self.created += 1
            self.backlog[name].append(a_launch(self.created, JOBS[kind], queue=name))
        self.announced.append(name)

    @precondition(lambda self: self.announced)
    @rule()
    def the_queue_hears_of_it(self) -> None:
        for name in self.announced:
            self.admission.wake(name)
        self.announced.clear()
        self.claim()

    @precondition(lambda self: self.claims)
    @rule(spent=st.sampled_from(("", "a")))
    def the_ledger_answers(self, spent: str) -> None:
        self.limited |= {spent} & set(self.states)
        granted = []
        for want in self.claims.pop():
            waiting = self.backlog[want.queue]
            allowed = want.runs // 2 if want.queue in self.limited else want.runs
            taken, self.backlog[want.queue] = waiting[:allowed], waiting[allowed:]
            again_at = self.at + MINUTE if want.queue in self.limited else None
            granted.append(Granted(queue=want.queue, asked=want.runs, launches=tuple(taken), again_at=again_at))
        self.answers.append(Claimed(granted=tuple(granted)))

    @precondition(lambda self: self.answers)
    @rule()
    def the_queue_is_granted_runs(self) -> None:
        admitted = self.admission.grant(self.answers.pop())
        for worker, party in admitted.given:
            assert worker not in self.working, "a busy worker was given other runs"
            assert not self.states[party.queue.name].paused
            assert 1 <= len(party.launches) <= MOST_IN_BATCH
            assert party.shared or len(party.launches) == 1
            assert not party.shared or all(may_share(launch.job) for launch in party.launches)
            self.working[worker] = (party.queue.name, party.launches)
        for launch in admitted.left:  # they go back, uncounted, and that is announced
            self.backlog[launch.run.queue].insert(0, launch)
            self.announced.append(launch.run.queue)
        self.claim()

    @precondition(lambda self: self.working)
    @rule(data=st.data(), pace=st.none() | st.sampled_from([0, 1, 20, 500]))
    def a_worker_is_free(self, data: st.DataObject, pace: int | None) -> None:
        worker = data.draw(st.sampled_from(sorted(self.working)))
        _, launches = self.working.pop(worker)
        self.performed += [launch.run.run_id for launch in launches]
        busy = None if pace is None else timedelta(milliseconds=pace) * len(launches)
        self.admission.free(worker, len(launches), busy)
        self.claim()

    @precondition(lambda self: self.working)
    @rule(data=st.data())
    def an_attempt_leaves_a_process_to_go_on(self, data: st.DataObject) -> None:
        worker = data.draw(st.sampled_from(sorted(self.working)))
        queue, launches = self.working[worker]
        left = data.draw(st.sampled_from(launches))
        self.working[worker] = (queue, (left,))  # that is told once all others of a batch are over or were taken back
        self.performed += [launch.run.run_id for launch in launches if launch is not left]
        self.admission.leave_running(left.key, PROCESS)
        assert worker not in self.admission.slots.performing()

    @rule()
    def a_minute_passes(self) -> None:
        self.at += MINUTE
        self.limited.clear()
        self.admission.pass_time(self.at, 0.0)
        self.claim()

    @rule(load=st.dictionaries(st.sampled_from(NAMES), st.integers(0, 9)))
    def the_workers_are_shared_out(self, load: dict[str, int]) -> None:
        queues = self.admission.queues()
        self.admission.share_out(shares(queues, self.admission.loads(load), self.workers))
        self.claim()

    @rule(data=st.data())
    def a_queue_is_paused_or_resumed(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.states)))
        self.states[name] = replace(self.states[name], paused=not self.states[name].paused)
        self.admission.open(self.states.values())
        self.claim()

    # what is true at any time
    @invariant()
    def never_more_workers_than_any_limit_allows(self) -> None:
        assert len(self.working) <= min(self.workers, self.processes)
        for name, state in self.states.items():
            assert self.busy(name) <= (state.queue.parallelism or self.workers)
            assert self.busy(name) == self.admission.slots.busy(name)

    @invariant()
    def at_most_one_claim_is_under_way(self) -> None:
        assert len(self.claims) + len(self.answers) <= 1

    @invariant()
    def no_run_is_lost_or_doubled(self) -> None:
        answered = [
            launch.run.run_id for answer in self.answers for granted in answer.granted for launch in granted.launches
        ]
        waiting = [launch.run.run_id for launches in self.backlog.values() for launch in launches]
        working = [launch.run.run_id for _, launches in self.working.values() for launch in launches]
        assert sorted(self.performed + answered + waiting + working) == list(range(1, self.created + 1))

    @invariant()
    def nobody_waits_while_a_slot_is_free_for_him(self) -> None:
        if self.claims or self.answers or self.announced or len(self.working) >= min(self.workers, self.processes):
            return
        lacking = sum(max(0, self.reserve(name) - self.busy(name)) for name in self.states)
        for name, state in self.states.items():
            if not self.waits(name):
                continue
            full = state.queue.parallelism is not None and self.busy(name) >= state.queue.parallelism
            kept = self.busy(name) >= self.reserve(name) and len(self.working) + lacking >= self.workers
            assert full or kept

    @invariant()
    def what_is_performed_is_found_by_its_run(self) -> None:
        for worker, (_, launches) in self.working.items():
            assert self.admission.slots.performs(worker) == launches
            assert all(self.admission.slots.holder(launch.run.run_id) == worker for launch in launches)
        assert set(self.admission.slots.taken()) == set(self.working)


AdmissionMachine.TestCase.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
TestAdmission = AdmissionMachine.TestCase
