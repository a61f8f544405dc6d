"""Literals of EQL as the values of a field of some type, and comparisons with them.

Each raises QueryError (kind type, or parse for a date) where Elasticsearch would refuse the value
for that field (semantics: EQL 5, 10).
"""

from __future__ import annotations

from ipaddress import ip_network

from converter.errors import QueryError
from converter.languages.elastic_dates import date_maths
from converter.languages.elastic_index import DECIMAL, NUMBERS, WHOLE, address_of
from converter.languages.eql_plan import Between, Column, Has, Inside, Plan, Ranged, Value, Whole
from converter.languages.eql_tree import Scalar
from converter.predicate import Order

STRINGS = frozenset(
    {"keyword", "constant_keyword", "lowercase", "wildcard", "map_text", "unknown", "version"}
)


def equal(column: Column, value: Scalar) -> Plan:
    """`column == value`; whole days for dates without a time, networks for addresses."""
    if column.type == "date":
        text = text_of(value)
        return Between(column, _date(column, text, False), _date(column, text, True))
    if column.type == "ip" and "/" in str(value):
        return inside(column, str(value))
    stored = read(column, value)
    if column.type in WHOLE and isinstance(stored, float):
        return False
    return Whole(column, stored)


def ordered(column: Column, op: Order, value: Scalar) -> Plan:
    """`column < value` and its like; against null it asks only for some value."""
    if value is None:
        return Has(column)
    if column.type == "date":
        return Ranged(column, op, _date(column, text_of(value), op in (">", "<=")))
    return Ranged(column, op, read(column, value))


def inside(column: Column, network: str) -> Plan:
    """The addresses of a network, or one address."""
    try:
        net = ip_network(network, strict=False)
    except ValueError:
        raise refused(column, f"{network!r} is no network") from None
    mapped = getattr(net.network_address, "ipv4_mapped", None)
    if mapped and net.prefixlen >= 96:
        return Inside(column, ip_network(f"{mapped}/{net.prefixlen - 96}", strict=False))
    return Inside(column, net)


def read(column: Column, value: Scalar) -> Value:
    """The literal as a value of the column; of a column of unknown type as it is."""
    if column.type == "unknown" and value is not None:
        return value
    if column.type in NUMBERS:
        return _number(column, value)
    text = text_of(value)
    if column.type == "boolean":
        if text not in ("true", "false"):
            raise refused(column, f"{text!r} is neither true nor false")
        return text == "true"
    if column.type == "ip":
        try:
            return address_of(text)
        except ValueError:
            raise refused(column, f"{text!r} is no address") from None
    return text


def _number(column: Column, value: Scalar) -> int | float:
    if isinstance(value, bool) or value is None:
        raise refused(column, f"{text_of(value)} is no number")
    if isinstance(value, str):
        try:
            value = int(value) if value.lstrip("+-").isdigit() else float(value)
        except ValueError:
            raise refused(column, f"{value!r} is no number") from None
    return int(value) if value == value // 1 and column.type not in DECIMAL else value


def _date(column: Column, text: str, up: bool) -> int:
    try:
        return date_maths(text, up)
    except (ValueError, OverflowError):
        what = f"EQL: {column.name} is a date, and {text!r} is none"
        raise QueryError(what, next_step="write a date such as 2024-01-31") from None


def text_of(value: Scalar) -> str:
    """A literal as text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else str(value)


def refused(column: Column, why: str) -> QueryError:
    """An error of kind type about a column."""
    what = f"EQL: {column.name} is of type {column.type}: {why}"
    return QueryError.of("type", what, "write a value of that type")
