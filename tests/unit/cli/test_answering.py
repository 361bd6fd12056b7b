"""Answers to questions for next instants, line by line."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cron_actors.cli.answering import answers

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)


def ask(*lines: bytes) -> list[dict[str, Any]]:
    return [json.loads(answer) for answer in answers(lines, lambda: NOW, 2)]


def test_a_request_is_answered_with_instants_in_its_zone() -> None:
    request = {"id": 7, "expr": "30 2 * * *", "tz": "Europe/Berlin", "after": "2026-03-27T12:00:00", "n": 2}
    assert ask(json.dumps(request).encode()) == [
        {"id": 7, "next": ["2026-03-28T02:30:00+01:00", "2026-03-29T03:00:00+02:00"]},
    ]


@pytest.mark.parametrize(
    ("more", "instants"),
    [
        ({"dst_missing": "skip"}, ["2026-03-30T02:30:00+02:00"]),
        ({"dst_missing": "shift"}, ["2026-03-29T03:00:00+02:00"]),
        ({"dst_missing": None, "dst_repeated": None, "day_match": None, "job_id": None}, ["2026-03-29T03:00:00+02:00"]),
        ({"after": "2026-10-24T12:00", "dst_repeated": "last"}, ["2026-10-25T02:30:00+01:00"]),
        ({"after": "2026-10-24T12:00", "dst_repeated": "both", "n": 2}, ["2026-10-25T02:30:00+02:00", "…+01:00"]),
        ({"expr": "0 0 13 * 5", "day_match": "all"}, ["2026-11-13T00:00:00+01:00"]),
        ({"expr": "0 H * * *", "job_id": "backup"}, ["2026-03-29T08:00:00+02:00"]),
        ({"expr": "@every 45m", "tz": "UTC"}, ["2026-03-28T12:45:00+00:00"]),
    ],
)
def test_a_request_may_say_how_its_expression_is_read(more: dict[str, Any], instants: list[str]) -> None:
    request = {"id": 1, "expr": "30 2 * * *", "tz": "Europe/Berlin", "after": "2026-03-28T12:00:00", "n": 1, **more}
    (answer,) = ask(json.dumps(request).encode())
    expected = [text.replace("…", instants[0][:19]) for text in instants]
    assert answer == {"id": 1, "next": expected}


def test_what_is_missing_or_null_is_utc_now_and_the_count() -> None:
    next_two = ["2026-11-21T04:00:00+00:00", "2026-11-21T05:00:00+00:00"]
    assert ask(b'{"id": "a", "expr": "@hourly"}') == [{"id": "a", "next": next_two}]
    assert ask(b'{"id":"a","expr":"@hourly","tz":null,"after":null,"n":null}') == [{"id": "a", "next": next_two}]


def test_an_expression_that_never_fires_again_says_never() -> None:
    assert ask(b'{"id":1,"expr":"0 0 0 1 1 * 2020"}') == [{"id": 1, "next": [], "never": True}]


def test_a_start_of_the_machine_is_not_never() -> None:
    assert ask(b'{"id":1,"expr":"@reboot"}') == [{"id": 1, "next": [], "at_startup": "boot"}]


@pytest.mark.parametrize(
    ("request_text", "told"),
    [
        (b'{"id":1,"expr":"61 * * * *"}', "minute"),
        (b'{"id":1}', "expr is missing"),
        (b'{"id":1,"expr":5}', "5"),
        (b'{"id":1,"expr":"@daily","tz":"Mars/Base"}', "Mars/Base"),
        (b'{"id":1,"expr":"@daily","tz":[]}', "zone"),
        (b'{"id":1,"expr":"@daily","after":"yesterday"}', "yesterday"),
        (b'{"id":1,"expr":"@daily","after":5}', "5"),
        (b'{"id":1,"expr":"@daily","n":0}', "accepted: a whole number from 1"),
        (b'{"id":1,"expr":"@daily","n":true}', "accepted: a whole number from 1"),
        (b'{"id":1,"expr":"@daily","zone":"UTC"}', "unknown key 'zone'"),
        (b'{"id":1,"expr":"@daily","dst_missing":"no"}', "dst_missing: found 'no'; accepted: shift, skip"),
        (b'{"id":1,"expr":"@daily","dst_repeated":["last"]}', "dst_repeated: found the list"),
        (b'{"id":1,"expr":"@daily","day_match":5}', "accepted: either, all"),
        (b'{"id":1,"expr":"@daily","job_id":5}', "job_id: found the number 5; accepted: text"),
        (b'{"id":1,"expr":"@every"}', "names no length of time"),
        (b'{"id":1,"expr":"0 0 8 * 5#1","day_match":"all"}', "has such a day"),
    ],
)
def test_a_bad_request_is_answered_by_an_error_with_its_id(request_text: bytes, told: str) -> None:
    (answer,) = ask(request_text)
    assert answer["id"] == 1
    assert told in answer["error"]


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"\n",
        b"hello",
        b"[1]",
        b"null",
        b"\xff\xfe",
        b'{"id": NaN}',
        b"[" * 100_000,
        b'{"id":' + b"9" * 9999 + b"}",
    ],
)
def test_garbage_is_answered_by_an_error_and_the_next_line_as_ever(garbage: bytes) -> None:
    first, second = ask(garbage, b'{"id":2,"expr":"@daily","n":1}')
    assert first["id"] is None
    assert first["error"]
    assert second == {"id": 2, "next": ["2026-11-22T00:00:00+00:00"]}


@given(st.lists(st.binary(max_size=60), max_size=5))
def test_every_line_has_exactly_one_answer(lines: list[bytes]) -> None:
    assert len(ask(*lines)) == len(lines)
