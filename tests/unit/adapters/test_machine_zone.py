"""The name of this machine's time zone."""

from __future__ import annotations

from pathlib import Path

import pytest

from cron_actors.adapters.machine_zone import machine_zone
from cron_actors.errors import UsageError


@pytest.mark.parametrize(
    "value", ["Asia/Tokyo", ":Asia/Tokyo", "/usr/share/zoneinfo/Asia/Tokyo", ":/usr/share/zoneinfo/posix/Asia/Tokyo"]
)
def test_the_variable_goes_before_the_files(value: str, tmp_path: Path) -> None:
    (tmp_path / "timezone").write_text("Europe/Berlin\n")
    assert machine_zone({"TZ": value}, tmp_path) == "Asia/Tokyo"


@pytest.mark.parametrize("target", ["/usr/share/zoneinfo/Asia/Tokyo", "../usr/share/zoneinfo/Asia/Tokyo"])
def test_the_link_that_the_c_library_follows_goes_before_the_text(target: str, tmp_path: Path) -> None:
    (tmp_path / "localtime").symlink_to(target)
    (tmp_path / "timezone").write_text("Europe/Berlin\n")
    assert machine_zone({}, tmp_path) == "Asia/Tokyo"


def test_the_text_names_what_a_copied_file_does_not(tmp_path: Path) -> None:
    (tmp_path / "localtime").write_bytes(b"TZif")
    (tmp_path / "timezone").write_text("Europe/Berlin\n")
    assert machine_zone({"TZ": ""}, tmp_path) == "Europe/Berlin"


def test_a_machine_that_names_none_is_in_utc(tmp_path: Path) -> None:
    assert machine_zone({}, tmp_path) == "UTC"


def test_a_rule_or_a_file_without_a_name_asks_for_the_name(tmp_path: Path) -> None:
    (tmp_path / "localtime").write_bytes(b"TZif")
    for environ in ({"TZ": "CET-1CEST"}, {}):
        with pytest.raises(UsageError) as refusal:
            machine_zone(environ, tmp_path)
        assert "--timezone Europe/Berlin" in str(refusal.value)
        assert "\n" not in str(refusal.value)
