"""DATABASE_URL read, and the store that it names."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import parse_qsl, unquote_to_bytes

from cron_actors.adapters.stores.sqlite.database import Database
from cron_actors.adapters.stores.sqlite.lock import daemon_lives
from cron_actors.adapters.stores.sqlite.mailbox import SqliteMailbox
from cron_actors.adapters.stores.sqlite.reader import SqliteReader
from cron_actors.adapters.stores.sqlite.store import SqliteStore
from cron_actors.adapters.stores.sqlite.store import recreate as recreate_database
from cron_actors.adapters.stores.sqlite.submissions import SqliteSubmissions
from cron_actors.errors import SettingsError

_ACCEPTED = "sqlite:///relative/path.db, sqlite:////absolute/path.db, sqlite:// (in memory)"
IN_MEMORY = "in memory"
_SYNCHRONOUS = ("NORMAL", "FULL")


def open_store(url: str, node: str = "") -> SqliteStore:
    """Return the store that the URL names, not yet opened. ``node`` is noted in its lock file.

    Raises SettingsError for a URL that names none.
    """
    return SqliteStore(parse_url(url), node)


def open_reader(url: str) -> SqliteReader | None:
    """Open the store for queries; None where there is nothing to read yet. Nothing is created.

    Raises SettingsError for a URL that names no store, StartError for one that cannot be opened.
    """
    database = parse_url(url)
    session = database.for_reading()
    return None if session is None else SqliteReader(session, database.path)


def open_mailbox(url: str) -> SqliteMailbox:
    """Open the store for requests; the database is created if there is none.

    Raises SettingsError for a URL that names no store or one in memory, StartError for one that cannot be opened.
    """
    return SqliteMailbox(_reachable(url).for_requests())


def open_submissions(url: str) -> SqliteSubmissions:
    """Open the store to submit runs; the database is created if there is none.

    Raises SettingsError for a URL that names no store or one in memory, StartError for one that cannot be opened.
    """
    return SqliteSubmissions(_reachable(url).for_requests())


def _reachable(url: str) -> Database:
    database = parse_url(url)
    if database.path is None:
        raise SettingsError(
            "DATABASE_URL: found a database in memory, which no other process can reach; accepted here: sqlite:///path"
        )
    return database


def recreate(url: str) -> None:
    """Replace the database by an empty one; StartError, and nothing deleted, while a daemon uses it."""
    recreate_database(parse_url(url))


def describe(url: str) -> str:
    """Return where the store is, for people: the absolute path of the file, or ``in memory``."""
    path = parse_url(url).path
    return IN_MEMORY if path is None else str(path)


def in_use(url: str) -> bool:
    """Say whether a daemon uses the database, also one that cannot be read; nothing is opened or created."""
    path = parse_url(url).path
    return path is not None and daemon_lives(path)


def parse_url(url: str) -> Database:
    """Return the database that the URL names; a relative path starts at the working directory.

    Symbolic links are followed, so that two names of one file share one lock. Raises SettingsError.
    """
    scheme, colon, rest = url.partition("://")
    if not colon or scheme.lower() != "sqlite":
        raise SettingsError(_other_scheme(scheme if colon else None))
    rest, _, query = rest.partition("?")
    synchronous = _synchronous(query)
    if rest in ("", "/:memory:"):
        return Database(path=None, synchronous=synchronous)
    return Database(path=_path(rest, url), synchronous=synchronous)


def _other_scheme(scheme: str | None) -> str:
    # The rest of the URL is not repeated: it may hold a password.
    if scheme is None:
        return f"DATABASE_URL: found no URL; accepted: {_ACCEPTED}"
    if scheme.lower() in ("postgresql", "postgres"):
        return f"DATABASE_URL: {scheme}:// is not yet supported; accepted: {_ACCEPTED}"
    return f"DATABASE_URL: found {scheme}://; accepted: {_ACCEPTED}"


def _path(rest: str, url: str) -> Path:
    if not rest.startswith("/"):
        raise SettingsError(f"DATABASE_URL: found {url!r}, a host where a path should be; accepted: {_ACCEPTED}")
    if "#" in rest:
        raise SettingsError(f"DATABASE_URL: found {url!r}; write # as %23; accepted: {_ACCEPTED}")
    name = unquote_to_bytes(rest[1:])
    if not name or name.endswith(b"/") or b"\0" in name:
        raise SettingsError(f"DATABASE_URL: found {url!r}, which names no file; accepted: {_ACCEPTED}")
    return Path(os.path.realpath(os.fsdecode(name)))


def _synchronous(query: str) -> str:
    parameters = parse_qsl(query, keep_blank_values=True)
    for name, value in parameters:
        if name != "synchronous" or value.upper() not in _SYNCHRONOUS:
            raise SettingsError(
                f"DATABASE_URL: found the parameter {name}={value}; accepted: synchronous=FULL, synchronous=NORMAL"
            )
    return parameters[-1][1].upper() if parameters else "FULL"
