"""The lines of a crontab, as cron reads them: crontab(5) of Vixie's cron, cronie and Debian.

Only space and tab are blanks. A variable's value is taken as it stands: nothing in it is expanded, no # ends it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from cron_actors.core.quotation import quote

_TIMES = 5
_LONGEST = 131_072  # bytes; what cronie reads of a line, and what Linux passes as one argument

_VARIABLE = re.compile(
    r"""(?: "(?P<double>[^"=]+)" | '(?P<single>[^'=]+)' | (?P<plain>[^ \t"'=][^ \t=]*) )
        [ \t]* = [ \t]*
        (?: "(?P<quoted>[^"]*)"[ \t]* | '(?P<ticked>[^']*)'[ \t]* | (?P<bare>[^"'].*)? )""",
    re.VERBOSE,
)
_BLANKS = re.compile(r"[ \t]+")
_DAY = r"(?:sun|mon|tue|wed|thu|fri|sat)"
_SIXTH = re.compile(rf"(?:\*|[0-9]+|{_DAY})(?:[-,/~](?:\*|[0-9]+|{_DAY}))*|\?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Blank:
    """An empty line."""


@dataclass(frozen=True, slots=True)
class Comment:
    """A line of words for people; ``text`` is without its first ``#``."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """A setting of the environment, for the entries below it."""

    name: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What is run and when: five fields or one word that begins with ``@``, with single blanks; then the command.

    ``user`` is the user column of a system crontab, None elsewhere. ``unlogged`` says that a ``-`` stood in front.
    """

    when: str
    user: str | None
    command: str
    unlogged: bool


@dataclass(frozen=True, slots=True)
class Broken:
    """A line that cron cannot read either, or that no process could be given; ``message`` says why."""

    message: str


Line = Blank | Comment | Variable | Entry | Broken


def read_line(text: str, *, user_column: bool) -> Line:
    """Return what the line says; ``user_column`` as in a system crontab."""
    text = text.strip(" \t")
    if not text:
        return Blank()
    if text.startswith("#"):
        return Comment(text[1:])
    if "\0" in text:
        return Broken("found the character NUL; accepted: text without it")
    if len(text) > _LONGEST or len(text.encode()) > _LONGEST:
        return Broken(f"found a line of more than {_LONGEST} bytes; accepted: a shorter one, with the rest in a script")
    variable = _VARIABLE.fullmatch(text)
    if variable is not None:
        name = variable["double"] or variable["single"] or variable["plain"]
        value = variable["quoted"] or variable["ticked"] or (variable["bare"] or "").rstrip(" \t")
        return Variable(name=name, value=value)
    return _entry(text, user_column=user_column)


def _entry(text: str, *, user_column: bool) -> Entry | Broken:
    unlogged = text.startswith("-")
    rest = text.removeprefix("-")
    times = 1 if rest.startswith("@") else _TIMES
    words = _BLANKS.split(rest, maxsplit=times + user_column)
    if len(words) <= times + user_column:
        wanted = f"{'a word' if times == 1 else 'five time fields'}{', a user' if user_column else ''} and a command"
        return Broken(f"found {quote(text)}; accepted: {wanted}, or a variable such as NAME=value")
    sixth = _BLANKS.split(words[times], maxsplit=1)[0]
    if times == _TIMES and _SIXTH.fullmatch(sixth):
        return Broken(f"found six time fields, the last of them {quote(sixth)}; accepted: five, as cron has no seconds")
    user = words[times] if user_column else None
    return Entry(when=" ".join(words[:times]), user=user, command=words[-1], unlogged=unlogged)
