from __future__ import annotations

import pytest

from cron_actors.errors import UsageError
from cron_actors.launcher import Scheduler
from cron_actors.settings import Settings

JOBS: dict[str, list[object]] = {"jobs": []}
OTHER = "sqlite:///other.db"


def database(jobs: dict[str, list[object]] | None, settings: Settings | None) -> str:
    return Scheduler(jobs, settings)._settings.database_url


@pytest.fixture(autouse=True)
def no_database_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)


@pytest.mark.parametrize("settings", [None, Settings()])
def test_jobs_of_a_mapping_are_kept_in_memory(settings: Settings | None) -> None:
    assert database(JOBS, settings) == "sqlite://"


@pytest.mark.parametrize("settings", [None, Settings()])
def test_jobs_of_a_mapping_are_kept_where_the_environment_says(
    settings: Settings | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", OTHER)
    assert database(JOBS, settings) == OTHER


def test_jobs_of_a_mapping_are_kept_where_the_settings_say() -> None:
    assert database(JOBS, Settings(database_url=OTHER)) == OTHER


def test_jobs_of_a_file_are_kept_in_the_database_of_the_settings() -> None:
    assert database(None, Settings()) == "sqlite:///cron_actors.db"


@pytest.mark.parametrize(("max_ticks", "wait"), [(0, True), (-1, True), (None, False)])
def test_what_cannot_end_or_begin_is_refused(max_ticks: int | None, *, wait: bool) -> None:
    with pytest.raises(UsageError, match="max_ticks"):
        Scheduler(JOBS, Settings(), max_ticks, wait=wait)
