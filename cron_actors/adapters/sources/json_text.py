"""A JSON reader (RFC 8259) that remembers where everything stands.

It differs from the standard library's on purpose: a key that is there twice is a fault, NaN and Infinity are not
numbers, half a surrogate pair is not text, and depth is bounded.
"""

from __future__ import annotations

import math
import re

from cron_actors.adapters.sources.document import DEEPEST, MOST_DIGITS, Document, Place, SyntaxFault
from cron_actors.adapters.sources.quick_json import quick_json
from cron_actors.core.problems import Pointer, Problem
from cron_actors.core.quotation import quote
from cron_actors.model.job import Json

_BLANKS = re.compile(r"[ \t\n\r]*")
_PLAIN = re.compile(r'[^"\\\x00-\x1f]*')
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_WORD = re.compile(r"[-+]?[\w.]+")
_HEX = re.compile(r"[0-9a-fA-F]{4}")
_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_WORDS: dict[str, Json] = {"true": True, "false": False, "null": None}
_HINTS = {
    "'": "a text in single quotes; accepted: double quotes",
    "/": "a comment; accepted: JSON without comments, or keys that begin with x-",
    "#": "a comment; accepted: JSON without comments, or keys that begin with x-",
}
_HIGH, _LOW = range(0xD800, 0xDC00), range(0xDC00, 0xE000)  # the halves of a surrogate pair
_VALUE = "a value: an object, a list, a text in double quotes, a number, true, false or null"


def read_json(text: str) -> Document:
    """Return the document in ``text``; raises SyntaxFault at the first place where it is not JSON."""
    try:
        value = quick_json(text)
    except (ValueError, RecursionError):
        return scan_json(text)
    return Document(text, value, lambda: scan_json(text).place)


def scan_json(text: str) -> Document:
    """Return the same as ``read_json``, the places found at once."""
    return _Reader(text).document()


