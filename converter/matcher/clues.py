"""What of an event gives its log source away, as one value that can be looked up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from converter.matcher.fields import Event
from converter.paths import Path, Under

_MISSING, _OBJECT = object(), object()
_LONGEST = 120
_SHAPES = 1000
_PLAIN = frozenset((int, float, bool, type(None), object))
_ANY = "*"

_Tree = dict[str, "_Tree"]
"""Keys, and below each what may follow it in an object."""


class Clues:
    """All that stands at some paths of an event: events of the same clues are the same there.

    None where they are not plain: text that is long, lists on the way, objects with any keys.
    """

    def __init__(self, paths: Iterable[Path]) -> None:
        self._tree: _Tree = {}
        for path in paths:
            for one in _written(path):
                _plant(self._tree, one.split("."))
        self._here: dict[tuple[str, ...], tuple[tuple[str, _Tree], ...]] = {}

    def __call__(self, event: Event) -> tuple[Any, ...] | None:
        """What the event holds at the paths."""
        if type(event) is not dict:
            return None
        keys = tuple(event)
        here = self._here.get(keys)
        if here is None:
            if len(self._here) >= _SHAPES:
                self._here.clear()
            mine = tuple((key, self._tree[key]) for key in keys if key in self._tree)
            here = self._here[keys] = mine
        found: list[Any] = [key for key, _ in here]
        found.append(_MISSING)
        return tuple(found) if _gather(event, here, found) else None


def _gather(node: dict[str, Any], keys: Iterable[tuple[str, _Tree]], found: list[Any]) -> bool:
    """Appends what stands under the keys, in their order; whether all of it is plain."""
    for key, below in keys:
        value = node.get(key, _MISSING)
        kind = type(value)
        if kind is str and len(value) <= _LONGEST:
            found.append(value)
        elif kind in _PLAIN:
            found += (kind, value)
        elif kind is dict and _ANY not in below:
            found.append(_OBJECT)
            if not _gather(value, below.items(), found):
                return False
        else:
            return False
    return True


def _written(path: Path) -> Iterator[str]:
    """The dotted paths of which something may be read."""
    if isinstance(path, Under):
        yield path.name
        yield from (f"{root}.{path.name}" for root in path.roots)
        yield from (f"{several}.{_ANY}" for several in path.named)
    else:
        yield path


def _plant(tree: _Tree, parts: Sequence[str]) -> None:
    """The path in every mixture of objects and keys with dots."""
    for end in range(1, len(parts) + 1):
        below = tree.setdefault(".".join(parts[:end]), {})
        if parts[end:]:
            _plant(below, parts[end:])
