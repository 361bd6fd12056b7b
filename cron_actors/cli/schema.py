"""The command that prints the JSON Schema of jobs files."""

from __future__ import annotations

from importlib import resources

import click


@click.command()
def schema() -> None:
    """Print the JSON Schema (draft 2020-12) that jobs files are checked against.

    Example: cron-actors schema > jobs.schema.json
    """
    text = resources.files("cron_actors").joinpath("jobs.schema.json").read_text(encoding="utf-8")
    click.echo(text, nl=not text.endswith("\n"))
