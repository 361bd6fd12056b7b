"""The figures of one job: counters, last outcome, and two distributions, as values that can be stored.

The rules that change them are in ``core/statistics.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """Seconds, counted in buckets that grow by a constant factor, with exact count, sum, least and greatest."""

    count: int = 0
    total: float = 0.0
    least: float | None = None
    greatest: float | None = None
    buckets: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStatistics:
    """What D4 of the requirements asks of a job; ``skipped`` and ``missed`` count by reason."""

    launches: int = 0
    successes: int = 0
    failures: int = 0
    timeouts: int = 0
    retries: int = 0
    interrupted: int = 0
    cancelled: int = 0
    skipped: Mapping[str, int] = field(default_factory=dict)
    missed: Mapping[str, int] = field(default_factory=dict)
    last_outcome: str | None = None
    last_due_at: datetime | None = None
    last_started_at: datetime | None = None
    last_finished_at: datetime | None = None
    duration: Distribution = Distribution()
    lateness: Distribution = Distribution()
