"""Arithmetic of ES|QL: numbers, and dates with lengths of time."""

from __future__ import annotations

import math
from collections.abc import Callable

from converter.languages import esql_tree as t
from converter.languages import esql_values as v
from converter.languages.esql_dates import plus
from converter.languages.esql_scope import Compiled, Record

_LIMITS = {"integer": 2**31, "long": 2**63, "unsigned_long": 2**64}
Number = int | float


def _divided(a: Number, b: Number) -> Number:
    if isinstance(a, int) and isinstance(b, int):
        return abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)
    return a / b


def _rest(a: Number, b: Number) -> Number:
    return a - b * _divided(a, b) if isinstance(a, int) and isinstance(b, int) else math.fmod(a, b)


_STEPS: dict[str, Callable[[Number, Number], Number]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": _divided,
    "%": _rest,
}


def arithmetic(node: t.Infix, compile_: Callable[[t.Expression], Compiled]) -> Compiled:
    """A sum, difference, product, quotient or rest. Overflow and division by zero give null."""
    if isinstance(node.left, t.Span) or isinstance(node.right, t.Span):
        return _moved(node, compile_)
    left, right = compile_(node.left), compile_(node.right)
    for side in (left, right):
        if side.type not in v.NUMBERS and side.type != "null":
            raise v.type_error(f"{node.op} takes numbers, not {side.type}")
    kind = v.common_type([left.type, right.type], node.op)
    step, limit = _STEPS[node.op], _LIMITS.get(kind)

    def run(record: Record) -> v.Cell:
        a, b = left.run(record), right.run(record)
        if len(a) != 1 or len(b) != 1:
            return ()
        values = (float(a[0]), float(b[0])) if kind == "double" else (a[0], b[0])
        return _kept(step, values, limit)

    return Compiled(kind, run)


def _kept(
    step: Callable[[Number, Number], Number], values: tuple[Number, Number], limit: int | None
) -> v.Cell:
    try:
        result = step(*values)
    except (ArithmeticError, ValueError):
        return ()
    return () if limit and not -limit <= result < limit else (result,)


def _moved(node: t.Infix, compile_: Callable[[t.Expression], Compiled]) -> Compiled:
    value, span = node.left, node.right
    if isinstance(value, t.Span) and node.op == "+":
        value, span = span, value
    if not isinstance(span, t.Span) or isinstance(value, t.Span) or node.op not in "+-":
        raise v.type_error(f"{node.op} with a length of time needs a date before it")
    compiled = compile_(value)
    if compiled.type not in ("datetime", "null"):
        raise v.type_error(f"{node.op} with a length of time needs a date, not {compiled.type}")
    sign, length, run = (1 if node.op == "+" else -1), span, compiled.run
    return Compiled(
        compiled.type, lambda record: tuple(plus(m, length, sign) for m in run(record)[:1])
    )


def minus(compiled: Compiled) -> Compiled:
    """The negative of a number."""
    if compiled.type not in v.NUMBERS and compiled.type != "null":
        raise v.type_error(f"- takes numbers, not {compiled.type}")
    run = compiled.run
    return Compiled(
        compiled.type,
        lambda record: tuple(-n for n in run(record)) if len(run(record)) == 1 else (),
    )
