"""What a command finds around it: environment, clock, store; a test puts others in their place."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import click

from cron_actors.adapters.clock import SystemClock
from cron_actors.cli.console import complain
from cron_actors.ports.store import Mailbox, Reader
from cron_actors.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """The world outside the command line, as functions.

    ``open_reader`` returns None where there is no database yet; nothing that only reads ever creates one.
    """

    environ: Mapping[str, str]
    now: Callable[[], datetime]
    pause: Callable[[timedelta], None]
    open_reader: Callable[[str], Reader | None]
    open_mailbox: Callable[[str], Mailbox]

    @property
    def settings(self) -> Settings:
        """The settings of the environment; raises SettingsError."""
        return Settings.from_environment(self.environ)

    @contextmanager
    def reader(self, *, tell_absent: bool = False) -> Iterator[Reader | None]:
        """Open the store for queries, None if there is none yet, and close it afterwards.

        With ``tell_absent`` standard error says where there is none: an empty answer may come from the wrong folder.
        """
        reader = self.open_reader(self.settings.database_url)
        if reader is None and tell_absent:
            complain(_absent(self.settings.database_url))
        try:
            yield reader
        finally:
            if reader is not None:
                reader.close()

    @contextmanager
    def mailbox(self) -> Iterator[Mailbox]:
        """Open the store for requests, creating it if there is none, and close it afterwards."""
        mailbox = self.open_mailbox(self.settings.database_url)
        try:
            yield mailbox
        finally:
            mailbox.close()


def surroundings(context: click.Context) -> Surroundings:
    """Return what a test has put around the command, else this machine's clock and the store of its environment."""
    found = context.find_object(Surroundings)
    return found if found is not None else _real_surroundings()


def _absent(url: str) -> str:
    from cron_actors.adapters.stores.urls import IN_MEMORY, describe  # noqa: PLC0415 - not every command needs it

    place = describe(url)
    if place == IN_MEMORY:
        return "the database is in memory, where no other process can look; DATABASE_URL names it"
    return f"there is no database at {place} yet; DATABASE_URL names it"


def _real_surroundings() -> Surroundings:
    clock = SystemClock()
    never = threading.Event()

    def pause(length: timedelta) -> None:
        clock.wait(never, length.total_seconds())

    return Surroundings(
        environ=os.environ,
        now=clock.now,
        pause=pause,
        open_reader=_open_reader,
        open_mailbox=_open_mailbox,
    )


def _open_reader(url: str) -> Reader | None:
    from cron_actors.adapters.stores.urls import open_reader  # noqa: PLC0415 - not every command needs the store

    return open_reader(url)


def _open_mailbox(url: str) -> Mailbox:
    from cron_actors.adapters.stores.urls import open_mailbox  # noqa: PLC0415 - as above

    return open_mailbox(url)
