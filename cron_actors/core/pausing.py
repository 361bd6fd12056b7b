"""When a job counts as paused, and what a request to pause it or to let it go on makes of that.

A pause begins with the request, also if nobody hears of it before the next start, but never behind the job's cursor:
what is accounted for stays so.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from cron_actors.model.records import JobRecord, Pause


def pause_at(pauses: Iterable[Pause], at: datetime) -> Pause | None:
    """Return the pause that covers the instant, None if there is none."""
    return next((pause for pause in pauses if pause.covers(at)), None)


def paused(record: JobRecord, at: datetime, until_at: datetime | None, by: str) -> Pause:
    """Return the pause that a request made ``at`` leads to: a new one, or another end of the one under way."""
    known = pause_at(record.pauses, at)
    if known is not None:
        return replace(known, until_at=until_at)
    return Pause(paused_at=record.not_before_cursor(at), paused_by=by, until_at=until_at)


def resumed(record: JobRecord, at: datetime) -> Pause | None:
    """Return the pause that a request made ``at`` ends, with that end; None if the job is not paused then."""
    begun = record.not_before_cursor(at)  # one that could begin only after the cursor may be ended before it
    known = pause_at(record.pauses, at) or pause_at(record.pauses, begun)
    return None if known is None else replace(known, until_at=max(at, known.paused_at))


def with_pause(record: JobRecord, pause: Pause) -> JobRecord:
    """Return the row with the pause, in the place of the one that began at the same moment if there is one."""
    others = tuple(known for known in record.pauses if known.paused_at != pause.paused_at)
    return replace(record, pauses=tuple(sorted((*others, pause), key=lambda one: one.paused_at)))
