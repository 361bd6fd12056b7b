"""The published JSON Schema of a jobs file, as it lies in the package."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from importlib import resources
from typing import Any

from cron_actors.core.schema import SchemaCheck
from cron_actors.model.job import Json


def schema_text() -> str:
    """Return the schema as it is published."""
    return resources.files("cron_actors").joinpath("jobs.schema.json").read_text(encoding="utf-8")


def schema() -> dict[str, Any]:
    """Return the schema as a value of the caller's own."""
    document: dict[str, Any] = json.loads(schema_text())
    return document


@functools.cache
def schema_check() -> SchemaCheck:
    """Return the check against the schema, made once.

    Where the extra ``fast`` is installed, files without faults are found sound a hundred times faster.
    """
    whole = schema()
    return SchemaCheck(whole, _quick_check(whole))


def _quick_check(whole: dict[str, Any]) -> Callable[[Json], bool] | None:
    try:
        from jsonschema_rs import Draft202012Validator  # noqa: PLC0415 - an extra, which need not be installed
    except ImportError:
        return None
    return Draft202012Validator(whole).is_valid
