"""Several jobs files: which they are, what they may not share, and what stays when one of them is faulty."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cron_actors.adapters.sources import (
    FaultyJobsError,
    JobsFiles,
    Manner,
    jobs_files,
    load_files,
    paths_in,
    read_files,
    source_of,
)
from cron_actors.adapters.sources.loaded_jobs import LoadedJobs
from cron_actors.adapters.sources.problem_lines import MOST_LINES
from cron_actors.settings import FILE_TYPES, Granularity

MANNER = Manner(supported_extensions=FILE_TYPES, granularity=Granularity.MINUTE)


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(name: str, *identifiers: str, **keys: Any) -> str:  # noqa: ANN401 # keys of a job
    """Write a file of manual jobs."""
    jobs = [{"identifier": identifier, "command": "x", "manual": True, **keys} for identifier in identifiers]
    Path(name).write_text(json.dumps({"jobs": jobs}), encoding="utf-8")
    return name


def jobs_of(loaded: dict[str, LoadedJobs] | Any) -> dict[str, list[str]]:  # noqa: ANN401 # a mapping
    """Return the identifiers in each file, by its name."""
    return {Path(source).name: [item.job.identifier for item in one.definitions] for source, one in loaded.items()}


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("jobs.json", ("jobs.json",)),
        ("a.json:b.yaml:/etc/jobs.d", ("a.json", "b.yaml", "/etc/jobs.d")),
        ("a.json::b.yaml:", ("a.json", "b.yaml")),
        ("https://host/jobs", ("https://host/jobs",)),
        ("a.json:https://host/jobs", ("a.json", "https://host/jobs")),
        (":", (":",)),
    ],
)
def test_the_text_of_the_variable_holds_one_path_or_several(text: str, paths: tuple[str, ...]) -> None:
    assert paths_in(text) == paths


def test_a_path_that_exists_as_it_is_written_is_not_parted() -> None:
    assert paths_in(write("a:b.json")) == ("a:b.json",)


def test_of_a_directory_count_the_visible_files_of_supported_types_by_name(tmp_path: Path) -> None:
    folder = tmp_path / "jobs.d"
    (folder / "deeper.json").mkdir(parents=True)
    for name in ("b.json", "a.YAML", "c.yml", ".hidden.json", "notes.txt", "b.json~", "a.yaml.bak"):
        (folder / name).touch()
    assert jobs_files(["jobs.d"], FILE_TYPES).names == ("jobs.d/a.YAML", "jobs.d/b.json", "jobs.d/c.yml")
    assert jobs_files(["jobs.d"], ["yml"]).names == ("jobs.d/c.yml",)


def test_a_link_that_leads_nowhere_is_a_fault_of_its_own_and_not_of_its_directory(tmp_path: Path) -> None:
    write("a.json", "a")
    (tmp_path / "loop.json").symlink_to("loop.json")
    (tmp_path / "gone.json").symlink_to("nowhere")
    found = jobs_files([str(tmp_path)], FILE_TYPES)
    assert [Path(name).name for name in found.names] == ["a.json", "gone.json", "loop.json"]
    reading = read_files(found.names, MANNER)
    assert {Path(name).name for name in reading.faults} == {"gone.json", "loop.json"}
    assert [Path(name).name for name in reading.jobs] == ["a.json"]


def test_a_file_that_is_named_twice_counts_once(tmp_path: Path) -> None:
    write("a.json", "a")
    found = jobs_files(["a.json", str(tmp_path), "./a.json"], FILE_TYPES)
    assert found.names == ("a.json",)


def test_a_directory_without_jobs_files_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    found = jobs_files(["empty"], FILE_TYPES)
    assert (found.names, found.empty) == ((), ("empty",))
    with pytest.raises(FaultyJobsError, match=r"^empty: found no jobs file in this directory; accepted: "):
        load_files(found, MANNER)


def test_the_jobs_of_all_files_are_loaded_in_order_each_file_with_its_own_defaults() -> None:
    names = [write("b.json", "b"), write("a.json", "a", "c")]
    Path("d.json").write_text('{"defaults": {"timeout": "1m"}, "jobs": []}', encoding="utf-8")
    loaded = load_files(JobsFiles(names=(*names, "d.json")), MANNER)
    assert [one.name for one in loaded] == ["b.json", "a.json", "d.json"]
    assert [item.job.identifier for one in loaded for item in one.definitions] == ["b", "a", "c"]
    assert all(item.job.timeout is None for one in loaded for item in one.definitions)


def test_a_job_of_two_files_is_refused_with_both_places() -> None:
    names = [write("a.json", "first", "Backup"), write("b.json", "backup")]
    with pytest.raises(FaultyJobsError) as caught:
        load_files(JobsFiles(names=tuple(names)), MANNER)
    [line] = caught.value.problems
    assert line == (
        "b.json:1:26: job 'backup', identifier: found 'backup', which a.json:1:83 has already as 'Backup';"
        " accepted: an identifier of its own for each job of all files"
    )


def test_all_errors_of_all_files_come_at_once() -> None:
    names = [write("a.json", "a", overlap="skp"), write("b.json", "b", "b"), "none.json"]
    with pytest.raises(FaultyJobsError) as caught:
        load_files(JobsFiles(names=tuple(names)), MANNER)
    assert [line.split(":")[0] for line in caught.value.problems] == ["a.json", "b.json", "none.json"]


def test_a_hundred_errors_are_shown_and_the_others_are_counted() -> None:
    Path("a.json").write_text(json.dumps({"jobs": [1] * 150}), encoding="utf-8")
    with pytest.raises(FaultyJobsError) as caught:
        load_files(JobsFiles(names=("a.json",)), MANNER)
    assert len(caught.value.entries) == 150
    assert len(caught.value.problems) == MOST_LINES + 1
    assert caught.value.problems[-1] == "and 50 more errors"


def test_a_file_with_far_too_many_errors_is_not_looked_through_to_its_end() -> None:
    Path("a.json").write_text(json.dumps({"jobs": [1] * 100_000}), encoding="utf-8")
    with pytest.raises(FaultyJobsError) as caught:
        load_files(JobsFiles(names=("a.json",)), MANNER)
    assert len(caught.value.entries) < 2_000
    assert caught.value.problems[-1].startswith("and at least ")


def earlier_of(*names: str) -> dict[str, LoadedJobs]:
    return {loaded.source: loaded for loaded in load_files(JobsFiles(names=tuple(names)), MANNER)}


def test_a_faulty_file_keeps_the_jobs_it_had_and_the_others_go_on() -> None:
    names = [write("a.json", "a"), write("b.json", "b")]
    earlier = earlier_of(*names)
    Path("a.json").write_text("{", encoding="utf-8")
    write("b.json", "b", "new")
    reading = read_files(names, MANNER, earlier)
    assert jobs_of(reading.jobs) == {"a.json": ["a"], "b.json": ["b", "new"]}
    assert list(reading.faults) == [source_of("a.json")]


def test_a_file_that_is_not_unchanged_is_read_and_one_that_is_not_is_left_alone() -> None:
    names = [write("a.json", "a"), write("b.json", "b")]
    earlier = earlier_of(*names)
    write("a.json", "changed")
    write("b.json", "changed too")
    reading = read_files(names, MANNER, earlier, unchanged={source_of("a.json")})
    assert jobs_of(reading.jobs) == {"a.json": ["a"], "b.json": ["changed too"]}


def test_a_job_moves_from_one_file_to_another() -> None:
    names = [write("a.json", "a", "moved"), write("b.json", "b")]
    earlier = earlier_of(*names)
    write("a.json", "a")
    write("b.json", "b", "moved")
    reading = read_files(names, MANNER, earlier)
    assert jobs_of(reading.jobs) == {"a.json": ["a"], "b.json": ["b", "moved"]}
    assert reading.faults == {}


@pytest.mark.parametrize(("changed", "unchanged"), [("a.json", "b.json"), ("b.json", "a.json")])
def test_of_two_files_that_name_one_job_the_one_that_changed_gives_way(changed: str, unchanged: str) -> None:
    names = [write("a.json", "a"), write("b.json", "b")]
    earlier = earlier_of(*names)
    write(changed, "x", unchanged[0])
    reading = read_files(names, MANNER, earlier, unchanged={source_of(unchanged)})
    assert jobs_of(reading.jobs) == {"a.json": ["a"], "b.json": ["b"]}
    [(source, fault)] = reading.faults.items()
    assert source == source_of(changed)
    assert unchanged in fault.problems[0]


def test_a_file_that_gives_way_may_make_another_one_give_way() -> None:
    names = [write("a.json", "a"), write("b.json", "b"), write("c.json", "c")]
    earlier = earlier_of(*names)
    write("b.json", "a")  # gives way to a.json, so b.json has b again
    write("c.json", "b")  # and gives way to that
    reading = read_files(names, MANNER, earlier, unchanged={source_of("a.json")})
    assert jobs_of(reading.jobs) == {"a.json": ["a"], "b.json": ["b"], "c.json": ["c"]}
    assert len(reading.faults) == 2


def test_a_new_file_that_names_a_job_of_another_has_no_jobs() -> None:
    earlier = earlier_of(write("b.json", "b"))
    reading = read_files([write("a.json", "b"), "b.json"], MANNER, earlier, unchanged=earlier.keys())
    assert jobs_of(reading.jobs) == {"b.json": ["b"]}


def test_what_an_earlier_reading_found_sound_is_the_same_definition() -> None:
    names = [write("a.json", "a", "b")]
    earlier = earlier_of(*names)
    write("a.json", "new", "b")
    [reading] = read_files(names, MANNER, earlier).jobs.values()
    [before] = earlier.values()
    assert reading.definitions[1] is before.definitions[1]
    assert reading.definitions[0].job.identifier == "new"
