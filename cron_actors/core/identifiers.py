"""Identifiers of jobs: names that are also safe as names of folders, on any file system."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator

from cron_actors.core.quotation import quote
from cron_actors.errors import InvalidValueError

_MOST_BYTES = 128
_UNSAFE_KINDS = {
    "Cc": "a control character",
    "Cs": "half of a surrogate pair",
    "Zl": "a line break",
    "Zp": "a line break",
}


def parse_identifier(value: object) -> str:
    """Return the identifier unchanged; raises InvalidValueError if it is none."""
    if not isinstance(value, str):
        raise InvalidValueError(f"found {quote(value)}; accepted: text")
    fault = _fault(value)
    if fault is not None:
        raise InvalidValueError(f"found {quote(value)}, which {fault[0]}; accepted: {fault[1]}")
    return value


def folded_identifier(identifier: str) -> str:
    """Return what two identifiers have in common that name the same folder on some file system."""
    return identifier.lower() if identifier.isascii() else unicodedata.normalize("NFC", identifier).casefold()


def twins(identifiers: Iterable[str | None]) -> Iterator[tuple[int, str]]:
    """Yield, for each identifier that an earlier one equals after case folding, its index and what is wrong.

    None stands for a job whose identifier cannot be read.
    """
    seen: dict[str, tuple[int, str]] = {}
    for index, identifier in enumerate(identifiers):
        if identifier is None:
            continue
        folded = folded_identifier(identifier)
        number, earlier = seen.setdefault(folded, (index + 1, identifier))
        if number == index + 1:
            continue
        if identifier == earlier:
            found = f"{quote(identifier)}, which job number {number} has already"
        else:
            found = (
                f"{quote(identifier)}, which differs from {quote(earlier)} of job number {number} only in its spelling"
            )
        yield index, f"found {found}; accepted: an identifier of its own for each job, whatever the case of its letters"


def _fault(identifier: str) -> tuple[str, str] | None:
    """Return what is wrong and what is accepted, None if nothing is wrong."""
    kinds = map(unicodedata.category, identifier)
    unsafe = next((_UNSAFE_KINDS[kind] for kind in kinds if kind in _UNSAFE_KINDS), None)
    size = len(identifier.encode(errors="replace"))
    checks = (
        (not identifier, "is empty", "at least one character"),
        (unsafe is not None, f"holds {unsafe}", "characters that can be printed"),
        ("/" in identifier or "\\" in identifier, "holds a separator of folders", "an identifier without / and \\"),
        (identifier.startswith("."), "begins with a dot", "any other first character"),
        (identifier != identifier.strip(), "has a blank at an end", "an identifier without blanks at its ends"),
        (size > _MOST_BYTES, f"takes {size} bytes in UTF-8", f"at most {_MOST_BYTES} bytes"),
    )
    return next(((wrong, accepted) for fails, wrong, accepted in checks if fails), None)
