"""Characters that no text of a job may hold: NUL, which no process takes, and halves of surrogate pairs."""

from __future__ import annotations

from collections.abc import Iterator

from cron_actors.core.problems import Pointer
from cron_actors.core.quotation import quote
from cron_actors.model.job import Json


def unusable_texts(value: Json, pointer: Pointer = ()) -> Iterator[tuple[Pointer, bool, str]]:
    """Yield where such a character stands in ``value``, whether in a key, and what was found and is accepted."""
    match value:
        case str():
            fault = _fault(value)
            if fault is not None:
                yield pointer, False, fault
        case list():
            for index, item in enumerate(value):
                yield from unusable_texts(item, (*pointer, index))
        case dict():
            for key, item in value.items():
                fault = _fault(key)
                if fault is not None:
                    yield (*pointer, key), True, fault
                yield from unusable_texts(item, (*pointer, key))


def _fault(text: str) -> str | None:
    if "\0" in text:
        return f"found the character NUL in {quote(text)}; accepted: text without it"
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        return f"found half of a surrogate pair in {quote(text)}; accepted: whole characters"
    return None
