from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cron_actors.core.run_states import FINAL, FIRST, STEPS, check_step
from cron_actors.errors import IllegalTransitionError
from cron_actors.model.run import RunState

WALKS = st.lists(st.sampled_from(RunState), max_size=30)


@given(st.sampled_from(sorted(FIRST)), WALKS)
def test_whatever_is_attempted_a_run_stays_in_states_that_its_table_allows(
    first: RunState, wishes: list[RunState]
) -> None:
    state, performed = first, 0
    for wish in wishes:
        if wish in STEPS[state]:
            check_step(state, wish)
            performed += wish is RunState.EXECUTING
            state = wish
        else:
            with pytest.raises(IllegalTransitionError):
                check_step(state, wish)
        if state is RunState.COMPLETED:
            assert performed, "completed without ever having been performed"


@given(st.sampled_from(sorted(FIRST)))
def test_from_every_first_state_a_final_one_can_be_reached(first: RunState) -> None:
    reached, open_states = {first}, [first]
    while open_states:
        following = STEPS[open_states.pop()] - reached
        reached |= following
        open_states += sorted(following)
    assert reached & FINAL
