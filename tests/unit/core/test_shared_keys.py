"""What all jobs of a new jobs file say alike."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cron_actors.core.job_defaults import merged
from cron_actors.core.shared_keys import jobs_file
from cron_actors.model.job import Json

VALUES = st.sampled_from(["a", "b"])
JOBS = st.lists(
    st.fixed_dictionaries(
        {"command": VALUES, "timezone": VALUES, "env": st.dictionaries(st.sampled_from("ABC"), VALUES)},
        optional={"user": VALUES, "shell": VALUES, "x-mailto": VALUES, "cron": VALUES, "catch_up": VALUES},
    ),
    max_size=4,
)


def test_what_all_jobs_share_is_said_once() -> None:
    jobs: list[dict[str, Json]] = [
        {"identifier": "a", "timezone": "UTC", "env": {"PATH": "/bin", "HOME": "/root"}, "user": "root"},
        {"identifier": "b", "timezone": "UTC", "env": {"PATH": "/bin", "HOME": "/home"}},
    ]
    assert jobs_file(jobs) == {
        "defaults": {"timezone": "UTC", "env": {"PATH": "/bin"}},
        "jobs": [
            {"identifier": "a", "env": {"HOME": "/root"}, "user": "root"},
            {"identifier": "b", "env": {"HOME": "/home"}},
        ],
    }


def test_a_single_job_says_all_itself() -> None:
    assert jobs_file([{"identifier": "a", "timezone": "UTC"}]) == {"jobs": [{"identifier": "a", "timezone": "UTC"}]}


def test_without_anything_in_common_there_are_no_defaults() -> None:
    jobs: list[dict[str, Json]] = [{"identifier": "a", "timezone": "UTC"}, {"identifier": "b"}]
    assert jobs_file(jobs) == {"jobs": jobs}
    assert jobs_file([]) == {"jobs": []}


@given(JOBS)
def test_with_their_defaults_the_jobs_are_what_they_were(jobs: list[dict[str, Json]]) -> None:
    content = jobs_file(jobs)
    rest, defaults = content["jobs"], content.get("defaults", {})
    assert isinstance(rest, list)
    assert isinstance(defaults, dict)
    again = [merged(job, defaults) for job in rest if isinstance(job, dict)]
    assert [{"env": {}, **job} for job in again] == [{"env": {}, **job} for job in jobs]
