"""The time zone of this machine, by name: what its cron goes by."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from cron_actors.core.tz_variable import zone_of_variable
from cron_actors.errors import InvalidValueError, UsageError

_ETC = Path("/etc")
_NOWHERE = "UTC"  # what the C library takes where nothing names a zone
_REMEDY = "accepted: its IANA name as --timezone, such as --timezone Europe/Berlin"


def machine_zone(environ: Mapping[str, str], etc: Path = _ETC) -> str:
    """Return the IANA name of the zone: by TZ, else by the link /etc/localtime, else by the text of /etc/timezone.

    Raises UsageError if they name none.
    """
    variable = environ.get("TZ", "").strip()
    link = _target(etc / "localtime")
    if variable:
        return _zone(variable, f"the zone of TZ={variable}")
    if link is not None and "/zoneinfo/" in link:
        return _zone(link, f"the zone that {etc / 'localtime'} leads to")
    try:
        return _zone((etc / "timezone").read_text(encoding="utf-8"), f"the zone of {etc / 'timezone'}")
    except (OSError, UnicodeDecodeError):
        if not (etc / "localtime").exists():
            return _NOWHERE
        raise UsageError(f"the name of the machine's time zone is not to be found; {_REMEDY}") from None


def _zone(value: str, what: str) -> str:
    try:
        return zone_of_variable(value)
    except InvalidValueError as error:
        raise UsageError(f"{what}: {str(error).partition(';')[0]}; {_REMEDY}") from None


def _target(path: Path) -> str | None:
    """Return where the link leads, itself a link or not; None if it is none."""
    try:
        return str(path.parent / path.readlink())
    except OSError:
        return None
