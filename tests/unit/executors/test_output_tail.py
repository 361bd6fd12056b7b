"""The last output of an attempt."""

from __future__ import annotations

from pathlib import Path
from tempfile import NamedTemporaryFile

from hypothesis import given
from hypothesis import strategies as st

from cron_actors.adapters.executors.output_tail import log_size, output_tail


@given(before=st.text(max_size=30), text=st.text(max_size=30), times=st.integers(1, 400))
def test_the_tail_is_the_end_of_what_was_written_since(before: str, text: str, times: int) -> None:
    with NamedTemporaryFile() as file:
        log = Path(file.name)
        log.write_bytes(before.encode())
        start = log_size(str(log))
        log.write_bytes((before + text * times).encode())
        assert output_tail(str(log), start) == (text * times)[-2000:]


def test_bytes_that_are_no_text_are_shown_as_such(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"ok \xff\xfe\n")
    assert output_tail(str(log), 0) == "ok \ufffd\ufffd\n"


def test_a_log_cut_short_meanwhile_has_no_tail(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"cut")
    assert output_tail(str(log), 1_000) == ""


def test_a_missing_log_has_size_zero_and_no_tail(tmp_path: Path) -> None:
    assert log_size(str(tmp_path / "none")) == 0
    assert output_tail(str(tmp_path / "none"), 0) == ""
