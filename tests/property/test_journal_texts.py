from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from cron_actors.adapters.stores.sqlite.changes import LONGEST_ERROR, changes_of, text_of
from cron_actors.adapters.stores.sqlite.rows import micros, storable
from cron_actors.messages import RunChanged
from cron_actors.model.run import Cause, Outcome, RunState

TEXTS = st.text(max_size=20)
ODD_TEXTS = st.text(st.characters(), max_size=20)  # what UTF-8 cannot hold, too
MOMENTS = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 # they get UTC
LENGTHS = st.timedeltas(timedelta(days=-400), timedelta(days=400))
CHANGES = st.builds(
    RunChanged,
    run_id=st.integers(1, 2**63 - 1),
    job=TEXTS,
    due_at=MOMENTS,
    last_due_at=MOMENTS,
    count=st.integers(1, 2**63 - 1),
    cause=st.sampled_from(Cause),
    state=st.sampled_from(RunState),
    reason=st.none() | TEXTS,
    attempt=st.integers(0, 1000),
    at=MOMENTS,
    outcome=st.none() | st.sampled_from(Outcome),
    error=st.none() | ODD_TEXTS | st.text(min_size=LONGEST_ERROR, max_size=LONGEST_ERROR + 5),
    duration=st.none() | LENGTHS,
    started_at=st.none() | MOMENTS,
    lateness=st.none() | LENGTHS,
    queue=TEXTS,
    was=st.none() | st.sampled_from(RunState),
)


@given(st.lists(CHANGES, max_size=4))
def test_changes_come_back_from_the_journal_with_their_errors_cut(changes: list[RunChanged]) -> None:
    kept = [
        replace(change, error=None if change.error is None else storable(change.error[:LONGEST_ERROR]))
        for change in changes
    ]
    assert list(changes_of(text_of(changes))) == kept


@given(CHANGES)
def test_a_change_is_one_list_in_compact_json(change: RunChanged) -> None:
    change = replace(change, last_due_at=change.due_at, started_at=change.at)
    text = text_of([change])
    assert text.isascii()
    [values] = json.loads(text)
    assert json.dumps([values], separators=(",", ":")) == text
    assert [values[2], values[3], values[9], values[12]] == [micros(change.due_at)] * 2 + [micros(change.at)] * 2
