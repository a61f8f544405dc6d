"""What Elasticsearch keeps of a document, by field type."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

import pytest

from converter.languages.elastic_dates import date_maths, parse_date
from converter.languages.elastic_index import Index
from converter.languages.elastic_words import words

MAPPING = {
    "a.k": "keyword",
    "low": "lowercase",
    "t": "text+keyword",
    "n": "long",
    "d": "double",
    "b": "boolean",
    "ip": "ip",
    "when": "date",
    "short": "keyword,ignore_above=3",
    "f": "flattened",
}
DAY = 86_400_000


@pytest.mark.parametrize(
    ("doc", "field", "stored"),
    [
        ({"a": {"k": ["x", None, ["y"]]}}, "a.k", ["x", "y"]),
        ({"a.k": 5}, "a.k", ["5"]),
        ({"a": [{"k": True}, {"k": "z"}]}, "a.k", ["true", "z"]),
        ({"low": "ÀB"}, "low", ["àb"]),
        ({"t": "A b"}, "t.keyword", ["A b"]),
        ({"n": ["7", 9007199254740993]}, "n", [7, 9007199254740993]),
        ({"d": "1e3"}, "d", [1000.0]),
        ({"b": ["", "true", False]}, "b", [False, True, False]),
        ({"ip": "::ffff:10.0.0.9"}, "ip", [ip_address("10.0.0.9")]),
        ({"when": ["1970-01-02", 5]}, "when", [DAY, 5]),
        ({"short": ["abcd", "abc"]}, "short", ["abc"]),
        ({"f": {"x": {"y": [1, "b"]}, "x.y": None}}, "f.x.y", ["1", "b"]),
        ({"f": {"x": {"y": [1, "b"]}, "z": True}}, "f", ["1", "b", "true"]),
        ({"nope": 1}, "nope", []),
    ],
)
def test_values_are_kept_by_type(doc: dict[str, Any], field: str, stored: list[Any]) -> None:
    """A field's stored values follow its type."""
    index = Index(MAPPING)
    assert index.values(doc, field) == stored
    assert index.exists(doc, field) is bool(stored)


@pytest.mark.parametrize(
    ("field", "kind"),
    [
        ("t", "text"),
        ("t.keyword", "keyword"),
        ("f.any.key", "flattened"),
        ("low", "lowercase"),
        ("short", "keyword"),
        ("nope", None),
        ("a", None),
    ],
)
def test_fields_have_types(field: str, kind: str | None) -> None:
    """Sub-fields and keys of flattened fields have a type, unmapped fields have none."""
    assert Index(MAPPING).type(field) == kind


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("C:\\Windows\\cmd.exe", ["c", "windows", "cmd.exe"]),
        ("x:y x_y x-y it's 10% 1,5;6 a.", ["x:y", "x_y", "x", "y", "it's", "10", "1,5;6", "a"]),
        ("aws-cli/2.15.0 a2b", ["aws", "cli", "2.15.0", "a2b"]),
        ("", []),
        ("CAFÉ 日本", ["café", "日", "本"]),
    ],
)
def test_text_is_split_into_words(text: str, found: list[str]) -> None:
    """The standard analyzer splits at Unicode word boundaries and lowers case."""
    assert words(text) == found


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("1970-01-02", DAY, 2 * DAY - 1),
        ("1970", 0, DAY - 1),
        ("1970-01-01T01:00:00.5+01:00", 500, 500),
        ("now", 0, 0),
        ("now-1d/d", -DAY, -1),
        ("1970-01-31||+1M", 58 * DAY, 59 * DAY - 1),
        ("1970-01-01||/M", 0, 31 * DAY - 1),
        ("12", 12, 12),
    ],
)
def test_dates_have_a_first_and_a_last_moment(text: str, first: int, last: int) -> None:
    """A date is read from its first moment, or to its last when rounded up."""
    assert (date_maths(text, now=0), date_maths(text, True, now=0)) == (first, last)


@pytest.mark.parametrize("text", ["abc", "2024-13-01", "2024-1-1", "2024-01-01T25", "", ">"])
def test_other_text_is_no_date(text: str) -> None:
    """What is no date raises ValueError."""
    with pytest.raises(ValueError, match=r"is no date|must be in|no such time"):
        parse_date(text)
