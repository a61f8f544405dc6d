"""ES|QL's functions that are conditions, and measures of a field beside a number, as tests.

Semantics: ES|QL 10, 11, 13; full-text functions are two-valued and see every value of a list.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Protocol

from converter import predicate as p
from converter.errors import QueryError
from converter.languages import esql_tree as t
from converter.languages import esql_values as v
from converter.languages.elastic_index import NUMBERS
from converter.languages.elastic_words import words
from converter.languages.esql_subject import (
    Case,
    Know,
    Subject,
    combined,
    constant,
    refuse,
    subject_of,
)
from converter.languages.esql_tests import (
    STRINGS,
    compared,
    fits_case,
    glob,
    is_text,
    networks,
    networks_of,
    of_subject,
)
from converter.languages.esql_truth import (
    NEVER,
    Truth,
    about,
    both,
    chosen,
    coalesced,
    either,
    total,
)

_MANY, _ONE = p.Wildcard.MANY, p.Wildcard.ONE
_LONGEST = 1000  # a test of length is a pattern with that many `?`


class Reader(Protocol):
    """What conditions need of the reader that they are part of."""

    facts: Know

    def truth(self, node: t.Expression) -> Truth:
        """When a condition is true and when it is false."""

    def cases(self, node: t.Expression) -> list[Case]:
        """What an expression can stand for."""


def condition(node: t.Call, reader: Reader) -> Truth:
    """A function as a condition. Raises Unsupported by its name."""
    if node.name not in CONDITIONS:
        reader.cases(node)  # unknown functions are an error, others have no meaning of their own
        raise refuse(f"{node.name.upper()} as a condition")
    return CONDITIONS[node.name](node, reader)


def _arguments(node: t.Call, least: int, most: int = 1000) -> tuple[t.Expression, ...]:
    if not least <= len(node.args) <= most:
        raise v.type_error(f"{node.name.upper()} does not take {len(node.args)} arguments")
    return node.args


def _coalesce(node: t.Call, reader: Reader) -> Truth:
    return coalesced([reader.truth(arg) for arg in _arguments(node, 1)])


def _case(node: t.Call, reader: Reader) -> Truth:
    parts = [reader.truth(arg) for arg in _arguments(node, 2)]
    rest = parts[-1] if len(parts) % 2 else NEVER
    pairs = list(zip(parts[0 : len(parts) - 1 : 2], parts[1::2], strict=False))
    return chosen(pairs, rest)


_SHAPES: dict[str, tuple[p.Relation, Callable[[str], p.Pattern]]] = {
    "starts_with": ("startswith", lambda text: (text, _MANY)),
    "ends_with": ("endswith", lambda text: (_MANY, text)),
    "contains": ("contains", lambda text: (_MANY, text, _MANY)),
}


def _part(node: t.Call, reader: Reader) -> Truth:
    left, right = (reader.cases(arg) for arg in _arguments(node, 2, 2))
    return combined(left, right, lambda a, b: _holds(node.name, a.value, b.value))


def _holds(name: str, whole: Subject | t.Const, part: Subject | t.Const) -> Truth:
    relation, shape = _SHAPES[name]
    if isinstance(whole, Subject) and isinstance(part, Subject):
        if whole.way != part.way or whole.lists or part.lists:
            raise refuse("this comparison of two fields", "compare single values in one case")
        test = p.FieldCompare(whole.name, relation, part.name, cased=not whole.way)
        return about(test, (whole.name, part.name))
    if isinstance(whole, t.Const) or isinstance(part, Subject):
        raise refuse(f"{name.upper()} of a constant")
    if part.value is None:
        return NEVER
    if not isinstance(part.value, str) or not is_text(whole):
        raise v.type_error(f"{name.upper()} takes texts")
    fits = fits_case(whole, part.value)
    test_ = glob(whole.name, shape(part.value), not whole.way) if part.value else p.TRUE
    return of_subject(whole, test_ if fits else p.FALSE)


def _cidr_match(node: t.Call, reader: Reader) -> Truth:
    address, *ranges = _arguments(node, 2)
    values = [constant(arg) for arg in ranges]
    texts = [value.value for value in values if value is not None]
    if len(texts) < len(ranges):
        raise v.type_error("the networks of CIDR_MATCH are texts")

    def match(a: Case, _: Case) -> Truth:
        if isinstance(a.value, t.Const) and a.value.value is not None:
            raise refuse("CIDR_MATCH of a constant")
        return networks(a.value, texts) if isinstance(a.value, Subject) else NEVER

    return combined(reader.cases(address), [Case((), t.Const(None))], match)


def _mv_contains(node: t.Call, reader: Reader) -> Truth:
    whole, part = _arguments(node, 2, 2)
    wanted = list(part.values) if isinstance(part, t.Several) else [constant(part)]

    def contains(a: Case, _: Case) -> Truth:
        if not isinstance(a.value, Subject):
            raise refuse("MV_CONTAINS of a constant")
        held = [_held(a.value, value) for value in wanted]
        return total(both(held))

    return combined(reader.cases(whole), [Case((), t.Const(None))], contains)


def _held(subject: Subject, value: t.Const | None) -> p.Predicate:
    if value is None:
        raise refuse("MV_CONTAINS of two fields")
    if value.value is None:
        return p.TRUE
    if subject.facts.type == "long" and isinstance(value.value, int):
        raise v.type_error(f"MV_CONTAINS looks for a long in {subject.name}, not an integer")
    return any_value(subject, value)


def any_value(subject: Subject, value: t.Const) -> p.Predicate:
    """That some value of the field is this one."""
    true = compared("==", subject, value).true
    if isinstance(true, p.And):
        return both(part for part in true.args if part != p.Single(subject.name))
    return true


def matched(
    arg: t.Expression, wanted: t.Expression, options: tuple[t.Expression, ...], facts: Know
) -> Truth:
    """`field : value` and MATCH: on text any word (or every one), else a whole value."""
    subject, value = _sought(arg, wanted, facts)
    if subject.facts.type not in ("text", "match_only_text"):
        return total(_whole_value(subject, value.value))
    tests = [p.Words(subject.name, (word,)) for word in words(str(value.value))]
    return total(both(tests) if tests and _every(options) else either(tests))


def _whole_value(subject: Subject, value: t.Scalar) -> p.Predicate:
    """A match reads its value as the field's type; what does not fit finds nothing."""
    kind = subject.facts.type
    if kind == "ip" and isinstance(value, str) and "/" in value:
        return either(p.Cidr(subject.name, network) for network in networks_of(value))
    if kind in NUMBERS and isinstance(value, str):
        value = _number(value)
    elif kind in STRINGS - {"unknown"} and not isinstance(value, str):
        value = v.as_text(v.literal_type(value))(value)
    try:
        return any_value(subject, t.Const(value))
    except QueryError:
        return p.FALSE


