"""One function for each kind of test: it prepares constants once and returns a closure.

The closure gets the values of the field, lists opened, the key present; it is true when any of them
passes (semantics: Sigma, point 3). Values of another type are passed over, never an error.
"""

from __future__ import annotations

import ipaddress
import operator
import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any

from converter.casing import fold
from converter.errors import RuleError
from converter.matcher.comparing import field_compare
from converter.matcher.fields import Values
from converter.matcher.globs import BETWEEN, TextTest, any_glob, glob, held
from converter.matcher.text import number, text, wide_text
from converter.matcher.times import PARTS, in_zone, moment
from converter.predicate import (
    Cidr,
    Compare,
    Equals,
    Exists,
    FieldCompare,
    Glob,
    Keyword,
    KeywordRegex,
    Null,
    Opaque,
    Pattern,
    Regex,
    Single,
    Test,
    TimePart,
    Words,
)
from converter.regexps import searcher
from converter.time_zones import time_zone

ValuesTest = Callable[[Values], bool]

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_LONGEST_ADDRESS = 64
_SEVERAL = 3


def equals(test: Equals) -> ValuesTest:
    """The value as text is this text, or it is this number (5 is also 5.0, true is not 1).

    An object counts as its JSON without spaces, as in patterns.
    """
    if not isinstance(test.value, str):
        return one_of((test,))
    read = _read_for(test.value)
    if test.cased:
        return lambda values: any(read(value) == test.value for value in values)
    return _folded_equals(fold(test.value), read)


def _read_for(*wanted: str) -> Callable[[Any], str | None]:
    """How to see a value as text: objects are written out only where one could be meant."""
    return wide_text if any(one.startswith("{") for one in wanted) else text


def _folded_equals(wanted: str, read: Callable[[Any], str | None]) -> ValuesTest:
    size = len(wanted)  # folding keeps the length

    def passes(values: Values) -> bool:
        for value in values:
            found = value if type(value) is str else read(value)
            if found is not None and len(found) == size:
                folded = found.lower() if found.isascii() else fold(found)
                if folded == wanted:
                    return True
        return False

    return passes


def one_of(tests: Iterable[Equals]) -> ValuesTest:
    """Many equals tests of one field as one look into a set; none of them asks for case."""
    wanted = [test.value for test in tests]
    texts = frozenset(fold(text(value) or "") for value in wanted)
    numbers = frozenset(value for value in wanted if _is_number(value))
    among = _among(texts, _read_for(*texts))
    if not numbers:
        return among
    return lambda values: (
        any(_is_number(value) and value in numbers for value in values) or among(values)
    )


def _among(texts: frozenset[str], read: Callable[[Any], str | None]) -> ValuesTest:
    def passes(values: Values) -> bool:
        for value in values:
            found = value if type(value) is str else read(value)
            if found is not None and fold(found) in texts:
                return True
        return False

    return passes


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def like(test: Glob | Keyword) -> ValuesTest:
    """The value's text fits the pattern; an object counts as its JSON without spaces."""
    return _over_texts(glob(test.pattern), False) if test.cased else any_like((test,))


def any_like(tests: Iterable[Glob | Keyword]) -> ValuesTest:
    """Many patterns of one field, none of which asks for case: the text is folded once."""
    patterns = [_folded(test.pattern) for test in tests]
    fits, inside = _over_texts(any_glob(patterns), True), held(patterns)
    return _held_together(inside, fits) if inside else fits


def _held_together(inside: Sequence[str], fits: ValuesTest) -> ValuesTest:
    """Whether a value holds any of these texts, in none of which is what stands between values."""

    def passes(values: Values) -> bool:
        if len(values) < _SEVERAL:
            return fits(values)
        joined = BETWEEN.join([one if type(one) is str else wide_text(one) or "" for one in values])
        folded = joined.lower() if joined.isascii() else fold(joined)
        return any(map(folded.__contains__, inside))

    return passes


def _folded(pattern: Pattern) -> Pattern:
    return tuple(fold(piece) if isinstance(piece, str) else piece for piece in pattern)


