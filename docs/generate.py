"""Writes anew what the docs take from the code: the lines between ``generated`` and ``end of generated`` marks."""

from __future__ import annotations

import dataclasses
import json
import re
import sys
import typing
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from cron_actors import messages
from cron_actors.adapters.sources import schema_text
from cron_actors.cli.program import COMMANDS
from cron_actors.core import events, run_states
from cron_actors.model.run import Reason, RunState
from cron_actors.settings import VARIABLES

ROOT = Path(__file__).resolve().parent.parent
MARKED = re.compile(
    r"(?P<begin><!-- generated: (?P<name>[a-z-]+) -->\n).*?(?P<end><!-- end of generated -->)", re.DOTALL
)

READERS = {
    "TimerMessage": "Timer",
    "SchedulerMessage": "Scheduler",
    "LedgerMessage": "Ledger",
    "QueueMessage": "Queue",
    "MonitorMessage": "TaskMonitor",
    "TaskMessage": "Task",
    "EventsMessage": "Events",
    "SupervisorMessage": "Supervisor",
}

REASONS = {
    Reason.FAILED: "the attempt ended with an exception, or not as the job's `success` says, or could not be started",
    Reason.TIMEOUT: "the attempt took longer than the job's `timeout`",
    Reason.INTERRUPTED: "the daemon's own stop cut the attempt short; it is not counted",
    Reason.RESCUED: "the daemon died while it performed the attempt; the attempt is counted",
    Reason.RETRIED: "the run was dead, and somebody asked for another attempt with `cron-actors dead retry`",
    Reason.DELAYED: "it was submitted for a later instant",
    Reason.SNOOZED: "the attempt asked to be made again later (`Snooze`); it is not counted",
    Reason.BY_ITSELF: "the attempt said that there is no use in another one (`Discard`)",
    Reason.QUARANTINED: "three daemons died under the run, each within a minute of the attempt's start",
    Reason.OUTPUT_LIMIT: "the output reached its limit, and the job says `at_limit: end`",
    Reason.BY_REQUEST: "somebody asked for it with `cron-actors cancel`",
    Reason.REMOVED: "the job is not in its jobs file any more",
    Reason.REVIVED: "the run was dead, and its job has been changed since: it is tried once more, as the job is now",
    Reason.RETIMED: "the job was given another schedule while the run waited",
    Reason.COALESCED: "a newer instant is run in its place: after a downtime, or when the busy run ends",
    Reason.OVERLAP: "an earlier run of the job was busy (`overlap: skip`), or a newer one ended it (`cancel_other`)",
    Reason.WAITING: "an earlier run of the job is busy; this one starts when that has ended",
    Reason.DOWN: "no daemon ran, and the job says `catch_up: skip`",
    Reason.TOO_LATE: "no daemon ran, and the instant is older than `catch_up.within`",
    Reason.OVER_CAP: "no daemon ran, and more instants were missed than `catch_up.cap` allows",
    Reason.PAUSED: "the job was paused",
    Reason.CALENDAR: "a calendar that the job names in `exclude` holds the instant",
    Reason.CLOCK: "kept for instants lost to a clock that was set back; nothing writes it yet",
    Reason.NO_FUNCTION: "its module or function could not be found when its jobs file was read",
}

KEYS = {
    "What it is": ("identifier", "description", "owner", "calendar_id", "tags"),
    "What runs": ("path", "function_name", "args", "kwargs", "python", "command", "shell"),
    "When": (
        "periodicity",
        "cron",
        "run_at",
        "run_in",
        "at_startup",
        "manual",
        "start_date",
        "end_date",
        "timezone",
        "dst",
        "day_match",
        "exclude",
    ),
    "How it is treated": (
        "timeout",
        "kill_after",
        "tolerance",
        "catch_up",
        "overlap",
        "on_interrupt",
        "success",
        "output_limit",
        "retention",
    ),
    "Where it waits, and what follows": (
        "queue",
        "priority",
        "max_attempts",
        "backoff",
        "on_success",
        "on_failure",
    ),
    "What its process finds": ("env", "env_file", "working_directory", "stdin", "user", "group", "umask", "limits"),
}


def settings() -> str:
    """Return the table of the environment variables."""
    rows = [(f"`{item.name}`", f"`{item.default}`", item.help) for item in VARIABLES]
    return table(("variable", "default", "meaning"), rows)


def commands() -> str:
    """Return the table of the command line."""
    return table(("command", "what it does"), [(f"`cron-actors {name}`", line) for name, (_, line) in COMMANDS.items()])


