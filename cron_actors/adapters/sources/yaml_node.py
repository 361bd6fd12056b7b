"""A value read from YAML, with what its aliases would cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cron_actors.adapters.sources.document import Place
from cron_actors.model.job import Json


@dataclass(frozen=True, slots=True)
class Node:
    """A complete value: ``size`` counts its characters and parts, ``height`` the levels of lists and objects in it."""

    value: Json
    place: Place
    size: int
    height: int = 0


def list_node(at: int, items: Sequence[Node]) -> Node:
    """Return the list of ``items`` that starts at offset ``at``."""
    children: dict[str | int, Place] = {index: node.place for index, node in enumerate(items)}
    value = [node.value for node in items]
    return Node(value, Place(at, children=children), 1 + sum(node.size for node in items), _height(items))


def mapping_node(at: int, items: Mapping[str, Node], keys: Mapping[str, int]) -> Node:
    """Return the object of ``items`` that starts at offset ``at``; ``keys`` are the offsets of its keys."""
    children: dict[str | int, Place] = {key: node.place for key, node in items.items()}
    value = {key: node.value for key, node in items.items()}
    size = 1 + sum(len(key) + node.size for key, node in items.items())
    return Node(value, Place(at, keys, children), size, _height(list(items.values())))


def _height(items: Sequence[Node]) -> int:
    return 1 + max((node.height for node in items), default=0)