class _Reader:
    """One pass over one text; every method starts at an offset and returns where it ended."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._faults: list[Problem] = []
        self._path: list[str | int] = []

    def document(self) -> Document:
        start = self._skip(0)
        value, place, end = self._value(start)
        end = self._skip(end)
        if end < len(self._text):
            raise self._fault(end, "the end of the file")
        return Document(self._text, value, lambda: place, tuple(self._faults))

    def _skip(self, at: int) -> int:
        match = _BLANKS.match(self._text, at)
        return match.end() if match else at

    def _value(self, at: int) -> tuple[Json, Place, int]:
        text = self._text
        first = text[at : at + 1]
        if first == '"':
            content, end = self._string(at)
            return content, Place(at), end
        if first in ("{", "["):
            if len(self._path) >= DEEPEST:
                raise SyntaxFault(f"found more than {DEEPEST} levels; accepted: at most {DEEPEST}", at)
            return self._object(at) if first == "{" else self._array(at)
        match = _NUMBER.match(text, at)
        if match is not None and not _continues(text, match.end()):
            return self._number(match), Place(at), match.end()
        word = _WORD.match(text, at)
        if word is not None and word.group() in _WORDS:
            return _WORDS[word.group()], Place(at), word.end()
        raise self._fault(at, _VALUE)

    def _object(self, at: int) -> tuple[Json, Place, int]:
        text = self._text
        content: dict[str, Json] = {}
        keys: dict[str, int] = {}
        children: dict[str | int, Place] = {}
        cursor = self._skip(at + 1)
        while text[cursor : cursor + 1] != "}" or content:
            key, end = self._key(cursor)
            if key in content:
                self._note_twice(key)
            colon = self._skip(end)
            if text[colon : colon + 1] != ":":
                raise self._fault(colon, 'a ":" after the key')
            self._path.append(key)
            value, place, end = self._value(self._skip(colon + 1))
            self._path.pop()
            content[key], keys[key], children[key] = value, cursor, place
            cursor = self._skip(end)
            if text[cursor : cursor + 1] == "}":
                break
            cursor = self._comma(cursor, "}")
        return content, Place(at, keys, children), cursor + 1

    def _array(self, at: int) -> tuple[Json, Place, int]:
        text = self._text
        content: list[Json] = []
        children: dict[str | int, Place] = {}
        cursor = self._skip(at + 1)
        while text[cursor : cursor + 1] != "]" or content:
            self._path.append(len(content))
            value, place, end = self._value(cursor)
            self._path.pop()
            children[len(content)] = place
            content.append(value)
            cursor = self._skip(end)
            if text[cursor : cursor + 1] == "]":
                break
            cursor = self._comma(cursor, "]")
        return content, Place(at, children=children), cursor + 1

    def _comma(self, at: int, closing: str) -> int:
        """Step over the comma at ``at``, behind which something must follow."""
        if self._text[at : at + 1] != ",":
            raise self._fault(at, f'"," or "{closing}"')
        following = self._skip(at + 1)
        if self._text[following : following + 1] == closing:
            raise SyntaxFault(f'found a "," before "{closing}"; accepted: no comma after the last item', at)
        return following

    def _key(self, at: int) -> tuple[str, int]:
        if self._text[at : at + 1] != '"':
            raise self._fault(at, "a key in double quotes")
        return self._string(at)

    def _note_twice(self, key: str) -> None:
        pointer: Pointer = (*self._path, key)
        message = f"found the key {quote(key)} twice in one object; accepted: each key once"
        self._faults.append(Problem(pointer=pointer, message=message, at_key=True))

    def _string(self, at: int) -> tuple[str, int]:
        """Read the text whose opening quote is at ``at``."""
        text = self._text
        parts: list[str] = []
        cursor = at + 1
        while True:
            match = _PLAIN.match(text, cursor)
            end = match.end() if match else cursor
            parts.append(text[cursor:end])
            stop = text[end : end + 1]
            if stop == '"':
                return "".join(parts) if len(parts) > 1 else parts[0], end + 1
            if stop != "\\":
                raise self._unended(at, end)
            piece, cursor = self._escape(end)
            parts.append(piece)

    def _unended(self, at: int, end: int) -> SyntaxFault:
        if end >= len(self._text):
            return SyntaxFault("found a text without its closing double quote; accepted: one on the same line", at)
        found = {"\n": "a line break", "\r": "a line break", "\t": "a tab"}.get(self._text[end], "a control character")
        return SyntaxFault(f'found {found} inside a text; accepted: "\\n", "\\t" or another escape for it', end)

    def _escape(self, at: int) -> tuple[str, int]:
        """Read the escape whose backslash is at ``at``; two escaped surrogates make one character."""
        letter = self._text[at + 1 : at + 2]
        if letter in _ESCAPES:
            return _ESCAPES[letter], at + 2
        if letter != "u":
            raise SyntaxFault(
                f'found the escape {quote(chr(92) + letter)}; accepted: \\" \\\\ \\/ \\b \\f \\n \\r \\t \\u0041', at
            )
        code = self._code(at)
        if code in _HIGH and self._text[at + 6 : at + 8] == "\\u":
            low = self._code(at + 6)
            if low in _LOW:
                return chr(0x10000 + ((code - _HIGH.start) << 10) + (low - _LOW.start)), at + 12
        if code in _HIGH or code in _LOW:
            raise SyntaxFault("found half of a surrogate pair; accepted: both halves, one after the other", at)
        return chr(code), at + 6

    def _code(self, at: int) -> int:
        match = _HEX.match(self._text, at + 2)
        if match is None:
            raise SyntaxFault("found \\u without four hexadecimal digits; accepted: an escape such as \\u0041", at)
        return int(match.group(), 16)

    def _number(self, match: re.Match[str]) -> int | float:
        if match.group(1) is None and match.group(2) is None:
            if len(match.group()) > MOST_DIGITS:
                raise SyntaxFault(
                    f"found a number of more than {MOST_DIGITS} digits; accepted: a shorter one", match.start()
                )
            return int(match.group())
        number = float(match.group())
        if math.isinf(number):
            raise SyntaxFault(f"found {quote(match.group())}, too great a number; accepted: up to 1e308", match.start())
        return number

    def _fault(self, at: int, accepted: str) -> SyntaxFault:
        """Say what stands at ``at`` instead of what is accepted there."""
        if at >= len(self._text):
            return SyntaxFault(f"found the end of the file; accepted: {accepted}", at)
        if self._text[at] in _HINTS:
            return SyntaxFault(f"found {_HINTS[self._text[at]]}", at)
        word = _WORD.match(self._text, at)
        return SyntaxFault(f"found {quote(word.group() if word else self._text[at])}; accepted: {accepted}", at)


def _continues(text: str, at: int) -> bool:
    """Say whether a number runs on into something that is none, such as 012, 1.2.3 or 5m."""
    return _WORD.match(text, at) is not None