def _number(text: str) -> t.Scalar:
    for read in (int, float):
        try:
            return read(text)
        except ValueError:
            continue
    return text


def _sought(arg: t.Expression, wanted: t.Expression, facts: Know) -> tuple[Subject, t.Const]:
    column = arg.arg if isinstance(arg, t.Cast) else arg
    nothing = not isinstance(wanted, t.Const) or wanted.value is None
    if not isinstance(column, t.Column) or nothing or not isinstance(wanted, t.Const):
        raise v.type_error("a match takes a field of the index and a value")
    subject = subject_of(column.name, facts)
    if subject.facts.type == "date":
        raise refuse("a match on a date", "compare it with >= and <")
    return subject, wanted


def _every(options: tuple[t.Expression, ...]) -> bool:
    entries = dict(options[0].entries) if options and isinstance(options[0], t.Options) else {}
    operator = entries.pop("operator", t.Const("OR"))
    if entries:
        raise refuse(f"the option {sorted(entries)[0]} of MATCH", "leave it out")
    return isinstance(operator, t.Const) and str(operator.value).upper() == "AND"


def _match(node: t.Call, reader: Reader) -> Truth:
    arg, wanted, *options = _arguments(node, 2, 3)
    return matched(arg, wanted, tuple(options), reader.facts)


def _match_phrase(node: t.Call, reader: Reader) -> Truth:
    arg, wanted = _arguments(node, 2, 2)
    subject, value = _sought(arg, wanted, reader.facts)
    if subject.facts.type not in ("text", "match_only_text"):
        return total(_whole_value(subject, value.value))
    sought = tuple(words(str(value.value)))
    return total(p.Words(subject.name, sought) if sought else p.FALSE)


def _search(module: str, **reading: bool) -> Callable[[t.Call, Reader], Truth]:
    def search(node: t.Call, reader: Reader) -> Truth:
        text = constant(_arguments(node, 1, 2)[0])
        if text is None or not isinstance(text.value, str) or len(node.args) > 1:
            raise refuse(f"{node.name.upper()} with more than a literal")
        predicate: p.Predicate = import_module(module).parse(text.value, reader.facts, **reading)
        return total(predicate)

    return search


CONDITIONS: dict[str, Callable[[t.Call, Reader], Truth]] = {
    "coalesce": _coalesce,
    "case": _case,
    "starts_with": _part,
    "ends_with": _part,
    "contains": _part,
    "cidr_match": _cidr_match,
    "mv_contains": _mv_contains,
    "match": _match,
    "match_phrase": _match_phrase,
    "qstr": _search("converter.languages.lucene_meaning"),
    "kql": _search("converter.languages.kql_meaning", kibana=False),
}
