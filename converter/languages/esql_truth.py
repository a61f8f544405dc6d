"""When an ES|QL condition is true, and when it is false; else it is null.

Both sides are predicates, so NOT, COALESCE and IS NULL come out exactly (semantics: ES|QL 1).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from converter import predicate as p


@dataclass(frozen=True, slots=True)
class Truth:
    """The rows where a condition is true, and those where it is false."""

    true: p.Predicate
    false: p.Predicate

    @property
    def null(self) -> p.Predicate:
        """The rows where it is neither."""
        return p.FALSE if self.total else opposite(either((self.true, self.false)))

    @property
    def total(self) -> bool:
        """Whether it is never null."""
        return self.false == opposite(self.true) or self.true == opposite(self.false)


NEVER = Truth(p.FALSE, p.FALSE)


def total(test: p.Predicate) -> Truth:
    """A condition that is false wherever it is not true."""
    return Truth(test, opposite(test))


def opposite(predicate: p.Predicate) -> p.Predicate:
    """NOT, without a second NOT or a constant below it."""
    if isinstance(predicate, p.Not):
        return predicate.arg
    return p.FALSE if predicate == p.TRUE else p.TRUE if predicate == p.FALSE else p.Not(predicate)


def either(parts: Iterable[p.Predicate]) -> p.Predicate:
    """OR, without parts that are never true."""
    kept = tuple(dict.fromkeys(part for part in parts if part != p.FALSE))
    return p.TRUE if p.TRUE in kept else kept[0] if len(kept) == 1 else p.Or(kept)


def both(parts: Iterable[p.Predicate]) -> p.Predicate:
    """AND, without parts that are always true."""
    kept = tuple(dict.fromkeys(part for part in parts if part != p.TRUE))
    return p.FALSE if p.FALSE in kept else kept[0] if len(kept) == 1 else p.And(kept)


def negated(truth: Truth) -> Truth:
    """NOT."""
    return Truth(truth.false, truth.true)


def conjunction(parts: Sequence[Truth]) -> Truth:
    """AND: false where one part is."""
    true = both(part.true for part in parts)
    if all(part.total for part in parts):
        return total(true)
    return Truth(true, either(part.false for part in parts))


def disjunction(parts: Sequence[Truth]) -> Truth:
    """OR: false where every part is."""
    true = either(part.true for part in parts)
    if all(part.total for part in parts):
        return total(true)
    return Truth(true, both(part.false for part in parts))


def coalesced(parts: Sequence[Truth]) -> Truth:
    """COALESCE of conditions: the first that is not null."""
    first, *rest = parts
    if not rest or first.total:
        return first
    last = coalesced(rest)
    if last.true == p.FALSE:
        return total(first.true)
    if last.false == p.FALSE and last.true == p.TRUE:
        return Truth(opposite(first.false), first.false)
    true = either((first.true, both((first.null, last.true))))
    return Truth(true, either((first.false, both((first.null, last.false)))))


def chosen(pairs: Sequence[tuple[Truth, Truth]], rest: Truth) -> Truth:
    """CASE of conditions: the value beside the first test that is true."""
    result = rest
    for test, value in reversed(pairs):
        true = either((both((test.true, value.true)), both((opposite(test.true), result.true))))
        false = either((both((test.true, value.false)), both((opposite(test.true), result.false))))
        result = Truth(true, false)
    return result


def about(test: p.Predicate, fields: Sequence[str], lists: Sequence[str] = ()) -> Truth:
    """A comparison of fields: null where one is missing, or holds several values."""
    single = [p.Single(name) for name in lists]
    known = [p.Exists(name) for name in fields if name not in lists]
    if test == p.TRUE:
        return Truth(both((*single, *known)), p.FALSE)
    return Truth(both((*single, test)), both((*single, *known, opposite(test))))
