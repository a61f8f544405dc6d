"""Tests in the words of Sigma: the key with its modifiers, and the value."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from ipaddress import ip_network
from math import isfinite
from typing import Any

from converter.predicate.pattern import Pattern, Wildcard, tidy
from converter.predicate.printing import show_test
from converter.predicate.tree import (
    Cidr,
    Compare,
    Equals,
    Exists,
    FieldCompare,
    Glob,
    Keyword,
    KeywordRegex,
    Null,
    Regex,
    Test,
    TimePart,
)

Item = tuple[str, Any]

_MANY = Wildcard.MANY
_ORDERS = {"<": "|lt", "<=": "|lte", ">": "|gt", ">=": "|gte", "==": ""}
_SIDES: dict[tuple[bool, bool], str] = {
    (True, True): "|contains",
    (False, True): "|startswith",
    (True, False): "|endswith",
}
_RELATIONS = {"equals": "", "differs": "|differs", **{side[1:]: side for side in _SIDES.values()}}
_PLAIN = re.compile(r"\\(?=[\\*?]|\Z)|[*?]")


def sigma_item(test: Test) -> Item | None:
    """The line of a detection that says this test, such as `("f|contains", "x")`.

    None for what Sigma has no words for. The key of a keyword begins with its modifiers, or is
    empty.
    """
    field = getattr(test, "field", "")
    if "|" in field or (not field and not isinstance(test, Keyword | KeywordRegex)):
        return None
    say = _WORDS.get(type(test))
    return say(test) if say else None


def show_as_sigma(test: Test) -> str:
    """The test as a line of a rule, for explanations; in plain words where Sigma has none."""
    item = sigma_item(test)
    if item is None:
        return show_test(test)
    key, value = item
    plain = isinstance(value, str) and value.isprintable()
    return f"{key or 'keyword'}: " + (f'"{value}"' if plain else json.dumps(value))


def _pattern(pattern: Pattern) -> str:
    return "".join(one.value if isinstance(one, Wildcard) else _text(one) for one in pattern)


def _text(text: str) -> str:
    """The text with what would be a wildcard or an escape taken literally."""
    return _PLAIN.sub(r"\\\g<0>", text)


def _equals(test: Equals) -> Item | None:
    if isinstance(test.value, str):
        return test.field + "|cased" * test.cased, _text(test.value)
    return (test.field, test.value) if _is_exact(test.value) else None


def _is_exact(value: int | float) -> bool:
    """Whether Sigma reads the number back as it is: 5.0 becomes 5."""
    return isinstance(value, int) or (isfinite(value) and not value.is_integer())


def _glob(test: Glob) -> Item:
    pattern, side = tidy(test.pattern), ""
    texts = [one for one in pattern if isinstance(one, str)]
    if len(texts) == 1 and Wildcard.ONE not in pattern:
        side = _SIDES.get((pattern[0] is _MANY, pattern[-1] is _MANY), "")
    value = _text(texts[0]) if side else _pattern(pattern)
    return test.field + side + "|cased" * test.cased, value


def _regex(test: Regex) -> Item:
    return f"{test.field}|re{_flags(test.flags)}", test.pattern


def _flags(flags: str) -> str:
    return "".join(f"|{flag}" for flag in sorted(set(flags)))


def _cidr(test: Cidr) -> Item | None:
    try:
        return f"{test.field}|cidr", str(ip_network(test.network))
    except ValueError:
        return None


def _compare(test: Compare) -> Item | None:
    if isinstance(test.value, str) or not _is_exact(test.value):
        return None
    return test.field + _ORDERS[test.op], test.value


def _fields(test: FieldCompare) -> Item | None:
    if test.relation not in _RELATIONS or not test.other:
        return None
    key = f"{test.field}|fieldref{_RELATIONS[test.relation]}{'|cased' * test.cased}"
    return key, _text(test.other)


def _time_part(test: TimePart) -> Item | None:
    if test.zone:
        return None
    return f"{test.field}|{test.part}{_ORDERS[test.op]}", test.value


def _keyword(test: Keyword) -> Item | None:
    pattern = tidy(test.pattern)
    if len(pattern) < 3 or pattern[0] is not _MANY or pattern[-1] is not _MANY:
        return None
    return "|cased" * test.cased, _pattern(pattern[1:-1])


def _keyword_regex(test: KeywordRegex) -> Item:
    return f"|re{_flags(test.flags)}", test.pattern


_WORDS: dict[type[Test], Callable[[Any], Item | None]] = {
    Equals: _equals,
    Glob: _glob,
    Regex: _regex,
    Cidr: _cidr,
    Compare: _compare,
    Exists: lambda test: (f"{test.field}|exists", True),
    Null: lambda test: (test.field, None),
    FieldCompare: _fields,
    TimePart: _time_part,
    Keyword: _keyword,
    KeywordRegex: _keyword_regex,
}
