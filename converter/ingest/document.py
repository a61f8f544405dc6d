"""Nested documents: a copy in JSON types, reading and setting a path, leaving out what is empty.

A path is a tuple of keys, so that a key may itself contain dots (Azure claims, GCP labels).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from math import isfinite
from typing import Any

Document = dict[str, Any]
Path = tuple[str, ...]

DEEPEST = 64


def plain(value: object, room: int = DEEPEST) -> Any:
    """A copy of `value` made of JSON types only, at most `room` levels deep.

    Keys become text, tuples lists, dates ISO text; numbers that JSON lacks and all other objects
    become text. What lies deeper than `room` becomes null, so that no event can exhaust the stack.
    """
    if value is None or isinstance(value, (str, int)):
        return value
    if isinstance(value, Mapping):
        return {str(k): plain(v, room - 1) for k, v in value.items()} if room else None
    if isinstance(value, (list, tuple)):
        return [plain(item, room - 1) for item in value] if room else None
    if isinstance(value, date):
        return value.isoformat()
    return value if isinstance(value, float) and isfinite(value) else str(value)


def at(value: object, path: Path) -> Any:
    """What lies at the path, or None; lists are not looked into."""
    for key in path:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def put(document: Document, path: Path, value: object) -> None:
    """Set the path, unless the value is None or something is already there: the first wins."""
    if value is None:
        return
    *parents, last = path
    for key in parents:
        child = document.setdefault(key, {})
        if not isinstance(child, dict):
            return
        document = child
    document.setdefault(last, value)


def add(document: Document, path: Path, value: object) -> None:
    """Append to the list at the path, once; None is not appended."""
    if value is None:
        return
    put(document, path, [])
    known = at(document, path)
    if isinstance(known, list) and value not in known:
        known.append(value)


def is_empty(value: object) -> bool:
    """True of null, empty text, an empty object and an empty list: no field comes of them."""
    return value is None or value in ("", {}, [])


def without_empty(value: Any) -> Any:
    """The value without anything empty at any depth; what becomes empty by that goes too."""
    if isinstance(value, dict):
        kept = {key: without_empty(item) for key, item in value.items()}
        return {key: item for key, item in kept.items() if not is_empty(item)}
    if isinstance(value, list):
        items = [without_empty(item) for item in value]
        return [item for item in items if not is_empty(item)]
    return value


def stream(dataset: str, module: str) -> Document:
    """What every document of an Elastic Agent data stream carries: dataset, module, kind."""
    return {
        "ecs": {"version": "8.11.0"},
        "event": {"dataset": dataset, "kind": "event", "module": module},
        "data_stream": {"type": "logs", "dataset": dataset, "namespace": "default"},
    }
