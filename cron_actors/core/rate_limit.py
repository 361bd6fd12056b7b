"""How many runs of a queue may begin now: a sliding window, so that no stretch of the length ever holds too many.

Fixed windows would let twice as many begin across a boundary; a bucket of tokens would too, after a quiet time.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from cron_actors.model.queue import RateLimit


def allowance(limit: RateLimit, begun: Sequence[datetime], at: datetime) -> tuple[int, datetime]:
    """Return how many may begin at ``at``, and when the next one may if all of these do.

    ``begun`` holds the begins so far, in any order, at least the latest ``limit.count`` of those that are less than
    ``limit.per`` ago. A begin ``limit.per`` after another one is in no stretch with it. After a clock was set back,
    those that are yet to come count like those just past.
    """
    counting = sorted(moment for moment in begun if abs(at - moment) < limit.per)
    now = max(0, limit.count - len(counting))
    if not counting:
        return now, at + limit.per
    return now, counting[max(0, len(counting) - limit.count)] + limit.per
