"""Whether an event passes an expression of `search` (semantics: SPL 1, 2, 4-9)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from converter.errors import Unsupported
from converter.languages import spl_tree as t
from converter.languages import spl_values as v

Fields = Mapping[str, Any]


def refuse(what: str, next_step: str = "write it in another way") -> NoReturn:
    """Raises Unsupported for a construct that is not held."""
    raise Unsupported(f"SPL: {what}", next_step=next_step)


def holds(condition: t.Expression, event: Fields) -> bool:
    """Two-valued. Unsupported, by name, for what is not held or not documented."""
    match condition:
        case t.All(args):
            return all(holds(arg, event) for arg in args)
        case t.Any(args):
            return any(holds(arg, event) for arg in args)
        case t.Negation(arg):
            return not holds(arg, event)
        case t.FieldTest(field, op, value):
            return _field_test(field, op, value, event)
        case t.FieldIn(field, values):
            return any(_field_test(field, "=", value, event) for value in values)
        case t.Term(value):
            return _term(value, event)
        case t.Macro(text):
            refuse(f"the macro {text}: what it stands for is not known", "write it out")
        case t.Subsearch():
            refuse("a subsearch", "write its result out")
        case _:
            raise TypeError(f"{type(condition).__name__} is no expression of search")


def _field_test(field: str, op: str, value: t.Value, event: Fields) -> bool:
    if field in v.TIME_MODIFIERS:
        refuse(f"the time modifier {field}", "choose the time range outside of the query")
    if field not in event:
        return False
    held = v.texts(event[field])
    if op == "=":
        return any(_is(one, value) for one in held)
    if op == "!=":
        answers = {not _is(one, value) for one in held}
        if len(answers) > 1:
            refuse(f"{field}!= on several values", f"write NOT {field}=")
        return answers == {True}
    return any(_ordered(one, op, value.text) for one in held)


def _is(held: str, value: t.Value) -> bool:
    if value.mark == "TERM":
        refuse("TERM() as the value of a field", "leave TERM out")
    if not v.is_network(value.text):
        return v.fits(held, v.pattern(value.text), value.mark == "CASE")
    if held == value.text:
        refuse(f"the network {held} compared with its own text", "use `where`")
    return v.in_network(held, value.text)


def _ordered(held: str, op: str, wanted: str) -> bool:
    if "*" in wanted:
        refuse(f"a wildcard behind {op}")
    left, right = v.number(held), v.number(wanted)
    if left is not None and right is not None:
        return compare(left, op, right)
    return compare(held, op, wanted)


def compare(left: Any, op: str, right: Any) -> bool:
    """Two numbers or two texts in order."""
    if op in ("<", "<="):
        return bool(left < right or (op == "<=" and left == right))
    return bool(left > right or (op == ">=" and left == right))


def _term(value: t.Value, event: Fields) -> bool:
    if not value.text.strip("*"):
        return True
    raw = v.texts(event["_raw"]) if "_raw" in event else _all_texts(event)
    found = v.pcre(term_regex(value, value.mark == "CASE"))
    return any(found.search(text) for text in raw)


def term_regex(value: t.Value, cased: bool) -> str:
    """A term without a field as an expression; TERM() stands between major breakers only."""
    breakers = v.MAJOR_BREAKERS if value.mark == "TERM" else v.BREAKERS
    return v.phrase(value.text, cased, breakers)


def _all_texts(event: Fields) -> list[str]:
    """Where the raw text of an event was not kept, the text of its fields stands for it."""
    return [text for value in event.values() for text in v.texts(value)]
