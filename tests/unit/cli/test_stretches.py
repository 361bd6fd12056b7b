"""Due instants of rows that account for whole stretches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cron_actors.cli.stretches import CHUNK, Stretches
from cron_actors.core.definitions import definition_of
from cron_actors.model.records import JobRecord
from cron_actors.model.run import Cause, Run, RunState
from cron_actors.ports.store import Reader

START = datetime(2026, 11, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class KeptJobs:
    """The part of a Reader that stretches need."""

    def __init__(self, when: Mapping[str, Any]) -> None:
        written = {"identifier": "job", "command": "true", **when}
        self._text = definition_of(written, Path("/jobs")).text

    def jobs(self) -> list[JobRecord]:
        return [
            JobRecord(identifier="job", source="jobs.json", definition="key", first_seen_at=START, changed_at=START)
        ]

    def definitions(self, keys: Iterable[str]) -> Mapping[str, str]:
        return {key: self._text for key in keys if key == "key"}


def row(run_id: int, first: datetime, count: int = 1, *, gap: timedelta = MINUTE, job: str = "job") -> Run:
    return Run(
        run_id=run_id,
        job=job,
        due_at=first,
        last_due_at=first + gap * (count - 1),
        count=count,
        cause=Cause.SCHEDULE,
        state=RunState.MISSED if count > 1 else RunState.COMPLETED,
        reason=None,
        queue="default",
        priority=0,
        definition="",
    )


def told(
    runs: list[Run],
    *,
    when: Mapping[str, Any] | None = None,
    since: datetime | None = None,
    limit: int | None = None,
) -> list[tuple[int, datetime]]:
    stretches = Stretches(cast("Reader", KeptJobs(when or {"periodicity": "1m"})))
    return [(owed.run.run_id, owed.at) for owed in stretches.newest(runs, since, limit)]


def test_a_run_is_one_instant() -> None:
    assert told([row(1, START)]) == [(1, START)]


@given(st.integers(2, 3 * CHUNK))
def test_a_stretch_is_told_whole_newest_first(count: int) -> None:
    assert told([row(1, START, count)]) == [(1, START + MINUTE * index) for index in reversed(range(count))]


def test_runs_and_stretches_of_several_jobs_are_told_in_one_order() -> None:
    single = row(2, START + MINUTE * 2.5, job="other")
    assert [run_id for run_id, _ in told([row(1, START, 5), single])] == [1, 1, 2, 1, 1, 1]


def test_the_limit_counts_instants_and_a_month_of_seconds_costs_nothing() -> None:
    seconds = row(1, START, 2_600_000, gap=timedelta(seconds=1))
    last = seconds.last_due_at
    assert told([seconds], when={"cron": "* * * * * *"}, limit=2) == [(1, last), (1, last - timedelta(seconds=1))]


def test_nothing_before_since_is_told() -> None:
    assert told([row(1, START, 10)], since=START + MINUTE * 8) == [(1, START + MINUTE * 9), (1, START + MINUTE * 8)]


def test_a_stretch_of_uneven_gaps_is_told_by_its_schedule() -> None:
    at = [START.replace(day=day, hour=9) for day in (2, 3, 4, 5, 6, 9)]
    workdays = row(1, at[0], 6, gap=(at[-1] - at[0]) / 5)
    assert told([workdays], when={"cron": "0 9 * * 1-5"}) == [(1, moment) for moment in reversed(at)]


@pytest.mark.parametrize("when", [{"periodicity": "7m"}, {"manual": True}])
def test_a_stretch_that_the_present_schedule_did_not_make_is_one_item_with_its_count(when: Mapping[str, Any]) -> None:
    stretches = Stretches(cast("Reader", KeptJobs(when)))
    (owed,) = stretches.newest([row(1, START, 10)], None, None)
    assert (owed.at, owed.count) == (START, 10)


def test_a_stretch_of_a_job_that_the_store_has_forgotten_is_one_item_with_its_count() -> None:
    (owed,) = Stretches(cast("Reader", KeptJobs({"periodicity": "1m"}))).newest(
        [row(1, START, 10, job="unknown")], None, None
    )
    assert owed.count == 10
