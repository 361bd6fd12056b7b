"""Loading jobs files: what a user sees when it works, and when it does not."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cron_actors.adapters.sources import FaultyJobsError, LoadedJobs, load_file
from cron_actors.errors import JobsFileError, UsageError
from cron_actors.model.job import FunctionCall, Json
from cron_actors.settings import FILE_TYPES, Granularity

SAMPLE: dict[str, Json] = {
    "identifier": "job1",
    "path": "jobs.sample",
    "function_name": "work",
    "periodicity": "5 mins",
    "timeout": "10s",
    "start_date": "2022-11-21",
}


def load(path: Path | str, granularity: Granularity = Granularity.MINUTE) -> LoadedJobs:
    return load_file(path, supported_extensions=FILE_TYPES, granularity=granularity)


def loaded(folder: Path, *jobs: Json, name: str = "jobs.json") -> LoadedJobs:
    (folder / name).write_text(json.dumps({"jobs": list(jobs)}), encoding="utf-8")
    return load(folder / name)


def problems(folder: Path, text: str, name: str = "jobs.json") -> list[str]:
    """Return the lines about a file, without the folder in front of them."""
    (folder / name).write_text(text, encoding="utf-8")
    with pytest.raises(FaultyJobsError) as caught:
        load(folder / name)
    return [line.removeprefix(f"{folder}/") for line in caught.value.problems]


def test_a_json_file_gives_its_jobs_in_order(tmp_path: Path) -> None:
    found = loaded(tmp_path, SAMPLE, {**SAMPLE, "identifier": "a"})
    assert [definition.job.identifier for definition in found.definitions] == ["job1", "a"]
    job = found.definitions[0].job
    assert job.work == FunctionCall(path="jobs.sample", function_name="work")
    assert (job.when.periodicity, job.timeout) == (timedelta(minutes=5), timedelta(seconds=10))
    assert job.when.start_at == datetime(2022, 11, 21, tzinfo=UTC)
    assert job.folder == tmp_path
    assert found.source == str(tmp_path / "jobs.json")


@pytest.mark.parametrize("name", ["jobs.yaml", "jobs.yml", "JOBS.YAML"])
def test_a_yaml_file_gives_the_same_definitions_as_json(tmp_path: Path, name: str) -> None:
    lines = ["jobs:", "- identifier: job1", *(f"  {key}: {value}" for key, value in SAMPLE.items() if key[0] != "i")]
    (tmp_path / name).write_text("\n".join(lines), encoding="utf-8")
    assert load(tmp_path / name).definitions == loaded(tmp_path, SAMPLE).definitions


@pytest.mark.parametrize(
    ("name", "text"), [("jobs.json", '{"jobs": []}'), ("jobs.yml", "jobs: []"), ("j.JSON", '{"jobs":[]}')]
)
def test_no_jobs_at_all_are_valid(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8-sig")
    assert load(tmp_path / name).definitions == ()


def test_the_folder_is_that_of_the_path_even_if_the_file_is_a_link(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "real.json").write_text(json.dumps({"jobs": [SAMPLE]}), encoding="utf-8")
    (tmp_path / "jobs.json").symlink_to("elsewhere/real.json")
    monkeypatch.chdir(tmp_path)
    found = load("jobs.json")
    assert found.definitions[0].job.folder == tmp_path
    assert found.source == str(tmp_path / "jobs.json")


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("jobs.toml", "the extension '.toml'"),
        ("jobs", "no extension"),
        (".json", "no extension"),
        ("j.json.bak", "the extension '.bak'"),
    ],
)
def test_an_extension_that_is_not_supported_is_refused_with_those_that_are(
    tmp_path: Path, name: str, found: str
) -> None:
    (line,) = problems(tmp_path, '{"jobs": []}', name)
    assert line == f"{name}: found {found}; accepted: .json, .yaml, .yml"


def test_a_name_without_an_extension_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(JobsFileError, match=r": found no such file or directory; accepted: a jobs file, or a dir"):
        load_file(tmp_path / "team", supported_extensions=("json",), granularity=Granularity.MINUTE)


def test_only_the_extensions_of_the_settings_are_supported(tmp_path: Path) -> None:
    (tmp_path / "jobs.json").write_text('{"jobs": []}', encoding="utf-8")
    with pytest.raises(JobsFileError, match=r"accepted: \.yaml$"):
        load_file(tmp_path / "jobs.json", supported_extensions=("yaml",), granularity=Granularity.MINUTE)


@pytest.mark.parametrize("address", ["https://user:secret@example.org/jobs.json", "http://example.org/jobs"])
def test_an_address_is_not_yet_supported_and_its_password_is_not_shown(address: str) -> None:
    with pytest.raises(UsageError, match="not yet supported") as caught:
        load(address)
    assert "secret" not in str(caught.value)


def test_a_directory_is_called_a_directory(tmp_path: Path) -> None:
    with pytest.raises(JobsFileError, match="found a directory"):
        load(tmp_path)


def test_all_faults_come_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = """{"jobs": [
  {"identifier": "backup", "command": "x", "cron": "61 * * * *",
   "timeout": "5 parsecs"},
  {"identifier": "b", "path": "jobs.b", "periodicty": "5m"},
  7,
  {"identifier": "backup", "command": ["x"], "manual": true}
]}"""
    lines = problems(tmp_path, text)
    assert [line.split(" ")[0] for line in lines] == [
        "jobs.json:2:52:",
        "jobs.json:3:15:",
        "jobs.json:4:3:",
        "jobs.json:4:3:",
        "jobs.json:4:41:",
        "jobs.json:5:3:",
        "jobs.json:6:18:",
    ]
    assert lines[1].startswith("jobs.json:3:15: job 'backup', timeout: '5 parsecs' has the unknown unit 'parsecs'")
    assert "job 'b', function_name: missing; path needs it" in "\n".join(lines[2:4])
    assert lines[4].endswith("job 'b', periodicty: unknown key, did you mean 'periodicity'?")
    assert "job number 3: found the number 7" in lines[5]
    assert "'backup', which job number 1 has already" in lines[6]


def test_faults_are_values_as_well(tmp_path: Path) -> None:
    (tmp_path / "jobs.json").write_text(json.dumps({"jobs": [{**SAMPLE, "catch_up": {"cap": 0}}]}), encoding="utf-8")
    with pytest.raises(FaultyJobsError) as caught:
        load(tmp_path / "jobs.json")
    (entry,) = caught.value.entries
    assert (entry.file, entry.line, entry.job, entry.field) == (str(tmp_path / "jobs.json"), 1, "job1", "catch_up.cap")
    assert entry.message == "found the number 0; accepted: a whole number, 1 or more"
    assert caught.value.problems == (str(entry),)


def test_a_fault_of_syntax_is_one_line_with_its_place(tmp_path: Path) -> None:
    assert problems(tmp_path, '{"jobs": [\n{"a": 1,}]}') == [
        'jobs.json:2:8: found a "," before "}"; accepted: no comma after the last item'
    ]
    assert problems(tmp_path, "jobs:\n\t- a", "jobs.yml") == [
        "jobs.yml:2:1: found a tab where YAML wants blanks; accepted: blanks as indentation"
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[]", 'jobs.json:1:1: found a list; accepted: an object with the key "jobs"'),
        ("null", 'jobs.json:1:1: found nothing (null); accepted: an object with the key "jobs"'),
        ("{}", "jobs.json:1:1: jobs: missing; accepted: a list of jobs"),
        ('{"jobs": {}}', "jobs.json:1:10: jobs: found an object; accepted: a list of jobs"),
        ('{"jobs": [], "job": 1}', "jobs.json:1:14: job: unknown key, did you mean 'jobs'?"),
        (
            '{"jobs": [], "zzz": 1}',
            "jobs.json:1:14: zzz: unknown key; accepted: jobs, defaults, calendars, queues, keys beginning with x-",
        ),
    ],
)
def test_the_top_of_the_file_is_an_object_with_jobs(tmp_path: Path, text: str, line: str) -> None:
    assert problems(tmp_path, text) == [line]


def test_keys_that_begin_with_x_are_the_users_own(tmp_path: Path) -> None:
    (tmp_path / "jobs.json").write_text(json.dumps({"x-a": 1, "jobs": [{**SAMPLE, "x-b": [2]}]}), encoding="utf-8")
    assert len(load(tmp_path / "jobs.json").definitions) == 1


def test_an_identifier_that_differs_only_in_case_is_refused(tmp_path: Path) -> None:
    text = json.dumps({"jobs": [{**SAMPLE, "identifier": "Straße"}, {**SAMPLE, "identifier": "STRASSE"}]})
    (line,) = problems(tmp_path, text)
    assert "job 'STRASSE', identifier: found 'STRASSE', which differs from 'Straße' of job number 1" in line


@pytest.mark.parametrize(
    ("granularity", "fields", "field"),
    [
        (Granularity.MINUTE, {"periodicity": "90s"}, "periodicity"),
        (Granularity.MINUTE, {"cron": "30 * * * * *"}, "cron"),
        (Granularity.HOUR, {"cron": ["0 * * * *", "5 * * * *"]}, "cron[1]"),
    ],
)
def test_instants_between_the_ticks_are_refused(
    tmp_path: Path, granularity: Granularity, fields: dict[str, Json], field: str
) -> None:
    job = {"identifier": "a", "command": "x", **fields}
    (tmp_path / "jobs.json").write_text(json.dumps({"jobs": [job]}), encoding="utf-8")
    with pytest.raises(FaultyJobsError) as caught:
        load(tmp_path / "jobs.json", granularity)
    assert [entry.field for entry in caught.value.entries] == [field]
    assert load(tmp_path / "jobs.json", Granularity.SECOND).definitions


def test_a_job_without_a_timeout_is_warned_about(tmp_path: Path) -> None:
    job: dict[str, Json] = {"identifier": "a", "command": "x", "manual": True}
    found = loaded(tmp_path, SAMPLE, job)
    (warning,) = found.warnings
    assert warning.endswith("job 'a', timeout: none given: no limit")


def test_a_loaded_job_and_its_fields_can_be_located(tmp_path: Path) -> None:
    (tmp_path / "jobs.yml").write_text("jobs:\n- identifier: a\n  manual: true\n  command: x\n", encoding="utf-8")
    found = load(tmp_path / "jobs.yml")
    assert found.locate("a", "command") == f"{tmp_path}/jobs.yml:4:12"
    assert found.locate("a") == found.locate("a", "path") == f"{tmp_path}/jobs.yml:2:3"
    assert str(found.entry("a", "command", "gone")) == f"{tmp_path}/jobs.yml:4:12: job 'a', command: gone"
    with pytest.raises(KeyError):
        found.locate("b")


def test_nothing_of_a_hostile_text_breaks_out_of_its_line(tmp_path: Path) -> None:
    text = json.dumps(
        {"jobs": [{"identifier": "a\nb\u2028", "x\ny": 1, "command": "\0", "manual": True, "env": {"\x1b": 1}}]}
    )
    lines = problems(tmp_path, text)
    assert len(lines) == 4
    assert all(line.isprintable() for line in lines)


def test_patterns_that_many_jobs_share_cost_what_one_does(tmp_path: Path) -> None:
    success: Json = {"output": "x" * 900}
    jobs = [{**SAMPLE, "identifier": f"a{number}", "success": success} for number in range(500)]
    assert len(loaded(tmp_path, *jobs).definitions) == 500
