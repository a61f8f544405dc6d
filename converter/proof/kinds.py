"""What values a field can hold, and its tests put into words that fit them."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address, ip_network
from typing import Literal

from converter import predicate as p
from converter.languages.elastic_addresses import network_of
from converter.languages.lucene_regexp import has_case
from converter.pipelines import Facts

Kind = Literal["text", "integer", "decimal", "boolean", "address"]
_TURNED: dict[p.Relation, p.Relation] = {
    "equals": "equals",
    "<": ">",
    "<=": ">=",
    ">": "<",
    ">=": "<=",
}
FactsOf = Callable[[str], Facts]

_KINDS: dict[str, Kind] = {
    **dict.fromkeys(("long", "integer", "short", "byte", "unsigned_long"), "integer"),
    **dict.fromkeys(("double", "float", "half_float", "scaled_float"), "decimal"),
    "boolean": "boolean",
    "ip": "address",
}


def kind_of(facts: Facts, compared: bool = False) -> Kind:
    """What a field's values are. `compared`: its tests are all about numbers, one is an order."""
    if facts.type == "unknown" and compared:
        return "decimal"
    return _KINDS.get(facts.type, "text")


def is_compared(tests: list[p.Test]) -> bool:
    """Whether tests of one field are about numbers alone, and one of them is an order."""
    orders = [t for t in tests if isinstance(t, p.Compare) and not isinstance(t.value, str)]
    rest = [t for t in tests if not isinstance(t, p.Compare | p.Exists | p.Null | p.Single)]
    return bool(orders) and all(isinstance(t, p.Equals) and _number(t.value) for t in rest)


def _number(value: p.Value) -> str:
    """The value as digits of a whole number, empty where it is none."""
    text = str(value)
    plain = not isinstance(value, bool) and text.removeprefix("-").isdecimal() and text.isascii()
    return text if plain and len(text) < 40 else ""


def fitting(test: p.Test, kind: Kind) -> p.Predicate:
    """The test in the one spelling that all equal tests of values of this kind share."""
    if isinstance(test, p.Equals):
        return _equals(test, kind)
    if isinstance(test, p.Glob):
        return _glob(test, kind)
    if isinstance(test, p.Keyword):
        return p.normal(p.Keyword(test.pattern, test.cased and _cased_matters(test.pattern)))
    if isinstance(test, p.Regex):
        return p.Regex(test.field, test.pattern, "".join(sorted(set(test.flags))))
    if isinstance(test, p.FieldCompare):
        return _field_compare(test)
    if isinstance(test, p.Cidr):
        return p.Cidr(test.field, _network(test.network))
    return test


def _equals(test: p.Equals, kind: Kind) -> p.Predicate:
    value = test.value
    if kind == "boolean" and str(value).lower() in ("true", "false"):
        return p.Equals(test.field, str(value).lower() == "true")
    if kind in ("integer", "decimal"):
        if isinstance(value, float):
            return p.Equals(test.field, value)
        if _number(value):
            return p.Equals(test.field, int(value))
    text = str(value).lower() if isinstance(value, bool) else str(value)  # 5 is also "5"
    if kind == "address":
        text = _address(text)
    cased = test.cased and isinstance(value, str) and has_case(text)
    return p.normal(p.Equals(test.field, text, cased))


def _glob(test: p.Glob, kind: Kind) -> p.Predicate:
    if kind == "address" and (network := network_of(test.pattern)):
        return p.Cidr(test.field, network)
    plain = p.normal(p.Glob(test.field, test.pattern, test.cased and _cased_matters(test.pattern)))
    if isinstance(plain, p.Equals):
        return _equals(plain, kind)
    if isinstance(plain, p.Glob) and plain.pattern == (p.Wildcard.MANY,):
        return p.Not(p.Null(test.field))
    return plain


def _field_compare(test: p.FieldCompare) -> p.FieldCompare:
    """Equals and orders in the order of the fields' names; case is nothing to an order."""
    turned = _TURNED.get(test.relation)
    if turned is None:
        return test
    one, other = test.field, test.other
    if other < one:
        one, other = other, one
    relation = test.relation if one == test.field else turned
    return p.FieldCompare(one, relation, other, test.cased and relation == "equals")


def _cased_matters(pattern: p.Pattern) -> bool:
    return any(isinstance(piece, str) and has_case(piece) for piece in pattern)


def _address(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError:
        return text


def _network(text: str) -> str:
    try:
        return str(ip_network(text, strict=False))
    except ValueError:
        return text
