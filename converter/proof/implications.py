"""Tests of two fields of which one implies the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import permutations

from converter.predicate import FieldCompare, Relation, Test
from converter.proof.kinds import Kind

_WEAKER: dict[Relation, tuple[Relation, ...]] = {
    "equals": ("startswith", "endswith", "contains"),
    "startswith": ("contains",),
    "endswith": ("contains",),
    "<": ("<=",),
    ">": (">=",),
}


def implications(
    tests: Iterable[Test], kinds: Mapping[str, Kind]
) -> Iterator[tuple[FieldCompare, FieldCompare]]:
    """Pairs of comparisons of the same two fields: where the first is true, the second is."""
    compared = [test for test in tests if isinstance(test, FieldCompare)]
    for one, other in permutations(compared, 2):
        alike = (one.field, one.other) == (other.field, other.other)
        if alike and (one.cased or not other.cased) and _weaker(one, other, kinds):
            yield one, other


def _weaker(one: FieldCompare, other: FieldCompare, kinds: Mapping[str, Kind]) -> bool:
    """Numbers can be equal and differ as text, so text follows from "equals" only for texts."""
    if one.relation == other.relation:
        return one.relation != "differs" or one.cased == other.cased
    texts = kinds.get(one.field) == kinds.get(one.other) == "text"
    return other.relation in _WEAKER.get(one.relation, ()) and (texts or one.relation != "equals")
