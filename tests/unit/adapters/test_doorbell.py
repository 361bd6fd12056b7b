from __future__ import annotations

from pathlib import Path

import pytest

from cron_actors.adapters.doorbell import Doorbell, address_of, ring

LONGEST_ADDRESS = 108  # bytes, by unix(7)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Return a file that stands for a database."""
    path = tmp_path / "cron.db"
    path.touch()
    return path


def test_the_address_is_abstract_and_fits(database: Path) -> None:
    address = address_of(database)
    assert address.startswith(b"\0cron_actors/")
    assert len(address) < LONGEST_ADDRESS


def test_every_name_of_a_file_leads_to_the_same_address_and_another_file_to_another(database: Path) -> None:
    link, other = database.with_name("link.db"), database.with_name("other.db")
    link.hardlink_to(database)
    other.touch()
    assert address_of(link) == address_of(database)
    assert address_of(other) != address_of(database)


def test_an_address_needs_a_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        address_of(tmp_path / "none.db")


def test_to_ring_where_nobody_listens_or_nothing_is_fails_nobody(database: Path) -> None:
    ring(database)
    ring(database.with_name("none.db"))


def test_a_database_in_memory_has_no_bell(database: Path) -> None:
    heard: list[str] = []
    bell = Doorbell(None, lambda: heard.append("ring"))
    bell.start()
    ring(database)
    bell.stop()
    assert heard == []
