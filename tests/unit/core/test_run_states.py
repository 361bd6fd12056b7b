from __future__ import annotations

import pytest

from cron_actors.core.run_states import FINAL, FIRST, MEANING, STEPS, check_step, describe, table
from cron_actors.errors import IllegalTransitionError
from cron_actors.model.run import RunState


def test_a_run_may_complete_only_from_the_hands_of_a_worker() -> None:
    origins = {state for state, following in STEPS.items() if RunState.COMPLETED in following}
    assert origins == {RunState.EXECUTING, RunState.LAUNCHED}


def test_only_a_waiting_run_can_be_claimed() -> None:
    assert {state for state, following in STEPS.items() if RunState.EXECUTING in following} == {RunState.AVAILABLE}


def test_an_illegal_step_is_refused_with_both_states_and_what_is_possible() -> None:
    with pytest.raises(
        IllegalTransitionError,
        match=r"a run cannot go from completed to executing; possible from completed: none, it is final",
    ):
        check_step(RunState.COMPLETED, RunState.EXECUTING)
    with pytest.raises(IllegalTransitionError, match=r"possible from retryable: available, cancelled"):
        check_step(RunState.RETRYABLE, RunState.COMPLETED)


def test_a_legal_step_passes() -> None:
    check_step(RunState.AVAILABLE, RunState.EXECUTING)


def test_a_state_never_leads_to_itself() -> None:
    assert [state for state, following in STEPS.items() if state in following] == []


def test_what_was_done_is_never_done_again_but_a_dead_letter_can_be_revived() -> None:
    revived = {state for state in FINAL if STEPS[state]}
    assert revived == {RunState.DISCARDED, RunState.CANCELLED}
    assert all(STEPS[state] == {RunState.AVAILABLE} for state in revived)


def test_every_state_has_a_meaning_steps_and_a_row_in_the_table() -> None:
    rows = table().splitlines()[2:]
    assert set(MEANING) == set(STEPS) == set(RunState)
    assert [row.split("`")[1] for row in rows] == [state.value for state in RunState]
    assert all(MEANING[state] in row for state, row in zip(RunState, rows, strict=True))


def test_a_row_of_the_table_names_exactly_the_steps_that_are_allowed() -> None:
    for state, row in zip(RunState, table().splitlines()[2:], strict=True):
        column = row.split("|")[3]
        assert {RunState(name) for name in column.split("`")[1::2]} == STEPS[state]


def test_a_state_in_which_a_run_is_written_first_is_one_that_no_worker_was_needed_for() -> None:
    assert {RunState.SCHEDULED, RunState.AVAILABLE, RunState.SKIPPED, RunState.MISSED} == FIRST


def test_a_reason_follows_its_state_after_a_colon() -> None:
    assert describe(RunState.MISSED, "down") == "missed: down"
    assert describe(RunState.COMPLETED, None) == "completed"
