"""The command that prints the JSON Schema of jobs files."""

from __future__ import annotations

import click


@click.command()
def schema() -> None:
    """Print the JSON Schema (draft 2020-12) that jobs files are checked against.

    Example: cron-actors schema > jobs.schema.json
    """
    from cron_actors.adapters.sources import schema_text  # noqa: PLC0415 - the help must not load the validator

    text = schema_text()
    click.echo(text, nl=not text.endswith("\n"))
