"""The text of a jobs file for given jobs, as a person would write it; what ``loading`` reads is what was given."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import yaml

from cron_actors.adapters.sources.yaml_scalars import plain_value
from cron_actors.errors import InvalidValueError
from cron_actors.model.job import Json

_MOST_COLUMNS = 2**31 - 1  # long commands stay on one line
_OTHER_BREAKS = ("\x85", "\u2028", "\u2029")


def json_of_jobs(content: Mapping[str, Json]) -> str:
    """Return the jobs file as JSON."""
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def yaml_of_jobs(content: Mapping[str, Json]) -> str:
    """Return the jobs file as YAML in block style, with an empty line between sections and between jobs."""
    parts = []
    for key, value in content.items():
        if isinstance(value, list) and value:
            items = [_indented(_dumped(item), "  - ", "    ") for item in value]
            parts.append(f"{key}:\n" + "\n".join(items))
        else:
            parts.append(_dumped({key: value}))
    return "\n".join(parts)


class _Dumper(yaml.CSafeDumper):
    """Quotes also what our reader, but not PyYAML, would take for something else than text."""

    def text(self, value: str) -> yaml.ScalarNode:
        style = None
        if any(character in value for character in _OTHER_BREAKS):
            style = '"'
        elif "\n" in value:
            # PyYAML ends a block that keeps empty lines at its end with the mark of the end of a document.
            style = '"' if value == "\n" or value.endswith("\n\n") else "|"
        elif not _is_plain(value):
            style = "'"
        return self.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _Dumper.text)


def _is_plain(value: str) -> bool:
    try:
        return plain_value(value) == value
    except InvalidValueError:
        return False


def _dumped(value: Any) -> str:  # noqa: ANN401 - any JSON
    text: str = yaml.dump(
        value, Dumper=_Dumper, width=_MOST_COLUMNS, sort_keys=False, allow_unicode=True, default_flow_style=False
    )
    return text


def _indented(text: str, first: str, further: str) -> str:
    lines = text.removesuffix("\n").split("\n")
    return first + "\n".join([lines[0], *(further + line if line else line for line in lines[1:])]) + "\n"
