"""The section ``queues`` of a jobs file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from cron_actors.core.problems import Pointer, Problem
from cron_actors.core.queue_names import check_spelling, parse_queue_name
from cron_actors.core.queue_reader import entry_text, read_queue
from cron_actors.errors import InvalidValueError
from cron_actors.model.job import Json
from cron_actors.model.queue import BUILT_IN, QueueDeclaration


def queues_in(document: Json, faulty: Iterable[Pointer]) -> tuple[tuple[QueueDeclaration, ...], list[Problem]]:
    """Return the queues of a document, with the faults that are not at or around the places of ``faulty``."""
    section = document.get("queues") if isinstance(document, dict) else None
    declared: list[QueueDeclaration] = []
    problems: list[Problem] = []
    names = [queue.name for queue in BUILT_IN]
    for name, entry in section.items() if isinstance(section, dict) else ():
        place: Pointer = ("queues", name)
        try:
            parse_queue_name(name)
            check_spelling(name, names)
        except InvalidValueError as error:
            problems.append(Problem(pointer=place, message=str(error), at_key=True))
        names.append(name)
        if isinstance(entry, dict):
            queue, wrong = read_queue(name, entry)
            problems += [replace(problem, pointer=(*place, *problem.pointer)) for problem in wrong]
            declared.append(QueueDeclaration(queue=queue, text=entry_text(entry)))
    around = {pointer[:depth] for pointer in faulty for depth in range(len(pointer) + 1)}
    return tuple(declared), [problem for problem in problems if problem.pointer not in around]
