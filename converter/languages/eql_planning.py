"""From an EQL condition to its plan: names resolved, types checked, constants folded.

Sources: Elasticsearch's EQL (what its analyser refuses and its optimiser folds, as observed);
semantics: EQL 1-6, 10.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from converter.errors import QueryError, Unsupported
from converter.languages import eql_tree as t
from converter.languages.elastic_index import NUMBERS, TEXTS
from converter.languages.eql_folding import compare_constants, fold_arithmetic, member
from converter.languages.eql_patterns import folded, like, pattern_of_glob, regexp, wildcards
from converter.languages.eql_plan import (
    Column,
    Has,
    Lacks,
    Like,
    Plan,
    every,
    negation,
    some,
)
from converter.languages.eql_values import STRINGS, equal, inside, ordered, refused, text_of
from converter.predicate import Order, Wildcard

Scope = Callable[[str], Column | None]
_FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
_SCRIPTS = frozenset(
    "add between concat divide indexof length modulo multiply number string substring subtract".split()
)
_TEXT_TESTS = frozenset({"startswith", "endswith", "stringcontains"})
_FOLDED = _TEXT_TESTS | {"between", "indexof"}


@dataclass(frozen=True, slots=True)
class Counted:
    """A number field with constants added or multiplied, outermost last; `neg` negates."""

    column: Column
    steps: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Test:
    """A condition used as a value."""

    plan: Plan


Operand = t.Const | Column | Counted | Test


def condition(scope: Scope, expression: t.Expression) -> Plan:
    """The plan of a whole condition. Raises QueryError, or Unsupported for scripts."""
    operand = _operand(scope, expression)
    if isinstance(operand, t.Const) and operand.value is None:
        raise _wrong("the condition is null, not true or false")
    return _truth(operand)


def plan_event(scope: Scope, event: t.Event) -> Plan:
    """The plan of `category where condition`."""
    tests = [condition(scope, event.condition)]
    if event.category:
        category = _column(scope, t.Field("event.category", place=event.place))
        tests.insert(0, equal(cast(Column, category), event.category))
    return every(tests)


def _test(scope: Scope, expression: t.Expression) -> Plan:
    return _truth(_operand(scope, expression))


def _truth(operand: Operand) -> Plan:
    """An operand where a condition is wanted."""
    if isinstance(operand, Test):
        return operand.plan
    if isinstance(operand, t.Const) and (operand.value is None or isinstance(operand.value, bool)):
        return operand.value
    if isinstance(operand, Column) and operand.type in ("boolean", "unknown"):
        return equal(operand, True)
    raise _wrong("a condition is true or false, and this is neither")


def _operand(scope: Scope, expression: t.Expression) -> Operand:
    match expression:
        case t.Const():
            return expression
        case t.Field():
            return _column(scope, expression)
        case t.Negated(arg):
            return Test(negation(_test(scope, arg)))
        case t.Group(op, args):
            tests = [_test(scope, arg) for arg in args]
            return Test(every(tests) if op == "and" else some(tests))
        case t.Compared():
            return Test(_compared(scope, expression))
        case t.Among():
            return Test(_among(scope, expression))
        case t.Alike():
            return Test(_alike(scope, expression))
        case t.Call():
            return _call(scope, expression)
        case _:
            return _counted(scope, expression)


def _column(scope: Scope, field: t.Field) -> Column | t.Const:
    column = scope(field.name)
    if column is None:
        if field.optional:
            return t.Const(None)
        what = f"there is no field {field.name}"
        raise _wrong(what, field.place, "unknown_column", "name a field of the index, or ?field")
    if column.type in TEXTS:
        raise _wrong(f"{field.name} is analysed text, which EQL does not read", field.place)
    if column.type in ("flattened", "nested", "object"):
        what = f"{field.name} is of type {column.type}, which EQL does not read"
        raise _wrong(what, field.place)
    return column


# == != < <= > >=


def _compared(scope: Scope, test: t.Compared) -> Plan:
    left, right, op = _operand(scope, test.left), _operand(scope, test.right), test.op
    if op in ("==", "!=") and t.Const(None) in (left, right):
        return _null_test(left if right == t.Const(None) else right, op == "==")
    if isinstance(left, t.Const) and isinstance(right, t.Const):
        return compare_constants(op, left.value, right.value)
    if isinstance(left, t.Const):
        left, right, op = right, left, _FLIPPED.get(op, op)
    if not isinstance(right, t.Const):
        raise _wrong("two fields cannot be compared", test.place, "other")
    if isinstance(left, Test):
        return _compared_test(left.plan, op, right)
    return _against(left, op, right)


def _null_test(operand: Operand, wanted: bool) -> Plan:
    """`operand == null`, or `!= null` where that is not wanted."""
    if isinstance(operand, Column):
        return Lacks(operand) if wanted else Has(operand)
    if isinstance(operand, t.Const):
        return (operand.value is None) is wanted
    if isinstance(operand, Test) and (operand.plan is None or isinstance(operand.plan, bool)):
        return (operand.plan is None) is wanted
    raise _script("null compared with anything but a field")


def _compared_test(plan: Plan, op: str, constant: t.Const) -> Plan:
    """`(condition) == true` and its like."""
    if plan is None or isinstance(plan, bool):
        return compare_constants(op, plan, constant.value)
    if op not in ("==", "!=") or not isinstance(constant.value, bool):
        raise _script("a condition compared with anything but true or false")
    return plan if constant.value is (op == "==") else negation(plan)


def _against(left: Column | Counted, op: str, constant: t.Const) -> Plan:
    column, value = (left, constant.value) if isinstance(left, Column) else (left.column, None)
    if isinstance(left, Counted):
        op, value = _solved(left, op, constant.value)
    if op in ("==", "!="):
        plan = equal(column, value)
        return negation(plan) if op == "!=" else plan
    return ordered(column, cast(Order, op), value)


def _solved(left: Counted, op: str, value: t.Scalar) -> tuple[str, int]:
    """The comparison moved to the field alone, where the optimiser can; else it is a script."""
    for step, number in reversed(left.steps):
        if not isinstance(value, int) or isinstance(value, bool):
            raise _script("arithmetic with fractions")
        if step == "+":
            value -= number
        elif number == 0 or value % number:
            raise _script("multiplication without whole result")
        else:
            value //= number
            op = _FLIPPED.get(op, op) if number < 0 else op
    return op, cast(int, value)


def _counted(scope: Scope, expression: t.Expression) -> Operand:
    """Arithmetic: folded where constant, else steps on one field."""
    if isinstance(expression, t.Minus):
        return _stepped(_operand(scope, expression.arg), "*", t.Const(-1))
    assert isinstance(expression, t.Arithmetic)
    left, right = _operand(scope, expression.left), _operand(scope, expression.right)
    op = expression.op
    for operand in (left, right):
        _check_number(operand)
    if t.Const(None) in (left, right):
        return t.Const(None)
    if isinstance(left, t.Const) and isinstance(right, t.Const):
        return t.Const(fold_arithmetic(op, left.value, right.value))
    if op in "+*" and isinstance(left, t.Const):
        left, right = right, left
    return _stepped(left, op, right)


def _stepped(left: Operand, op: str, right: Operand) -> Operand:
    _check_number(left)
    if isinstance(left, t.Const):
        return t.Const(fold_arithmetic(op, left.value, cast(t.Const, right).value))
    number = right.value if isinstance(right, t.Const) else None
    if op not in "+-*" or isinstance(left, Test) or not isinstance(number, int):
        raise _script(f"the arithmetic {op} on fields")
    column, steps = (left.column, left.steps) if isinstance(left, Counted) else (left, ())
    if column.type not in ("long", "integer", "short", "byte", "unknown"):
        raise _script("arithmetic on fractions")
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
        raise _wrong("arithmetic takes numbers")


# in, :, like, regex


def _among(scope: Scope, test: t.Among) -> Plan:
    left = _operand(scope, test.arg)
    values = [_constant(scope, value, test.place) for value in test.values]
    if test.folded:
        for operand in (left, *map(t.Const, values)):
            _check_text(operand, test.place)
        return some(folded(_text_operand(left), value) for value in values)
    if isinstance(left, t.Const):
        return member(left.value, values)
    if not isinstance(left, Column):
        raise _script("`in` after anything but a field")
    for value in values:
        _check_type(left, value)
    known = [value for value in values if value is not None]
    return some(equal(left, value) for value in known) if known else None


def _check_type(column: Column, value: t.Scalar) -> None:
    kinds = {str: column.type in STRINGS, bool: column.type == "boolean"}
    if value is None or column.type == "unknown":
        return
    if not kinds.get(type(value), column.type in NUMBERS):
        raise refused(column, f"{text_of(value)!r} is of another type")


def _constant(scope: Scope, expression: t.Expression, place: t.Place) -> t.Scalar:
    operand = _operand(scope, expression)
    if isinstance(operand, t.Const):
        return operand.value
    if isinstance(operand, Test) and (operand.plan is None or isinstance(operand.plan, bool)):
        return operand.plan
    raise _wrong("two fields cannot be compared", place, "other")


def _alike(scope: Scope, test: t.Alike) -> Plan:
    left = _operand(scope, test.arg)
    _check_text(left, test.place)
    column = _text_operand(left)
    values = [constant.value for constant in test.values]
    if test.op == ":":
        for value in values:
            _check_text(t.Const(value), test.place)
    cased = test.op in ("like", "regex")
    if None in values:
        raise _script("null as a pattern")
    read = {":": wildcards, "like": like, "like~": like}.get(test.op, regexp)
    # A number as a pattern matches nothing (semantics: EQL 5).
    none = None if column is None else False
    return some(read(column, v, cased) if isinstance(v, str) else none for v in values)


def _check_text(operand: Operand, place: t.Place) -> None:
    text = isinstance(operand, Column) and operand.type in STRINGS
    if isinstance(operand, t.Const):
        text = operand.value is None or isinstance(operand.value, str)
    if not text:
        raise _wrong("this compares text, and one side is none; use == or in", place)


def _text_operand(operand: Operand) -> Column | str | None:
    return (
        cast(str | None, operand.value) if isinstance(operand, t.Const) else cast(Column, operand)
    )


# Functions


def _call(scope: Scope, call: t.Call) -> Operand:
    name = call.name.lower()
    if name not in _SCRIPTS | _TEXT_TESTS | {"cidrmatch"}:
        raise _wrong(f"there is no function {call.name}", call.place)
    if call.folded and name not in _FOLDED:
        raise _wrong(f"{call.name} takes no ~", call.place, "parse")
    args = [_operand(scope, arg) for arg in call.args]
    if name == "cidrmatch":
        return Test(_cidr_match(args, call.place))
    if name in _TEXT_TESTS:
        return Test(_text_test(name, args, not call.folded, call.place))
    if t.Const(None) in args:
        return t.Const(None)
    if name == "string" and len(args) == 1:
        (arg,) = args
        if isinstance(arg, Column) and arg.type in STRINGS and not arg.analysed:
            return arg
    raise _script(f"the function {call.name}")


def _text_test(name: str, args: list[Operand], cased: bool, place: t.Place) -> Plan:
    if len(args) != 2:
        raise _wrong(f"{name} takes two arguments", place, "parse")
    for arg in args:
        _check_text(arg, place)
    if t.Const(None) in args:
        return None
    field, text = args
    if not isinstance(field, Column) or not isinstance(text, t.Const):
        raise _script(f"{name} on anything but a field and a text")
    part = str(text.value)
    if name == "startswith":
        return Like(field, (part, Wildcard.MANY), cased)
    tail = "*" if name == "stringcontains" else ""
    return Like(field, pattern_of_glob(f"*{part}{tail}"), cased)


def _cidr_match(args: list[Operand], place: t.Place) -> Plan:
    if len(args) < 2:
        raise _wrong("cidrMatch takes a field and networks", place, "parse")
    field, *networks = args
    if isinstance(field, Column) and field.type not in ("ip", "unknown"):
        raise refused(field, "cidrMatch takes an ip field")
    if not isinstance(field, Column) and field != t.Const(None):
        raise _wrong("cidrMatch takes an ip field", place)
    texts = [network.value if isinstance(network, t.Const) else 0 for network in networks]
    if not all(isinstance(text, str) for text in texts):
        raise _wrong("cidrMatch takes networks as text", place)
    if not isinstance(field, Column):
        return None
    return some(inside(field, str(text)) for text in texts)


def _script(what: str) -> Unsupported:
    return Unsupported(f"EQL: {what} runs as a script", next_step="compare a field with a value")


def _wrong(
    what: str, place: t.Place = t.NOWHERE, kind: str = "type", step: str = "mend the query there"
) -> QueryError:
    at = f"line {place[0]}, column {place[1]}: " if place[0] else ""
    return QueryError.of(kind, f"EQL: {at}{what}", step)
