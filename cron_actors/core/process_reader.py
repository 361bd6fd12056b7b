"""What a job says about its processes: what they find and may do, what counts as success, which logs are kept."""

from __future__ import annotations

import re

from cron_actors.core.durations import parse_duration
from cron_actors.core.field_reader import FieldReader, whole_number
from cron_actors.core.quotation import quote
from cron_actors.core.sizes import parse_size
from cron_actors.errors import InvalidValueError
from cron_actors.model.job import Limits, ProcessSettings, Retention, Success

HIGHEST_STATUS = 255
_SUCCESS = Success()
_RETENTION = Retention()
_RANGE = re.compile(r"([0-9]{1,3})-([0-9]{1,3})", re.ASCII)
_CASELESS = re.compile(r"\(\?[A-Za-z]*i")
_WIDE_RANGE = re.compile(r"-(?:[^\x00-\x7f]|\\[uUN])")
_WIDE_RANGE_COST = 3_000  # characters that take as long: Python looks at each letter of the range for its other case
_STATUS_ACCEPTED = f'a status from 0 to {HIGHEST_STATUS}, or a range of them in quotes, such as "10-20"'


def read_process(reader: FieldReader) -> ProcessSettings:
    """Return the surroundings and the rights of the job's processes."""
    return ProcessSettings(
        env=reader.value(("env",)) or {},
        env_file=reader.value(("env_file",)),
        working_directory=reader.value(("working_directory",)),
        stdin=reader.value(("stdin",)),
        user=reader.read(_account, "user", default=None),
        group=reader.read(_account, "group", default=None),
        umask=reader.read(parse_umask, "umask", default=None),
        limits=Limits(
            memory=reader.read(parse_size, "limits", "memory", default=None),
            cpu=reader.read(parse_duration, "limits", "cpu", default=None),
            open_files=reader.read(whole_number, "limits", "open_files", default=None),
            nice=reader.read(whole_number, "limits", "nice", default=None),
        ),
    )


def read_success(reader: FieldReader) -> Success:
    """Return what counts as success."""
    return Success(
        exit_codes=_exit_codes(reader),
        stderr_fails=reader.value(("success", "stderr")) == "failure",
        output=reader.read(parse_pattern, "success", "output", default=None),
        output_not=reader.read(parse_pattern, "success", "output_not", default=None),
    )


def read_retention(reader: FieldReader) -> Retention:
    """Return which log files are kept."""
    return Retention(
        count=reader.read(whole_number, "retention", "count", default=_RETENTION.count),
        age=reader.read(parse_duration, "retention", "age", default=_RETENTION.age),
        size=reader.read(parse_size, "retention", "size", default=_RETENTION.size),
    )


def parse_umask(value: object) -> int:
    """Return the mask that octal digits say; raises InvalidValueError.

    >>> oct(parse_umask("027"))
    '0o27'
    """
    if not isinstance(value, str) or not re.fullmatch("0*[0-7]{1,3}", value):
        raise InvalidValueError(f'found {quote(value)}; accepted: octal digits in quotes, such as "027"')
    return int(value, 8)


def parse_pattern(value: object) -> str:
    """Return the text if it is a regular expression of Python's; raises InvalidValueError with what is wrong with it.

    >>> parse_pattern("[0-9]+ rows?")
    '[0-9]+ rows?'
    """
    if not isinstance(value, str):
        raise InvalidValueError(f"found {quote(value)}; accepted: a regular expression as text")
    try:
        re.compile(value)
    except (re.error, OverflowError, RecursionError, Warning) as error:  # a warning is raised under -W error only
        raise InvalidValueError(f"found {quote(value)}: {error}; accepted: a regular expression of Python's") from None
    return value


def pattern_cost(pattern: str) -> int:
    """Return about how much there is to do to compile the regular expression: 1 is an ordinary character.

    >>> pattern_cost("(?i)[a-z]+ rows"), pattern_cost("(?i)[\N{LATIN CAPITAL LETTER A WITH GRAVE}-\N{BLACK STAR}]")
    (15, 3009)
    """
    return len(pattern) + _WIDE_RANGE_COST * (len(_WIDE_RANGE.findall(pattern)) if _CASELESS.search(pattern) else 0)


def parse_exit_codes(value: object) -> range:
    """Return the exit statuses that a number or a range such as ``10-20`` says; raises InvalidValueError.

    >>> parse_exit_codes(3), parse_exit_codes("10-20")
    (range(3, 4), range(10, 21))
    """
    first = last = -1
    if isinstance(value, str):
        ends = _RANGE.fullmatch(value)
        if ends is not None:
            first, last = int(ends[1]), int(ends[2])
    elif isinstance(value, int | float):
        first = last = int(value)
    if not 0 <= first <= last <= HIGHEST_STATUS:
        raise InvalidValueError(f"found {quote(value)}; accepted: {_STATUS_ACCEPTED}")
    return range(first, last + 1)


def _exit_codes(reader: FieldReader) -> frozenset[int]:
    written = reader.value(("success", "exit_codes"))
    if not isinstance(written, list):
        return _SUCCESS.exit_codes
    found: set[int] = set()
    for index, value in enumerate(written):
        try:
            found.update(parse_exit_codes(value))
        except InvalidValueError as error:
            reader.refuse(("success", "exit_codes", index), str(error))
    return frozenset(found)


def _account(value: object) -> str:
    """Read the name or the number of an account as text; the schema has looked at it."""
    return str(int(value)) if isinstance(value, int | float) else str(value)
