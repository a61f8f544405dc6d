"""The tree in which everything meets: rules lower to it, queries parse to it, the matcher runs it.

A predicate is And, Or, Not or one test. Tests never fail: on an event without the field, or with
a value of another type, a test is false. And(()) is true of every event, Or(()) of none.
"""

from __future__ import annotations

from converter.predicate.pattern import Pattern, Wildcard, tidy
from converter.predicate.printing import show, show_test
from converter.predicate.sigma_words import show_as_sigma, sigma_item
from converter.predicate.tree import (
    FALSE,
    TRUE,
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
    Null,
    Opaque,
    Or,
    Order,
    Predicate,
    Regex,
    Relation,
    Single,
    Test,
    TimePart,
    Value,
    Words,
    fields,
    in_zone,
    normal,
    rebuild,
    tests,
)

__all__ = [
    "FALSE",
    "TRUE",
    "And",
    "Cidr",
    "Compare",
    "Equals",
    "Exists",
    "FieldCompare",
    "FieldTest",
    "Glob",
    "Keyword",
    "KeywordRegex",
    "Not",
    "Null",
    "Opaque",
    "Or",
    "Order",
    "Pattern",
    "Predicate",
    "Regex",
    "Relation",
    "Single",
    "Test",
    "TimePart",
    "Value",
    "Wildcard",
    "Words",
    "fields",
    "in_zone",
    "normal",
    "rebuild",
    "show",
    "show_as_sigma",
    "show_test",
    "sigma_item",
    "tests",
    "tidy",
]
