from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from cron_actors.core.pausing import paused, resumed, with_pause
from cron_actors.model.records import JobRecord, Pause
from tests.fakes.values import NOON

HOUR = timedelta(hours=1)
OPEN = Pause(paused_at=NOON - HOUR, paused_by="them")
UNTIL_ONE = Pause(paused_at=NOON - HOUR, paused_by="them", until_at=NOON + HOUR)
OVER = Pause(paused_at=NOON - 3 * HOUR, paused_by="them", until_at=NOON - 2 * HOUR)


def row(*pauses: Pause, cursor_at: datetime | None = None) -> JobRecord:
    return JobRecord(
        identifier="backup",
        source="/jobs.json",
        definition="d",
        first_seen_at=NOON - 9 * HOUR,
        changed_at=NOON - 9 * HOUR,
        cursor_at=cursor_at,
        pauses=pauses,
    )


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (row(), Pause(paused_at=NOON, paused_by="me", until_at=NOON + 2 * HOUR)),
        (row(OVER), Pause(paused_at=NOON, paused_by="me", until_at=NOON + 2 * HOUR)),
        (row(OPEN), Pause(paused_at=NOON - HOUR, paused_by="them", until_at=NOON + 2 * HOUR)),
        (row(cursor_at=NOON + HOUR), Pause(paused_at=NOON + HOUR, paused_by="me", until_at=NOON + 2 * HOUR)),
    ],
    ids=["free", "paused before", "paused already", "accounted for further"],
)
def test_a_pause_begins_with_its_request_and_one_under_way_gets_another_end(record: JobRecord, expected: Pause) -> None:
    assert paused(record, NOON, NOON + 2 * HOUR, "me") == expected


def test_a_pause_covers_its_beginning_and_not_its_end() -> None:
    assert [UNTIL_ONE.covers(at) for at in (NOON - HOUR, NOON, NOON + HOUR)] == [True, True, False]
    assert OPEN.covers(NOON + 999 * HOUR)


@pytest.mark.parametrize("pauses", [(), (OVER,)])
def test_a_job_that_is_not_paused_cannot_be_resumed(pauses: tuple[Pause, ...]) -> None:
    assert resumed(row(*pauses), NOON) is None


@pytest.mark.parametrize("known", [OPEN, UNTIL_ONE])
def test_a_pause_ends_with_the_request(known: Pause) -> None:
    ended = resumed(row(OVER, known), NOON)
    assert ended == Pause(paused_at=known.paused_at, paused_by="them", until_at=NOON)


def test_a_pause_that_can_only_begin_after_the_cursor_can_be_ended_at_once() -> None:
    record = row(cursor_at=NOON + HOUR)
    record = with_pause(record, paused(record, NOON, None, "me"))
    ended = resumed(record, NOON)
    assert ended is not None
    assert not ended.covers(NOON + HOUR)


def test_a_pause_takes_the_place_of_the_one_that_began_with_it() -> None:
    assert with_pause(row(OPEN, OVER), UNTIL_ONE).pauses == (OVER, UNTIL_ONE)
