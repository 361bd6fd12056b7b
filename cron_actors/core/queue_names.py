"""Names of queues: as safe as identifiers of jobs, and shorter."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from cron_actors.core.identifiers import folded_identifier, parse_identifier
from cron_actors.core.quotation import quote
from cron_actors.errors import InvalidValueError

_MOST_CHARACTERS = 64
_MOST_NAMED = 20
_MOST_GUESSED = 500


def parse_queue_name(value: object) -> str:
    """Return the name unchanged; raises InvalidValueError if no queue can have it."""
    name = parse_identifier(value)
    if len(name) > _MOST_CHARACTERS:
        raise InvalidValueError(f"found {quote(name)}; accepted: a name of at most {_MOST_CHARACTERS} characters")
    return name


def check_spelling(name: str, known: Iterable[str]) -> None:
    """Raise InvalidValueError if the name is that of another queue but for the case of its letters.

    >>> check_spelling("low", ["high", "low"])
    """
    folded = folded_identifier(name)
    other = next((one for one in known if one != name and folded_identifier(one) == folded), None)
    if other is not None:
        raise InvalidValueError(
            f"found {quote(name)}, which differs from the queue {quote(other)} only in its spelling; accepted: a"
            " name of its own, whatever the case of its letters"
        )


def unknown_queue(name: str, known: Iterable[str]) -> str:
    """Return one line on a name that is not among the known ones, with the one that was meant, if that can be guessed.

    >>> unknown_queue("hihg", ["high", "low"])
    "found 'hihg', did you mean 'high'?; accepted: a queue: high, low"
    """
    names = list(known)
    close = difflib.get_close_matches(name[:_MOST_CHARACTERS], names[:_MOST_GUESSED], n=1)
    hint = f", did you mean {quote(close[0])}?" if close else ""
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return f"found {quote(name)}{hint}; accepted: a queue: {', '.join(names[:_MOST_NAMED])}{more}"
