r"""The command of a crontab's entry: its options, and the % that ends it and begins its standard input.

The rule is that of cronie's ``do_command.c``: the first % that no backslash precedes ends the command, the others are
line feeds of the input, which ends with one; ``\%`` is a % in both.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from cron_actors.errors import InvalidValueError
from cron_actors.model.job import Json

_BEFORE_PERCENT = re.compile(r"(?:\\.|[^\\%]|\\$)*", re.DOTALL)
_ANY_PERCENT = re.compile(r"\\?%")
_OPTION = re.compile(r"-(?P<letter>[nqs])[ \t]+(?P<rest>.*)", re.DOTALL)
_MEANINGS = {
    "n": "the option -n (no mail on success) is left out: there is no mail",
    "q": "the option -q (no log) is left out: every run is written down",
    "s": "the option -s (one instance at a time) is now overlap: skip",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CrontabCommand:
    """What the shell is given, what it reads (None: nothing), the keys for its options, and notes about them."""

    line: str
    stdin: str | None
    keys: Mapping[str, Json]
    notes: tuple[str, ...]


def read_command(text: str) -> CrontabCommand:
    r"""Return what the text after the time fields, and the user, says.

    >>> read_command(r"date +\%F; cat%one%two").line, read_command(r"date +\%F; cat%one%two").stdin
    ('date +%F; cat', 'one\ntwo\n')
    """
    letters = []
    while option := _OPTION.fullmatch(text):
        letters.append(option["letter"])
        text = option["rest"]
    match = _BEFORE_PERCENT.match(text)
    end = len(text) if match is None else match.end()
    line, data = _without_blanks_at_end(text[:end].replace("\\%", "%")), text[end + 1 :]
    if not line:
        raise InvalidValueError(
            "found no command before the first %; accepted: a command, \\% for the character itself"
        )
    return CrontabCommand(
        line=line,
        stdin=_input(data) if data else None,
        keys={"overlap": "skip"} if "s" in letters else {},
        notes=tuple(_MEANINGS[letter] for letter in dict.fromkeys(letters)),
    )


def _input(data: str) -> str:
    text = _ANY_PERCENT.sub(lambda match: "%" if len(match[0]) > 1 else "\n", data)
    return text if text.endswith("\n") else text + "\n"


def _without_blanks_at_end(line: str) -> str:
    stripped = line.rstrip(" \t")
    return line if stripped.endswith("\\") else stripped
