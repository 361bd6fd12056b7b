"""The instants at which a job is due, from all that its definition says of time, merged."""

from __future__ import annotations

import functools
import heapq
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cron_actors.core.cron import CronExpression
from cron_actors.core.grid import EPOCH, Grid
from cron_actors.model.job import Dst, When

BEGINNING = EPOCH - timedelta(days=2)  # before anything that can be written, in any zone
END = datetime.max.replace(tzinfo=UTC)
_DEBIAN = Dst()
_INSTANT_BEFORE = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A stretch of instants: ``count`` older ones, from first to last, and the ``newest`` ones, in order.

    If not ``complete``, the search stopped at its limit after ``last_at``, and ``newest`` is empty.
    """

    count: int
    first_at: datetime | None
    last_at: datetime | None
    newest: tuple[datetime, ...]
    complete: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """All that makes a job due: a grid, cron expressions (only after ``cron_after``) and single moments.

    Nothing is due after ``end_at``. ``dst`` is the job's rule for clock changes. ``left_out`` is one instant that is
    not in the schedule after all.
    """

    grid: Grid | None = None
    crons: tuple[CronExpression, ...] = ()
    zone: ZoneInfo
    cron_after: datetime = BEGINNING
    moments: tuple[datetime, ...] = ()
    left_out: datetime | None = None
    end_at: datetime = END
    dst: Dst = _DEBIAN

    @classmethod
    def of(cls, when: When, *, seed: str, changed_at: datetime) -> Schedule:
        """Return the schedule of ``when``; ``seed``, the job's identifier, places ``H``.

        ``run_in`` counts from ``changed_at``; nothing is before ``start_at`` or after ``end_at``. Raises
        InvalidValueError for a broken cron expression.
        """
        start_at = when.start_at or BEGINNING
        moments = {when.run_at, None if when.run_in is None else changed_at + when.run_in}
        return cls(
            grid=None if when.periodicity is None else Grid(when.periodicity, when.start_at or EPOCH),
            crons=tuple(CronExpression.parse(text, seed=seed, day_match=when.day_match) for text in when.cron),
            zone=ZoneInfo(when.timezone),
            cron_after=start_at - _INSTANT_BEFORE,
            moments=tuple(sorted(at for at in moments if at is not None and at >= start_at)),
            end_at=when.end_at or END,
            dst=when.dst,
        )

    def after(self, moment: datetime) -> Iterator[datetime]:
        """Yield the instants after ``moment``, in UTC, strictly increasing."""
        sources = [self._of_cron(cron, max(moment, self.cron_after)) for cron in self.crons]
        if self.grid is not None:
            sources.append(self.grid.after(moment))
        if self.moments:
            sources.append(iter([at for at in self.moments if at > moment]))
        newest = moment
        # Most schedules are one grid or one expression, and are asked several times in each window: no merge for those.
        for at in sources[0] if len(sources) == 1 else heapq.merge(*sources):
            if at > self.end_at:
                return
            if at > newest and at != self.left_out:
                yield at
            newest = at

    def next_after(self, moment: datetime) -> datetime | None:
        """Return the first instant after ``moment``, None if there is none."""
        return next(self.after(moment), None)

    def grid_at_or_before(self, moment: datetime) -> datetime | None:
        """Return the newest instant of the periodicity at or before ``moment``, None if there is none or it is over."""
        newest = None if self.grid is None else self.grid.at_or_before(moment)
        return None if newest is None or newest > self.end_at else newest

    def at_first_sight(self, first_seen_at: datetime, left_out: datetime | None) -> Schedule:
        """Return what the schedule owes of the past when it is new: no grid, no cron up to ``first_seen_at``."""
        return replace(self, grid=None, cron_after=max(self.cron_after, first_seen_at), left_out=left_out)

    def stretch(self, after: datetime, until: datetime, *, keep: int, limit: int) -> Stretch:
        """Return the instants in (after, until], the newest ``keep`` of them one by one, the older ones counted.

        A lone grid is counted by arithmetic. Otherwise at most ``limit`` (and at least one) are counted.
        """
        if self.grid is not None and not self.crons and not self.moments:
            return _grid_stretch(self.grid, after, min(until, self.end_at), keep)
        newest: deque[datetime] = deque()
        count, first_at, last_at = 0, None, None
        for at in self.after(after):
            if at > until:
                break
            newest.append(at)
            if len(newest) > keep:
                last_at = newest.popleft()
                first_at = first_at or last_at
                count += 1
                if count >= limit:
                    return Stretch(count=count, first_at=first_at, last_at=last_at, newest=(), complete=False)
        return Stretch(count=count, first_at=first_at, last_at=last_at, newest=tuple(newest))

    def _of_cron(self, cron: CronExpression, moment: datetime) -> Iterator[datetime]:
        instant = _next_cron_instant(cron, self.zone, self.dst, moment)
        while instant is not None:
            yield instant
            instant = _next_cron_instant(cron, self.zone, self.dst, instant)


def _grid_stretch(grid: Grid, after: datetime, until: datetime, keep: int) -> Stretch:
    total = grid.count(after, until)
    first_at, end_at = grid.next_after(after), grid.at_or_before(until)
    if not total or first_at is None or end_at is None:
        return Stretch(count=0, first_at=None, last_at=None, newest=())
    kept = min(keep, total)
    newest = tuple(end_at - grid.period * back for back in reversed(range(kept)))
    if kept == total:
        return Stretch(count=0, first_at=None, last_at=None, newest=newest)
    return Stretch(count=total - kept, first_at=first_at, last_at=end_at - grid.period * kept, newest=newest)


@functools.lru_cache(maxsize=16_384)
def _next_cron_instant(cron: CronExpression, zone: ZoneInfo, dst: Dst, moment: datetime) -> datetime | None:
    # Jobs with one expression and zone are asked about the same moment in each window: they share one computation.
    return cron.next_after(moment, zone, dst)
