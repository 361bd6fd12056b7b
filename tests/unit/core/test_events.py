from __future__ import annotations

import pytest

from cron_actors.core.events import MEANING, event_of, kind_named, kind_of, kinds_of
from cron_actors.core.run_states import FIRST, STEPS
from cron_actors.errors import InvalidValueError
from cron_actors.messages import RunChanged
from cron_actors.model.event import Event, EventKind
from cron_actors.model.run import Outcome, Reason, RunState
from tests.fakes.values import a_change

S, K = RunState, EventKind


def test_every_kind_of_event_is_explained() -> None:
    assert set(MEANING) == set(EventKind)


@pytest.mark.parametrize(
    ("change", "kinds"),
    [
        (a_change(S.AVAILABLE), (K.INSERTED,)),
        (a_change(S.SCHEDULED, reason=Reason.DELAYED), (K.INSERTED,)),
        (a_change(S.AVAILABLE, was=S.SCHEDULED), (K.AVAILABLE,)),
        (a_change(S.AVAILABLE, was=S.RETRYABLE), (K.AVAILABLE,)),
        (a_change(S.EXECUTING, was=S.AVAILABLE), (K.STARTED,)),
        (a_change(S.COMPLETED, was=S.EXECUTING, outcome=Outcome.SUCCESS), (K.COMPLETED,)),
        (a_change(S.RETRYABLE, was=S.EXECUTING, outcome=Outcome.FAILURE), (K.RETRIED,)),
        (a_change(S.SCHEDULED, was=S.EXECUTING, outcome=Outcome.SNOOZED), (K.SNOOZED,)),
        (a_change(S.DISCARDED, was=S.EXECUTING, outcome=Outcome.TIMEOUT), (K.DISCARDED,)),
        (a_change(S.CANCELLED, was=S.AVAILABLE), (K.CANCELLED,)),
        (a_change(S.AVAILABLE, was=S.EXECUTING, outcome=Outcome.INTERRUPTED), (K.RETURNED,)),
        (a_change(S.AVAILABLE, was=S.EXECUTING), (K.RETURNED,)),
        (a_change(S.AVAILABLE, was=S.EXECUTING, outcome=Outcome.LOST), (K.CRASHED,)),
        (a_change(S.DISCARDED, was=S.EXECUTING, outcome=Outcome.LOST), (K.CRASHED, K.DISCARDED)),
        (a_change(S.LAUNCHED, was=S.EXECUTING, outcome=Outcome.LAUNCHED), (K.LAUNCHED,)),
        (a_change(S.COMPLETED, was=S.LAUNCHED, outcome=Outcome.SUCCESS), (K.PROCESS_ENDED, K.COMPLETED)),
        (a_change(S.RETRYABLE, was=S.LAUNCHED, outcome=Outcome.FAILURE), (K.PROCESS_ENDED, K.RETRIED)),
        (a_change(S.AVAILABLE, was=S.DISCARDED, reason=Reason.REVIVED), (K.REVIVED,)),
        (a_change(S.AVAILABLE, was=S.CANCELLED, reason=Reason.REVIVED), (K.REVIVED,)),
        (a_change(S.SKIPPED), (K.SKIPPED,)),
        (a_change(S.MISSED, was=S.AVAILABLE), (K.MISSED,)),
    ],
)
def test_a_change_is_the_event_that_the_table_says(change: RunChanged, kinds: tuple[EventKind, ...]) -> None:
    assert kinds_of(change) == kinds


def test_every_step_that_a_run_can_take_is_an_event_and_its_own_end_is_always_the_last() -> None:
    steps = [(None, state) for state in FIRST] + [(was, state) for was, after in STEPS.items() for state in after]
    for was, state in steps:
        for outcome in (None, *Outcome):
            change = a_change(state, was=was, outcome=outcome)
            assert kinds_of(change)[-1] is kind_of(change)
            if state in (S.COMPLETED, S.DISCARDED, S.CANCELLED, S.SKIPPED, S.MISSED):
                assert kind_of(change).value == state.value


def test_a_change_of_an_older_journal_that_does_not_say_what_was_before_still_has_a_kind() -> None:
    assert kind_of(a_change(S.COMPLETED, was=None, outcome=Outcome.SUCCESS)) is K.COMPLETED


def test_an_event_says_all_that_the_change_says() -> None:
    change = a_change(S.DISCARDED, was=S.EXECUTING, outcome=Outcome.FAILURE, error="exit status 3", queue="low")
    event = event_of(K.DISCARDED, change, 7)
    assert (event.kind, event.sequence) == (K.DISCARDED, 7)
    for name in Event.__dataclass_fields__.keys() - {"kind", "sequence"}:
        assert getattr(event, name) == getattr(change, name), name


def test_an_unknown_kind_is_answered_by_the_one_that_was_meant() -> None:
    with pytest.raises(InvalidValueError, match=r"'complete' is no kind of event; did you mean 'completed'\?"):
        kind_named("complete")
