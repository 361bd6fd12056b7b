"""How long the runs of a process that is used again take."""

from __future__ import annotations

from datetime import timedelta

from cron_actors.adapters.executors.warm_process import Pace

MS = timedelta(milliseconds=1)


def test_the_pace_is_that_of_the_shortest_run_since_the_last_question() -> None:
    pace = Pace()
    for duration in (1, 5, 3, 4):
        pace.add(duration * MS)
    assert pace.take() == 3 * MS
    pace.add(7 * MS)
    assert pace.take() == 7 * MS


def test_the_first_run_of_a_process_says_nothing_of_the_pace() -> None:
    pace = Pace()
    assert pace.take() is None
    pace.add(MS)
    assert pace.take() is None
    pace.add(2 * MS)
    assert pace.take() == 2 * MS
    assert pace.take() is None
