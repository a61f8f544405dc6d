"""ES|QL's functions of time made runnable: their units and formats are literals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from converter.errors import Unsupported
from converter.languages import esql_dates as dates
from converter.languages import esql_tree as t
from converter.languages import esql_values as v
from converter.languages.elastic_dates import parse_date
from converter.languages.esql_scope import Compiled, Compiling

Caller = Callable[[Compiling, t.Call], Compiled]


def _literal(node: t.Call, place: int) -> str:
    arg = node.args[place] if len(node.args) > place else None
    if isinstance(arg, t.Const) and isinstance(arg.value, str):
        return arg.value
    what = f"ES|QL: {node.name.upper()} without a literal there is not held"
    raise Unsupported(what, next_step="write the text out")


def _date(compiler: Compiling, node: t.Expression, name: str) -> Compiled:
    if isinstance(node, t.Const) and isinstance(node.value, str):
        cell = (v.from_text(node.value, "datetime"),)
        return Compiled("datetime", lambda record: cell)
    compiled = compiler.compile(node)
    if compiled.type not in ("datetime", "null"):
        raise v.type_error(f"{name.upper()} takes a date, not {compiled.type}")
    return compiled


def _of_one(kind: str, compiled: Compiled, change: Callable[[Any], Any]) -> Compiled:
    run = compiled.run
    return Compiled(
        kind, lambda record: (change(cell[0]),) if len(cell := run(record)) == 1 else ()
    )


def _arguments(node: t.Call, least: int, most: int) -> None:
    if not least <= len(node.args) <= most:
        raise v.type_error(f"{node.name.upper()} does not take {len(node.args)} arguments")


def _extract(compiler: Compiling, node: t.Call) -> Compiled:
    _arguments(node, 2, 2)
    part = _literal(node, 0).lower()
    if part not in dates.PARTS:
        raise v.type_error(f"{part!r} is no part of a date")
    take = dates.PARTS[part]
    compiled = _date(compiler, node.args[1], node.name)
    return _of_one("long", compiled, lambda millis: take(v.moment(millis)))


def _truncated(compiler: Compiling, node: t.Call) -> Compiled:
    _arguments(node, 2, 2)
    span, value = node.args
    if not isinstance(span, t.Span) or span.amount < 1:
        raise v.type_error("DATE_TRUNC takes a length of time first")
    compiled = _date(compiler, value, node.name)
    return _of_one("datetime", compiled, lambda millis: dates.truncate(millis, span))


def _bucket(compiler: Compiling, node: t.Call) -> Compiled:
    if len(node.args) != 2:
        raise Unsupported("ES|QL: BUCKET over a range is not held", next_step="give a span")
    value, size = node.args
    if isinstance(size, t.Span) and size.amount > 0:
        compiled, span = _date(compiler, value, node.name), size
        return _of_one("datetime", compiled, lambda millis: dates.truncate(millis, span))
    compiled = compiler.compile(value)
    if compiled.type not in v.NUMBERS or not isinstance(size, t.Const) or not size.value:
        raise v.type_error("BUCKET takes a date and a length of time, or a number and a size")
    width = float(size.value)
    return _of_one("double", compiled, lambda number: number // width * width)


def _difference(compiler: Compiling, node: t.Call) -> Compiled:
    _arguments(node, 3, 3)
    unit = _literal(node, 0).lower()
    if unit not in dates.DIFF_UNIT:
        raise v.type_error(f"{unit!r} is no unit of time")
    start, end = (_date(compiler, arg, node.name).run for arg in node.args[1:])

    def run(record: Any) -> v.Cell:
        a, b = start(record), end(record)
        return (dates.difference(unit, a[0], b[0]),) if len(a) == 1 == len(b) else ()

    return Compiled("integer", run)


def _formatted(compiler: Compiling, node: t.Call) -> Compiled:
    _arguments(node, 1, 2)
    write = dates.formatted(_literal(node, 0)) if len(node.args) == 2 else v.shown_date
    return _of_one("keyword", _date(compiler, node.args[-1], node.name), write)


def _parsed(compiler: Compiling, node: t.Call) -> Compiled:
    _arguments(node, 1, 2)
    read = dates.parsed(_literal(node, 0)) if len(node.args) == 2 else parse_date
    compiled = compiler.compile(node.args[-1])
    if compiled.type not in v.STRINGS | {"null"}:
        raise v.type_error("DATE_PARSE reads text")
    run = compiled.run

    def parsed(record: Any) -> v.Cell:
        cell = run(record)
        try:
            return (read(cell[0]),) if len(cell) == 1 else ()
        except ValueError:
            return ()

    return Compiled("datetime", parsed)


def _now(compiler: Compiling, node: t.Call) -> Compiled:
    cell = (compiler.scope.now,)
    return Compiled("datetime", lambda record: cell)


TIMES: dict[str, Caller] = {
    "bucket": _bucket,
    "bin": _bucket,
    "date_diff": _difference,
    "date_extract": _extract,
    "date_format": _formatted,
    "date_parse": _parsed,
    "date_trunc": _truncated,
    "now": _now,
}
