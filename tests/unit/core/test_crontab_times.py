"""The time fields of a crontab in the dialect of jobs files."""

from __future__ import annotations

import pytest

from cron_actors.core.crontab_times import read_times
from cron_actors.errors import InvalidValueError


@pytest.mark.parametrize(
    "when",
    [
        "*/5 * * * *",
        "0 4 * * mon-FRI",
        "09,39 8-18/2 1,15 Jan-Mar *",
        "0 0 * * 5-7",
        "0 0 */2 * 1",
        "@daily",
        "@midnight",
    ],
)
def test_what_means_the_same_stands_as_it_was(when: str) -> None:
    times = read_times(when)
    assert (dict(times.keys), times.notes) == ({"cron": when}, ())


def test_a_start_of_the_machine_is_no_time() -> None:
    assert dict(read_times("@reboot").keys) == {"at_startup": True}


def test_every_minute_may_be_a_word() -> None:
    assert dict(read_times("@every_minute").keys) == {"cron": "* * * * *"}


@pytest.mark.parametrize(
    ("when", "cron"),
    [
        ("~ * * * *", "H * * * *"),
        ("0~30 ~ * * *", "H(0-30) H * * *"),
        ("5~ ~6 * * *", "H(5-59) H(0-6) * * *"),
        ("0 4 ~ * *", "0 4 H(1-31) * *"),
        ("0 4 * jan~mar *", "0 4 * H(1-3) *"),
        ("0 4 * * mon~fri", "0 4 * * H(1-5)"),
        ("0~9,30~39 * * * *", "H(0-9),H(30-39) * * * *"),
        ("~/10 * * * *", "H/10 * * * *"),
    ],
)
def test_a_random_time_becomes_a_stable_one_with_a_note(when: str, cron: str) -> None:
    times = read_times(when)
    assert times.keys == {"cron": cron}
    assert len(times.notes) == 1


@pytest.mark.parametrize(
    ("when", "keys"),
    [
        ("*/60 * * * *", {"cron": "0 * * * *"}),
        ("0-30/60 2 * * *", {"cron": "0 2 * * *"}),
        ("*/90 2 * * *", {"cron": "0 2 * * *", "dst": {"missing": "skip", "repeated": "both"}}),
        ("0 */24 * * *", {"cron": "0 0 * * *", "dst": {"missing": "skip", "repeated": "both"}}),
        ("0 0 */40 * *", {"cron": "0 0 1 * *"}),
        ("0 0 */40 * fri", {"cron": "0 0 1 * fri", "day_match": "all"}),
        ("0 0 13 * */7", {"cron": "0 0 13 * 0", "day_match": "all"}),
    ],
)
def test_a_step_beyond_its_field_means_the_first_value_and_keeps_what_the_star_meant(
    when: str, keys: dict[str, object]
) -> None:
    assert read_times(when).keys == keys


def test_sunday_may_end_a_range_as_zero() -> None:
    assert read_times("0 0 * * fri-0").keys == {"cron": "0 0 * * fri-7"}


@pytest.mark.parametrize("when", ["0 0 L * *", "0 0 15W * *", "0 0 ? * 1", "0 0 * * 5#2", "H * * * *"])
def test_what_most_crons_do_not_know_is_noted(when: str) -> None:
    times = read_times(when)
    assert times.keys == {"cron": when}
    assert "unknown to most crons" in times.notes[0]


@pytest.mark.parametrize(
    ("when", "said"),
    [
        ("61 * * * *", "minute field '61': 61 is out of range"),
        ("0 10-5 * * *", "reversed"),
        ("0 0 30 2 *", "month"),
        ("@dayly", "did you mean @daily?"),
        ("@every", "periodicity"),
        ("@every_second", "periodicity"),
        ("@600", "periodicity"),
        ("30~10 * * * *", "reversed"),
        ("a~b * * * *", "minute field"),
    ],
)
def test_what_is_no_time_is_refused_in_the_words_of_the_parser(when: str, said: str) -> None:
    with pytest.raises(InvalidValueError) as refusal:
        read_times(when)
    assert said in str(refusal.value)
