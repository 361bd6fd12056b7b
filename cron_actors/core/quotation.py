"""A value of the user's, quoted for an error message: short, on one line, never a wall of text."""

from __future__ import annotations

_LONGEST = 60


def quote(value: object) -> str:
    """Return ``value`` as a quoted literal of at most about 60 characters.

    >>> quote("every day")
    "'every day'"
    >>> quote("x" * 500)
    "'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…'"
    >>> quote([1, 2])
    'the list [1, 2]'
    """
    if isinstance(value, str):
        return repr(_shortened(value))
    try:
        text = repr(value)
    except ValueError:  # an integer of more digits than Python prints
        text = "…"
    kinds = {bool: "", int: "the number ", float: "the number ", list: "the list ", dict: "the mapping "}
    return kinds.get(type(value), "") + _shortened(text)


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
