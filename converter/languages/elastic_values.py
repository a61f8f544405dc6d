"""Texts of queries as values of typed fields: which stored values they find.

Each function gives a test on one stored value (as elastic_index keeps it) and raises QueryError,
kind "type" or "parse" (dates), where the field's type does not take the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any

from converter.errors import QueryError
from converter.languages.elastic_algebra import Bounds
from converter.languages.elastic_dates import NOW, date_maths
from converter.languages.elastic_index import DECIMAL, NUMBERS, Address, Stored, address_of
from converter.languages.elastic_words import lower

ValueTest = Callable[[Stored], bool]
Ordered = Any  # the values of one type, which compare with each other
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE](?P<exponent>[+-]?\d{1,9}))?", re.ASCII)
_LONGEST = 400  # digits; far beyond what any type holds
_MAPPED = 0xFFFF << 32


def term_test(kind: str, text: str, now: int = NOW) -> ValueTest:
    """The test for exactly this value; a whole day or network where the text names one."""
    if kind in NUMBERS:
        number = _number(kind, text)
        return lambda value: value == number
    if kind == "boolean":
        wanted = _boolean(text)
        return lambda value: value is wanted
    if kind == "ip":
        low, high = address_span(text)
        return lambda value: low <= address_number(value) <= high
    if kind == "date":
        return range_test(kind, Bounds(text, text), now)
    plain = lower(text) if kind == "lowercase" else text
    return lambda value: value == plain


def range_test(kind: str, bounds: Bounds, now: int = NOW) -> ValueTest:
    """The test for values between two ends; each end as the type reads it."""
    key, low, high = _ends(kind, bounds, now)

    def fits(value: Stored) -> bool:
        place = key(value)
        if low is not None and not (place >= low if bounds.with_low else place > low):
            return False
        return high is None or (place <= high if bounds.with_high else place < high)

    return fits


def _ends(
    kind: str, bounds: Bounds, now: int
) -> tuple[Callable[[Stored], Ordered], Ordered | None, Ordered | None]:
    if kind == "date":
        # An end that takes its moment in takes the whole of what was named, one that does not
        # leaves the whole of it out.
        low = None if bounds.low is None else date_of(bounds.low, not bounds.with_low, now)
        high = None if bounds.high is None else date_of(bounds.high, bounds.with_high, now)
        return _same, low, high
    read = _READERS.get(kind, _text if kind != "lowercase" else lower)
    if kind in NUMBERS:
        read = _decimal if kind in DECIMAL else _whole
    key = address_number if kind == "ip" else _same
    ends = (None if end is None else read(end) for end in (bounds.low, bounds.high))
    return key, next(ends), next(ends)


def _same(value: Stored) -> Ordered:
    assert not isinstance(value, Address)
    return value


def _text(text: str) -> str:
    return text


def _number(kind: str, text: str) -> Decimal | float:
    return _decimal(text) if kind in DECIMAL else _whole(text)


def _whole(text: str) -> Decimal:
    _check_number(text, text)
    return Decimal(text)


def _decimal(text: str) -> float:
    plain = text.strip().rstrip("dDfF")
    _check_number(text, plain)
    return float(plain)


def _check_number(text: str, plain: str) -> None:
    number = _NUMBER.fullmatch(plain)
    if not number or len(plain) > _LONGEST or abs(int(number["exponent"] or 0)) > _LONGEST:
        raise QueryError.of("type", f"{text!r} is no number")


def _boolean(text: str) -> bool:
    if text not in ("true", "false"):
        raise QueryError.of("type", f"{text!r} is neither true nor false")
    return text == "true"


def date_of(text: str, up: bool = False, now: int = NOW) -> int:
    """A date of a query as milliseconds since 1970; `up` its last moment."""
    try:
        return date_maths(text, up, now)
    except (ValueError, OverflowError):
        raise QueryError.of("parse", f"{text!r} is no date") from None


def address_span(text: str) -> tuple[int, int]:
    """An address or network as its first and last number of 128 bits."""
    try:
        network: IPv4Network | IPv6Network = ip_network(text, strict=False)
    except ValueError:
        raise QueryError.of("type", f"{text!r} is neither an address nor a network") from None
    if "/" in text and not text.rpartition("/")[2].isdecimal():
        raise QueryError.of("type", f"{text!r} is neither an address nor a network")
    return address_number(network.network_address), address_number(network.broadcast_address)


def address_number(address: Stored) -> int:
    """An address as a number of 128 bits; IPv4 addresses stand among the IPv6 ones."""
    assert isinstance(address, Address)
    return int(address) | _MAPPED if address.version == 4 else int(address)


def _address(text: str) -> int:
    try:
        return address_number(address_of(text))
    except ValueError:
        raise QueryError.of("type", f"{text!r} is no address") from None


_READERS: dict[str, Callable[[str], Ordered]] = {"boolean": _boolean, "ip": _address}
