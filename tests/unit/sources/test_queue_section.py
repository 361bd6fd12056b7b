"""The section queues of a jobs file, and the jobs that name its queues."""

from __future__ import annotations

from pathlib import Path

import pytest

from cron_actors.adapters.sources import FaultyJobsError, load_file
from cron_actors.model.queue import Queue
from cron_actors.settings import FILE_TYPES, Granularity


def queues(tmp_path: Path, text: str) -> list[Queue]:
    """Return the queues that a file of this text declares."""
    path = tmp_path / "jobs.yaml"
    path.write_text(text, encoding="utf-8")
    loaded = load_file(path, supported_extensions=FILE_TYPES, granularity=Granularity.MINUTE)
    return [declared.queue for declared in loaded.queues]


def problems(tmp_path: Path, text: str) -> list[str]:
    """Return the lines about a file, without its name."""
    with pytest.raises(FaultyJobsError) as caught:
        queues(tmp_path, text)
    return [line.removeprefix(f"{tmp_path / 'jobs.yaml'}:") for line in caught.value.problems]


def test_a_file_may_declare_queues_and_no_jobs(tmp_path: Path) -> None:
    found = queues(tmp_path, "queues:\n  mail: {parallelism: 4}\n  high: {weight: 16}\njobs: []\n")
    assert [(queue.name, queue.parallelism, queue.weight) for queue in found] == [("mail", 4, 8), ("high", None, 16)]


@pytest.mark.parametrize(
    ("entry", "line"),
    [
        ("{paralelism: 4}", "1:17: queues.mail.paralelism: unknown key, did you mean 'parallelism'?"),
        (
            "{weight: 3, priority_level: 3}",
            "1:28: queues.mail.priority_level: stands beside weight; accepted: one or the other",
        ),
        (
            "{rate_limit: often}",
            "1:29: queues.mail.rate_limit: found 'often'; accepted: how many runs in what time, such as 10/1m",
        ),
        (
            "{backoff: slow}",
            "1:26: queues.mail.backoff: found the text 'slow'; accepted: none, no_backoff, linear, exponential",
        ),
        (
            "{backoff: {factor: 0}}",
            "1:35: queues.mail.backoff.factor: found the number 0; accepted: a number from 1 to 1000",
        ),
        (
            "{poll_interval: 5}",
            (
                "1:32: queues.mail.poll_interval: found the number 5;"
                " accepted: a whole number and a unit, such as 90s, 5m, 1h30m"
            ),
        ),
        (
            "{isolation: reused}",
            "1:28: queues.mail.isolation: found the text 'reused', did you mean 'reuse'?; accepted: fresh, reuse",
        ),
        ("[]", "1:16: queues.mail: found a list; accepted: an object of what the queue is to be"),
        (
            "{min_workers: 5, parallelism: 4}",
            "1:30: queues.mail.min_workers: found 5, more than the parallelism of 4; accepted: at most as many",
        ),
    ],
)
def test_what_is_wrong_with_a_queue_is_said_once_with_its_place(tmp_path: Path, entry: str, line: str) -> None:
    assert problems(tmp_path, f"queues: {{mail: {entry}}}\njobs: []\n") == [line]


@pytest.mark.parametrize("name", [".mail", "a/b", "q" * 65, " mail"])
def test_a_name_that_is_not_safe_as_a_name_of_a_file_is_refused_once(tmp_path: Path, name: str) -> None:
    [line] = problems(tmp_path, f"queues: {{{name!r}: {{}}}}\njobs: []\n")
    assert "accepted: 1 to 64 characters, safe as a file name" in line


@pytest.mark.parametrize("other", ["low", "mail"])
def test_a_name_that_another_queue_has_but_for_the_case_of_its_letters_is_refused(tmp_path: Path, other: str) -> None:
    [line] = problems(tmp_path, f"queues: {{mail: {{}}, {other.upper()}: {{weight: 3}}}}\njobs: []\n")
    assert line == (
        f"1:20: queues.{other.upper()}: found '{other.upper()}', which differs from the queue '{other}' only in its"
        " spelling; accepted: a name of its own, whatever the case of its letters"
    )


def test_all_faults_of_queues_and_jobs_are_told_at_once(tmp_path: Path) -> None:
    job = "{identifier: a, command: x, manual: true, priority: 1001, max_attempts: 0, backoff: {jitter: 2}}"
    found = problems(tmp_path, f"queues: {{mail: {{weight: 0}}}}\njobs: [{job}]\n")
    assert [line.partition(": found")[0].partition(": ")[2] for line in found] == [
        "queues.mail.weight",
        "job 'a', priority",
        "job 'a', max_attempts",
        "job 'a', backoff.jitter",
    ]
