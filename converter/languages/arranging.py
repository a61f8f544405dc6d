"""A predicate before it is said: flat, nothing twice, value lists drawn together."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from converter import predicate as p
from converter.pipelines import Facts

TextTest = p.Equals | p.Glob


class Choice(NamedTuple):
    """Tests of one field of which one suffices: a value list."""

    field: str
    tests: tuple[TextTest, ...]


class Networks(NamedTuple):
    """Networks of one field of which one suffices."""

    field: str
    tests: tuple[p.Cidr, ...]


class Scoped(NamedTuple):
    """One of several rules in one query, with the facts of its own log source."""

    predicate: p.Predicate
    facts: Callable[[str], Facts]


def arrange(predicate: p.Predicate) -> p.Predicate:
    """The predicate as a person would write it: flat, nothing twice, rule order kept."""
    if isinstance(predicate, p.And | p.Or):
        kind = type(predicate)
        flat: dict[p.Predicate, None] = {}
        for arg in predicate.args:
            part = arrange(arg)
            flat.update(dict.fromkeys(part.args if isinstance(part, kind) else (part,)))
        args = tuple(flat)
        return args[0] if len(args) == 1 else kind(args)
    if isinstance(predicate, p.Not):
        inner = arrange(predicate.arg)
        # A key that holds null is no key, as documents are stored.
        if isinstance(inner, p.Null | p.Exists):
            return p.Exists(inner.field) if isinstance(inner, p.Null) else p.Null(inner.field)
        return inner.arg if isinstance(inner, p.Not) else p.Not(inner)
    return predicate


def choices(group: p.Or) -> list[p.Predicate | Choice | Networks]:
    """The arguments, tests of one field drawn together where the first of them stands."""
    lists: dict[tuple[str, bool | None], list[TextTest | p.Cidr]] = {}
    places: list[p.Predicate | list[TextTest | p.Cidr]] = []
    for arg in group.args:
        if not isinstance(arg, p.Equals | p.Glob | p.Cidr):
            places.append(arg)
            continue
        key = (arg.field, None if isinstance(arg, p.Cidr) else arg.cased)
        if key not in lists:
            places.append(lists.setdefault(key, []))
        lists[key].append(arg)
    return [_together(part) if isinstance(part, list) else part for part in places]


def _together(tests: list[TextTest | p.Cidr]) -> p.Predicate | Choice | Networks:
    if len(tests) == 1:
        return tests[0]
    texts = tuple(test for test in tests if not isinstance(test, p.Cidr))
    networks = tuple(test for test in tests if isinstance(test, p.Cidr))
    return Choice(tests[0].field, texts) if texts else Networks(tests[0].field, networks)
