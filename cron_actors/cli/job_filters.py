"""Which jobs a query is about: those whose present definition names an owner, tags or a calendar."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import click

from cron_actors.errors import UsageError
from cron_actors.model.job import Json
from cron_actors.ports.store import Reader

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFilter:
    """What a job must say of itself to be listed; all of it must be so, and nothing asked accepts every job."""

    owner: str | None = None
    tags: tuple[str, ...] = ()
    calendar_id: str | None = None

    def __bool__(self) -> bool:
        return self.owner is not None or bool(self.tags) or self.calendar_id is not None

    def accepts(self, written: Mapping[str, Json]) -> bool:
        """Say whether a job, as it was written, is one of those asked for."""
        tags = written.get("tags")
        return (
            self.owner in (None, written.get("owner"))
            and self.calendar_id in (None, written.get("calendar_id"))
            and set(self.tags) <= set(map(str, tags if isinstance(tags, list) else ()))
        )

    def identifiers(self, texts: Mapping[str, str]) -> set[str]:
        """Return the jobs it accepts of these, given by identifier with the texts of their definitions."""
        return {identifier for identifier, text in texts.items() if self.accepts(json.loads(text)["job"])}

    def refuse_beside(self, job: str | None) -> None:
        """Raise UsageError if one job is named and others are asked for as well."""
        if job is not None and self:
            raise UsageError(f"'{job}' names one job; --owner, --tag and --calendar-id are for lists of jobs")


def job_filter(command: Callable[..., Result]) -> Callable[..., Result]:
    """Give a command the options of a filter; it gets them as one argument, ``wanted``."""

    @click.option("--owner", metavar="NAME", help="Only jobs of this owner.")
    @click.option(
        "--tag", "tags", metavar="TAG", multiple=True, help="Only jobs with this tag; again: with all of them."
    )
    @click.option("--calendar-id", metavar="ID", help="Only jobs with this calendar_id.")
    @functools.wraps(command)
    def filtered(
        *arguments: Any,  # noqa: ANN401 - what the command takes besides
        owner: str | None,
        tags: tuple[str, ...],
        calendar_id: str | None,
        **options: Any,  # noqa: ANN401 - as above
    ) -> Result:
        wanted = JobFilter(owner=owner, tags=tags, calendar_id=calendar_id)
        return command(*arguments, wanted=wanted, **options)

    return filtered


def stored_texts(reader: Reader | None) -> dict[str, str]:
    """Return the texts of the present definitions of all jobs ever seen; of removed ones it is their last one."""
    if reader is None:
        return {}
    records = reader.jobs()
    texts = reader.definitions({record.definition for record in records})
    return {record.identifier: texts[record.definition] for record in records if record.definition in texts}
