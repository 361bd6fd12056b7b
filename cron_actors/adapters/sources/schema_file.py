"""The published JSON Schema of a jobs file, as it lies in the package."""

from __future__ import annotations

import functools
import json
from importlib import resources
from typing import Any

from cron_actors.core.schema import SchemaCheck


def schema_text() -> str:
    """Return the schema as it is published."""
    return resources.files("cron_actors").joinpath("jobs.schema.json").read_text(encoding="utf-8")


def schema() -> dict[str, Any]:
    """Return the schema as a value of the caller's own."""
    document: dict[str, Any] = json.loads(schema_text())
    return document


@functools.cache
def schema_check() -> SchemaCheck:
    """Return the check against the schema, made once."""
    return SchemaCheck(schema())
