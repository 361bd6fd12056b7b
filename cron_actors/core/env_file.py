r"""The grammar of env files: one ``NAME=value`` a line, as the usual dotenv readers and a shell have it in common.

A line may begin with ``export``; blank lines and those that begin with ``#`` say nothing. A bare value ends at the end
of the line or at a blank with ``#`` after it. A value in single quotes is taken as it is, one in double quotes knows
``\n``, ``\r``, ``\t``, ``\\``, ``\"`` and ``\$``; both may go over several lines. Nothing is expanded. Of a name
that comes twice the last value counts.
"""

from __future__ import annotations

import re

from cron_actors.errors import InvalidValueError

_BLANK_OR_COMMENT = re.compile(r"[ \t]*(?:#[^\n]*)?(?:\n|\Z)")
_NAME = re.compile(r"[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.-]*)[ \t]*=[ \t]*")
_SINGLE = re.compile(r"'([^']*)'")
_DOUBLE = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_COMMENT = re.compile(r"(?:(?<=[ \t])|[ \t])#")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_MEANING = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\", '"': '"', "$": "$"}


def parse_env_file(text: str) -> dict[str, str]:
    r"""Return the variables; raises InvalidValueError that names the line, and never shows what might be a secret.

    >>> parse_env_file("export A=1 # one\nB='x y'\n")
    {'A': '1', 'B': 'x y'}
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    if "\0" in text:
        raise _fault(text, text.index("\0"), "a NUL character, which no variable can hold")
    found: dict[str, str] = {}
    position = 0
    while position < len(text):
        nothing = _BLANK_OR_COMMENT.match(text, position)
        if nothing is not None:
            position = nothing.end()
            continue
        name = _NAME.match(text, position)
        if name is None:
            raise _fault(text, position, "no NAME=value; a name is of letters, digits, _ . and -")
        found[name[1]], position = _value(text, name.end())
    return found


def _value(text: str, start: int) -> tuple[str, int]:
    """Return the value that begins at ``start``, and where its line ends."""
    quote = text[start : start + 1]
    quoted = _SINGLE.match(text, start) if quote == "'" else _DOUBLE.match(text, start) if quote == '"' else None
    if quoted is None and quote in ("'", '"'):
        raise _fault(text, start, "a quote that is never closed")
    if quoted is None:
        return _bare(text, start)
    value, end = quoted[1], quoted.end()
    if quote == '"':
        value = _ESCAPE.sub(lambda match: _MEANING.get(match[1], match[0]), value)
    rest = _BLANK_OR_COMMENT.match(text, end)
    if rest is None:
        raise _fault(text, end, "more after the closing quote")
    return value, rest.end()


def _bare(text: str, start: int) -> tuple[str, int]:
    feed = text.find("\n", start)
    end = len(text) if feed == -1 else feed
    comment = _COMMENT.search(text, start, end)
    return text[start : end if comment is None else comment.start()].rstrip(" \t"), end + 1


def _fault(text: str, position: int, what: str) -> InvalidValueError:
    line = text.count("\n", 0, position) + 1
    return InvalidValueError(f"line {line}: {what}")
