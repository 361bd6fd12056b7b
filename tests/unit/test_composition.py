from __future__ import annotations

from datetime import timedelta

import pytest

from cron_actors.composition import pulse_for


@pytest.mark.parametrize(("poll_interval", "pulse"), [(5.0, 0.5), (0.5, 0.5), (0.1, 0.1), (0.000_001, 0.02)])
def test_pulses_are_as_frequent_as_looks_for_submissions_are_asked_to_be_within_reason(
    poll_interval: float, pulse: float
) -> None:
    assert pulse_for(timedelta(seconds=poll_interval)) == timedelta(seconds=pulse)
