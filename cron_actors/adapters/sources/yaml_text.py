"""A YAML reader that remembers where everything stands and closes YAML's traps.

It builds values from the events of libyaml's parser, one pass, so that depth and the size of what aliases stand for are
bounded before they cost anything. Tags, merge keys and second documents are refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml

from cron_actors.adapters.sources.document import DEEPEST, Document, Place, SyntaxFault
from cron_actors.adapters.sources.quick_yaml import quick_yaml
from cron_actors.adapters.sources.yaml_node import Node, list_node, mapping_node
from cron_actors.adapters.sources.yaml_scalars import plain_value
from cron_actors.core.problems import Problem
from cron_actors.core.quotation import quote
from cron_actors.errors import InvalidValueError
from cron_actors.model.job import Json

_LARGEST_ALIASED = 1_000_000
_STANDARD_TAG = "tag:yaml.org,2002:"
_UNREADABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_HINTS = {
    "mapping values are not allowed in this context": "quotes around a text that holds a colon and a blank",
    "did not find expected key": "keys of one object indented alike, quotes around a text with special characters",
    "could not find expected ':'": "a key, a colon and a blank before each value",
    "did not find expected alphabetic or numeric character": "quotes around text that begins with * or &, as in "
    "cron: '*/5 * * * *'",
    "found character that cannot start any token": "quotes around text that begins with a sign, as in cron: '@daily'",
}


def read_yaml(text: str) -> Document:
    """Return the document in ``text``; raises SyntaxFault at the first place where it cannot be read on."""
    control = _UNREADABLE.search(text)
    if control is not None:
        raise SyntaxFault(f"found the control character {quote(control.group())}; accepted: text", control.start())
    try:
        value = quick_yaml(text)
    except (ValueError, yaml.YAMLError):
        return scan_yaml(text)
    return Document(text, value, lambda: scan_yaml(text).place)


def scan_yaml(text: str) -> Document:
    """Return the same as ``read_yaml``, the places found at once."""
    try:
        return _Reader(text).document()
    except yaml.MarkedYAMLError as error:
        raise _broken(text, error) from None


class _Reader:
    """One pass over the events of one text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._events: Iterator[Any] = yaml.parse(text, Loader=yaml.CSafeLoader)
        self._path: list[str | int] = []
        self._anchors: dict[str, Node] = {}
        self._aliased = 0
        self._faults: list[Problem] = []

    def document(self) -> Document:
        root: Node | None = None
        for event in self._events:
            if isinstance(event, yaml.NodeEvent):
                root = self._node(event)
            elif isinstance(event, yaml.DocumentStartEvent) and root is not None:
                raise SyntaxFault("found a second document; accepted: one document", _start(event))
        if root is None:
            return Document(self._text, None, lambda: Place(0))
        place = root.place
        return Document(self._text, root.value, lambda: place, tuple(self._faults))

    def _node(self, event: yaml.NodeEvent) -> Node:
        """Read the value that begins with ``event``; its anchor is known only when it is complete."""
        if isinstance(event, yaml.AliasEvent):
            return self._alias(str(event.anchor), _start(event))
        tag = getattr(event, "tag", None)
        if tag is not None:
            shown = quote(tag.replace(_STANDARD_TAG, "!!"))
            self._note(f"found the tag {shown}; accepted: values without tags, quotes around text")
        if isinstance(event, yaml.ScalarEvent):
            node = Node(self._scalar(event), Place(_start(event)), size=1 + len(event.value))
        elif len(self._path) >= DEEPEST:
            raise SyntaxFault(f"found more than {DEEPEST} levels; accepted: at most {DEEPEST}", _start(event))
        elif isinstance(event, yaml.MappingStartEvent):
            node = self._mapping(_start(event))
        else:
            node = self._list(_start(event))
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        return node

    def _list(self, at: int) -> Node:
        items: list[Node] = []
        for event in self._events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            self._path.append(len(items))
            items.append(self._node(event))
            self._path.pop()
        return list_node(at, items)

    def _mapping(self, at: int) -> Node:
        items: dict[str, Node] = {}
        keys: dict[str, int] = {}
        for event in self._events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            key = self._key(event)
            self._path.append(key)
            if key in items:
                self._note(f"found the key {quote(key)} twice in one object; accepted: each key once", at_key=True)
            keys[key] = _start(event)
            items[key] = self._node(next(self._events))
            self._path.pop()
        return mapping_node(at, items, keys)

    def _key(self, event: yaml.NodeEvent) -> str:
        if not isinstance(event, yaml.ScalarEvent) or event.tag is not None:
            raise SyntaxFault("found a key that is not plain text; accepted: text", _start(event))
        text = str(event.value)
        if event.implicit[0] and text == "<<":
            raise SyntaxFault('found the merge key "<<"; accepted: the keys themselves, written out', _start(event))
        try:
            meaning = plain_value(text) if event.implicit[0] else text
        except InvalidValueError as error:
            raise SyntaxFault(str(error), _start(event)) from None
        if not isinstance(meaning, str):
            message = f"found the key {quote(text)}, which is not text; accepted: quotes around it"
            raise SyntaxFault(message, _start(event))
        return text

    def _scalar(self, event: yaml.ScalarEvent) -> Json:
        if not event.implicit[0]:
            return str(event.value)
        try:
            return plain_value(event.value)
        except InvalidValueError as error:
            self._note(str(error))
            return str(event.value)

    def _alias(self, anchor: str, at: int) -> Node:
        node = self._anchors.get(anchor)
        if node is None:
            message = f"found *{anchor}, but no complete value before it; accepted: one that &{anchor} names"
            raise SyntaxFault(message, at)
        self._aliased += node.size
        if self._aliased > _LARGEST_ALIASED or len(self._path) + node.height > DEEPEST:
            found = f"aliases that stand for more than {_LARGEST_ALIASED} characters or {DEEPEST} levels"
            raise SyntaxFault(f"found {found}; accepted: the values themselves, written out", at)
        return node

    def _note(self, message: str, *, at_key: bool = False) -> None:
        self._faults.append(Problem(pointer=tuple(self._path), message=message, at_key=at_key))


def _start(event: yaml.Event) -> int:
    return 0 if event.start_mark is None else event.start_mark.index


def _broken(text: str, error: yaml.MarkedYAMLError) -> SyntaxFault:
    """Say in our words where libyaml stopped, and why."""
    offset = 0 if error.problem_mark is None else error.problem_mark.index
    if text[offset : offset + 1] == "\t":
        return SyntaxFault("found a tab where YAML wants blanks; accepted: blanks as indentation", offset)
    accepted = _HINTS.get(
        str(error.problem), "one YAML document, with quotes around text that holds special characters"
    )
    context = f" {error.context}" if error.context else ""
    return SyntaxFault(f"found broken YAML ({error.problem}{context}); accepted: {accepted}", offset)
