"""Comparisons of simple eval values as tests (semantics: SPL 3, 4, 7, 10, 14)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

from converter import predicate as p
from converter.languages import spl_tree as t
from converter.languages import spl_values as v
from converter.languages.spl_cases import PARTS, Change, Column, Constant, Simple
from converter.languages.spl_eval import equal, ordered
from converter.languages.spl_regex import found, text_test
from converter.languages.spl_search import refuse
from converter.languages.spl_search_meaning import FactsOf

Number = int | float
_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


def compared(op: str, left: Simple, right: Simple, facts: FactsOf) -> p.Predicate:
    """Where the comparison is TRUE; a missing field is never TRUE."""
    if isinstance(left, Constant) and isinstance(right, Constant):
        return _constants(op, left, right)
    if isinstance(left, Constant):
        return compared(_FLIPPED.get(op, op), right, left, facts)
    if isinstance(right, Constant):
        if right.value is None:
            return p.FALSE
        if op == "!=" and facts(left.name).lists:
            refuse(f"{left.name}!= where the field can hold several values", "use mvfind()")
        return _BY_CHANGE[left.change](left, op, right.value)
    return _fields(op, left, right)


def _constants(op: str, left: Constant, right: Constant) -> p.Predicate:
    if left.value is None or right.value is None:
        return p.FALSE
    if op in _FLIPPED:
        return p.TRUE if ordered(left.value, op, right.value) else p.FALSE
    return p.TRUE if equal(left.value, right.value) == (op == "=") else p.FALSE


def _fields(op: str, left: Column, right: Column) -> p.Predicate:
    changes = (left.change, right.change)
    if op in _FLIPPED and changes == ("number", "number"):
        return p.FieldCompare(left.name, cast(p.Relation, op), right.name)
    if op not in ("=", "!=") or changes not in (("", ""), ("lower", "lower"), ("upper", "upper")):
        refuse(f"{op} between these two fields", "compare them as texts, or both by tonumber()")
    same = p.FieldCompare(left.name, "equals", right.name, cased=changes == ("", ""))
    if op == "=":
        return same
    return p.And((p.Exists(left.name), p.Exists(right.name), p.Not(same)))


def _unequal(column: Column, test: p.Predicate) -> p.Predicate:
    return p.And((p.Exists(column.name), p.Not(test)))


def _order(column: Column, op: str, value: Number | str) -> p.Predicate:
    return p.Compare(column.name, cast(p.Order, op), value)


def _plain(column: Column, op: str, value: Number | str) -> p.Predicate:
    if op in _FLIPPED:
        number = v.number(value)
        return _order(column, op, value if number is None else number)
    if isinstance(value, str):
        test = text_test(column.name, (value,), cased=True)
    else:
        test = p.Equals(column.name, value)
    return test if op == "=" else _unequal(column, test)


def _in_case(column: Column, op: str, value: Number | str) -> p.Predicate:
    if op in _FLIPPED:
        refuse(f"{op} of {column.change}()", "compare with =")
    text = v.text(value)
    fits = text == (text.lower() if column.change == "lower" else text.upper())
    test = text_test(column.name, (text,), cased=False) if fits else p.FALSE
    return test if op == "=" else _unequal(column, test)


def _number(column: Column, op: str, value: Number | str) -> p.Predicate:
    number = v.number(value)
    if number is None:
        refuse(f"a number compared with the text {value!r}", "write a number")
    if op == "!=":
        return p.Or((_order(column, "<", number), _order(column, ">", number)))
    return p.Equals(column.name, number) if op == "=" else _order(column, op, number)


def _part(column: Column, op: str, value: Number | str) -> p.Predicate:
    number = v.number(value)
    width = 4 if column.extra == "%Y" else 2
    text = str(value)
    if column.change == "text part" and not (text.isdigit() and len(text) == width):
        refuse(f"a part of the time compared with {text!r}", "use tonumber()")
    if not isinstance(number, int):
        refuse(f"a part of the time compared with {text!r}", "write a whole number")
    part = PARTS[column.extra]
    if part == "weekday":
        if op != "=":
            refuse(f"a weekday {op} {number}", "write =")
        number = number or 7  # %w has Sunday as 0
    if op == "!=":
        below = p.TimePart(column.name, part, "<", number, column.zone)
        return p.Or((below, p.TimePart(column.name, part, ">", number, column.zone)))
    order = "==" if op == "=" else cast(p.Order, op)
    return p.TimePart(column.name, part, order, number, column.zone)


def _count(column: Column, op: str, value: Number | str) -> p.Predicate:
    if (op, value) == ("=", 1):
        return p.Single(column.name)
    if (op, value) in ((">", 0), (">=", 1), ("!=", 0)):
        return p.Exists(column.name)
    if (op, value) in ((">", 1), (">=", 2), ("!=", 1)):
        return _unequal(column, p.Single(column.name))
    return refuse(f"mvcount() {op} {value}", "test for one value")


def _find(column: Column, op: str, value: Number | str) -> p.Predicate:
    if (op, value) in ((">", -1), (">=", 0)):
        return found(column.name, column.extra)
    return refuse(f"mvfind() {op} {value}", "use isnotnull(mvfind(...))")


_BY_CHANGE: Mapping[Change, Callable[[Column, str, Number | str], p.Predicate]] = {
    "": _plain,
    "lower": _in_case,
    "upper": _in_case,
    "number": _number,
    "part": _part,
    "text part": _part,
    "count": _count,
    "find": _find,
}


def two_fields(op: str, left: t.Expression, right: t.Expression) -> p.Predicate | None:
    """`substr(a, 1, len(b))=b` and `substr(a, -len(b))=b`: one field begins or ends as another."""
    if op != "=" or not isinstance(left, t.Call) or left.function != "substr":
        return None
    of = _same_case(left.args[0], right)
    if of is None:
        return None
    length = t.Call("len", (right,))
    if left.args[1:] == (t.Number(1), length):
        return p.FieldCompare(of[0], "startswith", of[1], of[2])
    if left.args[1:] == (t.Binary("-", t.Number(0), length),):
        return p.FieldCompare(of[0], "endswith", of[1], of[2])
    return None


def some_apart(node: t.Expression) -> p.Predicate | None:
    """`mvmap(a, if(a!=b, 1, null()))`, which is there where some value of a is none of b."""
    match node:
        case t.Call(
            "mvmap", (t.Name(one), t.Call("if", (t.Binary("!=", left, right), some, none)))
        ):
            of = _same_case(left, right)
            if of is None or of[0] != one or some != t.Number(1) or none != t.Call("null", ()):
                return None
            return p.FieldCompare(one, "differs", of[1], of[2])
        case _:
            return None


def held_in(held: t.Expression, pattern: t.Expression) -> p.Predicate | None:
    """`like(a, "%".b."%")`: one field holds another."""
    many = t.Text("%")
    match pattern:
        case t.Binary(".", t.Binary(".", first, inner), last) if first == last == many:
            of = _same_case(held, inner)
            return None if of is None else p.FieldCompare(of[0], "contains", of[1], of[2])
        case _:
            return None


def _same_case(left: t.Expression, right: t.Expression) -> tuple[str, str, bool] | None:
    """Two fields, both as they are or both in small letters, and whether case counts."""
    match left, right:
        case t.Name(one), t.Name(other):
            return one, other, True
        case t.Call("lower", (t.Name(one),)), t.Call("lower", (t.Name(other),)):
            return one, other, False
        case _:
            return None
