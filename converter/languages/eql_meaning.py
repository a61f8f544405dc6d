"""EQL as predicates: every rule of case, null and lists made explicit.

Sources: Elasticsearch's reference of EQL; semantics: EQL 1-11. Fields of unknown type are taken
as keyword, beside numbers and booleans as what these are; `?field` is taken to exist.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from converter import predicate as p
from converter.errors import QueryError, Unsupported
from converter.languages import eql_plan as pl
from converter.languages import eql_tree as t
from converter.languages.elastic_index import Address
from converter.languages.eql_operands import Scope
from converter.languages.eql_planning import plan_event
from converter.languages.eql_regexps import test_of
from converter.languages.eql_syntax import parse_query
from converter.languages.lucene_regexp import has_case
from converter.pipelines import Facts

FactsOf = Callable[[str], Facts]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HIDDEN = frozenset({"flattened"})
_NAMED_DATES = frozenset({"@timestamp"})


@dataclass(frozen=True, slots=True)
class Key:
    """A field by which steps are joined; `optional`: events without it are joined too."""

    field: str
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One event of a sequence or sample, `runs` times in a row, or `missing`."""

    predicate: p.Predicate
    keys: tuple[Key, ...] = ()
    runs: int = 1
    missing: bool = False


@dataclass(frozen=True, slots=True)
class Sequence:
    """Events in order of time with equal keys. `span`: milliseconds from first to last, 0: any.

    An event of `until` between two steps ends the sequence. `limit`: the pipe behind it, such as
    ("head", 5), or nothing.
    """

    steps: tuple[Step, ...]
    span: int = 0
    until: Step | None = None
    limit: tuple[Literal["head", "tail"], int] | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """Different events with equal keys, in any order and at any time."""

    steps: tuple[Step, ...]


def parse(text: str, facts: FactsOf = Facts) -> p.Predicate:
    """The query for single events as a predicate.

    Raises QueryError where Elasticsearch would refuse it, Unsupported for sequences, samples,
    pipes and what a predicate cannot hold.
    """
    query = parse_query(text)
    if not isinstance(query.source, t.Event):
        what = "EQL: a sequence or sample finds several events"
        raise Unsupported(what, next_step="use parse_steps")
    if query.pipes:
        what = f"EQL: the pipe {query.pipes[0].name} counts events"
        raise Unsupported(what, next_step="leave the pipe out")
    return _event(query.source, facts)


def parse_steps(text: str, facts: FactsOf = Facts) -> Sequence | Sample:
    """A sequence or sample as its steps. Raises as `parse` does, QueryError for single events."""
    query = parse_query(text)
    source = query.source
    if isinstance(source, t.Event):
        raise QueryError.of("other", "EQL: the query finds single events", "use parse")
    steps = tuple(_step(step, facts) for step in source.steps)
    if isinstance(source, t.Sample):
        return Sample(steps)
    if len(query.pipes) > 1:
        raise Unsupported("EQL: several pipes behind a sequence", next_step="keep one pipe")
    limit = (query.pipes[0].name, query.pipes[0].count) if query.pipes else None
    until = _step(source.until, facts) if source.until else None
    return Sequence(steps, source.span, until, limit)


def _step(step: t.Step, facts: FactsOf) -> Step:
    keys = tuple(_key(key, facts) for key in step.keys)
    return Step(_event(step.event, facts), keys, step.runs, step.missing)


def _key(key: t.Expression, facts: FactsOf) -> Key:
    if not isinstance(key, t.Field):
        raise QueryError("EQL: a join key is no field", next_step="join by fields")
    column = _scope(facts)(key.name)
    if column is None or column.type in ("text", "match_only_text", "nested"):
        what = f"EQL: {key.name} joins nothing"
        raise QueryError.of("type", what, "join by another field")
    return Key(key.name, key.optional)


def _event(event: t.Event, facts: FactsOf) -> p.Predicate:
    scope = _scope(facts)
    _check_fixed(event.condition, scope)
    return _predicate(plan_event(scope, event))


def _scope(facts: FactsOf) -> Scope:
    def scope(name: str) -> pl.Column | None:
        known = facts(name)
        if known.type in _HIDDEN or known.none:
            return None
        kind = "date" if known.type == "unknown" and name in _NAMED_DATES else known.type
        return pl.Column(name, kind)

    return scope


