"""Values of ES|QL's columns: how each type is stored, read from text, compared and shown.

A cell is a tuple of values: empty is null, several is a multi-valued field. Dates are milliseconds
since 1970, addresses 128-bit whole numbers (IPv4 in its IPv6 form).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

from converter.errors import QueryError
from converter.languages.elastic_dates import parse_date

Cell = tuple[Any, ...]
NULL: Cell = ()
STRINGS = frozenset({"keyword", "text"})
WHOLES = frozenset({"integer", "long", "unsigned_long"})
NUMBERS = WHOLES | {"double"}
_COLUMN_TYPES = {
    "lowercase": "keyword",
    "constant_keyword": "keyword",
    "wildcard": "keyword",
    "match_only_text": "text",
    "short": "integer",
    "byte": "integer",
    "float": "double",
    "half_float": "double",
    "scaled_float": "double",
    "date": "datetime",
    "nested": "unsupported",
    "flattened": "unsupported",
}
_V4 = 0xFFFF << 32
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_INT_MAX, _LONG_MAX = 2**31 - 1, 2**63 - 1


def type_error(what: str) -> QueryError:
    """An error of kind type."""
    return QueryError.of("type", f"ES|QL: {what}", "compare values of one type, or convert one")


def column_type(mapped: str) -> str:
    """ES|QL's type for a field's type in the mapping."""
    return _COLUMN_TYPES.get(mapped, mapped)


def literal_type(value: str | int | float | bool | None) -> str:
    """The type of a literal."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return (
            "integer" if abs(value) <= _INT_MAX else "long" if abs(value) <= _LONG_MAX else "double"
        )
    return "double" if isinstance(value, float) else "keyword"


def address_number(address: IPv4Address | IPv6Address) -> int:
    """An address as one number, IPv4 in its IPv6 form."""
    return int(address) | _V4 if address.version == 4 else int(address)


def moment(millis: int) -> datetime:
    """A date as Python's, UTC."""
    return EPOCH + timedelta(milliseconds=millis)


def millis_of(when: datetime) -> int:
    """Milliseconds since 1970."""
    return (when - EPOCH) // timedelta(milliseconds=1)


def in_network(address: int, text: str) -> bool:
    """Whether an address is in a network written as CIDR; IPv4 stands in ::ffff:0:0/96."""
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        return False
    bits = network.prefixlen + (96 if network.version == 4 else 0)
    base = address_number(network.network_address)
    return address >> (128 - bits) == base >> (128 - bits)


def check_network(text: str) -> None:
    """Raises QueryError (type) where a text is no network."""
    try:
        ip_network(text, strict=False)
    except ValueError:
        raise type_error(f"{text!r} is no network") from None


def _boolean_of(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError(f"{text!r} is neither true nor false")
    return text.lower() == "true"


def _address_of(text: str) -> int:
    return address_number(ip_address(text))


_READERS: dict[str, Callable[[str], Any]] = {
    "datetime": parse_date,
    "ip": _address_of,
    "boolean": _boolean_of,
}


def from_text(text: str, kind: str) -> Any:
    """A text literal as a value of the type it is compared with. Raises QueryError (type)."""
    try:
        return _READERS[kind](text)
    except ValueError:
        raise type_error(f"{text!r} cannot be read as {kind}") from None


def takes_text(kind: str) -> bool:
    """Whether text literals beside this type are read as values of it."""
    return kind in _READERS


def shown_address(number: int) -> str:
    """An address as text."""
    return str(IPv4Address(number & 0xFFFFFFFF) if number >> 32 == 0xFFFF else IPv6Address(number))


def shown_date(millis: int) -> str:
    """A date as Elasticsearch prints it."""
    when = moment(millis)
    return f"{when:%Y-%m-%dT%H:%M:%S}.{when.microsecond // 1000:03d}Z"


def shown_number(value: float) -> str:
    """A number as text, as Java prints it."""
    if isinstance(value, int) or (abs(value) < 10**7 and (abs(value) >= 10**-3 or value == 0)):
        return str(value)
    digits, _, exponent = f"{value!r}".partition("e")
    if not exponent:
        digits, _, exponent = f"{value:.17e}".partition("e")
        digits = repr(float(digits))
    return f"{digits if '.' in digits else digits + '.0'}E{int(exponent)}"


def shown(kind: str) -> Callable[[Any], Any]:
    """How one value of a type looks in an answer."""
    if kind == "ip":
        return shown_address
    return shown_date if kind == "datetime" else lambda value: value


def as_text(kind: str) -> Callable[[Any], str]:
    """How TO_STRING writes one value of a type."""
    if kind == "boolean":
        return lambda value: "true" if value else "false"
    if kind in NUMBERS:
        return shown_number
    show = shown(kind)
    return lambda value: str(show(value))


def common_type(kinds: list[str], what: str) -> str:
    """The type that holds values of all these. Raises QueryError (type) where none does."""
    known = [kind for kind in dict.fromkeys(kinds) if kind != "null"]
    if not known:
        return "null"
    if all(kind in NUMBERS for kind in known):
        return next(
            kind for kind in ("double", "unsigned_long", "long", "integer") if kind in known
        )
    if all(kind in STRINGS for kind in known):
        return "keyword"
    if len(known) > 1 or known[0] == "unsupported":
        raise type_error(f"{what} of {' and '.join(known)}")
    return known[0]
