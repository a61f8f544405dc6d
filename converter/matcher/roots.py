"""Fields below roots: objects of an event that hold its data under the names that rules use."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from converter.paths import Under

Find = Callable[[Mapping[str, Any]], Sequence[Any] | None]


def under_roots(path: Under, find: Find) -> Find:
    """A function from an event to what `find` gives of the first root that has the field.

    After the roots come the lists of named values. None where no root and no list has it.
    """
    roots = _by_first_key(path.roots)
    named = _by_first_key(path.named)

    def read(event: Mapping[str, Any]) -> Sequence[Any] | None:
        for first, rests in roots:
            inside = event.get(first)
            if inside is None:
                continue
            for rest in rests:
                for node in (inside,) if not rest else _below(inside, rest):
                    if node is not None and isinstance(node, Mapping):
                        values = find(node)
                        if values is not None:
                            return values
        return _from_lists(event, named, path.name)

    return read


def _from_lists(
    event: Mapping[str, Any], named: Sequence[tuple[str, list[tuple[str, ...]]]], name: str
) -> list[Any] | None:
    found: list[Any] = []
    for first, rests in named:
        if first in event:
            for rest in rests:
                found += _named(_below(event[first], rest), name)
    return found or None


def _by_first_key(roots: Sequence[str]) -> list[tuple[str, list[tuple[str, ...]]]]:
    found: dict[str, list[tuple[str, ...]]] = {}
    for root in roots:
        first, *rest = root.split(".")
        found.setdefault(first, []).append(tuple(rest))
    return list(found.items())


def _below(node: Any, steps: Sequence[str]) -> Iterator[Any]:
    for at, step in enumerate(steps):
        if not isinstance(node, Mapping):
            return
        if step == "*":
            for inner in node.values():
                yield from _below(inner, steps[at + 1 :])
            return
        node = node.get(step)
    yield node


def _named(lists: Iterator[Any], name: str) -> Iterator[Any]:
    """The values of this name in lists of named values."""
    for items in lists:
        for item in items if isinstance(items, list | tuple) else (items,):
            if isinstance(item, Mapping) and name_of(item) == name:
                yield from [item[key] for key in Under.VALUES if key in item][:1]


def name_of(item: Mapping[str, Any]) -> Any:
    """The name of a named value; None where it has none."""
    for key in Under.NAMES:
        if key in item:
            value = item[key]
            return value.get("Name") if isinstance(value, Mapping) else value
    return None
