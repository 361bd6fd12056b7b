from __future__ import annotations

import ast
import dataclasses
import inspect
import re
import typing
from typing import Any

import pytest

from cron_actors import messages
from cron_actors.actors.events import EventsActor
from cron_actors.actors.ledger import LedgerActor
from cron_actors.actors.queue import QueueActor
from cron_actors.actors.scheduler import SchedulerActor
from cron_actors.actors.shell import Shell
from cron_actors.actors.supervisor import SupervisorActor
from cron_actors.actors.task import TaskActor
from cron_actors.actors.task_monitor import TaskMonitorActor
from cron_actors.actors.timer import TimerActor

ACTORS: dict[type[Shell[Any]], Any] = {
    TimerActor: messages.TimerMessage,
    SchedulerActor: messages.SchedulerMessage,
    LedgerActor: messages.LedgerMessage,
    QueueActor: messages.QueueMessage,
    TaskMonitorActor: messages.MonitorMessage,
    TaskActor: messages.TaskMessage,
    EventsActor: messages.EventsMessage,
    SupervisorActor: messages.SupervisorMessage,
}
SOURCE = ast.parse(inspect.getsource(messages))
CLASSES = [
    node
    for node in SOURCE.body
    if isinstance(node, ast.ClassDef) and not any("Protocol" in ast.dump(base) for base in node.bases)
]
TYPES = [getattr(messages, node.name) for node in CLASSES]


def vocabulary(union: Any) -> set[type]:  # noqa: ANN401 # a union, or the one type it consists of
    return set(typing.get_args(union)) or {union}


def matched(actor: type[Shell[Any]]) -> set[str]:
    """Return the names of the classes that the cases of the actor's methods name."""
    tree = ast.parse(inspect.getsource(inspect.getmodule(actor) or actor))
    return {ast.unparse(node.cls) for node in ast.walk(tree) if isinstance(node, ast.MatchClass)}


@pytest.mark.parametrize("actor", ACTORS)
def test_an_actor_names_in_its_cases_exactly_the_messages_it_understands(actor: type[Shell[Any]]) -> None:
    names = {message.__name__ for message in vocabulary(ACTORS[actor])}
    assert matched(actor) == names


@pytest.mark.parametrize("actor", ACTORS)
def test_an_actor_declares_its_vocabulary_and_leaves_no_message_out_unnoticed(actor: type[Shell[Any]]) -> None:
    declared = {name for name, value in vars(messages).items() if value == ACTORS[actor] and name.endswith("Message")}
    source = inspect.getsource(actor)
    annotation = typing.cast("str", actor.handle.__annotations__["message"])
    assert annotation in declared
    assert "assert_never(" in source


def test_every_message_is_understood_by_some_actor() -> None:
    carried = {
        name for node in TYPES for field in dataclasses.fields(node) for name in re.findall(r"\w+", str(field.type))
    }
    understood = set().union(*(vocabulary(union) for union in ACTORS.values()))
    assert {kind.__name__ for kind in TYPES if kind not in understood} - carried == set()


@pytest.mark.parametrize("node", CLASSES, ids=lambda node: node.name)
def test_every_message_says_in_one_sentence_what_it_means(node: ast.ClassDef) -> None:
    text = ast.get_docstring(node)
    assert text
    assert text.splitlines()[0].rstrip().endswith((".", ":"))


@pytest.mark.parametrize("kind", TYPES)
def test_every_message_is_a_frozen_value_with_named_fields(kind: type) -> None:
    parameters = kind.__dataclass_params__  # type: ignore[attr-defined] # every message is a dataclass
    assert parameters.frozen
    assert hasattr(kind, "__slots__")
    assert all(field.kw_only for field in dataclasses.fields(kind))


@pytest.mark.parametrize("kind", TYPES)
def test_no_message_carries_a_reference_a_callable_or_a_lock(kind: type) -> None:
    words = {word for field in dataclasses.fields(kind) for word in re.findall(r"\w+", str(field.type))}
    assert words & {"Address", "Any", "Callable", "Event", "IO", "Lock", "Shell", "object"} == set()


@pytest.mark.parametrize("kind", TYPES)
def test_moments_end_in_at_and_lengths_of_time_do_not(kind: type) -> None:
    for field in dataclasses.fields(kind):
        moment = re.fullmatch(r"datetime( \| None)?", str(field.type)) is not None
        assert moment == (field.name == "at" or field.name.endswith("_at"))
