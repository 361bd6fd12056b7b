"""What a job's ``cron`` says: expressions, and words that mean a periodicity or a start."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

from cron_actors.core.cron_words import is_other_key, meant_by
from cron_actors.core.field_reader import FieldReader
from cron_actors.core.problems import Pointer
from cron_actors.core.quotation import quote
from cron_actors.errors import InvalidValueError
from cron_actors.model.job import AtStartup


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenCron:
    """A job's ``cron``, sorted out."""

    expressions: tuple[str, ...] = ()
    periodicity: timedelta | None = None
    at_startup: AtStartup | None = None


def cron_items(value: object) -> Iterator[tuple[Pointer, str]]:
    """Yield the texts of a ``cron`` as it is written, one text or a list, with pointers that start at the job."""
    if isinstance(value, str):
        yield ("cron",), value
    elif isinstance(value, list):
        yield from ((("cron", index), item) for index, item in enumerate(value))


def read_cron(reader: FieldReader) -> WrittenCron:
    """Return what the job's ``cron`` says; a word beside the key that it means is refused, and a second ``@every``."""
    items = list(cron_items(reader.value(("cron",))))
    written = WrittenCron(expressions=tuple(text for _, text in items if not is_other_key(text)))
    for pointer, text in items:
        try:
            written = _with_word(written, text, reader) if is_other_key(text) else written
        except InvalidValueError as error:
            reader.refuse(pointer, str(error))
    return written


def _with_word(written: WrittenCron, text: str, reader: FieldReader) -> WrittenCron:
    meaning = meant_by(text)
    key = "at_startup" if isinstance(meaning, AtStartup) else "periodicity"
    if reader.value((key,)) is not None:
        raise InvalidValueError(f"{quote(text)} stands beside {key}, which says the same; accepted: one of the two")
    if isinstance(meaning, AtStartup):
        return replace(written, at_startup=meaning)
    if written.periodicity is not None:
        raise InvalidValueError(f"{quote(text)} is the second @every of the job; accepted: one")
    return replace(written, periodicity=meaning)
