"""Predicates as readable text, for messages and explanations."""

from __future__ import annotations

import re

from converter.predicate.pattern import Pattern, Wildcard
from converter.predicate.tree import (
    And,
    Cidr,
    Compare,
    Equals,
    Exists,
    FieldCompare,
    FieldTest,
    Glob,
    Keyword,
    KeywordRegex,
    Not,
    Opaque,
    Or,
    Predicate,
    Regex,
    Single,
    Test,
    TimePart,
    Value,
    Words,
)

_SPECIAL = re.compile(r"([\\*?])")


def show(predicate: Predicate) -> str:
    """The tree as one readable line, for messages."""
    if isinstance(predicate, And | Or):
        word = " and " if isinstance(predicate, And) else " or "
        if not predicate.args:
            return "true" if isinstance(predicate, And) else "false"
        return "(" + word.join(show(arg) for arg in predicate.args) + ")"
    if isinstance(predicate, Not):
        return "not " + show(predicate.arg)
    return show_test(predicate)


def show_test(test: Test) -> str:
    """One test as readable text, such as `eventName = "StopLogging"`."""
    if isinstance(test, Keyword):
        return f"any text {_like(test.pattern, test.cased)}"
    if isinstance(test, Opaque):
        return test.name
    if isinstance(test, KeywordRegex):
        return f"any text matches /{test.pattern}/{test.flags}"
    return f"{test.field} {_show_wanted(test)}"


def _show_wanted(test: FieldTest) -> str:  # noqa: PLR0911  one line for each kind of test
    if isinstance(test, Equals):
        return f"{'= (cased)' if test.cased else '='} {_literal(test.value)}"
    if isinstance(test, Glob):
        return _like(test.pattern, test.cased)
    if isinstance(test, Regex):
        return f"matches /{test.pattern}/{test.flags}"
    if isinstance(test, Cidr):
        return f"in {test.network}"
    if isinstance(test, Compare):
        return f"{test.op} {_literal(test.value)}"
    if isinstance(test, FieldCompare):
        return f"{test.relation}{' (cased)' * test.cased} field {test.other}"
    if isinstance(test, Words):
        return f"holds the words {_literal(' '.join(test.words))}"
    if isinstance(test, Single):
        return "holds one value"
    if isinstance(test, TimePart):
        where = f" in {test.zone}" if test.zone else ""
        return f"{test.part}{where} {test.op} {test.value}"
    return "exists" if isinstance(test, Exists) else "is missing or null"


def _like(pattern: Pattern, cased: bool) -> str:
    text = "".join(
        p.value if isinstance(p, Wildcard) else _SPECIAL.sub(r"\\\1", p) for p in pattern
    )
    return f"{'like (cased)' if cased else 'like'} {_literal(text)}"


def _literal(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f'"{value}"' if isinstance(value, str) else str(value)
