"""From an EQL condition to its plan: names resolved, types checked, constants folded.

Sources: Elasticsearch's EQL (what its analyser refuses and its optimiser folds, as observed);
semantics: EQL 1-6, 10.
"""

from __future__ import annotations

from typing import cast

from converter.languages import eql_tree as t
from converter.languages.elastic_index import NUMBERS, TEXTS
from converter.languages.eql_folding import compare_constants, member
from converter.languages.eql_functions import apply
from converter.languages.eql_operands import (
    FLIPPED,
    Counted,
    Operand,
    Scope,
    Test,
    arithmetic,
    check_text,
    script,
    solved,
    text_operand,
    wrong,
)
from converter.languages.eql_patterns import folded, like, regexp, wildcards
from converter.languages.eql_plan import Column, Has, Lacks, Plan, every, negation, some
from converter.languages.eql_values import STRINGS, equal, ordered, refused, text_of
from converter.predicate import Order


def condition(scope: Scope, expression: t.Expression) -> Plan:
    """The plan of a whole condition. Raises QueryError, or Unsupported for scripts."""
    operand = _operand(scope, expression)
    if isinstance(operand, t.Const) and operand.value is None:
        raise wrong("the condition is null, not true or false")
    return _truth(operand)


def plan_event(scope: Scope, event: t.Event) -> Plan:
    """The plan of `category where condition`."""
    tests = [condition(scope, event.condition)]
    if event.category:
        category = _column(scope, t.Field("event.category", place=event.place))
        tests.insert(0, equal(cast(Column, category), event.category))
    return every(tests)


def _truth(operand: Operand) -> Plan:
    """An operand where a condition is wanted."""
    if isinstance(operand, Test):
        return operand.plan
    if isinstance(operand, t.Const) and (operand.value is None or isinstance(operand.value, bool)):
        return operand.value
    if isinstance(operand, Column) and operand.type in ("boolean", "unknown"):
        return equal(operand, True)
    raise wrong("a condition is true or false, and this is neither")


def _operand(scope: Scope, expression: t.Expression) -> Operand:
    match expression:
        case t.Const():
            return expression
        case t.Field():
            return _column(scope, expression)
        case t.Call():
            return apply(expression, [_operand(scope, arg) for arg in expression.args])
        case t.Minus(arg):
            return arithmetic("*", _operand(scope, arg), t.Const(-1))
        case t.Arithmetic(op, left, right):
            return arithmetic(op, _operand(scope, left), _operand(scope, right))
        case _:
            return Test(_comparison(scope, expression))


def _comparison(
    scope: Scope, expression: t.Negated | t.Group | t.Compared | t.Among | t.Alike
) -> Plan:
    match expression:
        case t.Negated(arg):
            return negation(_truth(_operand(scope, arg)))
        case t.Group(op, args):
            tests = [_truth(_operand(scope, arg)) for arg in args]
            return every(tests) if op == "and" else some(tests)
        case t.Compared():
            return _compared(scope, expression)
        case t.Among():
            return _among(scope, expression)
        case t.Alike():
            return _alike(scope, expression)


def _column(scope: Scope, field: t.Field) -> Column | t.Const:
    column = scope(field.name)
    if column is None:
        if field.optional:
            return t.Const(None)
        what = f"there is no field {field.name}"
        raise wrong(what, field.place, "unknown_column", "name a field of the index, or ?field")
    if column.type in TEXTS:
        raise wrong(f"{field.name} is analysed text, which EQL does not read", field.place)
    if column.type in ("flattened", "nested", "object"):
        what = f"{field.name} is of type {column.type}, which EQL does not read"
        raise wrong(what, field.place)
    return column


# == != < <= > >=


def _compared(scope: Scope, test: t.Compared) -> Plan:
    left, right, op = _operand(scope, test.left), _operand(scope, test.right), test.op
    if op in ("==", "!=") and t.Const(None) in (left, right):
        return _null_test(left if right == t.Const(None) else right, op == "==")
    if isinstance(left, t.Const) and isinstance(right, t.Const):
        return compare_constants(op, left.value, right.value)
    if isinstance(left, t.Const):
        left, right, op = right, left, FLIPPED.get(op, op)
    if not isinstance(right, t.Const):
        raise wrong("two fields cannot be compared", test.place, "other")
    if isinstance(left, Test):
        return _compared_test(left.plan, op, right)
    return _against(cast(Column | Counted, left), op, right)


def _null_test(operand: Operand, wanted: bool) -> Plan:
    """`operand == null`, or `!= null` where that is not wanted."""
    if isinstance(operand, Column):
        return Lacks(operand) if wanted else Has(operand)
    if isinstance(operand, t.Const):
        return (operand.value is None) is wanted
    if isinstance(operand, Test) and (operand.plan is None or isinstance(operand.plan, bool)):
        return (operand.plan is None) is wanted
    raise script("null compared with anything but a field")


def _compared_test(plan: Plan, op: str, constant: t.Const) -> Plan:
    """`(condition) == true` and its like."""
    if plan is None or isinstance(plan, bool):
        return compare_constants(op, plan, constant.value)
    if op not in ("==", "!=") or not isinstance(constant.value, bool):
        raise script("a condition compared with anything but true or false")
    return plan if constant.value is (op == "==") else negation(plan)


def _against(left: Column | Counted, op: str, constant: t.Const) -> Plan:
    column, value = (left, constant.value) if isinstance(left, Column) else (left.column, None)
    if isinstance(left, Counted):
        op, value = solved(left, op, constant.value)
    if op in ("==", "!="):
        plan = equal(column, value)
        return negation(plan) if op == "!=" else plan
    return ordered(column, cast(Order, op), value)


# in, :, like, regex


def _among(scope: Scope, test: t.Among) -> Plan:
    left = _operand(scope, test.arg)
    values = [_constant(scope, value, test.place) for value in test.values]
    if test.folded:
        for operand in (left, *map(t.Const, values)):
            check_text(operand, test.place)
        return some(folded(text_operand(left), value) for value in values)
    if isinstance(left, t.Const):
        return member(left.value, values)
    if not isinstance(left, Column):
        raise script("`in` after anything but a field")
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
    raise wrong("two fields cannot be compared", place, "other")


def _alike(scope: Scope, test: t.Alike) -> Plan:
    left = _operand(scope, test.arg)
    check_text(left, test.place)
    column = text_operand(left)
    values = [constant.value for constant in test.values]
    if test.op == ":":
        for value in values:
            check_text(t.Const(value), test.place)
    cased = test.op in ("like", "regex")
    if None in values:
        raise script("null as a pattern")
    read = {":": wildcards, "like": like, "like~": like}.get(test.op, regexp)
    # A number as a pattern matches nothing (semantics: EQL 5).
    none = None if column is None else False
    return some(read(column, v, cased) if isinstance(v, str) else none for v in values)
