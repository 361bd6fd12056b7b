"""Whatever bytes a jobs file holds, loading ends in jobs or in lines about the file."""

from __future__ import annotations

import io
import json
import tempfile
from contextlib import redirect_stderr, redirect_stdout
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cron_actors.adapters.sources.document import SyntaxFault
from cron_actors.adapters.sources.json_text import read_json, scan_json
from cron_actors.adapters.sources.yaml_text import read_yaml, scan_yaml
from cron_actors.cli.program import run_program
from cron_actors.cli.surroundings import Surroundings
from cron_actors.model.job import Json

JOBS: dict[str, Json] = {
    "defaults": {"timeout": "1h", "env": {"A": "1", "B": "2"}, "catch_up": {"within": "2h"}, "shell": "/bin/bash"},
    "calendars": {
        "holidays": {"dates": ["2027-01-01", "2027-12-24..2027-12-26", {"from": "2027-08-02", "to": "2027-08-20"}]},
        "weekend": {"weekdays": ["sat", "sun"]},
    },
    "queues": {
        "mail": {"parallelism": 4, "rate_limit": "10/1m", "backoff": {"initial": "5s", "factor": 1.5, "jitter": 0.1}},
        "high": {"weight": 16, "min_workers": 2, "isolation": "reuse", "recycle": {"runs": 9, "memory": "64MB"}},
    },
    "jobs": [
        {"identifier": "a", "command": "x", "periodicity": "5m", "exclude": "holidays", "x-é": [1.5, None]},
        {"identifier": "b", "command": ["x"], "cron": ["H 4 * * 1-5"], "timezone": "Europe/Berlin", "env": {"A": None}},
        {"identifier": "c", "command": "x", "manual": True, "catch_up": "all", "timeout": None},
        {
            "identifier": "d",
            "command": "x",
            "cron": "15 3 LW * *",
            "start_date": "2027-01-01",
            "end_date": "2027-06-30",
            "dst": {"missing": "skip", "repeated": "last"},
            "exclude": ["holidays", "weekend"],
            "overlap": "queue_one",
            "limits": {"memory": "512MB", "cpu": "10m", "open_files": 256, "nice": 5},
            "success": {"exit_codes": [0, "10-20"], "output": "done"},
            "retention": {"count": 5, "age": "30 days", "size": "100MB"},
            "umask": "027",
        },
        {
            "identifier": "e",
            "command": "x",
            "manual": True,
            "queue": "mail",
            "priority": -5,
            "max_attempts": 5,
            "backoff": "linear",
            "on_success": ["a", "b"],
            "on_failure": "c",
        },
    ],
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


def validated(path: Path) -> tuple[int, list[str]]:
    """Return the exit code of ``validate`` and the lines it wrote on standard error."""
    around = Surroundings(
        environ={},
        now=lambda: datetime(2027, 1, 1, tzinfo=UTC),
        pause=lambda _: None,
        open_reader=lambda _: None,
        open_mailbox=lambda _: pytest.fail("nothing is asked of a daemon"),
    )
    said = io.StringIO()
    with redirect_stderr(said), redirect_stdout(io.StringIO()):
        code = run_program(("validate", str(path)), around)
    return code, said.getvalue().splitlines()


def survives(extension: str, content: bytes) -> None:
    """Validate the content; anything but success or printable lines about the file is a defect."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"jobs.{extension}"
        path.write_bytes(content)
        code, lines = validated(path)
    assert code in (0, 2), lines
    told = [line for line in lines if not line.startswith("cron-actors: warning: ")]
    assert bool(told) == (code == 2)
    assert all(line.startswith(f"cron-actors: {path}") for line in told)
    assert all(line.isprintable() for line in lines)


@pytest.mark.parametrize("extension", ["json", "yaml"])
def test_what_is_damaged_below_is_sound_before(extension: str, tmp_path: Path) -> None:
    path = tmp_path / f"jobs.{extension}"
    path.write_bytes(SEEDS[extension])
    assert validated(path)[0] == 0


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


@given(st.sampled_from(["json", "yaml"]).flatmap(lambda kind: st.tuples(st.just(kind), mutations(SEEDS[kind]))))
@settings(max_examples=300, deadline=None)
def test_the_fast_readers_and_the_thorough_ones_read_the_same(case: tuple[str, bytes]) -> None:
    kind, content = case
    read, scan = (read_json, scan_json) if kind == "json" else (read_yaml, scan_yaml)
    text = content.decode(errors="replace")
    try:
        thorough = scan(text)
    except SyntaxFault as fault:
        with pytest.raises(SyntaxFault) as caught:
            read(text)
        assert (caught.value.message, caught.value.offset) == (fault.message, fault.offset)  # noqa: PT017 - compared with that of the other reader
    except Exception:  # noqa: BLE001 - control characters are refused before
        with pytest.raises(SyntaxFault):
            read(text)
    else:
        document = read(text)
        assert repr(document.value) == repr(thorough.value)
        assert document.faults == thorough.faults
        assert document.place == thorough.place
