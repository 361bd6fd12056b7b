from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from cron_actors.core.batching import MOST_IN_BATCH, Party, batch_size, least_size, may_share, next_pace, parties
from cron_actors.model.job import Command, FunctionCall, Limits, ProcessSettings, Success
from cron_actors.model.queue import Isolation, Queue
from tests.fakes.values import a_job, a_launch

FRESH, REUSE = Queue(name="fresh"), Queue(name="reuse", isolation=Isolation.REUSE)
CALL = FunctionCall(path="tasks", function_name="go")
FUNCTION, COMMAND = a_job(work=CALL), a_job()
MS = timedelta(milliseconds=1)


def functions(*run_ids: int) -> list[Any]:
    return [a_launch(run_id, FUNCTION) for run_id in run_ids]


def ids(groups: list[Party]) -> list[list[int]]:
    return [[launch.run.run_id for launch in party.launches] for party in groups]


@pytest.mark.parametrize(
    "changed",
    [
        {"work": Command(line="true")},
        {"work": FunctionCall(path="tasks", function_name="go", python="/usr/bin/python3")},
        {"process": ProcessSettings(user="nobody")},
        {"process": ProcessSettings(group="nogroup")},
        {"process": ProcessSettings(umask=0o77)},
        {"process": ProcessSettings(limits=Limits(memory=1))},
        {"process": ProcessSettings(env_file=".env")},
        {"process": ProcessSettings(stdin="text")},
        {"success": Success(stderr_fails=True)},
    ],
)
def test_what_cannot_be_changed_back_keeps_a_run_from_sharing_a_process(changed: dict[str, Any]) -> None:
    assert not may_share(a_job(**{"work": CALL, **changed}))


def test_a_function_with_variables_and_a_folder_of_its_own_may_share_a_process() -> None:
    assert may_share(a_job(work=CALL, process=ProcessSettings(env={"A": "1"}, working_directory="sub")))


def test_before_the_pace_is_known_and_with_fresh_processes_a_worker_gets_one_run() -> None:
    assert batch_size(REUSE, None) == 1
    assert batch_size(FRESH, MS) == 1


@pytest.mark.parametrize(
    ("pace", "size"),
    [(timedelta(0), MOST_IN_BATCH), (MS, MOST_IN_BATCH), (10 * MS, 5), (26 * MS, 1), (timedelta(hours=1), 1)],
)
def test_a_batch_lasts_no_longer_than_fifty_milliseconds(pace: timedelta, size: int) -> None:
    assert batch_size(REUSE, pace) == size


def test_the_pace_follows_the_latest_runs() -> None:
    pace = next_pace(None, 4, 8 * MS)
    assert pace == 2 * MS
    assert next_pace(pace, 1, 4 * MS) == 3 * MS
    assert next_pace(pace, 0, timedelta(0)) == pace


def test_a_run_with_a_process_of_its_own_slows_the_pace() -> None:
    assert batch_size(REUSE, next_pace(MS, 1, None)) == 1


def test_free_workers_come_before_long_batches_and_all_begin_with_the_first_runs() -> None:
    found, left = parties(REUSE, functions(1, 2, 3, 4, 5), workers=3, most=16)
    assert ids(found) == [[1, 4], [2, 5], [3]]
    assert all(party.shared for party in found)
    assert left == ()


@pytest.mark.parametrize(
    ("pace", "size"), [(timedelta(0), 16), (MS / 10, 16), (MS, 5), (2 * MS, 2), (10 * MS, 1), (None, 16)]
)
def test_a_batch_occupies_its_worker_for_five_milliseconds(pace: timedelta | None, size: int) -> None:
    assert least_size(16, pace) == size


def test_no_batch_is_to_be_longer_than_it_may_be() -> None:
    assert least_size(1, None) == 1
    assert least_size(2, MS) == 2


def test_runs_that_are_over_at_once_are_not_spread_over_all_workers() -> None:
    found, left = parties(REUSE, functions(1, 2, 3, 4, 5), workers=5, most=16, least=2)
    assert ids(found) == [[1, 4], [2, 5], [3]]
    assert left == ()


def test_where_few_workers_are_left_a_batch_is_longer_than_the_least() -> None:
    found, left = parties(REUSE, functions(1, 2, 3, 4, 5), workers=2, most=2, least=1)
    assert ids(found) == [[1, 3], [2, 4]]
    assert [launch.run.run_id for launch in left] == [5]


def test_in_a_queue_of_fresh_processes_every_run_has_a_worker() -> None:
    found, left = parties(FRESH, functions(1, 2), workers=2, most=1)
    assert found == [Party(queue=FRESH, launches=(launch,)) for launch in functions(1, 2)]
    assert left == ()


def test_a_run_that_cannot_share_takes_a_worker_by_itself_and_leaves_one_to_the_others() -> None:
    launches = [a_launch(1, COMMAND), *functions(2, 3), a_launch(4, COMMAND)]
    found, left = parties(REUSE, launches, workers=2, most=2)
    assert [(party.shared, len(party.launches)) for party in found] == [(False, 1), (True, 2)]
    assert [launch.run.run_id for launch in left] == [4]


@pytest.mark.parametrize(("order", "taken"), [("fc", [[1]]), ("cf", [[1]])])
def test_for_a_single_worker_the_first_run_decides(order: str, taken: list[list[int]]) -> None:
    jobs = {"f": FUNCTION, "c": COMMAND}
    launches = [a_launch(number, jobs[kind]) for number, kind in enumerate(order, start=1)]
    found, left = parties(REUSE, launches, workers=1, most=4)
    assert ids(found) == taken
    assert [launch.run.run_id for launch in left] == [2]


def test_no_worker_gets_more_than_a_batch() -> None:
    found, left = parties(REUSE, functions(1, 2, 3, 4, 5), workers=2, most=2)
    assert ids(found) == [[1, 3], [2, 4]]
    assert [launch.run.run_id for launch in left] == [5]
