"""What the variables of a crontab mean for the entries below them: crontab(5), and the code of cronie.

HOME is where a command begins, SHELL what it is given to, CRON_TZ the zone of its times; cron itself sets LOGNAME and
USER.
"""

from __future__ import annotations

from dataclasses import dataclass

from cron_actors.core.tz_variable import zone_of_variable
from cron_actors.errors import InvalidValueError
from cron_actors.model.job import Json

_SHELL = "/bin/sh"
_PATH = "/usr/bin:/bin"
_MAIL = {"MAILFROM", "CONTENT_TYPE", "CONTENT_TRANSFER_ENCODING"}
_OWN = {"LOGNAME", "USER"}
_NOTES = {
    "MAILTO": "MAILTO: no mail is sent; the address is kept as x-mailto",
    "RANDOM_DELAY": "RANDOM_DELAY is not carried over: jobs run at their times; write H in them to spread jobs",
    "TZ": "TZ is for the commands only, as with cron; the times are in the job's timezone",
    **{name: f"{name} is not carried over: no mail is sent" for name in _MAIL},
    **{name: f"{name} is not carried over: cron sets it to the user's name" for name in _OWN},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A user of the machine, and the absolute path of the home."""

    name: str
    home: str


class CrontabEnvironment:
    """The variables so far; ``zone`` is the IANA name of the machine's zone."""

    def __init__(self, zone: str) -> None:
        self._machine_zone = zone
        self._zone: str | None = zone
        self._variables: dict[str, str] = {}
        self._mail_to = ""

    def __len__(self) -> int:
        """Return how many variables an entry has now."""
        return len(self._variables)

    def set(self, name: str, value: str) -> str | None:
        """Take a variable for the entries to come, and return what is to be known about it, None if nothing is.

        Raises InvalidValueError for a CRON_TZ that names no zone; until the next one no entry has a zone.
        """
        match name:
            case "CRON_TZ":
                self._zone = None
                self._zone = zone_of_variable(value) if value.strip() else self._machine_zone
            case "MAILTO":
                self._mail_to = value
                return _NOTES[name] if value else None
            case _ if name not in _NOTES or name == "TZ":
                self._variables[name] = value
        return _NOTES.get(name)

    def timezone(self) -> str:
        """Return the zone of the times; raises InvalidValueError if the last CRON_TZ named none."""
        if self._zone is None:
            raise InvalidValueError("its zone is not known, because of the CRON_TZ above; accepted: an IANA name there")
        return self._zone

    def keys(self, account: Account) -> dict[str, Json]:
        """Return the keys of a job that is ``account``'s: shell, folder and environment, as cron has them."""
        variables = {"SHELL": _SHELL, "PATH": _PATH, "HOME": account.home, **self._variables}
        shell, home = variables["SHELL"] or _SHELL, variables["HOME"]
        keys: dict[str, Json] = {} if shell == _SHELL else {"shell": shell}
        keys["working_directory"] = home if home.startswith("/") else account.home
        keys["env"] = {**variables, "LOGNAME": account.name, "USER": account.name}
        return keys

    def own_keys(self) -> dict[str, Json]:
        """Return the keys for what has no meaning here: the address for mail, if there is one."""
        return {"x-mailto": self._mail_to} if self._mail_to else {}
