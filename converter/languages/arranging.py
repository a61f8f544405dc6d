"""A predicate before it is said: flat, nothing twice, value lists drawn together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, cast

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


def any_rule(rules: Sequence[Scoped]) -> p.Predicate:
    """Events of any of these rules, each arranged: what all ask alike, then the rest of each."""

    def same(part: p.Predicate) -> bool:
        return all(
            rule.facts(name) == rules[0].facts(name) for name in p.fields(part) for rule in rules
        )

    alike, rests = _shared([rule.predicate for rule in rules], same)
    parts = [Scoped(part, rules[0].facts) for part in alike]
    scoped = [Scoped(rest, rule.facts) for rest, rule in zip(rests, rules, strict=False)]
    return _all_and_any(cast("list[p.Predicate]", parts), cast("list[p.Predicate]", scoped))


def either(predicates: Sequence[p.Predicate]) -> p.Predicate:
    """The same for predicates over fields of the same facts."""
    arranged = [arrange(predicate) for predicate in predicates]
    return _all_and_any(*_shared(arranged, lambda _: True))


def _shared(
    predicates: list[p.Predicate], may: Callable[[p.Predicate], bool]
) -> tuple[list[p.Predicate], list[p.Predicate]]:
    """The conjuncts of all that may be shared, and the rests; none where one has no rest."""
    asked = [part.args if isinstance(part, p.And) else (part,) for part in predicates]
    common = [part for part in asked[0] if all(part in other for other in asked[1:])]
    alike = [part for part in common if may(part)]
    rests = [tuple(part for part in parts if part not in alike) for parts in asked]
    whole = [rest[0] if len(rest) == 1 else p.And(rest) for rest in rests if rest]
    return alike, whole if all(rests) else []


def _all_and_any(alike: list[p.Predicate], rests: list[p.Predicate]) -> p.Predicate:
    any_rest = [rests[0] if len(rests) == 1 else p.Or(tuple(rests))] if rests else []
    parts = (*alike, *any_rest)
    return parts[0] if len(parts) == 1 else p.And(parts)


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
