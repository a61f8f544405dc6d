"""Values of eval expressions (semantics: SPL 3, 7, 9, 10, 14).

What a test of a missing value gives is NULL; what NOT of NULL gives is not documented, and neither
is a choice that hangs on it: then Unsupported is raised, not an answer made up.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

from converter.errors import QueryError
from converter.languages import spl_functions as functions
from converter.languages import spl_tree as t
from converter.languages import spl_values as v
from converter.languages.spl_search import Fields, compare, holds, refuse
from converter.languages.spl_syntax import search


class Open(Enum):
    """What the documentation does not settle: TRUE or not."""

    OPEN = "open"


def is_true(condition: t.Expression, event: Fields, zone: str) -> bool:
    """Whether `where` keeps the event, or if() takes its first branch."""
    result = value_of(condition, event, zone)
    if result is Open.OPEN:
        refuse("NOT of a test of a missing field", "guard it with isnull() or coalesce()")
    return _condition(result) is True


def value_of(node: t.Expression, event: Fields, zone: str) -> Any:
    """Text, number, list of texts, True, False, None for NULL, or Open."""
    match node:
        case t.Text(text):
            return text
        case t.Number(number):
            return number
        case t.Name(name):
            return _held(event.get(name))
        case t.All(args):
            return _all([value_of(arg, event, zone) for arg in args])
        case t.Any(args):
            return _any([value_of(arg, event, zone) for arg in args])
        case t.Negation(arg):
            result = _condition(value_of(arg, event, zone))
            return Open.OPEN if result in (None, Open.OPEN) else not result
        case t.Binary(op, left, right):
            return _binary(op, value_of(left, event, zone), value_of(right, event, zone))
        case t.Call(name, args):
            return _call(name, args, event, zone)
        case _:
            raise TypeError(f"{type(node).__name__} is no eval expression")


def _held(value: Any) -> Any:
    if isinstance(value, list):
        return value[0] if len(value) == 1 else value or None
    return value


def _condition(result: Any) -> Any:
    if not (result is None or result is Open.OPEN or isinstance(result, bool)):
        refuse("a value in place of a condition", "compare it")
    return result


def _all(results: list[Any]) -> Any:
    checked = [_condition(result) for result in results]
    for answer in (False, None, Open.OPEN):
        if any(result is answer for result in checked):
            return answer
    return True


def _any(results: list[Any]) -> Any:
    checked = [_condition(result) for result in results]
    for answer in (True, Open.OPEN, None):
        if any(result is answer for result in checked):
            return answer
    return False


def _binary(op: str, left: Any, right: Any) -> Any:
    if op == "xor":
        pair = [_condition(left), _condition(right)]
        return Open.OPEN if None in pair or Open.OPEN in pair else left is not right
    if left is None or right is None:
        return None
    if isinstance(left, list) or isinstance(right, list):
        refuse(f"{op} on a field of several values", "use mvfind(), mvindex() or match()")
    if op in ("=", "!="):
        same = equal(left, right)
        return same if op == "=" else not same
    if op in ("<", "<=", ">", ">="):
        return ordered(left, op, right)
    if op == ".":
        return v.text(left) + v.text(right)
    return _arithmetic(op, left, right)


def equal(left: Any, right: Any) -> bool:
    """Texts by text; a number with whatever reads as one, by number."""
    if v.text(left) == v.text(right):
        return True
    numbers = v.number(left), v.number(right)
    if None in numbers or numbers[0] != numbers[1]:
        return False
    if isinstance(left, str) and isinstance(right, str):
        refuse(f"{left!r} compared with {right!r}: as text or as numbers", "use tonumber()")
    return True


def ordered(left: Any, op: str, right: Any) -> bool:
    """Numbers by number, texts by text."""
    numbers = v.number(left), v.number(right)
    if None not in numbers:
        answer = compare(numbers[0], op, numbers[1])
        if isinstance(left, str) and isinstance(right, str) and answer != compare(left, op, right):
            refuse(f"{left!r} {op} {right!r}: as text or as numbers", "use tonumber()")
        return answer
    if not (isinstance(left, str) and isinstance(right, str)):
        refuse(f"{op} between a text and a number", "use tonumber()")
    return compare(left, op, right)


_SUMS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "%": operator.mod,
}


def _arithmetic(op: str, left: Any, right: Any) -> Any:
    numbers = v.number(left), v.number(right)
    if None in numbers:
        if (
            op == "+"
            and isinstance(left, str)
            and isinstance(right, str)
            and set(numbers) == {None}
        ):
            return left + right
        refuse(f"{op} on a text", "use tonumber()")
    if op in "/%" and not numbers[1]:
        return None
    return _SUMS[op](*numbers)


def _call(name: str, args: tuple[t.Expression, ...], event: Fields, zone: str) -> Any:
    lazy = _LAZY.get(name)
    if lazy is not None:
        return lazy(args, event, zone)
    known = functions.FUNCTIONS.get(name)
    if known is None:
        refuse(f"the function {name}()", "use another function")
    values = [value_of(arg, event, zone) for arg in args]
    if Open.OPEN in values:
        refuse("NOT of a test of a missing field", "guard it with isnull() or coalesce()")
    try:
        return known(values, zone)
    except (IndexError, ValueError) as error:
        raise QueryError.of("type", f"SPL: {name}() does not take this: {error}") from None


def _if(args: tuple[t.Expression, ...], event: Fields, zone: str) -> Any:
    if len(args) != 3:
        raise QueryError.of("type", "SPL: if() takes three arguments")
    return value_of(args[1] if is_true(args[0], event, zone) else args[2], event, zone)


def _case(args: tuple[t.Expression, ...], event: Fields, zone: str) -> Any:
    if len(args) % 2:
        raise QueryError.of("type", "SPL: case() takes pairs of arguments")
    for condition, value in zip(args[::2], args[1::2], strict=True):
        if is_true(condition, event, zone):
            return value_of(value, event, zone)
    return None


def _coalesce(args: tuple[t.Expression, ...], event: Fields, zone: str) -> Any:
    values = (value_of(arg, event, zone) for arg in args)
    return next((value for value in values if value is not None), None)


def _in(args: tuple[t.Expression, ...], event: Fields, zone: str) -> Any:
    held = value_of(args[0], event, zone)
    return _any([_binary("=", held, value_of(arg, event, zone)) for arg in args[1:]])


def _mvfilter(args: tuple[t.Expression, ...], event: Fields, zone: str) -> Any:
    fields = t.names(args[0]) if len(args) == 1 else set()
    if len(fields) != 1:
        refuse("mvfilter() of anything but a condition on one field")
    (name,) = fields
    held = v.texts(event[name]) if name in event else []
    kept = [text for text in held if is_true(args[0], {**event, name: text}, zone)]
    return kept or None


def _mvmap(args: tuple[t.Expression, ...], event: Fields, zone: str) -> Any:
    if len(args) != 2 or not isinstance(args[0], t.Name):
        refuse("mvmap() of anything but a field and an expression")
    name = args[0].name
    held = v.texts(event[name]) if name in event else []
    made = (value_of(args[1], {**event, name: text}, zone) for text in held)
    return [one for one in made if one is not None] or None


def _searchmatch(args: tuple[t.Expression, ...], event: Fields, zone: str) -> Any:
    if len(args) != 1 or not isinstance(args[0], t.Text):
        refuse("searchmatch() of anything but one text")
    return holds(search(args[0].text), event)


_LAZY: Mapping[str, Callable[[tuple[t.Expression, ...], Fields, str], Any]] = {
    "if": _if,
    "case": _case,
    "coalesce": _coalesce,
    "in": _in,
    "mvfilter": _mvfilter,
    "mvmap": _mvmap,
    "searchmatch": _searchmatch,
}