def _over_texts(fits: TextTest, folded: bool) -> ValuesTest:
    def passes(values: Values) -> bool:
        for value in values:
            found = value if type(value) is str else wide_text(value)
            if found is not None and fits(fold(found) if folded else found):
                return True
        return False

    return passes


def regex(test: Regex | KeywordRegex) -> ValuesTest:
    """The expression is found in the value's text; an object counts as its JSON without spaces."""
    return _over_texts(searcher(test.pattern, test.flags), False)


def cidr(test: Cidr) -> ValuesTest:
    """The value is the text of an address in the network; `::ffff:10.0.0.1` is also 10.0.0.1.

    Raises RuleError when the network is none. Host bits in it are passed over (10.0.0.1/8).
    """
    try:
        network = ipaddress.ip_network(test.network, strict=False)
    except ValueError:
        what = f"'{test.network}' is no IPv4 or IPv6 network"
        raise RuleError(what, next_step="write it as 10.0.0.0/8 or 2001:db8::/32") from None

    def inside(value: object) -> bool:
        if not isinstance(value, str) or len(value) > _LONGEST_ADDRESS:
            return False
        return any(address in network for address in _addresses(value))

    return lambda values: any(inside(value) for value in values)


@lru_cache(4096)
def _addresses(value: str) -> tuple[ipaddress.IPv4Address | ipaddress.IPv6Address, ...]:
    """The address that a text is, and the other that it is as well; none where it is none."""
    try:
        address = ipaddress.ip_address(value)
    except ValueError:
        return ()
    mapped = address.ipv4_mapped if address.version == 6 else None
    return (address,) if mapped is None else (address, mapped)


def compare(test: Compare) -> ValuesTest:
    """The value is a number, or the text of one, and stands in this order to the rule's number.

    To a text it stands as text does, by its characters' numbers.
    """
    wanted, holds = test.value, _COMPARE[test.op]
    if isinstance(wanted, str):
        return lambda values: any(isinstance(one, str) and holds(one, wanted) for one in values)

    def passes(values: Values) -> bool:
        found = (number(value) for value in values)
        return any(one is not None and holds(one, wanted) for one in found)

    return passes


def exists(test: Exists) -> ValuesTest:
    """The key is there: whatever its value, null and the empty list included."""
    return lambda values: True


def null(test: Null) -> ValuesTest:
    """A value is null. (A missing key passes too; an empty list holds no null and does not.)"""
    return lambda values: any(value is None for value in values)


def time_part(test: TimePart) -> ValuesTest:
    """A part of the time that the value states, in the zone, else its own offset, else UTC."""
    if test.part not in PARTS:
        what = f"unknown part of a time '{test.part}'"
        raise RuleError(what, next_step=f"use one of {', '.join(PARTS)}")
    part, wanted, holds = PARTS[test.part], test.value, _COMPARE[test.op]
    zone = time_zone(test.zone) if test.zone else None

    def passes(values: Values) -> bool:
        found = (in_zone(moment(value), zone) for value in values)
        return any(one is not None and holds(part(one), wanted) for one in found)

    return passes


def words(test: Words) -> ValuesTest:
    """The value, split into lower-case words, holds these in sequence."""
    wanted, count = list(test.words), len(test.words)

    def passes(values: Values) -> bool:
        found = [re.findall(r"\w+", fold(value)) for value in values if isinstance(value, str)]
        return any(
            one[at : at + count] == wanted for one in found for at in range(len(one) - count + 1)
        )

    return passes


def single(test: Single) -> ValuesTest:
    """There is exactly one value, and it is not null."""
    return lambda values: len(values) == 1 and values[0] is not None


def opaque(test: Opaque) -> ValuesTest:
    """What nothing is known of is never true here."""
    return lambda values: False


TESTS: dict[type[Test], Callable[[Any], ValuesTest]] = {
    Equals: equals,
    Glob: like,
    Regex: regex,
    Cidr: cidr,
    Compare: compare,
    Exists: exists,
    Null: null,
    FieldCompare: field_compare,
    TimePart: time_part,
    Keyword: like,
    KeywordRegex: regex,
    Words: words,
    Single: single,
    Opaque: opaque,
}
