"""The shapes in which events of one log source come: where each holds the fields that rules name.

Unlike a field catalogue, a shape does not list fields: most stand under their own name, below one
of a few roots.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from converter.paths import Path, Under

Aliases = tuple[tuple[Mapping[str, str], Mapping[str, tuple[str, ...]]], ...]
"""Log sources and, for rules of each, further names of fields."""


@dataclass(frozen=True)
class Shape:
    """Where events hold fields: below `roots`, in lists of `named` values, or at own paths.

    `flattened` are roots of which the path and the field's name make one key at the top.
    `aliases` are further names that a field has in the events of some categories or services.
    `clues` are the places where recognisers look, if they are fewer than those of the field.
    `spelled` are further forms of a value, with `{}` in its place.
    """

    roots: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    flattened: tuple[str, ...] = ()
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    aliases: Aliases = ()
    clues: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    spelled: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    time: tuple[str, ...] = ()

    def paths(self, name: str) -> tuple[Path, ...]:
        """Where an event can hold the field, in order; the first that exists counts."""
        if name in self.fields:
            return self.fields[name]
        if not self.roots:
            return (name,)
        flat = (f"{root}.{name}" for root in self.flattened)
        return (name, Under(name, self.roots, self.named), *flat)

    def clue(self, name: str) -> tuple[Path, ...]:
        """Where a recogniser looks for the field."""
        return self.clues.get(name) or self.paths(name)

    def of(self, logsource: Mapping[str, str], name: str) -> tuple[Path, ...]:
        """The same for a rule of this log source: its aliases come last."""
        found = [name]
        for when, names in self.aliases:
            if all(logsource.get(key) == value for key, value in when.items()):
                found += names.get(name, ())
        return tuple(dict.fromkeys(path for one in found for path in self.paths(one)))

    def reader_of(self, logsource: Mapping[str, str]) -> partial[tuple[Path, ...]]:
        """The paths of a rule's fields, by name."""
        return partial(self.of, dict(logsource))


def read_shape(data: Mapping[str, Any], more: Aliases = ()) -> Shape:
    """The shape that one entry under `shapes:` describes; `more` are aliases besides its own."""
    own = tuple((one["when"], _lists(one["fields"])) for one in data.get("aliases", ()))
    return Shape(
        tuple(data.get("roots", ())),
        tuple(data.get("named", ())),
        tuple(data.get("flattened", ())),
        _lists(data.get("fields", {})),
        (*own, *more),
        _lists(data.get("clues", {})),
        _lists(data.get("spelled", {})),
        tuple(data.get("time", ())),
    )


def together(shapes: Sequence[Shape]) -> Shape:
    """One shape that finds what any of these finds, the first of them first."""
    if len(shapes) == 1:
        return shapes[0]
    names = dict.fromkeys(name for shape in shapes for name in shape.fields)
    return Shape(
        _union(shape.roots for shape in shapes),
        _union(shape.named for shape in shapes),
        _union(shape.flattened for shape in shapes),
        {name: _union(shape.fields.get(name, ()) for shape in shapes) for name in names},
        tuple(alias for shape in shapes for alias in shape.aliases),
        time=_union(shape.time for shape in shapes),
    )


def _union(paths: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(path for several in paths for path in several))


def _lists(names: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(paths) for name, paths in names.items()}
