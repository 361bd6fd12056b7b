"""Whatever bytes a jobs file holds, loading ends in jobs or in lines about the file."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cron_actors.adapters.sources import FaultyJobsError, load_file
from cron_actors.adapters.sources.document import SyntaxFault
from cron_actors.adapters.sources.json_text import read_json
from cron_actors.adapters.sources.yaml_text import read_yaml
from cron_actors.model.job import Json
from cron_actors.settings import FILE_TYPES, Granularity

JOBS: dict[str, Json] = {
    "jobs": [
        {"identifier": "a", "path": "jobs", "function_name": "f", "periodicity": "5m", "kwargs": {"é": [1.5, None]}},
        {"identifier": "b", "command": ["x"], "cron": ["H 4 * * 1-5"], "timezone": "Europe/Berlin", "env": {"A": "1"}},
        {"identifier": "c", "command": "x", "manual": True, "catch_up": {"policy": "all", "cap": 3}},
    ]
}
SEEDS = {
    "json": json.dumps(JOBS, indent=1, ensure_ascii=False).encode(),
    "yaml": yaml.safe_dump(JOBS, allow_unicode=True).encode(),
}
FRAGMENTS = [
    *(b"{ } [ ] , : \" ' - & * ! !! | > % @ # ? << --- ... &a *a ~ 0777 22:22 -1 1e9 \\ \\ud800 \\u0000".split()),
    *(b"null true yes identifier timeout cron jobs x- 5m".split()),
    *(b"\n", b"\t", b" ", b"\r", b"\0", b"\xff", b"\xef\xbb\xbf", b"\xe2\x80\xa8", b"\xf0\x9f\x98\x80"),
]


@st.composite
def mutations(draw: st.DrawFn, seed: bytes) -> bytes:
    """Return the seed with some stretches replaced by fragments, copies of other stretches or nothing."""
    content = seed
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(content)))
        end = draw(st.integers(start, min(len(content), start + 20)))
        new = draw(st.sampled_from(FRAGMENTS) | st.binary(max_size=3) | st.just(content[end : end + 15]) | st.just(b""))
        content = content[:start] + new + content[end:]
    return content[: draw(st.sampled_from([len(content), len(content) // 2]))]


def survives(extension: str, content: bytes) -> None:
    """Load the content; anything but jobs or printable lines about the file is a defect."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"jobs.{extension}"
        path.write_bytes(content)
        lines: tuple[str, ...] = (str(path),)
        try:
            load_file(path, supported_extensions=FILE_TYPES, granularity=Granularity.MINUTE)
        except FaultyJobsError as error:
            lines = error.problems
    assert lines
    assert all(line.startswith(str(path)) and line.isprintable() for line in lines)


@given(st.sampled_from(["json", "yaml"]), st.binary(max_size=60))
@settings(max_examples=150, deadline=None)
@example("yaml", b"\xc2\x85")
@example("yaml", b"? ")
@example("json", b'{"jobs": [{"identifier": "\\ud800"}]}')
def test_random_bytes_end_in_jobs_or_in_lines(extension: str, content: bytes) -> None:
    survives(extension, content)


@given(mutations(SEEDS["json"]))
@settings(max_examples=150, deadline=None)
def test_damaged_json_ends_in_jobs_or_in_lines(content: bytes) -> None:
    survives("json", content)


@given(mutations(SEEDS["yaml"]))
@settings(max_examples=150, deadline=None)
def test_damaged_yaml_ends_in_jobs_or_in_lines(content: bytes) -> None:
    survives("yaml", content)


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
NUMBERS = st.integers(-(10**30), 10**30) | st.floats(allow_nan=False, allow_infinity=False)
VALUES: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@given(VALUES, st.booleans(), st.sampled_from([None, 1]))
@settings(max_examples=200, deadline=None)
def test_json_is_read_as_the_standard_library_reads_it(value: Json, escaped: bool, indent: int | None) -> None:  # noqa: FBT001 - drawn
    text = json.dumps(value, ensure_ascii=escaped, indent=indent)
    document = read_json(text)
    assert repr(document.value) == repr(json.loads(text))
    assert document.faults == ()


@given(VALUES)
@settings(max_examples=200, deadline=None)
def test_every_part_of_a_json_text_is_found_where_it_stands(value: Json) -> None:
    text = json.dumps(value, indent=1, ensure_ascii=False)
    document = read_json(text)
    decoder = json.JSONDecoder()
    pending: list[tuple[tuple[str | int, ...], Json]] = [((), value)]
    while pending:
        pointer, part = pending.pop()
        assert repr(decoder.raw_decode(text, document.offset(pointer))[0]) == repr(part)
        if isinstance(part, dict):
            for key, item in part.items():
                assert decoder.raw_decode(text, document.offset((*pointer, key), at_key=True))[0] == key
                pending.append(((*pointer, key), item))
        elif isinstance(part, list):
            pending += [((*pointer, index), item) for index, item in enumerate(part)]


def is_json(text: str) -> bool:
    """Say whether the standard library reads the text and finds only finite numbers in it."""
    try:
        return "inf" not in repr(json.loads(text))
    except ValueError:
        return False


@given(st.text('ab"\\{}[]:,0123456789.eE+-truefalsn \n/u', max_size=25))
@settings(max_examples=400, deadline=None)
@example("[1e999]")
@example('{"a": -0.0e-1, "b": [true]}')
def test_a_text_is_refused_if_and_only_if_the_standard_library_refuses_it(text: str) -> None:
    if is_json(text):
        read_json(text)
    else:
        with pytest.raises(SyntaxFault, match="accepted: "):
            read_json(text)


WORDS: st.SearchStrategy[Json] = st.recursive(
    TEXTS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4), max_leaves=12
)


@given(WORDS)
@settings(max_examples=150, deadline=None)
def test_yaml_with_every_text_in_quotes_is_read_back(value: Json) -> None:
    document = read_yaml(yaml.safe_dump(value, default_style='"'))
    assert document.value == value
    assert document.faults == ()
