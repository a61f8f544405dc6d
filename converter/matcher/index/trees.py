"""The keys of an event under which a field may stand, as a tree."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from converter.matcher.index.branches import Field
from converter.paths import Under

_ANY = "*"


@dataclass(slots=True)
class Node:
    """What may be read below a key: `ends` are fields that end here, `below` those that pass, too.

    Where a list of named values may stand, `names` are the fields that may be among them. `typed`:
    the type of what stands here counts as well.
    """

    children: dict[str, Node] = field(default_factory=dict)
    ends: set[int] = field(default_factory=set)
    below: set[int] = field(default_factory=set)
    names: set[int] = field(default_factory=set)
    typed: bool = False

    @property
    def opened(self) -> bool:
        """Whether it counts what kind of value stands here."""
        return self.typed or bool(self.children or self.names)

    def child(self, key: str) -> Node | None:
        """The node below a key."""
        return self.children.get(key) or self.children.get(_ANY)

    def at(self, key: str) -> Node:
        """The node below a key, made if need be."""
        return self.children.setdefault(key, Node())

    def plant(self, parts: Sequence[str], number: int) -> None:
        """Takes up a field's path in every mixture of objects and keys with dots."""
        self.below.add(number)
        if not parts:
            self.ends.add(number)
        for end in range(1, len(parts) + 1):
            self.at(".".join(parts[:end])).plant(parts[end:], number)

    def settle(self, typed: Collection[int] = ()) -> None:
        """What may stand below any key may stand below each; of `typed` fields types count."""
        self.typed = not self.ends.isdisjoint(typed)
        anywhere = self.children.get(_ANY)
        for key, child in self.children.items():
            if anywhere is not None and key != _ANY:
                child.absorb(anywhere)
            child.settle(typed)

    def absorb(self, other: Node) -> None:
        """Takes up all that another node holds."""
        self.ends |= other.ends
        self.below |= other.below
        self.names |= other.names
        for key, child in other.children.items():
            self.children.setdefault(key, Node()).absorb(child)


def tree(fields: Iterable[Field], typed: Collection[int] = ()) -> Node:
    """Where these fields, by their numbers, may stand; of `typed` the types of values count."""
    root = Node()
    for number, paths in enumerate(fields):
        for path in paths:
            if isinstance(path, Under):
                _plant_under(root, path, number)
            else:
                root.plant(path.split("."), number)
    root.settle(typed)
    return root


def _plant_under(root: Node, path: Under, number: int) -> None:
    """Keys of roots hold no dots, the name may."""
    parts = path.name.split(".")
    for way in path.roots:
        _followed(root, way, number).plant(parts, number)
    for way in path.named:
        _followed(root, way, number).names.add(number)


def _followed(node: Node, way: str, number: int) -> Node:
    for key in way.split("."):
        node.below.add(number)
        node = node.at(key)
    return node
