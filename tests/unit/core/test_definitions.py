"""Jobs read from mappings, and the definitions under which they are stored."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cron_actors.core.definitions import definition_of, job_from, job_of, read_job
from cron_actors.core.identifiers import parse_identifier, twins
from cron_actors.core.schema import SchemaCheck
from cron_actors.core.sizes import parse_size
from cron_actors.errors import InvalidValueError
from cron_actors.model.job import (
    AtLimit,
    AtStartup,
    CatchUp,
    CatchUpPolicy,
    Command,
    DayMatch,
    Dst,
    DstMissing,
    DstRepeated,
    FunctionCall,
    Job,
    Limits,
    OnInterrupt,
    OutputLimit,
    Overlap,
    ProcessSettings,
    Retention,
    Success,
    When,
)

FOLDER = Path("/srv/jobs")
BASH = {"shell": "/bin/bash"}
FULL: dict[str, Any] = {
    "identifier": "full",
    "path": "jobs.full",
    "function_name": "work",
    "args": [1, "é", None],
    "kwargs": {"b": [2], "a": {"c": 1.5}},
    "python": "/opt/python",
    "periodicity": "1h",
    "cron": ["0 4 * * *", "0 5 * * *"],
    "run_at": "2027-06-01 12:00",
    "run_in": "10m",
    "at_startup": "every_start",
    "start_date": "2027-01-01",
    "end_date": "2027-12-31",
    "dst": {"missing": "skip", "repeated": "both"},
    "day_match": "all",
    "timezone": "Europe/Berlin",
    "timeout": "2h",
    "kill_after": "5s",
    "tolerance": "1m",
    "catch_up": {"policy": "all", "within": "2 days", "cap": 7.0},
    "overlap": "skip",
    "on_interrupt": "discard",
    "env": {"A": "1"},
    "working_directory": "sub",
    "stdin": "in",
    "env_file": "a.env",
    "user": "shop",
    "group": 34,
    "umask": "027",
    "limits": {"nice": 5},
    "success": {"exit_codes": [0, 3]},
    "output_limit": {"size": "1 MB", "at_limit": "end"},
    "retention": {"count": 5},
    "description": "d",
    "owner": "o",
    "calendar_id": "c",
    "tags": ["t", "u"],
    "x-own": 1,
}


def untimed(**fields: object) -> dict[str, Any]:
    return {"identifier": "a", "command": "x", **fields}


def command(**fields: object) -> dict[str, Any]:
    return untimed(**{"manual": True, **fields})


def schema_messages(job: dict[str, Any]) -> dict[str, str]:
    schema = json.loads((Path(__file__).parents[3] / "cron_actors" / "jobs.schema.json").read_text(encoding="utf-8"))
    return {str(problem.field): problem.message for problem in SchemaCheck(schema).problems({"jobs": [job]})}


def test_every_field_arrives_in_the_job() -> None:
    assert job_from(FULL, FOLDER) == Job(
        identifier="full",
        work=FunctionCall(
            path="jobs.full",
            function_name="work",
            args=(1, "é", None),
            kwargs={"b": [2], "a": {"c": 1.5}},
            python="/opt/python",
        ),
        when=When(
            periodicity=timedelta(hours=1),
            cron=("0 4 * * *", "0 5 * * *"),
            run_at=datetime(2027, 6, 1, 10, tzinfo=UTC),
            run_in=timedelta(minutes=10),
            at_startup=AtStartup.EVERY_START,
            start_at=datetime(2026, 12, 31, 23, tzinfo=UTC),
            end_at=datetime(2027, 12, 31, 22, 59, 59, 999_999, tzinfo=UTC),
            dst=Dst(missing=DstMissing.SKIP, repeated=DstRepeated.BOTH),
            day_match=DayMatch.ALL,
            timezone="Europe/Berlin",
        ),
        folder=FOLDER,
        timeout=timedelta(hours=2),
        kill_after=timedelta(seconds=5),
        tolerance=timedelta(minutes=1),
        catch_up=CatchUp(policy=CatchUpPolicy.ALL, within=timedelta(days=2), cap=7),
        overlap=Overlap.SKIP,
        on_interrupt=OnInterrupt.DISCARD,
        process=ProcessSettings(
            env={"A": "1"},
            env_file="a.env",
            working_directory="sub",
            stdin="in",
            user="shop",
            group="34",
            umask=0o027,
            limits=Limits(nice=5),
        ),
        success=Success(exit_codes=frozenset({0, 3})),
        output_limit=OutputLimit(size=1_000_000, at_limit=AtLimit.END),
        retention=Retention(count=5),
        description="d",
        owner="o",
        calendar_id="c",
        tags=("t", "u"),
    )


def test_what_is_left_out_has_the_defaults_of_the_model() -> None:
    expected = Job(identifier="a", work=Command(line="x"), when=When(manual=True), folder=FOLDER)
    assert job_from(command(), FOLDER) == expected


def test_a_command_is_text_for_a_shell_or_a_list_of_words() -> None:
    assert job_from(command(command=["a", "b"]), FOLDER).work == Command(line=("a", "b"))
    assert job_from(command(**BASH), FOLDER).work == Command(line="x", **BASH)


def test_catch_up_may_be_the_policy_alone() -> None:
    assert job_from(command(catch_up="skip"), FOLDER).catch_up == CatchUp(policy=CatchUpPolicy.SKIP)


def test_a_tag_that_is_written_twice_counts_once() -> None:
    assert job_from(command(tags=["b", "a", "b"]), FOLDER).tags == ("b", "a")


def test_every_value_that_cannot_be_read_is_a_problem_of_its_own() -> None:
    mapping = command(timeout="5", kill_after="-1s", timezone="Nowhere", catch_up={"within": "0s"}, start_date="x")
    _, problems = read_job(mapping, FOLDER)
    fields = {problem.field for problem in problems}
    assert fields == {"timeout", "kill_after", "timezone", "catch_up.within", "start_date"}
    with pytest.raises(InvalidValueError, match=r"^timezone: "):
        job_from({**mapping, "timeout": "5s"}, FOLDER)


def test_a_stored_definition_gives_the_same_job_back() -> None:
    definition = definition_of(FULL, FOLDER)
    assert job_of(definition.text) == definition.job == job_from(FULL, FOLDER)


def test_the_order_of_keys_does_not_make_another_definition() -> None:
    assert definition_of(dict(reversed(FULL.items())), FOLDER).text == definition_of(FULL, FOLDER).text
    assert definition_of(command(), FOLDER).text == (
        '{"folder":"/srv/jobs","job":{"command":"x","identifier":"a","manual":true}}'
    )


@pytest.mark.parametrize("key", sorted(set(FULL) - {"identifier", "path", "function_name"}))
def test_leaving_out_a_field_makes_another_definition(key: str) -> None:
    rest = {name: value for name, value in FULL.items() if name != key}
    assert definition_of(rest, FOLDER).text != definition_of(FULL, FOLDER).text


def test_another_folder_makes_another_definition() -> None:
    assert definition_of(FULL, Path("/elsewhere")).text != definition_of(FULL, FOLDER).text


@pytest.mark.parametrize("identifier", ["a", "mail.digest", "two words", "Ünï-😀", "x" * 128, "é" * 64, "-v"])
def test_an_identifier_that_can_name_a_folder_is_accepted(identifier: str) -> None:
    assert parse_identifier(identifier) == identifier
    assert schema_messages(command(identifier=identifier)) == {}


@pytest.mark.parametrize(
    ("identifier", "found"),
    [
        ("", "is empty"),
        ("a/b", "holds a separator"),
        ("a\\b", "holds a separator"),
        (".", "begins with a dot"),
        ("..", "begins with a dot"),
        (".hidden", "begins with a dot"),
        ("a\nb", "holds a control character"),
        ("a\n", "holds a control character"),
        ("a\x85b", "holds a control character"),
        ("a\x7f", "holds a control character"),
        ("a\u2028b", "holds a line break"),
        (" a", "has a blank at an end"),
        ("a ", "has a blank at an end"),
        ("x" * 129, "takes 129 bytes"),
        ("é" * 65, "takes 130 bytes"),
        ("\ud800", "half of a surrogate pair"),
    ],
)
def test_an_identifier_that_cannot_name_a_folder_is_refused(identifier: str, found: str) -> None:
    with pytest.raises(InvalidValueError, match=found) as caught:
        parse_identifier(identifier)
    assert str(caught.value).isprintable()


def test_twins_are_found_whatever_their_case_and_composition() -> None:
    names = ["a", "b", None, "A", "caf\u00e9", None, "cafe\u0301", "a"]
    assert [index for index, _ in twins(names)] == [3, 6, 7]


@pytest.mark.parametrize(
    ("text", "size"), [("1B", 1), ("500 kb", 500_000), ("100MB", 10**8), ("1GiB", 2**30), (" 2 KiB ", 2048), (7, 7)]
)
def test_a_size_is_read_with_its_unit(text: object, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize(
    "text", ["", "100", "MB", "0MB", "1.5MB", "-1B", "1 parsec", "1MB2", "٣MB", 0, -1, 1.5, float("inf"), True, None]
)
def test_what_is_no_size_is_refused(text: object) -> None:
    with pytest.raises(InvalidValueError, match="accepted: a number of bytes"):
        parse_size(text)


@pytest.mark.parametrize(
    ("job", "field", "message"),
    [
        ({"identifier": "a", "manual": True}, "None", "nothing to run; accepted: path with function_name, or command"),
        ({"identifier": "a", "manual": True, "path": "m"}, "function_name", "missing; path needs it"),
        ({"identifier": "a", "manual": True, "function_name": "m"}, "path", "missing; function_name needs it"),
        ({"identifier": "a", "command": "x"}, "None", "nothing that says when to run; accepted: periodicity, cron"),
        ({"identifier": "a", "command": "x", "manual": False}, "None", "nothing that says when to run"),
        ({"command": "x", "manual": True}, "identifier", "missing; accepted: 1 to 128 bytes"),
        (command(path="m"), "path", "stands beside command"),
        (command(kwargs={}), "kwargs", "stands beside command"),
        (command(python="p"), "python", "stands beside command"),
        (command(command=["x"], **BASH), "shell", "needs a command that is written as one text"),
        (command(cron="@daily"), "cron", "stands beside manual: true"),
        (command(run_in="1m"), "run_in", "stands beside manual: true"),
        (command(at_startup=True), "at_startup", "stands beside manual: true"),
        (
            untimed(at_startup=False),
            "None",
            "nothing that says when to run; accepted: periodicity, cron, run_at, run_in, at_st",
        ),
        (
            untimed(at_startup="boot"),
            "at_startup",
            "found the text 'boot'; accepted: true for once after each boot, every_st",
        ),
        (untimed(at_startup="every-start"), "at_startup", "did you mean 'every_start'?"),
        (command(day_match="both"), "day_match", "found the text 'both'; accepted: either, all"),
        (command(dst="skip"), "dst", "found the text 'skip'; accepted: an object with missing, repeated"),
        (command(dst={"missing": "shfit"}), "dst.missing", "did you mean 'shift'?; accepted: shift, skip"),
        (command(dst={"mising": "skip"}), "dst.mising", "unknown key, did you mean 'missing'?"),
        (command(end_date=5), "end_date", "found the number 5; accepted: a date, such as 2027-12-31"),
        (command(timout="1m"), "timout", "unknown key, did you mean 'timeout'?"),
        (command(Timeout="1m"), "Timeout", "unknown key, did you mean 'timeout'?"),
        (command(every="1m"), "every", "unknown key; a job says when by periodicity, cron, run_at, run_in or at"),
        (command(Schedule="@daily"), "Schedule", "unknown key; a job says when by periodicity, cron, run_at"),
        (command(retries=3), "retries", "unknown key; accepted: identifier, path"),
        (command(enabled=True), "enabled", "unknown key; accepted: identifier, path"),
        (command(catch_up={"wihtin": "1m"}), "catch_up.wihtin", "unknown key, did you mean 'within'?"),
        (command(timeout=5), "timeout", "found the number 5; accepted: a whole number and a unit, such as 90s"),
        (command(timeout=None), "timeout", "found nothing (null); accepted: a whole number and a unit"),
        (command(manual="yes"), "manual", "found the text 'yes'; accepted: true or false"),
        (command(overlap="Skip"), "overlap", "found the text 'Skip', did you mean 'skip'?; accepted: allow, skip"),
        (command(overlap=1), "overlap", "found the number 1; accepted: allow, skip"),
        (command(catch_up="al"), "catch_up", "found the text 'al', did you mean 'all'?; accepted: latest, all, skip"),
        (command(env={"A": 1}), "env.A", "found the number 1; accepted: text in quotes"),
        (command(env={"A": True}), "env.A", "found true; accepted: text in quotes"),
        (command(env={"A=B": "x"}), "env.A=B", "found 'A=B'; accepted: a name of a variable"),
        (command(env={"": "x"}), "env.", "found ''; accepted: a name of a variable"),
        (command(tags="a"), "tags", "found the text 'a'; accepted: a list of texts"),
        (command(tags=["a", ""]), "tags[1]", "found ''; accepted: text that is not empty"),
        (command(command=[]), "command", "found the list []; accepted: text for the shell, or a list of words"),
        (command(command=["x", 5]), "command[1]", "found the number 5; accepted: text for each word"),
        (command(output_limit={"size": 0}), "output_limit.size", "found the number 0; accepted: a number of bytes"),
        ({**FULL, "path": "jobs/full.py"}, "path", "accepted: a dotted module name, such as jobs.backup for the file"),
    ],
)
def test_the_schema_names_the_wrong_key_and_what_is_accepted(job: dict[str, Any], field: str, message: str) -> None:
    messages = schema_messages(job)
    assert list(messages) == [field]
    assert message in messages[field]


def test_a_full_job_satisfies_the_schema() -> None:
    assert schema_messages(FULL) == {}
