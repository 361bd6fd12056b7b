"""What jobs and queues of one source, or of several, say of each other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cron_actors.adapters.sources import (
    FaultyJobsError,
    JobsFiles,
    LoadedJobs,
    Manner,
    load_files,
    load_mapping,
    read_files,
    source_of,
)
from cron_actors.settings import FILE_TYPES, Granularity

MANNER = Manner(supported_extensions=FILE_TYPES, granularity=Granularity.MINUTE)


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def job(identifier: str, **keys: object) -> dict[str, object]:
    return {"identifier": identifier, "command": "x", "manual": True, **keys}


def write(name: str, *jobs: dict[str, object], **queues: dict[str, Any]) -> str:
    """Write a file of these jobs and queues."""
    Path(name).write_text(json.dumps({"queues": queues, "jobs": jobs}), encoding="utf-8")
    return name


def load(*names: str, manner: Manner = MANNER) -> list[LoadedJobs]:
    return load_files(JobsFiles(names=names), manner)


def problems(*names: str, manner: Manner = MANNER) -> list[str]:
    with pytest.raises(FaultyJobsError) as caught:
        load(*names, manner=manner)
    return list(caught.value.problems)


def in_memory(*jobs: dict[str, object], workers: int = 200, **queues: dict[str, Any]) -> list[str]:
    """Return the faults of a mapping."""
    mapping = {"queues": queues, "jobs": jobs}
    with pytest.raises(FaultyJobsError) as caught:
        load_mapping(mapping, folder=Path.cwd(), granularity=Granularity.MINUTE, workers=workers)
    return list(caught.value.problems)


@pytest.mark.parametrize("queue", ["wait_room", "low", "default", "high", "critical", "mail"])
def test_a_job_may_wait_in_a_built_in_queue_or_in_one_of_any_file(queue: str) -> None:
    first, _ = load(write("a.json", job("a", queue=queue)), write("b.json", mail={}))
    assert first.definitions[0].job.queue == queue


def test_a_queue_that_nobody_declares_is_refused_with_the_one_that_was_meant() -> None:
    assert problems(write("a.json", job("a"), job("b", queue="mial"), mail={})) == [
        (
            "a.json:1:149: job 'b', queue: found 'mial', did you mean 'mail'?; accepted: a queue:"
            " wait_room, low, default, high, critical, mail"
        )
    ]


def test_a_chain_to_a_job_that_is_not_there_is_refused_with_the_one_that_was_meant() -> None:
    assert in_memory(job("load", on_success=["report", "repotr"]), job("report")) == [
        (
            "jobs[0].on_success: job 'load', on_success: found 'repotr', did you mean 'report'?;"
            " accepted: the identifier of a job of these jobs files"
        )
    ]


def test_chains_may_lead_to_jobs_of_other_files_and_meet_again() -> None:
    names = [
        write("a.json", job("a", on_success=["b", "c"], on_failure="d")),
        write("b.json", job("b", on_success="d"), job("c", on_success="d"), job("d")),
    ]
    assert [len(loaded.definitions) for loaded in load(*names)] == [1, 3]


def test_a_circle_of_chains_is_refused_by_the_names_of_its_jobs() -> None:
    jobs = [job("a", on_success="b"), job("b", on_failure=["c"]), job("c", on_success="b"), job("d", on_success="a")]
    assert in_memory(*jobs) == [
        (
            "jobs[1].on_failure: job 'b', on_failure: found a circle of jobs that start each other: b → c → b;"
            " accepted: chains that end"
        )
    ]


def test_a_job_that_follows_itself_is_refused() -> None:
    assert in_memory(job("a", on_failure="a")) == [
        "jobs[0].on_failure: job 'a', on_failure: found 'a', which is this job; accepted: another job"
    ]


def test_one_queue_declared_alike_in_two_files_is_no_fault_and_declared_differently_it_is() -> None:
    write("a.json", mail={"weight": 3})
    assert len(load("a.json", write("b.json", mail={"weight": 3, "x-owner": "shop"}))) == 2
    assert problems("a.json", write("b.json", mail={"weight": 4})) == [
        (
            "b.json:1:13: queues.mail: found another queue of this name than a.json:1:13 declares;"
            " accepted: the same entry, or one of them"
        )
    ]


def test_minimums_of_files_beyond_all_workers_are_refused_at_the_greatest() -> None:
    [line] = in_memory(workers=24, mail={"min_workers": 3}, bulk={"min_workers": 4})
    assert line.startswith("queues.bulk.min_workers: ")
    assert line.endswith("accepted: at most MAX_WORKERS, which is 24")


def test_what_is_built_in_gives_way_where_there_are_few_workers() -> None:
    mapping = {"queues": {"mail": {"parallelism": 1}}, "jobs": []}
    assert load_mapping(mapping, folder=Path.cwd(), granularity=Granularity.MINUTE, workers=1).queues


def earlier_of(*names: str) -> dict[str, LoadedJobs]:
    return {loaded.source: loaded for loaded in load(*names)}


def test_a_file_whose_jobs_name_a_queue_that_is_not_there_keeps_the_jobs_it_had() -> None:
    earlier = earlier_of(write("a.json", job("a")), write("b.json", mail={}))
    reading = read_files([write("a.json", job("a", queue="mial")), "b.json"], MANNER, earlier)
    assert list(reading.faults) == [source_of("a.json")]
    assert reading.jobs[source_of("a.json")] is earlier[source_of("a.json")]


def test_a_file_that_gives_up_a_queue_which_another_needs_keeps_it() -> None:
    earlier = earlier_of(write("a.json", job("a", queue="mail")), write("b.json", mail={}))
    unchanged = {source_of("a.json")}
    reading = read_files(["a.json", write("b.json")], MANNER, earlier, unchanged=unchanged)
    assert list(reading.faults) == [source_of("b.json")]
    assert [declared.queue.name for declared in reading.jobs[source_of("b.json")].queues] == ["mail"]


def test_a_job_whose_queue_went_with_its_file_is_named_and_goes_on() -> None:
    earlier = earlier_of(write("a.json", job("a", queue="mail")), write("b.json", mail={}))
    reading = read_files(["a.json"], MANNER, earlier, unchanged={source_of("a.json")})
    assert list(reading.faults) == [source_of("a.json")]
    assert reading.jobs[source_of("a.json")] is earlier[source_of("a.json")]


def test_a_circle_over_two_files_is_a_fault_of_the_one_that_changed() -> None:
    earlier = earlier_of(write("a.json", job("a", on_success="b")), write("b.json", job("b")))
    changed = write("b.json", job("b", on_success="a"))
    reading = read_files(["a.json", changed], MANNER, earlier, unchanged={source_of("a.json")})
    assert list(reading.faults) == [source_of("b.json")]
    assert "a → b → a" in str(reading.faults[source_of("b.json")])


def test_at_a_start_what_a_faulty_file_may_declare_is_not_missed() -> None:
    Path("b.json").write_text("{", encoding="utf-8")
    [line] = problems(write("a.json", job("a", queue="mail")), "b.json")
    assert line.startswith("b.json:")
