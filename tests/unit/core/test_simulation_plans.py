from __future__ import annotations

from datetime import timedelta

from cron_actors.core.simulation_plans import Lengths, LengthSource, NoInstant, recorded_lengths, take_in
from cron_actors.core.statistics import observe
from cron_actors.model.job import AtStartup, When
from cron_actors.model.statistics import Distribution, JobStatistics
from tests.fakes.values import NOON, a_job

HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)


def test_what_is_stated_goes_before_what_is_recorded_and_that_before_what_is_assumed() -> None:
    lengths = Lengths(stated={"a": SECOND}, recorded={"a": HOUR, "b": HOUR}, assumed=MINUTE)
    intake = take_in([a_job("a"), a_job("b"), a_job("c")], lengths)
    assert [plan.length for plan in intake.plans] == [SECOND, HOUR, MINUTE]
    assert intake.sources == dict.fromkeys(LengthSource, 1)
    assert intake.cut == 0


def test_no_run_takes_longer_than_its_timeout_and_that_is_counted() -> None:
    lengths = Lengths(stated={}, recorded={}, assumed=MINUTE)
    intake = take_in([a_job("a", timeout=SECOND), a_job("b", timeout=HOUR), a_job("c", timeout=MINUTE)], lengths)
    assert [plan.length for plan in intake.plans] == [SECOND, MINUTE, MINUTE]
    assert intake.cut == 1


def test_what_names_no_instant_beforehand_is_left_out_and_named() -> None:
    whens = {
        "manual": When(manual=True),
        "later": When(run_in=HOUR),
        "boot": When(at_startup=AtStartup.BOOT, cron=("@daily",)),
        "once": When(run_at=NOON),
    }
    jobs = [a_job(name, when=when) for name, when in whens.items()]
    intake = take_in(jobs, Lengths(stated={}, recorded={}, assumed=MINUTE))
    assert [plan.job.identifier for plan in intake.plans] == ["boot", "once"]
    assert intake.left_out == {
        NoInstant.MANUAL: ("manual",),
        NoInstant.RUN_IN: ("later",),
        NoInstant.AT_STARTUP: ("boot",),
    }


def test_the_median_is_what_counts_as_recorded() -> None:
    duration = Distribution()
    for seconds in (10, 10, 11, 500):
        duration = observe(duration, timedelta(seconds=seconds))
    recorded = recorded_lengths({"job": JobStatistics(duration=duration), "new": JobStatistics()})
    assert recorded.keys() == {"job"}
    assert abs(recorded["job"].total_seconds() - 10) < 0.2
