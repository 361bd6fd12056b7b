"""The settings read from the environment."""

from __future__ import annotations

import dataclasses
import os
import re
from datetime import timedelta
from pathlib import Path

import pytest

from cron_actors.errors import SettingsError
from cron_actors.settings import VARIABLES, Granularity, Settings, Variable

READ_BY_DEFAULT = [variable for variable in VARIABLES if variable.name != "MAX_PROCESSES"]


def test_an_empty_environment_means_the_defaults() -> None:
    assert Settings.from_environment({}) == Settings()


@pytest.mark.parametrize("variable", VARIABLES, ids=lambda variable: variable.name)
def test_an_empty_or_blank_value_means_unset(variable: Variable) -> None:
    assert Settings.from_environment({variable.name: ""}) == Settings()
    assert Settings.from_environment({variable.name: "  "}) == Settings()


@pytest.mark.parametrize("variable", READ_BY_DEFAULT, ids=lambda variable: variable.name)
def test_the_default_that_is_told_is_the_default_that_holds(variable: Variable) -> None:
    assert Settings.from_environment({variable.name: variable.default}) == Settings()


def test_every_setting_has_a_variable() -> None:
    assert {variable.field for variable in VARIABLES} == {field.name for field in dataclasses.fields(Settings)}


def test_processes_are_thirty_two_for_each_core() -> None:
    assert Settings().max_processes == 32 * (os.cpu_count() or 1)


@pytest.mark.parametrize(
    ("text", "granularity"),
    [
        ("second", Granularity.SECOND),
        ("S", Granularity.SECOND),
        ("Minute", Granularity.MINUTE),
        ("m", Granularity.MINUTE),
        (" HOUR ", Granularity.HOUR),
        ("h", Granularity.HOUR),
    ],
)
def test_granularity_is_read_in_any_case_and_by_its_first_letter(text: str, granularity: Granularity) -> None:
    assert Settings.from_environment({"GRANULARITY": text}).granularity is granularity


@pytest.mark.parametrize(
    ("text", "extensions"),
    [
        ('["json"]', ("json",)),
        ('[".YAML", "yml"]', ("yaml", "yml")),
        ("json, .yml", ("json", "yml")),
        ("JSON,json", ("json",)),
    ],
)
def test_extensions_are_read_from_a_json_list_or_from_commas(text: str, extensions: tuple[str, ...]) -> None:
    assert Settings.from_environment({"SUPPORTED_EXTENSIONS": text}).supported_extensions == extensions


def test_every_variable_reaches_its_setting() -> None:
    settings = Settings.from_environment(
        {
            "LOG_LEVEL": "debug",
            "LOGS_BASE_DIRECTORY": "/var/log/jobs",
            "JOBS_FILE_PATH": "http://example.org/jobs",
            "DATABASE_URL": "sqlite:///other.db",
            "GRACE_SECONDS": "0",
            "MAX_WORKERS": "7",
            "MAX_PROCESSES": "3",
            "BALANCE_SECONDS": "2.5",
            "POLL_INTERVAL": "0.25",
        },
    )
    assert settings == Settings(
        log_level="DEBUG",
        logs_base_directory=Path("/var/log/jobs"),
        jobs_file_path="http://example.org/jobs",
        database_url="sqlite:///other.db",
        grace=timedelta(0),
        max_workers=7,
        max_processes=3,
        balance_interval=timedelta(seconds=2.5),
        poll_interval=timedelta(seconds=0.25),
    )


@pytest.mark.parametrize(
    ("name", "value", "accepted"),
    [
        ("GRANULARITY", "day", "second, minute, hour"),
        ("SUPPORTED_EXTENSIONS", "toml", "json, yaml, yml"),
        ("SUPPORTED_EXTENSIONS", "[1]", "json, yaml, yml"),
        ("SUPPORTED_EXTENSIONS", "[", "json, yaml, yml"),
        ("SUPPORTED_EXTENSIONS", "[]", "json, yaml, yml"),
        ("SUPPORTED_EXTENSIONS", "json,,yaml", "json, yaml, yml"),
        ("LOG_LEVEL", "loud", "DEBUG, INFO, WARNING, ERROR, CRITICAL"),
        ("GRACE_SECONDS", "-1", "a number of seconds"),
        ("GRACE_SECONDS", "nan", "a number of seconds"),
        ("GRACE_SECONDS", "٣", "a number of seconds"),
        ("GRACE_SECONDS", "999999999", "a number of seconds"),
        ("MAX_WORKERS", "0", "a whole number from 1"),
        ("MAX_WORKERS", "1.5", "a whole number from 1"),
        ("MAX_PROCESSES", "many", "a whole number from 1"),
        ("BALANCE_SECONDS", "0", "from 0.01"),
        ("POLL_INTERVAL", "soon", "from 0.01"),
    ],
)
def test_a_bad_value_is_refused_by_name_with_what_is_accepted(name: str, value: str, accepted: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name}: found .*; accepted: .*{re.escape(accepted)}"):
        Settings.from_environment({name: value})


def test_a_refusal_is_one_line_whatever_was_found() -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment({"LOG_LEVEL": "a\nb\x1b[31m"})
    assert str(caught.value).isprintable()
