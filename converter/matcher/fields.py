"""Reading a field of an event (semantics: Sigma, points 2 to 4).

A dotted name is a path through objects and also a literal key with dots, in every mixture; all
spellings that the event holds count. Lists are opened everywhere: a path through a list of
objects reaches each element, and a list as value gives its elements, also those of inner lists.

A field under roots is read from the first root that has it: Windows events hold theirs in
`Event.EventData`, or `winlog.event_data`, or at the top.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

from converter.matcher.roots import under_roots
from converter.paths import Path, Under

Event = Mapping[str, Any]
Values = Sequence[Any]
Reader = Callable[[Event], Values | None]
Paths = Callable[[str], tuple[Path, ...]]
Readers = Callable[[tuple[Path, ...]], Reader]

_MISSING = object()
PLAIN = frozenset((str, int, float, bool, type(None)))
"""Types of values in which nothing stands."""


def reader(paths: tuple[Path, ...]) -> Reader:
    """A function from an event to the values of the first of these paths that it holds.

    It gives None when the key is missing, and no values for an empty list. Where there are several
    paths, one that leads only to objects gives way to a later one that leads to a value: Azure's
    `operationName` is text in one record and `{"value": …}` in another.
    """
    readers = tuple(map(_reader, paths))
    return readers[0] if len(readers) == 1 else _first(readers)


def _reader(path: Path) -> Reader:
    if isinstance(path, Under):
        return under_roots(path, _reader(path.name))
    return _literal(path) if "." not in path else _dotted(path)


def paths_of(field: str, paths: Paths | None) -> tuple[Path, ...]:
    """The paths that `paths` names for the field, else the field itself."""
    return (paths(field) if paths else ()) or (field,)


def field_reader(field: str, paths: Paths | None = None, readers: Readers = reader) -> Reader:
    """A reader of the field's paths."""
    return readers(paths_of(field, paths))


class LastRead:
    """Readers as `reader` makes them, which keep what they found in the event read last.

    Many rules read the same fields of one event. For those who never change an event between two
    rules; no paths stand for `every_value`.
    """

    def __init__(self) -> None:
        self._readers: dict[tuple[Path, ...], Reader] = {}

    def __call__(self, paths: tuple[Path, ...]) -> Reader:
        """The reader of these paths, one for all rules."""
        if paths not in self._readers:
            self._readers[paths] = _keeping(reader(paths) if paths else every_value)
        return self._readers[paths]


def _keeping(read: Reader) -> Reader:
    last: Event | None = None
    values: Values | None = None

    def again(event: Event) -> Values | None:
        nonlocal last, values
        if event is not last:
            values = read(event)
            last = event
        return values

    return again


def every_value(event: Event) -> Values:
    """All values of the event in order, from objects and lists of any depth; keys are no values."""
    values = list(event.values())
    return values if PLAIN.issuperset(map(type, values)) else _leaves(event, values, _inner)


def _leaves(root: object, parts: Iterable[Any], opened: Callable[[Any], Any]) -> list[Any]:
    """What cannot be opened, in order; an object or list inside itself is left out."""
    found: list[Any] = []
    stack, around = [(iter(parts), id(root))], {id(root)}
    while stack:
        for value in stack[-1][0]:
            inner = None if type(value) in PLAIN else opened(value)
            if inner is None:
                found.append(value)
            elif id(value) not in around:
                around.add(id(value))
                stack.append((iter(inner), id(value)))
                break
        else:
            around.remove(stack.pop()[1])
    return found


def _is_object(value: Any) -> bool:
    return isinstance(value, dict) or (type(value) not in PLAIN and isinstance(value, Mapping))


def _inner(value: Any) -> Any:
    if isinstance(value, Mapping):
        return value.values()
    return value if isinstance(value, list | tuple) else None


def _literal(key: str) -> Reader:
    def read(event: Event) -> Values | None:
        value = event.get(key, _MISSING)
        if isinstance(value, list | tuple):
            return _flat(value)
        return None if value is _MISSING else (value,)

    return read


def _dotted(path: str) -> Reader:
    """Objects in objects, as nearly all events have them, in one go; all else by every way."""
    every_way = _every_way(path)
    steps = [(keys[0][0], tuple(key for key, _ in keys[1:])) for keys in _steps(path)]

    def read(event: Event) -> Values | None:
        node: Any = event
        for key, longer in steps:
            if type(node) is not dict:
                return every_way(event)
            for one in longer:
                if one in node:
                    return every_way(event)
            node = node.get(key, _MISSING)
            if node is _MISSING:
                return None
        return _flat(node) if isinstance(node, list | tuple) else (node,)

    return read


def _every_way(path: str) -> Reader:
    steps = _steps(path)
    end = len(steps)
    first = tuple(key for key, _ in steps[0])

    def read(event: Event) -> Values | None:
        for key in first:
            if key in event:
                break
        else:
            return None
        found: list[Values] = []
        stack: list[tuple[Event, int]] = [(event, 0)]
        while stack:
            node, at = stack.pop()
            for key, after in steps[at]:
                value = node.get(key, _MISSING)
                if value is _MISSING:
                    continue
                values = _flat(value) if isinstance(value, list | tuple) else (value,)
                if after == end:
                    found.append(values)
                else:
                    stack.extend((one, after) for one in reversed(values) if _is_object(one))
        return _joined(found)

    return read


def _steps(path: str) -> tuple[tuple[tuple[str, int], ...], ...]:
    """For each part of the path: the keys that can begin there, and the part after each key."""
    parts = path.split(".")
    ends = range(1, len(parts) + 1)
    return tuple(
        tuple((".".join(parts[start:end]), end) for end in ends if end > start)
        for start in range(len(parts))
    )


def _joined(found: list[Values]) -> Values | None:
    if len(found) < 2:
        return found[0] if found else None
    return list(chain.from_iterable(found))


def _first(readers: tuple[Reader, ...]) -> Reader:
    def read(event: Event) -> Values | None:
        objects: Values | None = None
        for one in readers:
            values = one(event)
            if values is None:
                continue
            if not values or not all(map(_is_object, values)):
                return values
            objects = values if objects is None else objects
        return objects

    return read


def _flat(values: Sequence[Any]) -> Values:
    """The elements of a list, those of lists inside it in their place."""
    if not any(isinstance(value, list | tuple) for value in values):
        return values
    return _leaves(values, values, _inner_list)


def _inner_list(value: Any) -> Any:
    return value if isinstance(value, list | tuple) else None
