"""A value that is quickly made differs in nothing from one that is made slowly."""

from __future__ import annotations

import copy
import inspect
import pickle
from dataclasses import FrozenInstanceError, dataclass, field, replace

import pytest

from cron_actors.model.construction import quickly_made


@dataclass(frozen=True, slots=True, kw_only=True)
class Slow:
    """As dataclasses makes it."""

    number: int
    text: str = "none"
    parts: tuple[int, ...] = ()


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Quick:
    """The same, quickly made."""

    number: int
    text: str = "none"
    parts: tuple[int, ...] = ()


def test_it_has_the_values_it_was_given_and_the_defaults_of_the_others() -> None:
    made = Quick(number=1, parts=(2, 3))
    assert (made.number, made.text, made.parts) == (1, "none", (2, 3))


def test_it_is_of_its_class_and_equal_to_another_one_of_the_same_values() -> None:
    assert type(Quick(number=1)) is Quick
    assert Quick(number=1) == Quick(number=1, text="none")
    assert Quick(number=1) != Quick(number=2)
    assert hash(Quick(number=1)) == hash(Quick(number=1)) == hash(Slow(number=1))


def test_nobody_can_change_it() -> None:
    with pytest.raises(FrozenInstanceError):
        Quick(number=1).number = 2  # type: ignore[misc] # what is tested
    with pytest.raises(TypeError):
        Quick(number=1).other = 2  # type: ignore[attr-defined] # what is tested


def test_it_is_written_copied_replaced_and_pickled_like_any_other() -> None:
    made = Quick(number=1, text="one")
    assert repr(made) == repr(Slow(number=1, text="one")).replace("Slow", "Quick")
    assert replace(made, number=2) == Quick(number=2, text="one")
    assert copy.deepcopy(made) == pickle.loads(pickle.dumps(made)) == made  # noqa: S301 # pickled right here


def test_it_takes_the_same_arguments() -> None:
    assert inspect.signature(Quick) == inspect.signature(Slow)
    with pytest.raises(TypeError, match="number"):
        Quick()  # type: ignore[call-arg] # what is tested
    with pytest.raises(TypeError, match="strange"):
        Quick(number=1, strange=2)  # type: ignore[call-arg] # what is tested


def test_what_does_more_than_hold_its_values_is_refused() -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Listing:
        parts: list[int] = field(default_factory=list)

    @dataclass(frozen=True, slots=True, kw_only=True)
    class Inherited(Slow):
        pass

    for refused in (Listing, Inherited):
        with pytest.raises(TypeError, match="cannot be constructed quickly"):
            quickly_made(refused)
