"""Chains as jobs files say them: which jobs the end of a run starts, and whether they run in a circle (E15)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from cron_actors.core.calendar_reader import one_or_more
from cron_actors.core.field_reader import FieldReader
from cron_actors.core.identifiers import parse_identifier
from cron_actors.errors import InvalidValueError
from cron_actors.model.job import Job

KEYS = ("on_success", "on_failure")


def read_chain(reader: FieldReader, key: str) -> tuple[str, ...]:
    """Return the identifiers that stand under ``key``, each once."""
    found: dict[str, None] = {}
    for pointer, value in one_or_more(reader.value((key,)), key):
        try:
            found[parse_identifier(value)] = None
        except InvalidValueError as error:
            reader.refuse(pointer, str(error))
    return tuple(found)


def targets(job: Job) -> Iterator[tuple[str, str]]:
    """Yield each key of the job that names others, with each name."""
    for key, names in zip(KEYS, (job.on_success, job.on_failure), strict=True):
        for name in names:
            yield key, name


def circles(chains: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, ...]]:
    """Yield circles in which jobs start each other, each from its first job on: none if and only if there is none.

    ``chains`` says by job which others it starts; those that are no jobs start nothing.

    >>> list(circles({"a": ["b"], "b": ["c", "a"], "c": []}))
    [('a', 'b')]
    """
    over: set[str] = set()
    for start in chains:
        path: dict[str, Iterator[str]] = {}
        if start not in over:
            path[start] = iter(chains[start])
        while path:
            job, following = next(reversed(path.items()))
            after = next(following, None)
            if after is None:
                over.add(job)
                del path[job]
            elif after in path:
                names = list(path)
                yield tuple(names[names.index(after) :])
            elif after in chains and after not in over:
                path[after] = iter(chains[after])
