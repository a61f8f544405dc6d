"""Two fields of one event (specification: fieldref), in time linear in both."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable

from converter.casing import fold
from converter.matcher.fields import Values
from converter.matcher.pairs import any_contains, any_ends, any_starts
from converter.matcher.text import Number, number, text
from converter.predicate import FieldCompare

_ORDERS: dict[str, Callable[[Number, Number], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_SIDES: dict[str, Callable[[Iterable[str], Iterable[str]], bool]] = {
    "startswith": any_starts,
    "endswith": any_ends,
    "contains": any_contains,
}


def field_compare(test: FieldCompare) -> Callable[[Values], bool]:
    """Two fields, any value of the one with any of the other; the closure gets a pair of values.

    Numbers compare as numbers, in text for an order only; all else as text. Null is no value.
    """
    if test.relation in ("equals", "differs"):
        related = _meet if test.relation == "equals" else _part
        return lambda pair: related(pair[0], pair[1], test.cased)
    if test.relation in _ORDERS:
        holds = _ORDERS[test.relation]
        return lambda pair: _any_ordered(_numbers(pair[0]), _numbers(pair[1]), holds)
    fits = _SIDES[test.relation]
    return lambda pair: fits(_texts(pair[0], test.cased), _texts(pair[1], test.cased))


def _meet(left: Values, right: Values, cased: bool) -> bool:
    if not _texts(left, cased).keys().isdisjoint(_texts(right, cased)):
        return True
    return not _plain_numbers(left).isdisjoint(_plain_numbers(right))


def _part(left: Values, right: Values, cased: bool) -> bool:
    """Whether some value on the left equals none on the right, which has some."""
    texts, numbers = _texts(right, cased), _plain_numbers(right)

    def equals_none(value: object) -> bool:
        written = _texts((value,), cased)
        alike = not texts.keys().isdisjoint(written) or not numbers.isdisjoint(
            _plain_numbers((value,))
        )
        return bool(written) and not alike

    return bool(texts) and any(map(equals_none, left))


def _any_ordered(
    left: list[Number], right: list[Number], holds: Callable[[Number, Number], bool]
) -> bool:
    """Whether any two stand so: the ends of both rows decide."""
    if not left or not right:
        return False
    return holds(min(left), max(right)) or holds(max(left), min(right))


def _texts(values: Values, cased: bool) -> dict[str, None]:
    found = (text(value) for value in values)
    return {one if cased else fold(one): None for one in found if one is not None}


def _numbers(values: Values) -> list[Number]:
    """The numbers among the values; what is not a number (NaN) has no order."""
    return [one for one in map(number, values) if one is not None and one == one]  # noqa: PLR0124


def _plain_numbers(values: Values) -> set[Number]:
    return set(_numbers([value for value in values if not isinstance(value, str)]))
