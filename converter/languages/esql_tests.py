"""ES|QL's comparisons of one field as tests, by the field's type.

Semantics: ES|QL 2, 4, 8, 14. A field that can hold a list is compared only where it holds one
value; one whose type is not known is taken as keyword, or as what it is compared with.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from ipaddress import IPv6Network, ip_network
from typing import Any

from converter import predicate as p
from converter.languages import esql_tree as t
from converter.languages import esql_values as v
from converter.languages.elastic_index import address_of
from converter.languages.esql_patterns import fits_anything
from converter.languages.esql_subject import Subject, refuse
from converter.languages.esql_syntax import like_pattern
from converter.languages.esql_truth import NEVER, Truth, about, either, negated, total
from converter.languages.lucene_regexp import has_case
from converter.languages.lucene_regexp_parse import regexp_test

_FLIPPED: dict[str, str] = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_ORDERS: dict[str, p.Order] = {"<": "<", "<=": "<=", ">": ">", ">=": ">="}
_RELATIONS: dict[str, p.Relation] = {"==": "equals", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_TEXTS = frozenset({"keyword", "constant_keyword", "wildcard", "text", "match_only_text"})
_MAPPED = IPv6Network("::ffff:0:0/96")
STRINGS = _TEXTS | {"unknown", "map_text"}


def of_subject(subject: Subject, test: p.Predicate) -> Truth:
    """A test of a field as a comparison: null where the field is missing or a list."""
    return about(test, (subject.name,), subject.lists)


def compared(op: str, left: Subject | t.Const, right: Subject | t.Const) -> Truth:
    """One comparison of plain values. Raises QueryError where the types do not fit."""
    if op == "!=":
        return negated(compared("==", left, right))
    if isinstance(left, t.Const):
        if isinstance(right, t.Const):
            return _constants(op, left, right)
        return compared(_FLIPPED.get(op, op), right, left)
    if isinstance(right, Subject):
        return _fields(op, left, right)
    if right.value is None:
        return NEVER
    test = _equals(left, right.value) if op == "==" else _ordered(left, _ORDERS[op], right.value)
    return of_subject(left, test)


def _constants(op: str, left: t.Const, right: t.Const) -> Truth:
    a, b = left.value, right.value
    if a is None or b is None:
        return NEVER
    v.common_type([v.literal_type(a), v.literal_type(b)], "a comparison")
    return total(p.TRUE if _COMPARE[op](a, b) else p.FALSE)


def _fields(op: str, left: Subject, right: Subject) -> Truth:
    if left.way != right.way or left.lists or right.lists:
        raise refuse("this comparison of two fields", "compare single values in one case")
    test = p.FieldCompare(left.name, _RELATIONS[op], right.name, cased=not left.way)
    return about(test, (left.name, right.name))


def _equals(subject: Subject, value: t.Scalar) -> p.Predicate:
    kind = subject.facts.type
    if subject.way or subject.text or kind in STRINGS:
        return _text_equals(subject, value)
    if kind == "boolean":
        return p.Equals(subject.name, _boolean(value))
    if kind == "ip":
        return p.Equals(subject.name, str(_address(value)))
    if kind == "date":
        moment = _moment(value)
        return p.And((p.Compare(subject.name, ">=", moment), p.Compare(subject.name, "<=", moment)))
    return p.Equals(subject.name, _number(subject, value))


def _text_equals(subject: Subject, value: t.Scalar) -> p.Predicate:
    if not isinstance(value, str):
        if subject.facts.type == "unknown" and value is not None and not subject.way:
            return p.Equals(subject.name, value)
        raise v.type_error(f"{subject.name} is text, {value!r} is not")
    if not fits_case(subject, value):
        return p.FALSE
    return p.Equals(subject.name, value, cased=not subject.way and has_case(value))


def fits_case(subject: Subject, text: str) -> bool:
    """Whether a text can stand beside a field in that case at all."""
    if not subject.way:
        return True
    if subject.facts.type == "lowercase" and text != text.lower():
        raise refuse("a text with capitals beside a field in lower case", "write it in lower case")
    return text == (text.lower() if subject.way == "lower" else text.upper())


def _boolean(value: t.Scalar) -> bool:
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    if not isinstance(value, bool):
        raise v.type_error(f"a boolean is compared with {value!r}")
    return value


def _address(value: t.Scalar) -> Any:
    try:
        return address_of(value if isinstance(value, str) else "")
    except ValueError:
        raise v.type_error(f"{value!r} is no address") from None


def _moment(value: t.Scalar) -> str:
    if not isinstance(value, str):
        raise v.type_error(f"a date is compared with {value!r}")
    return v.shown_date(v.from_text(value, "datetime"))


def _number(subject: Subject, value: t.Scalar) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise v.type_error(f"{subject.name} is a number, {value!r} is not")
    return value


def _ordered(subject: Subject, op: p.Order, value: t.Scalar) -> p.Predicate:
    kind = subject.facts.type
    if subject.way or subject.text or kind == "ip":
        raise refuse("an order of changed values or addresses")
    if kind == "date":
        return p.Compare(subject.name, op, _moment(value))
    if kind in STRINGS and isinstance(value, str):
        return p.Compare(subject.name, op, value)
    if kind in _TEXTS or kind == "boolean":
        raise v.type_error(f"{subject.name} does not stand in an order to {value!r}")
    return p.Compare(subject.name, op, _number(subject, value))


def is_text(subject: Subject) -> bool:
    """Whether the field is compared as text."""
    return bool(subject.way) or subject.text or subject.facts.type in STRINGS


def liked(subject: Subject, node: t.Like) -> Truth:
    """LIKE or RLIKE. Raises Unsupported for LIKE "", which depends on where it runs."""
    if not is_text(subject):
        raise v.type_error(f"LIKE and RLIKE read text, {subject.name} is {subject.facts.type}")
    tests = [_pattern(subject, pattern, node.regexp) for pattern in node.patterns]
    if any(fits_anything(pattern, node.regexp) for pattern in node.patterns):
        return total(p.Exists(subject.name))
    if not node.regexp and "" in node.patterns:
        raise refuse('LIKE ""', 'write == ""')
    return of_subject(subject, either(tests))


def _pattern(subject: Subject, pattern: str, regexp: bool) -> p.Predicate:
    if regexp:
        return _regexp(subject, pattern)
    pieces = like_pattern(pattern)
    texts = [piece for piece in pieces if isinstance(piece, str)]
    if subject.facts.type == "wildcard" and not texts and p.Wildcard.ONE in pieces:
        raise refuse("a pattern of wildcards alone on a field of type wildcard")
    if not all(fits_case(subject, text) for text in texts):
        return p.FALSE
    return glob(subject.name, pieces, not subject.way)


def _regexp(subject: Subject, pattern: str) -> p.Predicate:
    test = regexp_test(subject.name, pattern, cased=not subject.way)
    plain = pattern.replace("\\S", "").replace("\\W", "").replace("\\D", "")
    if fits_case(subject, plain):
        return test
    raise refuse("a regular expression with letters that TO_LOWER or TO_UPPER takes away")


def glob(name: str, pieces: p.Pattern, cased: bool = True) -> p.Predicate:
    """A test of a whole text against a pattern; case counts only where there is one."""
    cased = cased and any(isinstance(piece, str) and has_case(piece) for piece in pieces)
    if all(isinstance(piece, str) for piece in pieces):
        return p.Equals(name, "".join(map(str, pieces)), cased)
    return p.Glob(name, p.tidy(pieces), cased)


def networks(subject: Subject, values: Sequence[t.Scalar]) -> Truth:
    """CIDR_MATCH. Raises QueryError where a network is none, or the field is no address."""
    if subject.facts.type not in ("ip", "unknown") or subject.way or subject.text:
        raise v.type_error(f"CIDR_MATCH takes addresses, {subject.name} is {subject.facts.type}")
    tests = [p.Cidr(subject.name, network) for value in values for network in networks_of(value)]
    return of_subject(subject, either(tests))


def networks_of(value: t.Scalar) -> list[str]:
    """The network, IPv4 by itself: an IPv6 network holds the IPv4 addresses in ::ffff:0:0/96."""
    try:
        network = ip_network(value if isinstance(value, str) else "", strict=False)
    except ValueError:
        raise v.type_error(f"{value!r} is no network") from None
    if network.version == 4 or not network.overlaps(_MAPPED):
        return [str(network)]
    if network.prefixlen < _MAPPED.prefixlen:
        return [str(network), "0.0.0.0/0"]
    return [f"{address_of(str(network.network_address))}/{network.prefixlen - 96}"]
