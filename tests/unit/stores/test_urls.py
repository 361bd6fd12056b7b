from __future__ import annotations

import os
from pathlib import Path

import pytest

from cron_actors.adapters.stores.urls import describe, open_mailbox, parse_url
from cron_actors.errors import SettingsError


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///cron.db", "cron.db"),
        ("sqlite:///data/cron.db", "data/cron.db"),
        ("SQLite:///cron.db", "cron.db"),
        ("sqlite:///my%20jobs%23%3F.db", "my jobs#?.db"),
        ("sqlite:///caf%C3%A9.db", "café.db"),
        ("sqlite:///a%2Fb.db", "a/b.db"),
    ],
)
def test_three_slashes_begin_at_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, path: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert parse_url(url).path == Path(os.path.realpath(tmp_path)) / path


def test_four_slashes_begin_at_the_root() -> None:
    assert parse_url("sqlite:////srv/cron.db").path == Path("/srv/cron.db")


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
def test_no_path_means_in_memory(url: str) -> None:
    assert parse_url(url).path is None
    assert describe(url) == "in memory"


def test_a_link_and_what_it_points_at_are_one_database(tmp_path: Path) -> None:
    (tmp_path / "link.db").symlink_to(tmp_path / "real.db")
    assert describe(f"sqlite:///{tmp_path}/link.db") == str(Path(os.path.realpath(tmp_path)) / "real.db")


@pytest.mark.parametrize(
    ("query", "synchronous"), [("", "FULL"), ("?synchronous=NORMAL", "NORMAL"), ("?synchronous=full", "FULL")]
)
def test_durability_is_full_unless_the_url_says_otherwise(query: str, synchronous: str) -> None:
    assert parse_url(f"sqlite:////srv/cron.db{query}").synchronous == synchronous


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("postgresql://me:secret@host/db", "postgresql:// is not yet supported"),
        ("postgres://me:secret@host/db", "postgres:// is not yet supported"),
        ("mysql://me:secret@host/db", "found mysql://"),
        ("cron.db", "found no URL"),
        ("", "found no URL"),
        ("sqlite:cron.db", "found no URL"),
        ("sqlite://host/cron.db", "a host where a path should be"),
        ("sqlite:///", "names no file"),
        ("sqlite:///folder/", "names no file"),
        ("sqlite:///a%00b.db", "names no file"),
        ("sqlite:///a#b.db", "write # as %23"),
        ("sqlite:///a.db?mode=ro", "found the parameter mode=ro"),
        ("sqlite:///a.db?synchronous=OFF", "found the parameter synchronous=OFF"),
    ],
)
def test_anything_else_is_refused_in_one_line_that_gives_no_password_away(url: str, found: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_url(url)
    line = str(caught.value)
    assert line.startswith("DATABASE_URL: ")
    assert found in line
    assert "accepted: s" in line
    assert "secret" not in line
    assert "\n" not in line


def test_a_mailbox_in_memory_is_refused_for_nobody_would_ever_empty_it() -> None:
    with pytest.raises(SettingsError, match="in memory"):
        open_mailbox("sqlite://")
