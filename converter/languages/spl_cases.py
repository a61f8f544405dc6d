"""Eval values as a choice of simple values, each with the condition under which it is the value.

`if(c, a, b)` is a where c is true and b elsewhere; `coalesce(f, a)` is f where f exists. What the
choice is made of can be compared and so becomes a test.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from converter import predicate as p
from converter.errors import QueryError
from converter.languages import spl_tree as t
from converter.languages import spl_values as v
from converter.languages.spl_eval import value_of
from converter.languages.spl_search import refuse
from converter.time_zones import offset_name

Change = Literal["", "lower", "upper", "number", "part", "text part", "count", "find"]
Truth = Callable[[t.Expression], p.Predicate]
PARTS = {
    "%M": "minute",
    "%H": "hour",
    "%d": "day",
    "%w": "weekday",
    "%V": "week",
    "%m": "month",
    "%Y": "year",
}
_ISO = "%Y-%m-%dT%H:%M:%S"


@dataclass(frozen=True)
class Constant:
    """A value that does not hang on the event; None is NULL."""

    value: str | int | float | None


@dataclass(frozen=True)
class Column:
    """A field, or what a function makes of it. `extra`: the part of time, the expression.

    `zone` is where the time is read, empty for as it is written.
    """

    name: str
    change: Change = ""
    extra: str = ""
    zone: str = ""


Simple = Constant | Column
Choice = list[tuple[p.Predicate, Simple]]


def choice(node: t.Expression, truth: Truth) -> Choice:
    """The values that the node can take. The conditions exclude each other and leave no gap."""
    if isinstance(node, t.Name):
        return [(p.TRUE, Column(node.name))]
    if isinstance(node, t.Text):
        return [(p.TRUE, Constant(node.text))]
    if isinstance(node, t.Number):
        return [(p.TRUE, Constant(node.value))]
    if not t.names(node):
        return [(p.TRUE, _constant(node))]
    if isinstance(node, t.Call):
        made = _MAKERS.get(node.function)
        if made is not None:
            return made(node.args, truth)
        refuse(f"the function {node.function}() of a field", "use another function")
    if isinstance(node, t.Binary):
        refuse(f"{node.op} between values of fields", "compare fields with constants")
    return refuse("a condition in place of a value", "use if()")


def whichever(tests: Iterable[tuple[p.Predicate, p.Predicate]]) -> p.Predicate:
    """Any of these tests, each under its condition; as short as it can be said."""
    parts: list[p.Predicate] = []
    for condition, test in tests:
        sure = p.normal(condition)
        if p.FALSE in (test, sure):
            continue
        parts.append(test if sure == p.TRUE else sure if test == p.TRUE else p.And((sure, test)))
    return parts[0] if len(parts) == 1 else p.Or(tuple(parts))


def _constant(node: t.Expression) -> Constant:
    if isinstance(node, t.Call) and node.function in ("now", "time", "random", "strftime"):
        refuse(f"the function {node.function}()", "write a constant")
    value = value_of(node, {}, "UTC")
    if isinstance(value, list | bool) or not isinstance(value, str | int | float | None):
        refuse("a list or a truth value in place of a value", "write a constant")
    return Constant(value)


def _if(args: tuple[t.Expression, ...], truth: Truth) -> Choice:
    if len(args) != 3:
        raise QueryError.of("type", "SPL: if() takes three arguments")
    test = truth(args[0])
    return _under(test, choice(args[1], truth)) + _under(p.Not(test), choice(args[2], truth))


def _case(args: tuple[t.Expression, ...], truth: Truth) -> Choice:
    if len(args) % 2:
        raise QueryError.of("type", "SPL: case() takes pairs of arguments")
    out: Choice = []
    before: tuple[p.Predicate, ...] = ()
    for condition, value in zip(args[::2], args[1::2], strict=True):
        test = truth(condition)
        out += _under(p.And((*before, test)), choice(value, truth))
        before = (*before, p.Not(test))
    return [*out, (p.And(before), Constant(None))]


def _coalesce(args: tuple[t.Expression, ...], truth: Truth) -> Choice:
    if not args:
        return [(p.TRUE, Constant(None))]
    out: Choice = []
    rest = _coalesce(args[1:], truth)
    for condition, simple in choice(args[0], truth):
        if isinstance(simple, Constant):
            out += _under(condition, rest if simple.value is None else [(p.TRUE, simple)])
        elif simple.change in ("", "lower", "upper"):
            out.append((p.And((condition, p.Exists(simple.name))), simple))
            out += _under(p.And((condition, p.Null(simple.name))), rest)
        else:
            refuse("coalesce() of a value that can fail", "test the field with isnull()")
    return out


def _under(condition: p.Predicate, inner: Choice) -> Choice:
    return [(p.normal(p.And((condition, own))), simple) for own, simple in inner]


def _changed(change: Change) -> Callable[[tuple[t.Expression, ...], Truth], Choice]:
    """lower(), upper(), mvcount(): of a field, or of a constant that a choice ended in."""

    def made(args: tuple[t.Expression, ...], truth: Truth) -> Choice:
        return [(condition, _one(simple)) for condition, simple in choice(args[0], truth)]

    def _one(simple: Simple) -> Simple:
        if isinstance(simple, Column):
            if simple.change:
                refuse(f"{change}() of what another function made", "use one function")
            return replace(simple, change=change)
        if simple.value is None or change == "count":
            return Constant(None if simple.value is None else 1)
        text = v.text(simple.value)
        return Constant(text.lower() if change == "lower" else text.upper())

    return made


def _tonumber(args: tuple[t.Expression, ...], truth: Truth) -> Choice:
    if len(args) != 1:
        refuse("tonumber() with a base", "compare the text")

    def one(simple: Simple) -> Simple:
        if isinstance(simple, Constant):
            return Constant(v.number(simple.value))
        if simple.change == "text part":
            return replace(simple, change="part")
        if simple.change:
            refuse("tonumber() of what another function made", "use one function")
        return replace(simple, change="number")

    return [(condition, one(simple)) for condition, simple in choice(args[0], truth)]


def _strftime(args: tuple[t.Expression, ...], truth: Truth) -> Choice:
    moment, shown = args[0], args[1] if len(args) > 1 else t.Text("")
    moment, zone = _moved(moment)
    if isinstance(moment, t.Call) and moment.function == "strptime":
        if len(moment.args) != 2 or moment.args[1] != t.Text(_ISO):
            refuse(f"strptime() with another format than {_ISO}")
        moment = _whole_time(moment.args[0])
    elif moment != t.Name("_time") or zone:
        refuse("strftime() of another field than _time", "use strptime()")
    if not isinstance(moment, t.Name) or not isinstance(shown, t.Text):
        refuse("strftime() of more than a field")
    if shown.text not in PARTS:
        refuse(f"strftime() with the format {shown.text}", "take one part of the time")
    return [(p.TRUE, Column(moment.name, "text part", shown.text, zone))]


def _moved(node: t.Expression) -> tuple[t.Expression, str]:
    """A time and the zone into which seconds added to it bring it; empty for as it is written."""
    if not isinstance(node, t.Binary) or node.op not in ("+", "-"):
        return node, ""
    seconds = v.number(value_of(node.right, {}, "UTC")) if not t.names(node.right) else None
    if not isinstance(seconds, int) or seconds % 60:
        refuse("strftime() of a time moved by another length than whole minutes")
    name = offset_name(seconds if node.op == "+" else -seconds)
    return node.left, "" if name == "UTC" else name


def _whole_time(node: t.Expression) -> t.Expression:
    """The field of which `substr(f, 1, 19)` takes date and time, what follows left out."""
    if isinstance(node, t.Call) and node.function == "substr":
        if node.args[1:] == (t.Number(1), t.Number(19)):
            return node.args[0]
        refuse("strptime() of another part of a field than its first 19 characters")
    return node


def _mvfind(args: tuple[t.Expression, ...], truth: Truth) -> Choice:
    if len(args) != 2 or not isinstance(args[0], t.Name) or not isinstance(args[1], t.Text):
        refuse("mvfind() of more than a field and an expression")
    return [(p.TRUE, Column(args[0].name, "find", args[1].text))]


_MAKERS: Mapping[str, Callable[[tuple[t.Expression, ...], Truth], Choice]] = {
    "case": _case,
    "coalesce": _coalesce,
    "if": _if,
    "lower": _changed("lower"),
    "mvcount": _changed("count"),
    "mvfind": _mvfind,
    "strftime": _strftime,
    "tonumber": _tonumber,
    "upper": _changed("upper"),
}
