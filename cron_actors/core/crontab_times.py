"""The time fields of a crontab, put into the dialect of jobs files so that they mean the same.

Different are: random ranges (cronie, OpenBSD), steps longer than their field, Sunday as the 0 that ends a range, and
FreeBSD's words. The source is the code of cronie; where ours needs more than an expression, further keys say it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from cron_actors.core.cron import CronExpression
from cron_actors.core.cron_fields import DAY, HOUR, MINUTE, MONTH, WEEKDAY, CronField
from cron_actors.core.quotation import quote
from cron_actors.errors import InvalidValueError
from cron_actors.model.job import Json

_FIELDS = (MINUTE, HOUR, DAY, MONTH, WEEKDAY)
_REBOOT = "@reboot"
_WORDS = {"@every_minute": "* * * * *"}
_RANDOM = re.compile(r"(?P<first>[0-9A-Z]*)~(?P<last>[0-9A-Z]*)(?P<step>/.*)?")
_STEPPED = re.compile(r"(?:\*|(?P<first>[0-9A-Z]+)-[0-9A-Z]+)/(?P<step>[0-9]{1,9})")
_OTHERS = re.compile(r"\?|H|L|[0-9]W|#")


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """When an entry runs: ``keys`` of a job that say it, and ``notes`` about what is not as it was."""

    keys: Mapping[str, Json]
    notes: tuple[str, ...] = field(default=())


def read_times(when: str) -> Times:
    """Return the keys for five fields, or for a word that begins with ``@``.

    Raises InvalidValueError for what cron, or a jobs file, does not take.
    """
    if when.startswith("@"):
        when = when.lower()
    if when == _REBOOT:
        return Times(keys={"at_startup": True})
    if re.fullmatch(r"@every_second|@[0-9]+", when):
        raise InvalidValueError(
            f"{quote(when)} is FreeBSD's, counted in seconds; accepted is a job with periodicity, such as 90s"
        )
    if when.startswith("@") and when not in _WORDS:
        CronExpression.parse(when)
        return Times(keys={"cron": when})
    words = _WORDS.get(when, when).split(" ")
    items = [list(_items(kind, word)) for kind, word in zip(_FIELDS, words, strict=True)]
    text = " ".join(",".join(item) for item in items)
    expression = CronExpression.parse(text)
    return Times(keys={"cron": text, **_lost_stars(words, expression)}, notes=tuple(_notes(words)))


def _items(kind: CronField, word: str) -> Iterator[str]:
    for item in word.split(","):
        upper = item.upper()
        if match := _RANDOM.fullmatch(upper):
            yield _hashed(kind, match)
        elif (match := _STEPPED.fullmatch(upper)) and int(match["step"]) > kind.greatest - kind.least:
            yield match["first"] or str(kind.least)
        elif kind is WEEKDAY and re.fullmatch("[1-7A-Z]+-0", upper):
            yield item[:-1] + "7"
        else:
            yield item


def _hashed(kind: CronField, match: re.Match[str]) -> str:
    """Return the stable choice among the same values; H takes numbers only."""
    step = match["step"] or ""
    if kind is not DAY and not match["first"] + match["last"]:
        return f"H{step}"
    greatest = kind.greatest
    first, last = (kind.names.get(name, name) for name in (match["first"], match["last"]))
    return f"H({first or kind.least}-{last or greatest}){step}"


def _lost_stars(words: list[str], expression: CronExpression) -> dict[str, Json]:
    """Return what a * at the start of a field did, where it had to give way to a number."""
    fields = expression.fields()
    starred = {kind: word.startswith("*") for kind, word in zip(_FIELDS, words, strict=True)}
    keys: dict[str, Json] = {}
    if (starred[MINUTE] or starred[HOUR]) and not expression.wildcard:
        keys["dst"] = {"missing": "skip", "repeated": "both"}
    if (starred[DAY] or starred[WEEKDAY]) and not (fields[DAY].starred or fields[WEEKDAY].starred):
        keys["day_match"] = "all"
    return keys


def _notes(words: list[str]) -> Iterator[str]:
    if any("~" in word for word in words):
        yield "a random time (~) is now H, chosen by the identifier and the same every day"
    for word in words:
        upper = re.sub("[A-Z]{3,}", "", word.upper())
        if _OTHERS.search(upper):
            yield f"{quote(word)} is unknown to most crons; it means here what it means in a jobs file"
