"""The text of a jobs file: readable, and read as what was written."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cron_actors.adapters.sources.json_text import read_json
from cron_actors.adapters.sources.writing import json_of_jobs, yaml_of_jobs
from cron_actors.adapters.sources.yaml_text import read_yaml
from cron_actors.model.job import Json

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
JOBS = st.lists(
    st.fixed_dictionaries(
        {"identifier": TEXTS, "env": st.dictionaries(TEXTS, TEXTS, min_size=1, max_size=3)},
        optional={"command": TEXTS, "stdin": TEXTS, "at_startup": st.just(True)},  # noqa: FBT003 - a value
    ),
    max_size=3,
)


def test_yaml_is_written_as_people_write_it() -> None:
    content: dict[str, Json] = {
        "defaults": {"timezone": "UTC", "env": {"PATH": "/bin"}},
        "jobs": [
            {"identifier": "a", "cron": "*/5 * * * *", "stdin": "one\ntwo\n", "x-crontab": "*/5 * * * * a%one%two"},
            {"identifier": "b", "cron": "30 4 * * *", "command": f"echo {'long ' * 100}"},
        ],
    }
    assert yaml_of_jobs(content) == (
        "defaults:\n"
        "  timezone: UTC\n"
        "  env:\n"
        "    PATH: /bin\n"
        "\n"
        "jobs:\n"
        "  - identifier: a\n"
        "    cron: '*/5 * * * *'\n"
        "    stdin: |\n"
        "      one\n"
        "      two\n"
        "    x-crontab: '*/5 * * * * a%one%two'\n"
        "\n"
        "  - identifier: b\n"
        "    cron: 30 4 * * *\n"
        f"    command: 'echo {'long ' * 100}'\n"
    )


def test_no_jobs_are_an_empty_list() -> None:
    assert yaml_of_jobs({"jobs": []}) == "jobs: []\n"


@pytest.mark.parametrize(
    "text",
    ["", "1e5", "0777", "0o17", "22:22", "yes", "null", "~", "1_000", ".5", "2026-11-21", "=", "<<", "- a", "a: b"],
)
def test_text_that_looks_like_something_else_is_quoted(text: str) -> None:
    jobs: list[Json] = [{"identifier": "a", "env": {"A": text}}]
    assert read_yaml(yaml_of_jobs({"jobs": jobs})).value == {"jobs": jobs}


@given(JOBS)
@example([{"identifier": "a", "stdin": "\n", "env": {"A": "b\n\n"}, "command": "true"}])
@example([{"identifier": "a", "env": {"A": "x\x85\u2028y\n"}, "stdin": " \n a\n\n", "command": "\t#\x07\ufffe"}])
def test_what_is_written_is_read_again(jobs: list[Json]) -> None:
    content: dict[str, Json] = {"defaults": {"env": {"A": "1"}}, "jobs": jobs}
    yaml, json = read_yaml(yaml_of_jobs(content)), read_json(json_of_jobs(content))
    assert (yaml.value, yaml.faults) == (content, ())
    assert (json.value, json.faults) == (content, ())
