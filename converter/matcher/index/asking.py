"""What rules ask of the fields of an event, as it is kept from run to run."""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from converter import predicate as p
from converter.matcher.fields import Paths, paths_of
from converter.matcher.index.branches import (
    END,
    START,
    Branches,
    Clause,
    Field,
    branches,
    share,
)
from converter.matcher.index.columns import Asking, Layer, asking, mask, needing, test_of
from converter.matcher.index.needs import Need, need

_WEAK = 0.4
_USUAL = 0.1
_ALONE = p.Equals | p.Glob | p.Regex | p.Cidr | p.Compare | p.Exists | p.Null | p.TimePart
_SAID = p.Equals | p.Glob


@dataclass
class Asked:
    """What rules ask: for each branch its rule's number, or none; and what is asked of each field.

    That is a mask of the branches that need the field, one of those that ask anything of it, and
    packed what they ask. What branches that ask nothing of any field need of the bytes of an event
    stands under `needs`.
    """

    rules: list[int | None]
    fields: dict[Field, tuple[int, int, bytes]]
    needs: dict[int, Need]

    def of(self, field: Field) -> Asking:
        """What is asked of one field."""
        found: Asking = pickle.loads(self.fields[field][2])
        return found

    def only(self, places: Sequence[int]) -> Asked:
        """The same for some of the rules, with their places as numbers."""
        numbers = {rule: number for number, rule in enumerate(places)}
        rules = [None if rule is None else numbers.get(rule) for rule in self.rules]
        needs = {at: need for at, need in self.needs.items() if rules[at] is not None}
        return Asked(rules, self.fields, needs)


def asked(rules: Iterable[tuple[p.Predicate, Paths | None]]) -> Asked:
    """What these rules ask of fields, in the order of rules."""
    numbers, fields, needs = list[int | None](), dict[Field, Asking](), dict[int, Need]()
    for number, (predicate, paths) in enumerate(rules):
        found, first = branches(predicate, paths), len(numbers)
        for branch in found:
            for one, clauses in branch.items():
                _ask(fields.setdefault(one, Asking([], [])).layers, clauses, len(numbers))
            numbers.append(number)
        mine = tuple(range(first, len(numbers)))
        for one, test in _tests(predicate, paths) if _are_weak(found) else ():
            fields.setdefault(one, Asking([], [])).tests.append((test, mine))
        loose = [at for at, branch in zip(mine, found, strict=True) if not branch]
        needs.update((at, need(predicate, paths)) for at in loose)
    packed = {one: _packed(what, len(numbers)) for one, what in fields.items()}
    return Asked(numbers, packed, needs)


def _ask(layers: list[Layer], clauses: Sequence[Clause], branch: int) -> None:
    layers += [{} for _ in clauses[len(layers) :]]
    for layer, clause in zip(layers, clauses, strict=False):
        for atom in sorted(clause):
            layer[atom] = (*layer.get(atom, ()), branch)


def _packed(what: Asking, size: int) -> tuple[int, int, bytes]:
    tested = mask((at for _, numbers in what.tests for at in numbers), size)
    rows = (numbers for test, numbers in what.tests if not test_of(test)(None))
    needed = needing(what.layers, size) | mask((at for row in rows for at in row), size)
    packed = pickle.dumps(what, pickle.HIGHEST_PROTOCOL)
    return needed, asking(what.layers, size) | tested, packed


def _are_weak(found: Branches) -> bool:
    """Whether a good part of all events fits one of the branches."""
    return any(
        all(share(one) > _WEAK for clauses in branch.values() for one in clauses)
        for branch in found
    )


def _tests(predicate: p.Predicate, paths: Paths | None) -> Iterator[tuple[Field, p.Predicate]]:
    """What must be true of one field, and is not said by clauses."""
    for part in _parts(predicate, holds=True):
        tests = list(p.tests(part))
        fields = {paths_of(name, paths) for name in p.fields(part)}
        if len(fields) == 1 and all(isinstance(one, _ALONE) for one in tests):
            if isinstance(part, p.Not):
                tells = _are_usual(branches(part.arg, paths))
            else:
                tells = not all(isinstance(one, _SAID) for one in tests)
            if tells:
                yield fields.pop(), part


def _are_usual(found: Branches) -> bool:
    """Whether a good part of the values of one field fits: as short texts do, and beginnings."""
    if not all(found):
        return True
    atoms = {atom for branch in found for clauses in branch.values() for atom in clauses[0]}
    begins = any(atom[0] == START and atom[-1] != END for atom in atoms)
    return begins or share(frozenset(atoms)) > _USUAL


def _parts(predicate: p.Predicate, *, holds: bool) -> Iterator[p.Predicate]:
    """The parts all of which must be true, each negated if it does not hold."""
    if isinstance(predicate, p.Not):
        yield from _parts(predicate.arg, holds=not holds)
    elif isinstance(predicate, p.And if holds else p.Or):
        for arg in predicate.args:
            yield from _parts(arg, holds=holds)
    else:
        yield predicate if holds else p.Not(predicate)