def _check_fixed(expression: t.Expression, scope: Scope) -> None:
    """Refuses `now`: what it means depends on the moment of asking."""
    if isinstance(expression, t.Compared):
        sides = (expression.left, expression.right)
        now = any(isinstance(s, t.Const) and str(s.value).startswith("now") for s in sides)
        columns = [scope(side.name) for side in sides if isinstance(side, t.Field)]
        if now and any(column and column.type == "date" for column in columns):
            what = "EQL: a date that counts from `now`"
            raise Unsupported(what, next_step="leave time to the rule's schedule")
    for inner in _inner(expression):
        _check_fixed(inner, scope)


def _inner(expression: t.Expression) -> tuple[t.Expression, ...]:
    if isinstance(expression, t.Group):
        return expression.args
    return (expression.arg,) if isinstance(expression, t.Negated) else ()


def _predicate(plan: pl.Plan) -> p.Predicate:
    if plan is None or isinstance(plan, bool):
        return p.TRUE if plan else p.FALSE
    if isinstance(plan, pl.All):
        return p.And(tuple(map(_predicate, plan.args)))
    if isinstance(plan, pl.Any):
        return p.Or(tuple(map(_predicate, plan.args)))
    if isinstance(plan, pl.Neither):
        return p.Not(_predicate(plan.arg))
    return _test(plan)


def _test(leaf: pl.Leaf) -> p.Predicate:
    field = leaf.column.name
    match leaf:
        case pl.Whole() | pl.Like() | pl.Fits():
            return _of_text(leaf) if leaf.column.type != "lowercase" else _caseless(leaf)
        case pl.Has():
            return p.Exists(field)
        case pl.Lacks():
            return p.Null(field)
        case pl.Inside(_, network):
            return p.Cidr(field, str(network))
        case pl.Between(_, low, high):
            return p.And((_ordered(leaf.column, ">=", low), _ordered(leaf.column, "<=", high)))
        case pl.Ranged(column, op, value):
            return _ordered(column, op, value)


def _of_text(leaf: pl.Whole | pl.Like | pl.Fits) -> p.Predicate:
    field = leaf.column.name
    if isinstance(leaf, pl.Whole):
        return _equals(field, leaf.value, leaf.cased)
    if isinstance(leaf, pl.Like):
        return _glob(field, leaf.pattern, leaf.cased)
    return test_of(field, leaf.regexp, leaf.cased)


def _caseless(leaf: pl.Whole | pl.Like | pl.Fits) -> p.Predicate:
    """A field in lower case takes texts in any case."""
    field = leaf.column.name
    if isinstance(leaf, pl.Whole):
        return p.Equals(field, leaf.value if isinstance(leaf.value, str) else str(leaf.value))
    if isinstance(leaf, pl.Like):
        return p.Glob(field, leaf.pattern)
    return test_of(field, leaf.regexp, False)


def _equals(field: str, value: pl.Value, cased: bool) -> p.Predicate:
    if isinstance(value, Address):
        return p.Equals(field, str(value))
    if not isinstance(value, str):
        return p.Equals(field, value)
    return p.Equals(field, value, True) if cased else _glob(field, (value,), False)


def _glob(field: str, pattern: p.Pattern, cased: bool) -> p.Predicate:
    """A pattern; without case, Elasticsearch knows both cases of ASCII letters only."""
    letters = (char for piece in pattern if isinstance(piece, str) for char in piece)
    if not cased and any(has_case(char) for char in letters if not char.isascii()):
        return p.Regex(field, f"^(?:{''.join(map(_spelt, pattern))})$", "s")
    if all(isinstance(piece, str) for piece in pattern):
        return p.Equals(field, "".join(map(str, pattern)), cased)
    return p.Glob(field, pattern, cased)


def _spelt(piece: str | p.Wildcard) -> str:
    if isinstance(piece, p.Wildcard):
        return ".*" if piece is p.Wildcard.MANY else "."
    return "".join(
        f"[{char.lower()}{char.upper()}]" if char.isascii() and char.isalpha() else re.escape(char)
        for char in piece
    )


def _ordered(column: pl.Column, op: p.Order, value: pl.Value) -> p.Predicate:
    if isinstance(value, bool):
        kept = [one for one in (False, True) if _stands(one, op, value)]
        return p.Or(tuple(p.Equals(column.name, one) for one in kept))
    if isinstance(value, Address):
        what = f"EQL: {column.name} holds addresses, and their order"
        raise Unsupported(what, next_step="use cidrMatch")
    if column.type == "date" and isinstance(value, int):
        moment = _EPOCH + timedelta(milliseconds=value)
        return p.Compare(column.name, op, moment.isoformat(timespec="milliseconds")[:-6] + "Z")
    return p.Compare(column.name, op, value)


def _stands(left: bool, op: p.Order, right: bool) -> bool:
    return {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[op]