def states() -> str:
    """Return the table of the states of a run, and which of them it can begin and end in."""
    first, final = (
        [f"`{state}`" for state in RunState if state in group] for group in (run_states.FIRST, run_states.FINAL)
    )
    return f"{run_states.table()}\nA run begins as {', '.join(first)}. It ends as {', '.join(final)}.\n"


def reasons() -> str:
    """Return the table of the reasons that stand behind a state."""
    return table(("reason", "why"), [(f"`{reason}`", REASONS[reason]) for reason in Reason])


def keys() -> str:
    """Return the reference of a job's keys; KeyError if the schema and the groups do not hold the same keys."""
    properties = json.loads(schema_text())["$defs"]["job"]["properties"]
    if set(properties) != {key for group in KEYS.values() for key in group}:
        raise KeyError("the groups of keys in docs/generate.py are not those of the schema")
    parts = []
    for title, group in KEYS.items():
        rows = [row for key in group for row in _rows(key, properties[key])]
        parts.append(f"### {title}\n\n" + table(("key", "meaning", "accepted", "default", "example"), rows))
    return "\n".join(parts)


def calendar_keys() -> str:
    """Return the reference of a calendar's keys."""
    properties = json.loads(schema_text())["$defs"]["calendar"]["properties"]
    rows = [row for key, schema in properties.items() for row in _rows(key, schema)]
    return table(("key", "meaning", "accepted", "default", "example"), rows)


def queue_keys() -> str:
    """Return the reference of a queue's keys."""
    properties = json.loads(schema_text())["$defs"]["queue"]["properties"]
    rows = [row for key, schema in properties.items() for row in _rows(key, schema)]
    return table(("key", "meaning", "accepted", "default", "example"), rows)


def message_types() -> str:
    """Return the table of what the actors say to each other, in the order in which the data flows."""
    rows = [
        (f"`{kind.__name__}`", _reader(kind), (kind.__doc__ or "").split("\n")[0].replace("``", "`"))
        for kind in _kinds()
    ]
    return table(("message", "read by", "meaning"), rows)


SECTIONS: Mapping[str, Callable[[], str]] = {
    "settings": settings,
    "commands": commands,
    "states": states,
    "reasons": reasons,
    "events": events.table,
    "keys": keys,
    "calendar-keys": calendar_keys,
    "queue-keys": queue_keys,
    "messages": message_types,
}


def pages() -> dict[Path, str]:
    """Return each page that has generated lines, with these lines as they are to be, and the schema for editors."""
    found = {ROOT / "docs" / "jobs.schema.json": schema_text()}
    for path in sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")]):
        text = path.read_text(encoding="utf-8")
        if MARKED.search(text):
            found[path] = MARKED.sub(_anew, text)
    return found


def table(titles: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a table in Markdown."""
    lines = [list(titles), *(list(row) for row in rows)]
    lines.insert(1, ["---"] * len(lines[0]))
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def _anew(mark: re.Match[str]) -> str:
    return f"{mark['begin']}\n{SECTIONS[mark['name']]()}\n{mark['end']}"


def _rows(key: str, schema: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Return the row of a key and those of the keys inside its object."""
    accepted = schema.get("x-accepted") or ", ".join(schema["enum"])
    default = f"`{_json(schema['default'])}`" if "default" in schema else ""
    row = (f"`{key}`", schema["description"], accepted, default, f"`{_json(schema['examples'][0])}`")
    inner = [_rows(f"{key}.{name}", part) for name, part in schema.get("properties", {}).items()]
    return [row, *(line for lines in inner for line in lines)]


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _kinds() -> list[type]:
    """Return the data classes of the module of messages, in its order, each under its own name only."""
    return [
        kind
        for name, kind in vars(messages).items()
        if isinstance(kind, type)
        and dataclasses.is_dataclass(kind)
        and kind.__module__ == messages.__name__
        and kind.__name__ == name
    ]


def _reader(kind: type) -> str:
    """Return the actors that understand the message; for what is none, the message that carries it."""
    readers = [actor for union, actor in READERS.items() if kind in _members(getattr(messages, union))]
    carriers = [
        f"in `{other.__name__}`" for other in _kinds() if any(kind.__name__ in note for note in _annotations(other))
    ]
    return ", ".join(readers or carriers)


def _members(union: Any) -> tuple[type, ...]:  # noqa: ANN401 # a union of types, or the only type
    return typing.get_args(union) or (union,)


def _annotations(kind: type) -> Iterable[str]:
    return (str(note) for note in kind.__annotations__.values())


def main() -> None:
    """Write the pages anew and name those that changed."""
    for path, text in pages().items():
        if path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            sys.stdout.write(f"{path.relative_to(ROOT)} written\n")


if __name__ == "__main__":
    main()
