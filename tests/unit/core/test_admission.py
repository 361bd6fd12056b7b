from __future__ import annotations

from datetime import timedelta
from typing import Any

from cron_actors.core.admission import Admission
from cron_actors.messages import Claimed, Granted, Launch, Want
from cron_actors.model.job import FunctionCall
from cron_actors.model.queue import Isolation, Queue, QueueState, RateLimit
from tests.fakes.values import IDENTITY, NOON, a_job, a_launch

CALL = a_job(work=FunctionCall(path="tasks", function_name="go"))
SECOND = timedelta(seconds=1)


def a_queue(name: str, **fields: Any) -> QueueState:  # noqa: ANN401 # any field of a queue
    return QueueState(queue=Queue(**{"name": name, "weight": 1, "min_workers": 0, **fields}))


def admission_of(*states: QueueState, workers: int = 100, processes: int = 4) -> Admission:
    admission = Admission(workers, processes)
    admission.open(states)
    return admission


def grant(admission: Admission, **launches: list[Launch]) -> list[str]:
    """Ask for what is wanted, have these runs granted by queue, and return who performs them."""
    wants = admission.ask(admission.demand())
    answer = [
        Granted(queue=want.queue, asked=want.runs, launches=tuple(launches.get(want.queue, ()))) for want in wants
    ]
    return [worker for worker, _ in admission.grant(Claimed(granted=tuple(answer))).given]


def runs(queue: str, *run_ids: int) -> list[Launch]:
    return [a_launch(run_id, queue=queue) for run_id in run_ids]


def test_a_new_queue_asks_for_all_there_is_because_runs_may_wait() -> None:
    assert admission_of(a_queue("a")).demand() == {"a": 4}


def test_what_runs_at_once_is_limited_by_workers_as_by_processes() -> None:
    assert admission_of(a_queue("a"), workers=3).demand() == {"a": 3}


def test_a_queue_asks_for_no_more_than_its_parallelism() -> None:
    assert admission_of(a_queue("a", parallelism=2)).demand() == {"a": 2}


def test_free_workers_go_to_the_queues_in_proportion_to_their_weights() -> None:
    assert admission_of(a_queue("a", weight=3), a_queue("b")).demand() == {"a": 3, "b": 1}


def test_a_queue_below_its_share_has_the_next_worker_that_gets_free() -> None:
    admission = admission_of(a_queue("a", weight=24), a_queue("b"))
    admission.ask({"a": 4})
    admission.grant(Claimed(granted=(Granted(queue="a", asked=4, launches=tuple(runs("a", 1, 2, 3, 4))),)))
    admission.share_out({"a": 3, "b": 1})
    admission.wake("b")
    admission.free("worker-1")
    assert admission.demand() == {"b": 1}


def test_a_queue_without_a_worker_comes_before_one_below_its_share_even_if_its_own_is_nothing() -> None:
    admission = admission_of(a_queue("a", weight=24), a_queue("b"))
    admission.ask({"a": 4})
    admission.grant(Claimed(granted=(Granted(queue="a", asked=4, launches=tuple(runs("a", 1, 2, 3, 4))),)))
    admission.share_out({"a": 100, "b": 0})
    admission.free("worker-1")
    admission.wake("b")
    assert admission.demand() == {"b": 1}


def test_a_queue_takes_beyond_its_share_what_nobody_else_wants() -> None:
    admission = admission_of(a_queue("a"), a_queue("b"))
    admission.share_out({"a": 1, "b": 3})
    grant(admission)
    admission.wake("a")
    assert admission.demand() == {"a": 4}


def test_the_minimum_of_a_queue_is_kept_free_for_it_among_the_workers() -> None:
    admission = admission_of(a_queue("a"), a_queue("b", min_workers=2), workers=4, processes=100)
    grant(admission)
    admission.wake("a")
    assert admission.demand() == {"a": 2}


def test_no_minimum_is_kept_free_for_a_paused_queue() -> None:
    paused = QueueState(queue=a_queue("b", min_workers=2).queue, paused=True)
    admission = admission_of(a_queue("a"), paused, workers=4, processes=100)
    assert admission.demand() == {"a": 4}


def test_minimums_for_which_there_are_too_few_workers_give_way() -> None:
    admission = admission_of(a_queue("a", min_workers=1), a_queue("b", min_workers=4), workers=4)
    grant(admission)
    admission.wake("a")
    assert admission.demand() == {"a": 4}


def test_no_minimum_is_kept_free_among_the_processes() -> None:
    admission = admission_of(a_queue("a"), a_queue("b", min_workers=10))
    grant(admission)
    admission.wake("a")
    assert admission.demand() == {"a": 4}


def test_while_a_claim_is_under_way_nothing_more_is_asked_for() -> None:
    admission = admission_of(a_queue("a"))
    admission.ask(admission.demand())
    admission.wake("a")
    assert admission.demand() == {}
    assert not admission.idle()


def test_a_short_answer_means_that_no_more_wait_in_that_queue() -> None:
    admission = admission_of(a_queue("a"), a_queue("b"))
    assert len(grant(admission, a=runs("a", 1), b=runs("b", 2, 3))) == 3
    assert admission.demand() == {"b": 1}


