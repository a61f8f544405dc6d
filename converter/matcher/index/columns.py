"""From the values of a field to the branches of rules that they fit.

A branch has a number, and sets of branches are masks: whole numbers with a bit for each. A field's
clauses stand in layers, each branch at most once in a layer: of every layer it must be hit. Some
branches have tests besides, which all values of the field must pass.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import ModuleType
from typing import Any

from converter import predicate as p
from converter.matcher.fields import Values
from converter.matcher.index.branches import END, NULL, START, framed
from converter.matcher.index.engines import ANY, Engine, Store, engine
from converter.matcher.program import compile_predicate
from converter.matcher.text import texts

Layer = dict[str, tuple[int, ...]]
"""For each atom the numbers of the branches that ask for it, or for another of the same clause."""

_FEW = 4
_MASKS = 1_000
_VALUES = 2_000
_LONGEST = 400


@dataclass(frozen=True, slots=True)
class Asking:
    """What is asked of one field: layers, and what must be true of it for some branches."""

    layers: list[Layer]
    tests: list[tuple[p.Predicate, tuple[int, ...]]]

    def only(self, numbers: Mapping[int, int]) -> Asking:
        """The same of some branches, with new numbers."""
        layers = [
            {atom: mine for atom, row in layer.items() if (mine := _renumbered(row, numbers))}
            for layer in self.layers
        ]
        tests = [(test, mine) for test, row in self.tests if (mine := _renumbered(row, numbers))]
        return Asking(layers, tests)


def _renumbered(row: Iterable[int], numbers: Mapping[int, int]) -> tuple[int, ...]:
    return tuple(numbers[one] for one in row if one in numbers)


class Engines:
    """Engines by what they look for, each made once."""

    def __init__(self, module: ModuleType | None = None, store: Store | None = None) -> None:
        self._module, self._store = module, store
        self._made: dict[tuple[str, ...], Engine] = {}

    def of(self, atoms: tuple[str, ...]) -> Engine:
        """The engine that finds these atoms."""
        found = self._made.get(atoms)
        if found is None:
            found = self._made[atoms] = engine(_patterns(atoms), self._module, self._store)
        return found


def mask(numbers: Iterable[int], size: int) -> int:
    """The mask of branches with these numbers, of so many in all."""
    bits = bytearray(size // 8 + 1)
    for number in numbers:
        bits[number >> 3] |= 1 << (number & 7)
    return int.from_bytes(bits, "little")


def numbers(mask: int) -> list[int]:
    """The numbers of the branches in a mask."""
    found = list[int]()
    while mask:
        lowest = mask & -mask
        found.append(lowest.bit_length() - 1)
        mask ^= lowest
    return found


def needing(layers: Iterable[Layer], size: int) -> int:
    """The branches that do not fit where the field is missing."""
    found = 0
    for layer in layers:
        bearing = mask((number for atom in NULL for number in layer.get(atom, ())), size)
        found |= asking((layer,), size) & ~bearing
    return found


def asking(layers: Iterable[Layer], size: int) -> int:
    """The branches that ask anything of the field."""
    return mask((one for layer in layers for row in layer.values() for one in row), size)


def test_of(predicate: p.Predicate) -> Callable[[Values | None], bool]:
    """The predicate, all of whose tests are of one field, as a test of the field's values.

    None stands for a field that is missing.
    """
    found: Any = compile_predicate(predicate, None, lambda paths: _itself)
    test: Callable[[Values | None], bool] = found
    return test


def _itself(values: Any) -> Any:
    return values


@dataclass(slots=True)
class _Layer:
    """`free`: the branches that a value fits whose text holds none of the atoms."""

    atoms: Layer
    asking: int
    free: int = 0


class Column:
    """What is asked of a field, or of several that stand at the same place; of `size` branches."""

    def __init__(
        self,
        askings: Sequence[Asking],
        size: int,
        engines: Engines,
    ) -> None:
        self._size, whole = size, (1 << size) - 1
        self._layers = _together((layer for one in askings for layer in one.layers), size)
        for one in self._layers:
            one.free = (whole ^ one.asking) | mask(one.atoms.get(START, ()), size)
        atoms = sorted({atom for one in self._layers for atom in one.atoms} - {START} - NULL)
        self._whole = frozenset(one for one in atoms if one[0] == START and one[-1] == END)
        self._parts = [one for one in atoms if one not in self._whole]
        self._engine = engines.of(tuple(self._parts)) if len(self._parts) > _FEW else None
        tests = (test for one in askings for test in one.tests)
        self._tests = [(test_of(test), mask(numbers, size)) for test, numbers in tests]
        self._mask = lru_cache(_MASKS)(self._mask_of_hits)
        self._free = self._mask(frozenset())

    def mask(self, values: Values) -> int:
        """The branches that a field with these values fits."""
        found = self._hit(values)
        return self._tested(found, (values,), found)

    def mask_of(self, value: Any, among: int) -> int:
        """The branches that one value fits, or any other that Python holds for equal to it.

        Only those among some of them are tested; others may be said to fit.
        """
        if type(value) is str:
            found = self._known(self._found(framed(value)))
            return self._tested(found, ((value,),), among) if self._tests else found
        alike = _equal(value)
        return self._tested(self._hit(alike), [(one,) for one in alike], among)

    def _tested(self, found: int, cases: Sequence[Values], among: int) -> int:
        """What is left where none of these values passes the tests of a branch."""
        for test, numbers in self._tests:
            if found & numbers & among and not any(map(test, cases)):
                found &= ~numbers
        return found

    def _hit(self, values: Values) -> int:
        hits = [hit for value in values for one in texts(value) for hit in self._found(framed(one))]
        if None in values:
            hits += NULL
        return self._known(hits)

    def _known(self, hits: Collection[str]) -> int:
        """The branches of which these atoms are all that was found."""
        return self._mask(frozenset(hits)) if hits else self._free

    def _found(self, text: str) -> Collection[str]:
        """The atoms that stand in a text, in any order."""
        whole, parts = (text,) if text in self._whole else (), self._parts
        if self._engine is not None:
            found = self._engine.scan(text.encode("utf-8", "surrogatepass"))
            if not found:
                return whole
            if found[0][1] != ANY:
                return (*whole, *(parts[number] for _, number in found))
        return (*whole, *[part for part in parts if part in text])

    def _mask_of_hits(self, hits: frozenset[str]) -> int:
        found = (1 << self._size) - 1
        for one in self._layers:
            rows = (one.atoms.get(hit, ()) for hit in hits)
            found &= one.free | mask((number for row in rows for number in row), self._size)
        return found


class Memory(dict[Any, int]):
    """The masks of single values, as JSON has them, of one column; it remembers some.

    Numbers that Python holds for equal, as 1, 1.0 and true are, have one mask, which is of all.
    `asking` are the branches that ask anything.
    """

    def __init__(self, column: Column, asking: int) -> None:
        super().__init__()
        self.asking, self._column = asking, column

    def learn(self, value: Any, left: int) -> int:
        """The mask of a value that is not remembered, right for branches that are left."""
        found = self._column.mask_of(value, left)
        if not isinstance(value, str) or len(value) <= _LONGEST:
            if len(self) >= _VALUES:
                self.clear()
            self[value] = found
        return found


def _equal(value: Any) -> Sequence[Any]:
    """All values that are found in a dict where this one is."""
    if not isinstance(value, int | float):
        return (value,)
    found: list[Any] = [value, *([bool(value)] if value in (0, 1) else [])]
    try:
        found += [float(value)] if float(value) == value else []
        found += [int(value)] if int(value) == value else []
    except (OverflowError, ValueError):
        pass
    return found


def _together(layers: Iterable[Layer], size: int) -> list[_Layer]:
    """Layers of several fields as few, in none of which a branch is asking twice."""
    found = list[_Layer]()
    for atoms in layers:
        mine = asking((atoms,), size)
        place = next((one for one in found if not one.asking & mine), None)
        if place is None:
            found.append(_Layer(dict(atoms), mine))
            continue
        place.asking |= mine
        for atom, numbers in atoms.items():
            place.atoms[atom] = (*place.atoms.get(atom, ()), *numbers)
    return found


def _patterns(atoms: Sequence[str]) -> list[bytes]:
    """The atoms as regular expressions over bytes; most by one call, as there may be thousands."""
    rows = "\n".join(atoms)
    if rows.count("\n") != len(atoms) - 1:
        return list(map(_escaped, atoms))
    return _escaped(rows).split(b"\\\n")


def _escaped(text: str) -> bytes:
    return re.escape(text).encode("utf-8", "surrogatepass").replace(b"\0", b"\\x00")
