from __future__ import annotations

import doctest
import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cron_actors.core import explanation
from cron_actors.core.cron import CronExpression
from cron_actors.core.explanation import explain_cron, explain_when
from cron_actors.model.job import AtStartup, DayMatch, Dst, DstMissing, DstRepeated, When

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0 3 * * *", "At 03:00"),
        ("@daily", "At 00:00"),
        ("*/5 * * * *", "Every 5 minutes"),
        ("30 2 * * 1-5", "At 02:30, on Monday to Friday"),
        ("0 0 L * *", "At 00:00, on the last day of the month"),
        ("0 0 * * 5L", "At 00:00, on the last Friday of the month"),
        ("0 0 8 * 5#3", "At 00:00, on day 8 of the month or on the third Friday of the month"),
        ("0 0 1,15 * 1", "At 00:00, on days 1 and 15 of the month or on Monday"),
        (
            "0 0 L-1,L-3 * *",
            "At 00:00, on the day 1 day before the last of the month and the day 3 days before the last of the month",
        ),
        ("0 0 15W * *", "At 00:00, on the day from Monday to Friday nearest to day 15 of the month"),
        ("0 0 LW * 1", "At 00:00, on the last day from Monday to Friday of the month or on Monday"),
        ("0 0 13,L * *", "At 00:00, on day 13 of the month and the last day of the month"),
        ("0 0 * * 1,5L", "At 00:00, on Monday and the last Friday of the month"),
        ("0 0 */10 * 1", "At 00:00, on days 1, 11, 21 and 31 of the month if it is also Monday"),
        ("0 0 * * 0,6", "At 00:00, on Saturday and Sunday"),
        ("5 4 * JAN-MAR SUN", "At 04:05, on Sunday, in January to March"),
        ("0 0 0 1 1 ? 2027-2029", "At 00:00, on day 1 of the month, in January, in 2027 to 2029"),
        ("* * * * * *", "Every second"),
        ("0 0 * * 0-7", "At 00:00"),
        ("0 */6 * * *", "Every 6 hours"),
        ("0 */5 * * *", "At 00:00, 05:00, 10:00, 15:00 and 20:00"),
        ("*/25 * * * *", "At 0, 25, and 50 minutes past the hour"),
        ("50/20 * * * *", "At 50 minutes past the hour"),
        ("0 9-10,14-15 * * *", "At 09:00, 10:00, 14:00 and 15:00"),
        ("5 22-23,*/12 * * *", "At 00:05, 12:05, 22:05 and 23:05"),
        ("*,5 * * * *", "Every minute"),
        ("*/15 9-17,20 * * *", "Every 15 minutes, at 09:00 through 17:59 and 20:00"),
        ("*/20,1-3 * * * *", "At 0 through 3, 20, and 40 minutes past the hour"),
    ],
)
def test_an_expression_is_said_in_words(text: str, words: str) -> None:
    assert explain_cron(CronExpression.parse(text)) == words


def test_h_is_said_where_the_identifier_puts_it() -> None:
    minute = min(CronExpression.parse("H 3 * * *", seed="backup").minutes)
    assert explain_when(When(cron=("H 3 * * *",)), seed="backup") == (f"At 03:{minute:02} (time zone UTC).",)


def test_all_that_makes_a_job_due_is_said() -> None:
    when = When(
        periodicity=timedelta(minutes=90),
        cron=("0 3 * * *", "*/5 * * * *"),
        run_at=NOON,
        run_in=timedelta(hours=2),
        start_at=NOON - timedelta(hours=1),
        timezone="Europe/Berlin",
    )
    lines = explain_when(when)
    assert lines[0] == "Every 1h30m, counted from 2026-11-21T11:00:00Z."
    assert lines[1:3] == ("At 03:00 (time zone Europe/Berlin).", "Every 5 minutes (time zone Europe/Berlin).")
    assert "runs right after the gap" in lines[3]
    assert "does not run, one that comes twice runs both times" in lines[4]
    assert lines[5:] == (
        "Once, at 2026-11-21T12:00:00Z.",
        "Once, 2h after the job was first seen or its schedule last changed.",
        "Not before 2026-11-21T11:00:00Z.",
    )


def test_days_that_must_both_match_are_said_so() -> None:
    assert explain_when(When(cron=("0 0 13 * 5",), day_match=DayMatch.ALL)) == (
        "At 00:00, on day 13 of the month if it is also Friday (time zone UTC).",
    )


@pytest.mark.parametrize(
    ("dst", "words"),
    [
        (
            Dst(missing=DstMissing.SKIP),
            "a fixed time that is skipped does not run, one that comes twice runs the first",
        ),
        (Dst(repeated=DstRepeated.LAST), "runs right after the gap, one that comes twice runs the second time only."),
        (Dst(repeated=DstRepeated.BOTH), "runs both times."),
    ],
)
def test_a_rule_of_the_job_s_own_is_said_instead_of_the_usual_one(dst: Dst, words: str) -> None:
    lines = explain_when(When(cron=("0 3 * * *",), timezone="Europe/Berlin", dst=dst))
    assert words in lines[1]


@pytest.mark.parametrize(
    ("when", "words"),
    [
        (When(at_startup=AtStartup.BOOT), "Once after each boot of the machine."),
        (When(at_startup=AtStartup.EVERY_START), "At every start of the daemon."),
        (When(run_at=NOON, end_at=NOON), "Not after 2026-11-21T12:00:00Z."),
        (When(run_at=NOON, end_at=NOON - timedelta(microseconds=1)), "Only before 2026-11-21T12:00:00Z."),
    ],
)
def test_starts_and_ends_are_said(when: When, words: str) -> None:
    assert explain_when(when)[-1] == words


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo"])
def test_a_zone_without_clock_changes_needs_no_note(zone: str) -> None:
    assert len(explain_when(When(cron=("0 3 * * *",), timezone=zone))) == 1


def test_a_manual_job_says_so() -> None:
    assert explain_when(When(manual=True)) == ("Only when somebody asks for it.",)


PLAIN = st.sampled_from(["*", "*/2", "1", "1-3", "2/2", "1,2,4-6", "H", "H/3"])


@given(
    st.lists(PLAIN, min_size=2, max_size=3).map(" ".join),
    PLAIN | st.sampled_from(["L", "L-9", "15W", "LW", "1,L,31W"]),
    PLAIN | st.sampled_from(["5L", "1#5", "2,3#1,0L"]),
)
def test_every_accepted_expression_has_words(times: str, day: str, weekday: str) -> None:
    words = explain_cron(CronExpression.parse(f"{times} {day} * {weekday}", seed="job"))
    assert words
    assert "\n" not in words


STEPS = st.builds(lambda base, step: f"{base}/{step}", st.sampled_from(["*", "3", "0-20", "10-17"]), st.integers(1, 23))


@given(st.lists(st.lists(STEPS, min_size=1, max_size=2).map(",".join) | st.just("*"), min_size=3, max_size=3))
def test_every_n_is_said_only_of_what_comes_round_every_n(fields: list[str]) -> None:
    expression = CronExpression.parse(" ".join([*fields, "*", "*", "*"]))
    values = {kind.title: field.values for kind, field in expression.fields().items()}
    for step, unit in re.findall(r"[Ee]very (\d+) (second|minute|hour)s", explain_cron(expression)):
        ordered = sorted(values[unit])
        following = [*ordered[1:], ordered[0] + (24 if unit == "hour" else 60)]
        assert {later - earlier for earlier, later in zip(ordered, following, strict=True)} == {int(step)}


def test_the_examples_in_the_docstrings_hold() -> None:
    assert doctest.testmod(explanation).failed == 0