def test_what_becomes_available_during_a_claim_is_asked_for_after_it() -> None:
    admission = admission_of(a_queue("a"))
    admission.ask({"a": 4})
    admission.wake("a")
    admission.grant(Claimed(granted=(Granted(queue="a", asked=4, launches=()),)))
    assert admission.demand() == {"a": 4}


def test_word_of_a_queue_that_is_not_in_force_is_ignored() -> None:
    admission = admission_of(a_queue("a"))
    grant(admission)
    admission.wake("gone")
    assert admission.demand() == {}


def test_a_paused_queue_asks_for_nothing_and_looks_at_once_when_it_goes_on() -> None:
    admission = admission_of(a_queue("a"))
    grant(admission)
    admission.open([QueueState(queue=a_queue("a").queue, paused=True)])
    assert admission.demand() == {}
    admission.open([a_queue("a")])
    assert admission.demand() == {"a": 4}


def test_runs_granted_to_a_queue_that_was_paused_meanwhile_go_back() -> None:
    admission = admission_of(a_queue("a"))
    admission.ask({"a": 4})
    admission.open([QueueState(queue=a_queue("a").queue, paused=True)])
    admitted = admission.grant(Claimed(granted=(Granted(queue="a", asked=4, launches=tuple(runs("a", 1))),)))
    assert (admitted.given, admitted.left) == ([], runs("a", 1))


def test_a_queue_at_its_rate_limit_asks_again_at_the_instant_it_was_told_and_no_earlier() -> None:
    admission = admission_of(a_queue("a", poll_interval=timedelta(days=1)))
    admission.pass_time(NOON, 0.0)
    admission.ask({"a": 4})
    again = Granted(queue="a", asked=4, launches=(), again_at=NOON + 2 * SECOND)
    admission.grant(Claimed(granted=(again,)))
    admission.wake("a")
    admission.pass_time(NOON + SECOND, 1.0)
    assert admission.demand() == {}
    admission.pass_time(NOON + 2 * SECOND, 2.0)
    assert admission.demand() == {"a": 4}


def test_a_clock_set_back_or_another_limit_ends_the_wait_for_the_old_one() -> None:
    again = Claimed(granted=(Granted(queue="a", asked=4, launches=(), again_at=NOON + SECOND),))
    for change in ("clock", "limit"):
        admission = admission_of(a_queue("a"))
        admission.pass_time(NOON, 0.0)
        admission.ask({"a": 4})
        admission.grant(again)
        if change == "clock":
            admission.pass_time(NOON - timedelta(days=365), 0.5)
        else:
            admission.open([a_queue("a", rate_limit=RateLimit(count=9, per=SECOND))])
        assert admission.demand() == {"a": 4}


def test_a_queue_that_nothing_was_said_about_is_looked_at_again_after_its_poll_interval() -> None:
    admission = admission_of(a_queue("a", poll_interval=2 * SECOND))
    admission.pass_time(NOON, 0.0)
    grant(admission)
    admission.pass_time(NOON, 1.9)
    assert admission.demand() == {}
    admission.pass_time(NOON, 2.0)
    assert admission.demand() == {"a": 4}


def test_a_batch_grows_with_the_pace_of_its_queue_and_each_worker_still_counts_once() -> None:
    admission = admission_of(a_queue("a", isolation=Isolation.REUSE), processes=2)
    assert admission.ask(admission.demand()) == (Want(queue="a", runs=2),)
    first = Granted(queue="a", asked=2, launches=(a_launch(1, CALL, queue="a"),))
    admission.grant(Claimed(granted=(first,)))
    admission.free("worker-1", 1, timedelta(milliseconds=1))
    admission.wake("a")
    assert admission.ask(admission.demand()) == (Want(queue="a", runs=32),)
    launches = tuple(a_launch(number, CALL, queue="a") for number in range(2, 22))
    admitted = admission.grant(Claimed(granted=(Granted(queue="a", asked=32, launches=launches),)))
    assert [len(party.launches) for _, party in admitted.given] == [10, 10]
    assert admission.slots.busy("a") == 2


def test_a_queue_whose_runs_leave_processes_to_go_on_gets_no_batches_any_more() -> None:
    admission = admission_of(a_queue("a", isolation=Isolation.REUSE), processes=2)
    [first, _] = grant(admission, a=[a_launch(1, CALL, queue="a"), a_launch(2, CALL, queue="a")])
    admission.free(first, 1, timedelta(milliseconds=1))
    admission.leave_running(a_launch(2, queue="a").key, IDENTITY)
    admission.wake("a")
    assert admission.ask(admission.demand()) == (Want(queue="a", runs=1),)


def test_a_forgotten_claim_is_asked_for_again() -> None:
    admission = admission_of(a_queue("a"))
    admission.ask(admission.demand())
    admission.forget_claim()
    assert admission.demand() == {"a": 4}


def test_without_work_it_is_idle_but_exhausted_only_once_no_queue_would_take_a_worker() -> None:
    admission = admission_of(a_queue("a"), processes=1)
    assert admission.idle()
    assert not admission.exhausted()
    grant(admission)
    assert admission.exhausted()
    admission.wake("a")
    grant(admission, a=runs("a", 1))
    assert not admission.idle()
