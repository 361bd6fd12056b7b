"""Crontabs made into jobs that run the same commands at the same instants and in the same surroundings.

The rules are those of crontab(5) and of cronie's code; each kind of line has a module of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from cron_actors.core.crontab_commands import read_command
from cron_actors.core.crontab_comments import description_of
from cron_actors.core.crontab_environment import Account, CrontabEnvironment
from cron_actors.core.crontab_lines import Broken, Comment, Entry, Variable, read_line
from cron_actors.core.crontab_names import Names
from cron_actors.core.crontab_times import read_times
from cron_actors.core.quotation import quote
from cron_actors.errors import InvalidValueError
from cron_actors.model.job import Json

_BYTE_ORDER_MARK = "\ufeff"
_MOST = 10_000  # jobs and notes together; cronie takes 1,000 entries
_MOST_VARIABLES = 200_000  # those of all entries together
_USER = re.compile(r"(?P<name>[^:/]+)(?::(?P<group>[^/]+))?(?:/(?P<login_class>.+))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Crontab:
    """A crontab, and what is to be known of its machine.

    ``zone`` is the IANA name of the machine's zone. ``owner`` is whose crontab it is, None for a system crontab, which
    has a column of users; ``names_owner`` says that the jobs are to name the owner. ``account`` finds a user by name.
    """

    text: str
    zone: str
    owner: Account | None
    account: Callable[[str], Account | None]
    names_owner: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CrontabNote:
    """What is to be known about a line, counted from 1; ``lost`` says that it was not imported."""

    line: int
    message: str
    lost: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedCrontab:
    """The jobs as mappings of a jobs file, keys in the order in which people write them, and notes by line."""

    jobs: tuple[dict[str, Json], ...]
    notes: tuple[CrontabNote, ...]


def import_crontab(crontab: Crontab, prefix: str = "") -> ImportedCrontab:
    """Return jobs for all entries that can be carried over, and a note for each line that is not as it was.

    ``prefix`` begins every identifier.
    """
    reading = _Reading(crontab, prefix)
    for number, line in enumerate(crontab.text.removeprefix(_BYTE_ORDER_MARK).split("\n"), 1):
        if reading.is_enough(number):
            break
        reading.read(number, line.removesuffix("\r"))
    return ImportedCrontab(jobs=tuple(reading.jobs), notes=tuple(reading.notes))


class _Reading:
    """One pass over the lines: what those so far mean for the next one, and what has come of them."""

    def __init__(self, crontab: Crontab, prefix: str) -> None:
        self._crontab = crontab
        self._environment = CrontabEnvironment(crontab.zone)
        self._names = Names(prefix)
        self._comments: list[str] = []
        self._number = 0
        self._variables_left = _MOST_VARIABLES
        self._told_of_users = False
        self.jobs: list[dict[str, Json]] = []
        self.notes: list[CrontabNote] = []

    def is_enough(self, number: int) -> bool:
        """Say whether this line is one too many, and note that it and all below it are lost."""
        self._number = number
        enough = len(self.jobs) + len(self.notes) >= _MOST
        if enough:
            self._lose(
                f"found {_MOST} jobs and notes above; accepted: at most that; all lines from here on are left out"
            )
        return enough

    def read(self, number: int, text: str) -> None:
        """Take the next line."""
        self._number = number
        line = read_line(text, user_column=self._crontab.owner is None)
        try:
            match line:
                case Comment():
                    self._comments.append(line.text)
                    return
                case Variable():
                    self._note(self._environment.set(line.name, line.value))
                case Broken():
                    self._lose(line.message)
                case Entry():
                    self.jobs.append(self._job(line, text))
        except InvalidValueError as error:
            self._lose(str(error))
        self._comments = []

    def _job(self, entry: Entry, text: str) -> dict[str, Json]:
        """Return the job; raises InvalidValueError if there can be none."""
        times = read_times(entry.when)
        command = read_command(entry.command)
        account, rights = self._rights(entry.user)
        timezone = self._environment.timezone()
        environment = self._environment.keys(account)
        self._variables_left -= len(self._environment)
        if self._variables_left < 0:
            raise InvalidValueError(
                f"found more variables for all entries together than {_MOST_VARIABLES};"
                " accepted: fewer variables above it, or entries"
            )
        for note in (*times.notes, *command.notes):
            self._note(note)
        if entry.unlogged:
            self._note("the - in front (no log) is left out: every run is written down")
        self._look_for_users(command.line)
        description = description_of(self._comments)
        return {
            "identifier": self._names.take(command.line),
            **({} if description is None else {"description": description}),
            "command": command.line,
            **({} if command.stdin is None else {"stdin": command.stdin}),
            **times.keys,
            "timezone": timezone,
            "catch_up": "skip",
            **command.keys,
            **rights,
            **environment,
            **self._environment.own_keys(),
            "x-crontab": text.strip(" \t"),
        }

    def _rights(self, column: str | None) -> tuple[Account, dict[str, Json]]:
        """Return whose job it is, by the user column if there is one, and the keys that say so."""
        owner = self._crontab.owner
        if owner is not None:
            return owner, {"user": owner.name} if self._crontab.names_owner else {}
        match = _USER.fullmatch(column or "")
        account = None if match is None else self._crontab.account(match["name"])
        if match is None or account is None:
            raise InvalidValueError(f"found the user {quote(column)}; accepted: a user of this machine")
        if match["login_class"]:
            self._note(f"the login class {quote(match['login_class'])} is not carried over")
        return account, {"user": account.name, **({"group": match["group"]} if match["group"] else {})}

    def _look_for_users(self, command: str) -> None:
        """Warn once where a crontab that is read as a user's seems to have a column of users."""
        if self._crontab.owner is not None and not self._told_of_users and command.startswith(("root ", "root\t")):
            self._told_of_users = True
            self._note("the command begins with 'root', as in a system crontab; such a one needs --system")

    def _lose(self, message: str) -> None:
        self.notes.append(CrontabNote(line=self._number, message=message, lost=True))

    def _note(self, message: str | None) -> None:
        if message is not None:
            self.notes.append(CrontabNote(line=self._number, message=message))
