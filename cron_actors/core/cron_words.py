"""Words in the place of a cron expression: ``@daily`` and its like, and those that mean another key of the job."""

from __future__ import annotations

import difflib
import re
from datetime import timedelta

from cron_actors.core.durations import parse_duration
from cron_actors.core.quotation import quote
from cron_actors.errors import InvalidValueError
from cron_actors.model.job import AtStartup

_EXPRESSIONS = {
    "@YEARLY": "0 0 1 1 *",
    "@ANNUALLY": "0 0 1 1 *",
    "@MONTHLY": "0 0 1 * *",
    "@WEEKLY": "0 0 * * 0",
    "@DAILY": "0 0 * * *",
    "@MIDNIGHT": "0 0 * * *",
    "@HOURLY": "0 * * * *",
}
_EVERY = re.compile(r"[ \t]*@every(?![a-z0-9_])(?P<length>.*)", re.IGNORECASE | re.DOTALL)
_REBOOT = re.compile(r"[ \t]*@reboot[ \t]*", re.IGNORECASE)
_KNOWN = [*_EXPRESSIONS, "@EVERY", "@REBOOT"]


def is_interval(text: object) -> bool:
    """Say whether ``text`` is ``@every …``, whatever follows."""
    return isinstance(text, str) and _EVERY.match(text) is not None


def is_other_key(text: object) -> bool:
    """Say whether ``text`` is ``@every …`` or ``@reboot``, which are no expressions."""
    return is_interval(text) or (isinstance(text, str) and _REBOOT.fullmatch(text) is not None)


def meant_by(text: str) -> timedelta | AtStartup:
    """Return the periodicity that ``@every …`` means, or the start that ``@reboot`` means.

    Raises InvalidValueError for an ``@every`` without a length of time. ``text`` is one of the two.

    >>> meant_by("@every 1h30m")
    datetime.timedelta(seconds=5400)
    """
    match = _EVERY.match(text)
    if match is None:
        return AtStartup.BOOT
    length = match["length"]
    if not length.strip(" \t"):
        raise InvalidValueError(f"{quote(text)} names no length of time; write one, such as @every 5m")
    return parse_duration(length.strip(" \t"))


def expression_of(text: str, accepted: str) -> str:
    """Return the expression that a word stands for; raises InvalidValueError for one that stands for none."""
    word = text.strip(" \t").upper()
    if word in _EXPRESSIONS:
        return _EXPRESSIONS[word]
    if is_other_key(text):
        key = "at_startup: true" if _REBOOT.fullmatch(text) else "periodicity, such as periodicity: 5m"
        raise InvalidValueError(f"{quote(text)} is no cron expression; write it as {key}")
    close = difflib.get_close_matches(word, _KNOWN, n=1)
    hint = f" (did you mean {close[0].lower()}?)" if close else ""
    raise InvalidValueError(f"{quote(text)} is an unknown word{hint}; {accepted}")
