"""Rate limits as people write them: how many runs may begin in any stretch of time of one length."""

from __future__ import annotations

import re

from cron_actors.core.durations import format_duration, parse_duration
from cron_actors.core.quotation import quote
from cron_actors.errors import InvalidValueError
from cron_actors.model.queue import RateLimit

_RATE = re.compile(r"\s*([0-9]{1,9})\s*/(.+)", re.ASCII)
_ACCEPTED = "how many runs in what time, such as 10/1m"


def parse_rate(value: object) -> RateLimit:
    """Return the limit that the text says; raises InvalidValueError.

    >>> parse_rate("10/1m")
    RateLimit(count=10, per=datetime.timedelta(seconds=60))
    """
    match = _RATE.fullmatch(value) if isinstance(value, str) else None
    if match is None or int(match[1]) == 0:
        raise InvalidValueError(f"found {quote(value)}; accepted: {_ACCEPTED}")
    try:
        return RateLimit(count=int(match[1]), per=parse_duration(match[2]))
    except InvalidValueError as error:
        raise InvalidValueError(f"found {quote(value)}, where {error}") from None


def rate_text(limit: RateLimit) -> str:
    """Return the limit as ``parse_rate`` reads it.

    >>> rate_text(parse_rate("10/60s"))
    '10/1m'
    """
    return f"{limit.count}/{format_duration(limit.per)}"
