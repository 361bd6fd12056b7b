"""The value of a TZ variable, as tzset(3) has it, as the name of a time zone."""

from __future__ import annotations

from cron_actors.core.moments import parse_zone

_FOLDER = "/zoneinfo/"
_VARIANTS = ("posix/", "right/")


def zone_of_variable(value: str) -> str:
    """Return the IANA name of the zone; a colon in front and the path of the zone's file are understood.

    Raises InvalidValueError for anything else, also for rules such as CET-1CEST.

    >>> zone_of_variable(":/usr/share/zoneinfo/Europe/Berlin")
    'Europe/Berlin'
    """
    name = value.strip().removeprefix(":")
    name = name.rpartition(_FOLDER)[2]
    for variant in _VARIANTS:
        name = name.removeprefix(variant)
    return parse_zone(name).key
