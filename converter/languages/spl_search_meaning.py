"""Expressions of `search` as predicates (semantics: SPL 1, 2, 4-9)."""

from __future__ import annotations

from collections.abc import Callable

from converter import predicate as p
from converter.languages import spl_tree as t
from converter.languages import spl_values as v
from converter.languages.spl_regex import text_test
from converter.languages.spl_search import refuse, term_regex
from converter.pipelines import Facts

FactsOf = Callable[[str], Facts]
FieldMeaning = Callable[[str, str, t.Value], p.Predicate]


def meaning(condition: t.Expression, of_field: FieldMeaning) -> p.Predicate:
    """The predicate; `of_field` says what a field, an operator and a value mean."""
    match condition:
        case t.All(args):
            return p.And(tuple(meaning(arg, of_field) for arg in args))
        case t.Any(args):
            return p.Or(tuple(meaning(arg, of_field) for arg in args))
        case t.Negation(arg):
            return negated(meaning(arg, of_field))
        case t.FieldTest(field, op, value):
            return of_field(field, op, value)
        case t.FieldIn(field, values):
            return p.Or(tuple(of_field(field, "=", value) for value in values))
        case t.Term(value):
            return _term(value)
        case t.Macro(text) | t.Subsearch(text):
            return p.Opaque(text)
        case _:
            raise TypeError(f"{type(condition).__name__} is no expression of search")


def negated(predicate: p.Predicate) -> p.Predicate:
    """NOT; no event of Splunk's holds a null, so that not existing is being null."""
    if isinstance(predicate, p.Exists):
        return p.Null(predicate.field)
    return p.Exists(predicate.field) if isinstance(predicate, p.Null) else p.Not(predicate)


def field_meaning(field: str, op: str, value: t.Value, facts: FactsOf) -> p.Predicate:
    """A field compared with a value. Unsupported, by name, for what is not settled."""
    if field in v.TIME_MODIFIERS:
        return p.Opaque(f"{field}{op}{value.text}")
    if op == "=":
        return _equals(field, value)
    if op == "!=":
        if facts(field).lists:
            refuse(f"{field}!= where the field can hold several values", f"write NOT {field}=")
        test = _equals(field, value)
        return p.FALSE if isinstance(test, p.Exists) else p.And((p.Exists(field), p.Not(test)))
    if "*" in value.text or value.mark:
        refuse(f"a wildcard or {value.mark or 'star'} behind {op}", "write a number")
    number = v.number(value.text)
    return p.Compare(field, _order(op), value.text if number is None else number)


def _order(op: str) -> p.Order:
    orders: dict[str, p.Order] = {"<": "<", "<=": "<=", ">": ">", ">=": ">="}
    return orders[op]


def _equals(field: str, value: t.Value) -> p.Predicate:
    if value.mark == "TERM":
        refuse("TERM() as the value of a field", "leave TERM out")
    if v.is_network(value.text):
        return p.Cidr(field, value.text)
    if not value.quoted and not value.mark:
        if value.text in ("true", "false"):
            return p.Equals(field, value.text == "true")
        number = v.number(value.text)
        if number is not None and str(number) == value.text:
            return p.Equals(field, number)
    return text_test(field, v.pattern(value.text), value.mark == "CASE")


def _term(value: t.Value) -> p.Predicate:
    if not value.text.strip("*"):
        return p.TRUE
    if value.mark != "TERM" and value.text.startswith("*") and value.text.endswith("*"):
        return p.Keyword(v.pattern(value.text), value.mark == "CASE")
    expression = term_regex(value, cased=True)
    return p.KeywordRegex(expression, "" if value.mark == "CASE" else "i")


def present(predicate: p.Predicate) -> frozenset[str]:
    """Fields that an event must have for the predicate to be true."""
    if isinstance(predicate, p.And):
        return frozenset().union(*(present(arg) for arg in predicate.args))
    if isinstance(predicate, p.Or):
        sets = [present(arg) for arg in predicate.args]
        return frozenset.intersection(*sets) if sets else frozenset()
    if isinstance(predicate, p.Not):
        arg = predicate.arg
        return frozenset((arg.field,)) if isinstance(arg, p.Null) else frozenset()
    if isinstance(predicate, p.FieldCompare):
        return frozenset((predicate.field, predicate.other))
    if isinstance(predicate, p.Null | p.Keyword | p.KeywordRegex | p.Opaque):
        return frozenset()
    return frozenset((predicate.field,))
