"""The shape of an event: which keys it has, where a field may stand.

Of events of one shape each field stands at the same place, or in none, as long as there are no
lists on the way. So where it stands is found out once, by the fields' own readers, which read a
copy of the event in which every value is a mark of its place.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, Generic, TypeVar

from converter.matcher.fields import PLAIN, Reader
from converter.matcher.index.branches import Field
from converter.matcher.index.trees import Node, tree
from converter.matcher.roots import name_of
from converter.paths import Under

T = TypeVar("T")

Place = tuple[int, str]
"""The number of an object among those that were visited, and a key of it."""

_SHAPES = 4_000
_SCALARS, _OTHER = object(), object()


@dataclass(slots=True)
class Mark:
    """Stands in a copy of an event where a value is."""

    place: Place


@dataclass(slots=True)
class Found:
    """For one shape the places of fields, by their numbers; `others` only their readers find.

    All other fields are missing.
    """

    places: dict[int, Place]
    others: list[int]


@dataclass(slots=True)
class _State(Generic[T]):
    """So far the shape is known.

    Next come the types of what stands in the last object under some keys, if there are `kinds`;
    then what stands at the first place of the rest, if there is one.
    """

    rest: tuple[tuple[Place, Node], ...]
    kinds: Callable[[Any], tuple[Any, ...]] | None = None
    inner: tuple[tuple[Place, Node], ...] = ()
    next: dict[Any, _State[T]] = field(default_factory=dict)
    end: T | None = None


class Shapes(Generic[T]):
    """For each shape of events what `make` makes of the places of fields.

    The types of values are part of the shape for the fields whose numbers `typed` holds.
    """

    def __init__(
        self,
        fields: Sequence[Field],
        readers: Sequence[Reader],
        make: Callable[[Found], T],
        typed: Collection[int] = (),
    ) -> None:
        self._readers, self._make = readers, make
        self._root = tree(fields, typed)
        self._first: _State[T] = _State((((0, ""), self._root),))
        self._count = 0

    def __call__(self, event: dict[str, Any]) -> tuple[T, list[Any]]:
        """What was made for events of this shape, and the objects that its places speak of."""
        keys, value = tuple(event), event
        visited: list[Any] = [event]
        state = self._first.next.get(keys) or self._grow(self._first, event, 0, keys)
        while True:
            if state.kinds is not None:
                types = tuple(map(type, state.kinds(value)))
                state = state.next.get(types) or self._typed(state, types)
            if not state.rest:
                break
            (place, node), *_ = state.rest
            number, value = len(visited), visited[place[0]][place[1]]
            visited.append(value)
            plain = type(value) is dict and not node.names
            marker = tuple(value) if plain else _marker(value, node, visited)
            state = state.next.get(marker) or self._grow(state, value, number, marker)
        if state.end is None:
            state.end = self._make(self._look(event))
        return state.end, visited

    def _grow(self, state: _State[T], value: Any, number: int, marker: Any) -> _State[T]:
        """The state behind a value of a kind that was not seen here before."""
        if self._count >= _SHAPES:
            self._first.next.clear()
            self._count = 0
        self._count += 1
        (_, node), *rest = state.rest
        if type(value) is not dict or marker is _OTHER:
            return state.next.setdefault(marker, _State(tuple(rest)))
        known = tuple(key for key, _ in _known(value, node))
        alike = known, name_of(value) if node.names else None, None
        found = state.next.get(alike)
        if found is None:
            inner = tuple(((number, key), child) for key, child in _inner(value, node))
            keys = [key for (_, key), _ in inner]
            found = state.next[alike] = _State(tuple(rest), _getter(keys), inner)
        state.next[marker] = found
        return found

    def _typed(self, state: _State[T], types: tuple[type, ...]) -> _State[T]:
        """The state behind values of these types; only what may be opened is looked into."""
        pairs = zip(state.inner, types, strict=True)
        more = (place for place, kind in pairs if kind not in PLAIN)
        return state.next.setdefault(types, _State((*state.rest, *more)))

    def _look(self, event: dict[str, Any]) -> Found:
        """Where the fields stand in this event."""
        copy, touched, unsure = _copied(event, self._root)
        places, others = dict[int, Place](), list[int]()
        for number in sorted(touched | unsure):
            values = () if number in unsure else self._readers[number](copy)
            if values is None:
                continue
            one = values[0] if len(values) == 1 else None
            if isinstance(one, Mark):
                places[number] = one.place
            else:
                others.append(number)
        return Found(places, others)


def _getter(keys: Sequence[str]) -> Callable[[Any], tuple[Any, ...]] | None:
    """What gives the values of these keys; None where there are none."""
    if not keys:
        return None
    # Of one key alone itemgetter makes no tuple.
    return itemgetter(*keys) if len(keys) > 1 else lambda value: (value[keys[0]],)


def _known(value: Iterable[str], node: Node) -> Iterator[tuple[str, Node]]:
    """The keys at which fields may stand, or below them."""
    for key in value:
        child = node.child(key)
        if child is not None:
            yield key, child


def _inner(value: Iterable[str], node: Node) -> Iterator[tuple[str, Node]]:
    """The keys of an object below which fields may stand; what names it is known already."""
    for key, child in _known(value, node):
        if child.opened and not (node.names and key in Under.NAMES):
            yield key, child


def _marker(value: Any, node: Node, visited: list[Any]) -> Any:
    """What tells all values of one kind; named values are visited, too."""
    kind = type(value)
    if kind is dict:
        name = name_of(value) if node.names else ""
        return (tuple(value), name) if name is None or type(name) is str else _OTHER
    if kind is not list or not node.names:
        return _OTHER
    if all(type(one) in PLAIN for one in value):
        return _SCALARS
    if not _are_named(value):
        return _OTHER
    visited += value
    return tuple((tuple(one), name_of(one)) for one in value), _SCALARS


def _are_named(items: Sequence[Any]) -> bool:
    return all(type(one) is dict and isinstance(name_of(one), str | None) for one in items)


def _copied(event: dict[str, Any], root: Node) -> tuple[dict[str, Any], set[int], set[int]]:
    """The event with marks for values; fields that may be there, and those of unknown places."""
    box, touched, unsure, number = dict[str, Any](), set[int](), set[int](), 0
    todo = deque([(event, root, box, "")])
    while todo:
        value, node, holder, key = todo.popleft()
        items = list[Any]()
        marker = _marker(value, node, items)
        if type(value) is dict and marker is not _OTHER:
            copy = holder[key] = _marks(value, number, named=bool(node.names))
            touched |= node.names
            for name, child in _known(value, node):
                touched |= child.ends
                unsure |= child.below if node.names and name in Under.NAMES else set()
            inner = ((value[k], child, copy, k) for k, child in _inner(value, node))
            todo.extend(one for one in inner if type(one[0]) not in PLAIN)
        elif items:
            holder[key] = [_marks(one, at, named=True) for at, one in enumerate(items, number + 1)]
            touched |= node.names
            unsure |= node.below
            number += len(items)
        else:
            unsure |= node.below if marker is _SCALARS else node.below | node.names
        number += 1
    return box[""], touched, unsure


def _marks(value: Mapping[str, Any], number: int, *, named: bool) -> dict[str, Any]:
    """An object with marks for its values, but for its name."""
    copy: dict[str, Any] = {key: Mark((number, key)) for key in value}
    for key in Under.NAMES if named else ():
        if key in value:
            inner = isinstance(value[key], Mapping)
            copy[key] = {"Name": name_of(value)} if inner else value[key]
            break
    return copy
