"""STATS of ES|QL: rows in groups, one value for each group.

Source: Elasticsearch's ES|QL aggregate functions; a list as key counts in each group.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from converter.errors import Unsupported
from converter.languages import esql_tree as t
from converter.languages import esql_values as v
from converter.languages.esql_compile import Compiler, compile_where
from converter.languages.esql_scope import Compiled, Record, Scope, decimal

Column = list[Any]  # all values of a group, lists made flat
_NUMBERS = frozenset(v.NUMBERS)
_ORDERED = _NUMBERS | {"datetime", "keyword", "text", "ip", "boolean"}


@dataclass(frozen=True, slots=True)
class Group:
    """One group of rows: the cells of its key, and the records in it."""

    key: tuple[v.Cell, ...]
    records: list[Record]


@dataclass(frozen=True, slots=True)
class Aggregate:
    """A column of STATS ready to run."""

    name: str
    type: str
    run: Callable[[Sequence[Record]], v.Cell]


def grouped(records: Sequence[Record], keys: Sequence[Compiled]) -> list[Group]:
    """The groups in order of appearance; without keys one group, be it empty."""
    if not keys:
        return [Group((), list(records))]
    groups: dict[tuple[v.Cell, ...], list[Record]] = {}
    for record in records:
        cells = [tuple((value,) for value in key.run(record)) or ((),) for key in keys]
        for combination in dict.fromkeys(itertools.product(*cells)):
            groups.setdefault(combination, []).append(record)
    return [Group(key, held) for key, held in groups.items()]


def aggregate(scope: Scope, node: t.Aggregate) -> Aggregate:
    """One column of STATS. Raises QueryError, Unsupported."""
    keep = compile_where(scope, node.where) if node.where else None
    inner = _compile(scope, node.field.value)

    def run(records: Sequence[Record]) -> v.Cell:
        return inner.run([record for record in records if keep is None or keep(record)])

    return Aggregate(node.field.name, inner.type, run)


def _compile(scope: Scope, node: t.Expression) -> Aggregate:
    if isinstance(node, t.Call) and node.name in _PLAIN:
        return _plain(scope, node)
    if isinstance(node, t.Call) and node.name in _OTHERS:
        return _OTHERS[node.name](scope, node)
    return _around(scope, node)


def _around(scope: Scope, node: t.Expression) -> Aggregate:
    """Plain functions and arithmetic around aggregates, as in MAX(x) - MIN(x)."""
    inner: dict[int, Aggregate] = {}
    outer = Scope(scope.documents, {}, now=scope.now)
    compiled = Compiler(outer).compile(_taken_out(scope, outer, node, inner))
    if not inner:
        what = "ES|QL: a column of STATS without an aggregate function that is held"
        raise Unsupported(what, next_step="use COUNT, SUM, MIN, MAX, VALUES or the like")

    def run(records: Sequence[Record]) -> v.Cell:
        cells = {slot: part.run(records) for slot, part in inner.items()}
        return compiled.run(Record(-1, cells))

    return Aggregate("", compiled.type, run)


def _taken_out(scope: Scope, outer: Scope, node: Any, inner: dict[int, Aggregate]) -> Any:
    """The expression with each aggregate replaced by a column of the outer scope."""
    if isinstance(node, t.Call) and (node.name in _PLAIN or node.name in _OTHERS):
        part = _compile(scope, node)
        name = f"aggregate {len(inner)}"
        inner[outer.add(name, part.type)] = part
        return t.Column(name)
    if isinstance(node, t.Call) and node.name in _KNOWN:
        what = f"ES|QL: the aggregate function {node.name.upper()} is not held"
        raise Unsupported(what, next_step="use COUNT, SUM, MIN, MAX, VALUES or the like")
    if isinstance(node, t.Column):
        raise v.type_error(f"{node.name} stands in STATS outside an aggregate function")
    if isinstance(node, t.Call):
        return replace(node, args=tuple(_taken_out(scope, outer, a, inner) for a in node.args))
    if isinstance(node, t.Infix):
        left = _taken_out(scope, outer, node.left, inner)
        return replace(node, left=left, right=_taken_out(scope, outer, node.right, inner))
    return (
        replace(node, arg=_taken_out(scope, outer, node.arg, inner))
        if hasattr(node, "arg")
        else node
    )


def _argument(scope: Scope, node: t.Call, types: frozenset[str]) -> Compiled:
    compiled = Compiler(scope).compile(node.args[0]) if node.args else None
    if compiled is None or compiled.type not in types | {"null"}:
        found = compiled.type if compiled else "nothing"
        raise v.type_error(f"{node.name.upper()} does not take {found}")
    return compiled


def _values(compiled: Compiled, records: Sequence[Record]) -> Column:
    return [value for record in records for value in compiled.run(record)]


def _plain(scope: Scope, node: t.Call) -> Aggregate:
    gives, types, make = _PLAIN[node.name]
    compiled = _argument(scope, node, types)
    if gives == "double":
        compiled = decimal(compiled) if compiled.type in _NUMBERS else compiled
    kind = {"=": compiled.type, "sum": _sum_type(compiled.type)}.get(gives, gives)

    def run(records: Sequence[Record]) -> v.Cell:
        values = _values(compiled, records)
        return make(values) if values or gives == "count" else ()

    return Aggregate("", "long" if gives == "count" else kind, run)


def _sum_type(kind: str) -> str:
    return "double" if kind == "double" else "long"


def _count(scope: Scope, node: t.Call) -> Aggregate:
    if not node.args or isinstance(node.args[0], t.Const):
        return Aggregate("", "long", lambda records: (len(records),))
    compiled = Compiler(scope).compile(node.args[0])
    return Aggregate("", "long", lambda records: (len(_values(compiled, records)),))


def _percentile(scope: Scope, node: t.Call) -> Aggregate:
    compiled = decimal(_argument(scope, node, _NUMBERS))
    share = node.args[1] if len(node.args) == 2 else None
    if not isinstance(share, t.Const) or not isinstance(share.value, int | float):
        raise v.type_error("PERCENTILE takes a number and a percentage")
    part = share.value / 100
    return Aggregate("", "double", lambda rs: quantile(_values(compiled, rs), part))


def quantile(values: Column, part: float) -> v.Cell:
    """The value at that part of the sorted values, between two of them in proportion."""
    if not values:
        return ()
    ordered = sorted(values)
    place = part * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return (ordered[low] + (ordered[high] - ordered[low]) * (place - low),)


def _top(scope: Scope, node: t.Call) -> Aggregate:
    compiled = _argument(scope, node, _ORDERED)
    literals = [arg.value for arg in node.args[1:] if isinstance(arg, t.Const)]
    if len(literals) != len(node.args) - 1 or not isinstance(literals[0], int):
        raise v.type_error("TOP takes a value, a count and an order")
    count, down = literals[0], len(literals) > 1 and str(literals[1]).lower() == "desc"
    return Aggregate(
        "",
        compiled.type,
        lambda rs: tuple(sorted(_values(compiled, rs), reverse=down)[:count]),
    )


def _edge(last: bool) -> Callable[[Scope, t.Call], Aggregate]:
    """FIRST or LAST: the value of the earliest or latest row by another column."""

    def caller(scope: Scope, node: t.Call) -> Aggregate:
        compiled = _argument(scope, node, _ORDERED)
        order = t.Column("@timestamp") if len(node.args) < 2 else node.args[1]
        by = Compiler(scope).compile(order)

        def run(records: Sequence[Record]) -> v.Cell:
            pairs = [(by.run(r)[0], compiled.run(r)) for r in records if by.run(r)]
            pairs = [pair for pair in pairs if pair[1]]
            choose = max if last else min
            return choose(pairs, key=lambda pair: pair[0])[1] if pairs else ()

        return Aggregate("", compiled.type, run)

    return caller


_PLAIN: dict[str, tuple[str, frozenset[str], Callable[[Column], v.Cell]]] = {
    "avg": ("double", _NUMBERS, lambda values: (sum(values) / len(values),)),
    "count_distinct": ("count", _ORDERED, lambda values: (len(set(values)),)),
    "max": ("=", _ORDERED, lambda values: (max(values),)),
    "median": ("double", _NUMBERS, lambda values: quantile(values, 0.5)),
    "min": ("=", _ORDERED, lambda values: (min(values),)),
    "sum": ("sum", _NUMBERS, lambda values: (sum(values),)),
    "values": ("=", _ORDERED, lambda values: tuple(dict.fromkeys(values))),
}
_KNOWN = frozenset(
    "absent median_absolute_deviation present sample st_centroid_agg st_extent_agg std_dev "
    "variance weighted_avg".split()
)
_OTHERS: dict[str, Callable[[Scope, t.Call], Aggregate]] = {
    "count": _count,
    "first": _edge(last=False),
    "last": _edge(last=True),
    "percentile": _percentile,
    "top": _top,
}
