"""What is written to the terminal: lines, notices, JSON, and the single line of an error."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterable

import click

from cron_actors.cli.secrecy import without_passwords

PROGRAM = "cron-actors"


def printable(text: str) -> str:
    r"""Return the text on one line and without control characters, which may come from a job's output.

    >>> printable("red: \x1b[31m")
    'red: ?[31m'
    """
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else " " if letter.isspace() else "?" for letter in text)


def complain(text: str) -> None:
    """Write each line of an error on standard error, after the program's name, with no password in it."""
    for line in text.splitlines() or [""]:
        click.echo(f"{PROGRAM}: {printable(without_passwords(line))}", err=True)


def warn(text: str) -> None:
    """Write a warning on standard error."""
    complain(f"warning: {text}")


def say(text: str) -> None:
    """Write one line on standard output."""
    click.echo(printable(text))


def write_json(value: object) -> None:
    """Write one JSON value, in ASCII so that no terminal and no encoding can spoil it."""
    click.echo(json.dumps(value, indent=2))


def write_json_array(items: Iterable[object]) -> None:
    """Write a JSON array item by item, so that its length costs no memory."""
    separator = "[\n  "
    for item in items:
        click.echo(separator + json.dumps(item), nl=False)
        separator = ",\n  "
    click.echo("[]" if separator.startswith("[") else "\n]")


def width() -> int | None:
    """Return the columns of the terminal on standard output; None if it is none."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None
