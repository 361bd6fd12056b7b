"""The jobs file against its JSON Schema, with every fault in our own words.

The schema is the single source of truth for keys and types; its annotation ``x-accepted`` says in words what a value
may be. It is passed in, because core reads no files.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from cron_actors.core.job_defaults import OWN_KEYS
from cron_actors.core.problems import Pointer, Problem
from cron_actors.core.quotation import quote
from cron_actors.model.job import Json

_FUNCTION_KEYS = ("path", "function_name")
_WHEN_KEYS = ("periodicity", "cron", "run_at", "run_in", "at_startup")
_NO_WORK = "nothing to run; accepted: path with function_name, or command"
_NO_WHEN = f"nothing that says when to run; accepted: {', '.join(_WHEN_KEYS)}, or manual: true alone"
_TWO_WORKS = "stands beside command; accepted: one thing to run, path with function_name or command"
_NO_SHELL = "needs a command that is written as one text; accepted: such a command, or no shell"
_NO_DEFAULT = "no default of this is possible; accepted: in each job, which says itself what it is and what it runs"
_NOT_ALONE = "stands beside manual: true, which stands alone; accepted: one or the other"
_TWO_WEIGHTS = "stands beside weight; accepted: one or the other"
_LONGEST_GUESSED = 60
_WORDS_FOR_WHEN = "a job says when by periodicity, cron, run_at, run_in or at_startup"
_OTHER_TOOLS = {  # what other schedulers call it; what we do not have resembles keys that mean something else
    "schedule": _WORDS_FOR_WHEN,
    "every": _WORDS_FOR_WHEN,
    "interval": _WORDS_FOR_WHEN,
    "at": _WORDS_FOR_WHEN,
    "retries": None,
    "enabled": None,
}


class SchemaCheck:
    """A schema, ready to be held against any number of documents."""

    def __init__(self, schema: Mapping[str, Any], is_sound: Callable[[Json], bool] | None = None) -> None:
        """Take the whole schema of a jobs file, and what can tell faster whether a document has any fault at all."""
        self._validator = Draft202012Validator(schema)
        self._is_sound = is_sound

    def problems(self, document: Json) -> Iterator[Problem]:
        """Yield what in ``document`` the schema does not allow, each fault once, in no order."""
        if self._is_sound is not None and self._is_sound(document):
            return
        seen: set[Problem] = set()
        for error in self._validator.iter_errors(document):
            for problem in _translated(_Violation.of(error)):
                if problem not in seen:
                    seen.add(problem)
                    yield problem


@dataclass(frozen=True, slots=True)
class _Violation:
    """What a validator reports: the keyword of the schema (``not`` for a key that must not be there), what broke it."""

    pointer: Pointer
    keyword: str
    expected: Any
    instance: Any
    schema: Mapping[str, Any]
    of_key: bool

    @classmethod
    def of(cls, error: ValidationError) -> _Violation:
        """Take over the fields of a library error, whose types are wider than what a complete error holds."""
        found: Any = error
        pointer = tuple(found.absolute_path)
        of_key = "propertyNames" in found.relative_schema_path
        return cls(pointer, found.validator, found.validator_value, found.instance, found.schema, of_key)


def _translated(violation: _Violation) -> Iterable[Problem]:
    match violation.keyword:
        case "required":
            return _missing(violation)
        case "additionalProperties":
            return _unknown(violation)
        case _ if violation.of_key:
            pointer = (*violation.pointer, violation.instance)
            return [Problem(pointer=pointer, message=_unlike(violation), at_key=True)]
        case _:
            return [Problem(pointer=violation.pointer, message=_text(violation), at_key=violation.keyword == "not")]


def _text(violation: _Violation) -> str:
    match violation.keyword:
        case "not":
            return _forbidden(violation.pointer[-1])
        case "anyOf":
            return _NO_WHEN
        case "enum":
            return _not_listed(violation)
        case _:
            return _unlike(violation)


def _missing(violation: _Violation) -> Iterator[Problem]:
    missing = [key for key in violation.expected if key not in violation.instance]
    if missing == list(_FUNCTION_KEYS):
        yield Problem(pointer=violation.pointer, message=_NO_WORK)
        return
    for key in missing:
        other = next((other for other in _FUNCTION_KEYS if key in _FUNCTION_KEYS and other != key), None)
        accepted = violation.schema.get("properties", {}).get(key, {}).get("x-accepted")
        needed = f"missing; {other} needs it" if other else f"missing; accepted: {accepted}"
        yield Problem(pointer=(*violation.pointer, key), message=needed)


def _unknown(violation: _Violation) -> Iterator[Problem]:
    known = violation.schema.get("properties", {})
    patterns = violation.schema.get("patternProperties", {})
    for key in violation.instance:
        if key not in known and not any(re.search(pattern, key) for pattern in patterns):
            message = _NO_DEFAULT if _is_own(violation.pointer, key) else _of_unknown(key, known)
            yield Problem(pointer=(*violation.pointer, key), message=message, at_key=True)


def _is_own(pointer: Pointer, key: str) -> bool:
    return pointer == ("defaults",) and key in OWN_KEYS


def _of_unknown(key: str, known: Mapping[str, Any]) -> str:
    if key.lower() in _OTHER_TOOLS and "cron" in known:
        meant = _OTHER_TOOLS[key.lower()]
        hint = f"; {meant}" if meant else ""
    else:
        hint = _suggestion(key, known)
    return f"unknown key{hint}" if hint else f"unknown key; accepted: {', '.join(known)}, keys beginning with x-"


def _not_listed(violation: _Violation) -> str:
    choices = [choice if isinstance(choice, str) else _shown(choice) for choice in violation.expected]
    found = violation.instance
    hint = _suggestion(found, choices) if isinstance(found, str) else ""
    accepted = violation.schema.get("x-accepted") or ", ".join(choices)
    return f"found {_kind(found)}{hint}; accepted: {accepted}"


def _unlike(violation: _Violation) -> str:
    """Say what was found instead of what the schema describes; a wrong type is named."""
    found = _kind(violation.instance) if violation.keyword == "type" else _shown(violation.instance)
    return f"found {found}; accepted: {violation.schema['x-accepted']}"


def _forbidden(key: str | int) -> str:
    """Say why a known key must not stand where it stands."""
    if key in _WHEN_KEYS:
        return _NOT_ALONE
    if key == "priority_level":
        return _TWO_WEIGHTS
    return _NO_SHELL if key == "shell" else _TWO_WORKS


def _suggestion(word: str, choices: Iterable[str]) -> str:
    close = difflib.get_close_matches(word[:_LONGEST_GUESSED].lower(), list(choices), n=1)
    return f", did you mean {quote(close[0])}?" if close else ""


def _shown(value: Json) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "nothing (null)" if value is None else quote(value)


def _kind(value: Json) -> str:
    match value:
        case str():
            return f"the text {quote(value)}"
        case list():
            return "a list"
        case dict():
            return "an object"
        case _:
            return _shown(value)
