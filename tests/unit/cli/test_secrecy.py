"""Secrets in what is printed."""

from __future__ import annotations

import time

import pytest

from cron_actors.cli.secrecy import without_passwords, without_secrets


@pytest.mark.parametrize("name", ["DB_PASSWORD", "secret", "Api_Token", "KEY", "AWS_CREDENTIALS"])
def test_the_value_of_a_secret_variable_is_hidden(name: str) -> None:
    assert without_secrets({"env": {name: "hunter2"}}) == {"env": {name: "***"}}


def test_other_variables_are_shown() -> None:
    assert without_secrets({"env": {"LANG": "C"}, "command": "x"}) == {"env": {"LANG": "C"}, "command": "x"}


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://ann:hunter2@db/jobs", "postgresql://ann:***@db/jobs"),
        ("postgresql://:hunter2@db/jobs", "postgresql://:***@db/jobs"),
        ("postgresql://ann:hunt@er2@db/jobs", "postgresql://ann:***@db/jobs"),
        ("sqlite:////var/lib/jobs.db", "sqlite:////var/lib/jobs.db"),
        ("see https://example.org:8080/a and a@b", "see https://example.org:8080/a and a@b"),
    ],
)
def test_the_password_of_a_url_is_hidden_and_nothing_else(url: str, shown: str) -> None:
    assert without_passwords(url) == shown


def test_urls_are_hidden_wherever_they_stand_in_a_job() -> None:
    job = without_secrets({"args": [{"url": "amqp://u:hunter2@h"}], "env": {"DSN": "mysql://u:hunter2@h"}})
    assert "hunter2" not in str(job)


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("job 'a', env.API_KEY: found 'hunter2'; accepted: text", "job 'a', env.API_KEY: found ***; accepted: text"),
        ("jobs[0].env.TOKEN: found 'a; accepted: b'; accepted: text", "jobs[0].env.TOKEN: found ***; accepted: text"),
        ("defaults.env.Secret: found 7; accepted: text", "defaults.env.Secret: found ***; accepted: text"),
        ("env.LANG: found 7; accepted: text", "env.LANG: found 7; accepted: text"),
        ("tokens: found 7; accepted: text", "tokens: found 7; accepted: text"),
    ],
)
def test_what_was_found_in_a_secret_variable_is_hidden_and_nothing_else(line: str, shown: str) -> None:
    assert without_passwords(line) == shown
    assert without_passwords(f"one\n{line}\nthree") == f"one\n{shown}\nthree"


@pytest.mark.parametrize(
    "word",
    ["x", "x://", "://", "a:b@", "env.", "env.KEY", "env.KEY: found ", "KEY: found ", "env.KEY: found 1; accepted "],
)
def test_secrets_are_looked_for_in_time_that_grows_with_the_text_only(word: str) -> None:
    text = word * (200_000 // len(word)) + "; accepted"
    before = time.process_time()
    without_passwords(text)
    assert time.process_time() - before < 1.0
