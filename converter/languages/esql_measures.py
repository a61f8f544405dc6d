"""Measures of a field beside a number: LENGTH, LOCATE, MV_COUNT and DATE_EXTRACT as tests."""

from __future__ import annotations

from collections.abc import Callable

from converter import predicate as p
from converter.languages import esql_tree as t
from converter.languages.esql_conditions import Reader, condition
from converter.languages.esql_subject import Case, Subject, combined, constant, refuse
from converter.languages.esql_tests import compared, is_text, of_subject
from converter.languages.esql_truth import Truth, both, negated
from converter.languages.esql_values import type_error
from converter.time_zones import offset_name

_MANY, _ONE = p.Wildcard.MANY, p.Wildcard.ONE
_LONGEST = 1000  # a test of length is a pattern of that many single characters
_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_PARTS = {
    "minute_of_hour": "minute",
    "hour_of_day": "hour",
    "day_of_month": "day",
    "day_of_week": "weekday",
    "month_of_year": "month",
    "year": "year",
}
_SECONDS = {"minute": 60, "hour": 3600}


def measured(node: t.Infix, reader: Reader) -> Truth | None:
    """A comparison of a measure with a number; None where it is none."""
    op, left, right = node.op, node.left, node.right
    if isinstance(right, t.Call) and right.name in _MEASURES:
        op, left, right = _FLIPPED.get(op, op), right, left
    if not isinstance(left, t.Call) or left.name not in _MEASURES or constant(left) is not None:
        return None
    number = constant(right)
    value = number.value if number else None
    if isinstance(value, bool) or not isinstance(value, int):
        raise refuse(f"{left.name.upper()} beside something else than a whole number")
    if op == "!=":
        return negated(_MEASURES[left.name](left, "==", value, reader))
    return _MEASURES[left.name](left, op, value, reader)


def _length(node: t.Call, op: str, number: int, reader: Reader) -> Truth:
    def compare(a: Case, _: Case) -> Truth:
        if isinstance(a.value, Subject):
            if not is_text(a.value):
                raise type_error(f"LENGTH reads text, {a.value.name} is {a.value.facts.type}")
            return of_subject(a.value, _as_long(a.value.name, op, number))
        size = None if a.value.value is None else len(str(a.value.value))
        return compared(op, t.Const(size), t.Const(number))

    return combined(reader.cases(node.args[0]), [Case((), t.Const(None))], compare)


def _as_long(name: str, op: str, number: int) -> p.Predicate:
    if number > _LONGEST:
        raise refuse(f"LENGTH beside {number}", f"compare it with at most {_LONGEST}")
    if op == "==":
        return _of_length(name, number) if number >= 0 else p.FALSE
    least = number + 1 if op in (">", "<=") else number
    longer = p.Glob(name, (*[_ONE] * least, _MANY)) if least > 0 else p.Exists(name)
    return longer if op in (">", ">=") else both((p.Exists(name), p.Not(longer)))


def _of_length(name: str, number: int) -> p.Predicate:
    return p.Glob(name, (_ONE,) * number) if number else p.Equals(name, "")


def _locate(node: t.Call, op: str, number: int, reader: Reader) -> Truth:
    """Only whether a text is found at all, or at the very start."""
    found = (op, number) in ((">", 0), (">=", 1))
    if len(node.args) != 2 or not (found or (op, number) in (("==", 0), ("<", 1), ("==", 1))):
        raise refuse("LOCATE at a place", "ask whether it is > 0")
    name = "starts_with" if (op, number) == ("==", 1) else "contains"
    truth = condition(t.Call(name, node.args), reader)
    return truth if found or name == "starts_with" else negated(truth)


def _mv_count(node: t.Call, op: str, number: int, reader: Reader) -> Truth:
    (case,) = reader.cases(node.args[0])[:1]
    if not isinstance(case.value, Subject) or case.conditions:
        raise refuse("MV_COUNT of something else than a field")
    name = case.value.name
    single, several = p.Single(name), both((p.Exists(name), p.Not(p.Single(name))))
    if (op, number) in (("==", 1), ("<=", 1), ("<", 2)):
        return Truth(single, several)
    if (op, number) in ((">", 1), (">=", 2)):
        return Truth(several, single)
    if (op, number) in ((">", 0), (">=", 1)):
        return Truth(p.Exists(name), p.FALSE)
    raise refuse(f"MV_COUNT {op} {number}")


def _date_extract(node: t.Call, op: str, number: int, reader: Reader) -> Truth:
    if len(node.args) != 2 or not isinstance(node.args[0], t.Const):
        raise refuse("DATE_EXTRACT without a literal part")
    part = str(node.args[0].value).lower()
    if part not in _PARTS:
        raise refuse(f"the part {part} of a date")
    moment, zone = _moved(node.args[1])
    (case,) = reader.cases(moment)[:1]
    if not isinstance(case.value, Subject) or case.conditions:
        raise refuse("DATE_EXTRACT of something else than a field")
    ops = {"==": "==", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
    test = p.TimePart(case.value.name, _PARTS[part], ops[op], number, zone)  # type: ignore[arg-type]
    return of_subject(case.value, test)


def _moved(node: t.Expression) -> tuple[t.Expression, str]:
    """A time and the zone into which hours or minutes added to it bring it; empty for UTC."""
    if not isinstance(node, t.Infix) or not isinstance(node.right, t.Span):
        return node, ""
    if node.op not in ("+", "-") or node.right.unit not in _SECONDS:
        raise refuse("DATE_EXTRACT of a time moved by another length than hours or minutes")
    seconds = node.right.amount * _SECONDS[node.right.unit]
    name = offset_name(seconds if node.op == "+" else -seconds)
    return node.left, "" if name == "UTC" else name


_MEASURES: dict[str, Callable[[t.Call, str, int, Reader], Truth]] = {
    "length": _length,
    "locate": _locate,
    "mv_count": _mv_count,
    "date_extract": _date_extract,
}
