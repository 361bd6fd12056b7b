from __future__ import annotations

from cron_actors.core.queue_declarations import declared
from cron_actors.core.queue_reader import declaration
from cron_actors.model.job import Json
from cron_actors.model.queue import BUILT_IN, QueueDeclaration, QueueRecord
from tests.fakes.values import NOON

FILE = "/jobs.json"


def says(name: str, **entry: Json) -> QueueDeclaration:
    return declaration(name, entry)


def after(records: dict[str, QueueRecord], **sources: tuple[QueueDeclaration, ...]) -> dict[str, QueueRecord]:
    """Return all rows once the file, or whatever source is named, declares these queues."""
    named = {FILE if source == "file" else source: declarations for source, declarations in sources.items()}
    return records | {row.name: row for row in declared(records, named, NOON)}


def test_what_is_built_in_is_there_without_being_declared_and_written_once() -> None:
    first = after({})
    assert set(first) == {queue.name for queue in BUILT_IN}
    assert declared(first, {}, NOON) == []


def test_a_declared_queue_is_its_sources() -> None:
    row = after({}, file=(says("mail", weight=3),))["mail"]
    assert (row.source, row.declared, row.removed_at) == (FILE, '{"weight":3}', None)


def test_what_was_changed_by_command_stands_until_the_declaration_changes() -> None:
    before = after({}, file=(says("mail", weight=3),))
    before["mail"] = QueueRecord(
        name="mail", source=FILE, declared='{"weight":3}', changes='{"parallelism":2}', changed_by="me", paused_at=NOON
    )
    same = after(before, file=(says("mail", weight=3),))["mail"]
    assert (same.changes, same.changed_by) == ('{"parallelism":2}', "me")
    other = after(before, file=(says("mail", weight=4),))["mail"]
    assert (other.changes, other.changed_by, other.paused_at) == ("{}", None, NOON)


def test_a_queue_that_its_file_names_no_more_keeps_its_row_and_comes_back() -> None:
    before = after({}, file=(says("mail"),))
    gone = after(before, file=())
    assert gone["mail"].removed_at == NOON
    assert after(gone, file=(says("mail"),))["mail"].removed_at is None


def test_a_built_in_queue_that_a_file_declared_is_then_what_it_was_before() -> None:
    plain = after({})
    declared_otherwise = after(plain, file=(says("low", weight=9),))
    assert declared_otherwise["low"].source == FILE
    assert after(declared_otherwise, file=())["low"] == plain["low"]


def test_queues_of_other_sources_are_left_alone() -> None:
    before = after({}, file=(says("mail"),), command=(says("post"),))
    assert after(before, file=()) == before | {"mail": after(before, file=())["mail"]}


def test_a_queue_belongs_to_whoever_declared_it_last() -> None:
    before = after({}, file=(says("mail"),))
    moved = declared(before, {FILE: (), "/other.json": (says("mail"),)}, NOON)
    assert [(row.name, row.source, row.removed_at) for row in moved] == [("mail", "/other.json", None)]
