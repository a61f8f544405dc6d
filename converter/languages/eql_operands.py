"""The operands of EQL's comparisons: fields, literals, arithmetic and conditions as values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from converter.errors import QueryError, Unsupported
from converter.languages import eql_tree as t
from converter.languages.elastic_index import NUMBERS
from converter.languages.eql_folding import fold_arithmetic
from converter.languages.eql_plan import Column, Plan
from converter.languages.eql_values import STRINGS

Scope = Callable[[str], Column | None]
FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}


@dataclass(frozen=True, slots=True)
class Counted:
    """A number field with constants added or multiplied, outermost last."""

    column: Column
    steps: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Test:
    """A condition used as a value."""

    plan: Plan


Operand = t.Const | Column | Counted | Test


def arithmetic(op: str, left: Operand, right: Operand) -> Operand:
    """Arithmetic: folded where constant, else a step on one field."""
    for operand in (left, right):
        _check_number(operand)
    if t.Const(None) in (left, right):
        return t.Const(None)
    if isinstance(left, t.Const) and isinstance(right, t.Const):
        return t.Const(fold_arithmetic(op, left.value, right.value))
    if op in "+*" and isinstance(left, t.Const):
        left, right = right, left
    number = right.value if isinstance(right, t.Const) else None
    if op not in "+-*" or isinstance(left, Test | t.Const) or not isinstance(number, int):
        raise script(f"the arithmetic {op} on fields")
    column, steps = (left.column, left.steps) if isinstance(left, Counted) else (left, ())
    if column.type not in ("long", "integer", "short", "byte", "unknown"):
        raise script("arithmetic on fractions")
    step = ("+", -number) if op == "-" else (op, number)
    return Counted(column, (*steps, step))


def _check_number(operand: Operand) -> None:
    good = isinstance(operand, Counted) or (
        isinstance(operand, Column) and operand.type in NUMBERS | {"unknown"}
    )
    if isinstance(operand, t.Const):
        value = operand.value
        good = value is None or (isinstance(value, int | float) and not isinstance(value, bool))
    if not good:
        raise wrong("arithmetic takes numbers")


def solved(left: Counted, op: str, value: t.Scalar) -> tuple[str, int]:
    """The comparison moved to the field alone, where the optimiser can; else it is a script."""
    for step, number in reversed(left.steps):
        if not isinstance(value, int) or isinstance(value, bool):
            raise script("arithmetic with fractions")
        if step == "+":
            value -= number
        elif number == 0 or value % number:
            raise script("multiplication without whole result")
        else:
            value //= number
            op = FLIPPED.get(op, op) if number < 0 else op
    return op, cast(int, value)


def check_text(operand: Operand, place: t.Place) -> None:
    """Raises QueryError where the operand is neither text nor null."""
    text = isinstance(operand, Column) and operand.type in STRINGS
    if isinstance(operand, t.Const):
        text = operand.value is None or isinstance(operand.value, str)
    if not text:
        raise wrong("this compares text, and one side is none; use == or in", place)


def text_operand(operand: Operand) -> Column | str | None:
    """A checked text operand: the field, or the literal."""
    return cast(Column | str | None, operand.value if isinstance(operand, t.Const) else operand)


def script(what: str) -> Unsupported:
    """What Elasticsearch runs as a script, and we do not."""
    return Unsupported(f"EQL: {what} runs as a script", next_step="compare a field with a value")


def wrong(
    what: str, place: t.Place = t.NOWHERE, kind: str = "type", step: str = "mend the query there"
) -> QueryError:
    """An error at a place of the query."""
    at = f"line {place[0]}, column {place[1]}: " if place[0] else ""
    return QueryError.of(kind, f"EQL: {at}{what}", step)
