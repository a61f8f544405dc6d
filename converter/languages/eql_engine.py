"""EQL evaluated over documents, as Elasticsearch answers (mapping and docs: elastic_index).

Sources: what a node answers (tests/conformance); semantics: EQL 1-11.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TypeVar

from converter.errors import QueryError
from converter.languages import eql_plan as pl
from converter.languages import eql_tree as t
from converter.languages.elastic_index import TEXTS, Address, Doc, Index
from converter.languages.elastic_words import lower
from converter.languages.eql_operands import Scope
from converter.languages.eql_planning import plan_event
from converter.languages.eql_regexps import matcher_of
from converter.languages.eql_sequences import Keyed, samples, sequences
from converter.languages.eql_syntax import parse_query
from converter.predicate import Pattern, Wildcard

Check = Callable[[Doc], bool]
_Row = TypeVar("_Row")
_ASCII = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
_TIME = "@timestamp"
_BEFORE_ALL = -(2**63)


def evaluate(text: str, mapping: Mapping[str, str], docs: Sequence[Doc]) -> list[int]:
    """Numbers of the matching documents, ascending; of a sequence, all that take part in one.

    Raises QueryError where Elasticsearch refuses the query, Unsupported for scripts.
    """
    query = parse_query(text)
    index = Index(mapping)
    if not isinstance(query.source, t.Event):
        found = _sequences(query, index, docs)
        return sorted({number for row in found for number in row if number is not None})
    plan = plan_event(scope_of(index), query.source)
    check = compile_plan(plan, index)
    order = _by_time(index, docs)
    if plan is True and query.pipes:
        order.reverse()  # observed: without a condition, `head` answers from the end
    return sorted(_piped([number for number in order if check(docs[number])], query.pipes))


def evaluate_sequences(
    text: str, mapping: Mapping[str, str], docs: Sequence[Doc]
) -> list[list[int | None]]:
    """The document of each step of each sequence or sample, in the order of the answer.

    None stands for a missing event. Raises as `evaluate` does.
    """
    query = parse_query(text)
    if isinstance(query.source, t.Event):
        raise QueryError.of("other", "EQL: the query is no sequence", "use evaluate")
    return _sequences(query, Index(mapping), docs)


def scope_of(index: Index) -> Scope:
    """The fields of an index as EQL sees them: text by its keyword sub-field, no flattened keys."""

    def scope(name: str) -> pl.Column | None:
        kind = index.fields.get(name)
        if kind in TEXTS and index.fields.get(f"{name}.keyword") == "keyword":
            return pl.Column(f"{name}.keyword", "keyword", name)
        if kind is None and any(field.startswith(f"{name}.") for field in index.fields):
            return pl.Column(name, "object")
        return None if kind is None else pl.Column(name, kind)

    return scope


def _sequences(query: t.Query, index: Index, docs: Sequence[Doc]) -> list[list[int | None]]:
    source = query.source
    assert not isinstance(source, t.Event)
    order = _by_time(index, docs)
    ends = (source.until,) if isinstance(source, t.Sequence) and source.until else ()
    scope = scope_of(index)
    keys = [[_key(scope, key) for key in step.keys] for step in (*source.steps, *ends)]
    _check_types(keys)
    steps = [
        _step(index, scope, step, columns, order, docs)
        for step, columns in zip((*source.steps, *ends), keys, strict=True)
    ]
    if isinstance(source, t.Sample):
        return samples(steps)
    times = {number: _time(index, docs[number]) for number in order}
    until = steps.pop() if ends else None
    runs = [step for one, step in zip(source.steps, steps, strict=False) for _ in range(one.runs)]
    head = bool(query.pipes) and query.pipes[0].name == "head"
    return _piped(sequences(runs, times, source.span, until, head), query.pipes)


Key = tuple[pl.Column | None, bool]


def _key(scope: Scope, key: t.Expression) -> Key:
    """A join key: its column, None where `?key` is unmapped, and whether it must have a value."""
    if not isinstance(key, t.Field):
        raise QueryError("EQL: a join key is no field", next_step="join by fields")
    column = scope(key.name)
    if column is None and not key.optional:
        what = f"EQL: there is no field {key.name}"
        raise QueryError.of("unknown_column", what, "name a field of the index, or ?field")
    if column is not None and column.type in {"flattened", "nested", "object", *TEXTS}:
        what = f"EQL: {key.name} is of type {column.type} and joins nothing"
        raise QueryError.of("type", what, "join by another field")
    return column, not key.optional


def _check_types(keys: list[list[Key]]) -> None:
    for place in zip(*keys, strict=True):
        kinds = {_kind(column.type) for column, _ in place if column is not None}
        if len(kinds) > 1:
            what = "EQL: fields of different types are joined"
            raise QueryError.of("type", what, "join by fields of one type")


def _kind(kind: str) -> str:
    return "keyword" if kind in ("lowercase", "wildcard", "constant_keyword") else kind


def _step(
    index: Index, scope: Scope, step: t.Step, keys: list[Key], order: list[int], docs: Sequence[Doc]
) -> Keyed:
    """The events of a step in order of time, each with the values of its keys."""
    check = compile_plan(plan_event(scope, step.event), index)
    found: list[tuple[int, list[list[pl.Value | None]]]] = []
    for number in order:
        if check(docs[number]):
            values = [_key_values(index, docs[number], column) for column, _ in keys]
            needed = [one for one, (_, must) in zip(values, keys, strict=True) if must]
            if [None] not in needed:
                found.append((number, values))
    return Keyed(found, step.missing)


def _key_values(index: Index, doc: Doc, column: pl.Column | None) -> list[pl.Value | None]:
    values = index.values(doc, column.name) if column else []
    return list(dict.fromkeys(values)) or [None]


def _by_time(index: Index, docs: Sequence[Doc]) -> list[int]:
    if index.type(_TIME) is None:
        what = f"EQL: there is no field {_TIME}"
        raise QueryError.of("unknown_column", what, "add it to the mapping")
    return sorted(range(len(docs)), key=lambda number: _time(index, docs[number]))


def _time(index: Index, doc: Doc) -> int:
    values = index.values(doc, _TIME)
    return min((int(value) for value in values if isinstance(value, int)), default=_BEFORE_ALL)


def _piped(rows: list[_Row], pipes: tuple[t.Pipe, ...]) -> list[_Row]:
    """What `head` and `tail` leave; several join into one limit as in Elasticsearch."""
    if not pipes:
        return rows
    first, *rest = pipes
    limit, offset = first.count, 0
    tail = first.name == "tail"
    for pipe in rest:
        if (pipe.name == "tail") == tail:
            limit = min(limit, pipe.count)
        elif pipe.count < limit:
            offset, limit = offset + limit - pipe.count, pipe.count
    if tail:
        return rows[::-1][offset : offset + limit][::-1]
    return rows[offset : offset + limit]


# Plans


def compile_plan(plan: pl.Plan, index: Index) -> Check:
    """A plan as a check of one document; null counts as false."""
    if plan is None or isinstance(plan, bool):
        return lambda doc: plan is True
    if isinstance(plan, pl.All | pl.Any):
        checks = [compile_plan(arg, index) for arg in plan.args]
        if isinstance(plan, pl.All):
            return lambda doc: all(check(doc) for check in checks)
        return lambda doc: any(check(doc) for check in checks)
    if isinstance(plan, pl.Neither):
        check = compile_plan(plan.arg, index)
        return lambda doc: not check(doc)
    fits, name = _value_check(plan), plan.column.name
    if isinstance(plan, pl.Lacks):
        return lambda doc: not index.exists(doc, name)
    if isinstance(plan, pl.Ranged) and plan.column.analysed:
        text = plan.column.analysed
        return lambda doc: any(fits(word) for words in index.tokens(doc, text) for word in words)
    return lambda doc: any(map(fits, index.values(doc, name)))


def _value_check(leaf: pl.Leaf) -> Callable[[pl.Value], bool]:
    match leaf:
        case pl.Has() | pl.Lacks():
            return lambda value: True
        case pl.Whole(column, wanted, cased):
            return _equal_check(_as_indexed(column, wanted), cased)
        case pl.Like(column, pattern, cased):
            return _like_check(tuple(_indexed_piece(column, piece) for piece in pattern), cased)
        case pl.Fits(_, regexp, cased):
            matcher = matcher_of(regexp, cased)
            return lambda value: matcher(str(value))
        case pl.Ranged(column, op, bound):
            compare, limit = _ORDERS[op], _rank(_as_indexed(column, bound))
            return lambda value: compare(_rank(value), limit)
        case pl.Between(_, low, high):
            return lambda value: isinstance(value, int) and low <= value <= high
        case pl.Inside(_, network):
            first, last = _rank(network[0]), _rank(network[-1])
            return lambda value: first <= _rank(value) <= last  # type: ignore[operator]


def _as_indexed(column: pl.Column, value: pl.Value) -> pl.Value:
    return lower(value) if column.type == "lowercase" and isinstance(value, str) else value


def _indexed_piece(column: pl.Column, piece: str | Wildcard) -> str | Wildcard:
    return lower(piece) if column.type == "lowercase" and isinstance(piece, str) else piece


def _equal_check(wanted: pl.Value, cased: bool) -> Callable[[pl.Value], bool]:
    if cased or not isinstance(wanted, str):
        return lambda value: value == wanted
    folded = wanted.translate(_ASCII)
    return lambda value: str(value).translate(_ASCII) == folded


@cache
def _like_check(pattern: Pattern, cased: bool) -> Callable[[pl.Value], bool]:
    """Without case only the letters of ASCII have another form."""
    pieces = {Wildcard.MANY: ".*", Wildcard.ONE: "."}
    text = "".join(
        pieces[piece]
        if isinstance(piece, Wildcard)
        else re.escape(piece if cased else piece.translate(_ASCII))
        for piece in pattern
    )
    match = re.compile(text, re.DOTALL).fullmatch
    if cased:
        return lambda value: match(str(value)) is not None
    return lambda value: match(str(value).translate(_ASCII)) is not None


_ORDERS: dict[str, Callable[[pl.Value, pl.Value], bool]] = {
    "<": lambda value, limit: value < limit,  # type: ignore[operator]
    "<=": lambda value, limit: value <= limit,  # type: ignore[operator]
    ">": lambda value, limit: value > limit,  # type: ignore[operator]
    ">=": lambda value, limit: value >= limit,  # type: ignore[operator]
}


def _rank(value: pl.Value) -> pl.Value:
    """What values are ordered by: addresses as 16 bytes, IPv4 within IPv6."""
    if isinstance(value, Address):
        return int(value) + (0xFFFF << 32) if value.version == 4 else int(value)
    return value
