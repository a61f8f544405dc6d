"""Explanations: every test's verdict, what it found, which tests decide, what would flip."""

from __future__ import annotations

from typing import Any

import pytest

from converter.matcher.explain import Explanation, as_json, explain, flips, render
from converter.predicate import (
    FALSE,
    TRUE,
    And,
    Compare,
    Equals,
    Exists,
    FieldCompare,
    Glob,
    Keyword,
    Not,
    Null,
    Or,
    Predicate,
    Wildcard,
)

A, B, C, D = (Equals(name, 1) for name in "abcd")
CURL = Keyword((Wildcard.MANY, "curl", Wildcard.MANY))


def letters(explanation: Explanation) -> str:
    """The field letters of the decisive tests, in order."""
    if explanation.kind == "test":
        return explanation.text[0] if explanation.decisive else ""
    return "".join(letters(arg) for arg in explanation.args)


@pytest.mark.parametrize(
    ("predicate", "event", "decisive", "flipped"),
    [
        (A, "a", "a", "a"),
        (A, "", "a", "a"),
        (And((A, B, C)), "abc", "abc", "a"),
        (And((A, B, C)), "ab", "c", "c"),
        (And((A, B, C)), "b", "ac", "ac"),
        (Or((A, B, C)), "", "abc", "a"),
        (Or((A, B, C)), "bc", "bc", "bc"),
        (And((A, Not(B))), "ab", "b", "b"),
        (And((A, Not(Or((B, C))))), "abc", "bc", "bc"),
        (And((A, Or((B, C)))), "", "abc", "ab"),
        (Or((And((A, B)), And((C, D)))), "c", "abd", "d"),
        (Or((And((A, B)), And((C, D)))), "abcd", "abcd", "ac"),
        (Not(And((A, Or((B, Not(C)))))), "ac", "bc", "b"),
        (And((A, TRUE)), "", "a", "a"),
        (And((A, FALSE)), "", "a", ""),
        (Or((And((A, B)), And((C, FALSE)))), "", "abc", "ab"),
        (TRUE, "a", "", ""),
        (FALSE, "a", "", ""),
        (Or((And((A, B)), And((A, C)))), "", "abac", "ab"),
    ],
)
def test_decisive_and_flips(predicate: Predicate, event: str, decisive: str, flipped: str) -> None:
    """The tests that force the verdict are marked, and the fewest that would change it named."""
    whole = explain(predicate, dict.fromkeys(event, 1))
    assert letters(whole) == decisive
    assert "".join(node.text[0] for node in flips(whole)) == flipped


@pytest.mark.parametrize(
    ("test", "event", "found"),
    [
        (A, {}, None),
        (A, {"a": None}, (None,)),
        (A, {"a": []}, ()),
        (A, {"a": [1, [2, "x"]]}, (1, 2, "x")),
        (Equals("a.b", 1), {"a": [{"b": 1}, {"b": 2}], "a.b": 3}, (3, 1, 2)),
        (Exists("a"), {"a": {"b": 1}}, ({"b": 1},)),
        (Null("a"), {}, None),
        (CURL, {"a": "curl x", "b": ["y", "libcurl", 5]}, ("curl x", "libcurl")),
        (FieldCompare("a", "equals", "b"), {"a": [1, 2]}, ((1, 2), ())),
    ],
)
def test_found(test: Predicate, event: dict[str, Any], found: tuple[Any, ...] | None) -> None:
    """A test shows the values it looked at, and None when the key is missing."""
    assert explain(test, event).found == found


def test_found_by_paths() -> None:
    """The values come from the native path that the test was read from."""
    event = {"operationName": {"value": 1}}
    whole = explain(A, event, lambda name: ("operationName", "operationName.value"))
    assert (whole.verdict, whole.found) == (True, (1,))


STOP = And(
    (
        Equals("eventSource", "cloudtrail.amazonaws.com"),
        Or((Equals("eventName", "StopLogging"), Glob("eventName", ("Delete", Wildcard.MANY)))),
        Not(Exists("errorCode")),
        Compare("size", ">", 5),
    )
)


def test_render() -> None:
    """The lines say the verdict, mark what decides, show what was found and what would flip."""
    event = {"eventSource": "CloudTrail.amazonaws.com", "eventName": ["a", "b"], "errorCode": None}
    assert render(explain(STOP, event)) == [
        "no match",
        "* no  all of",
        '  yes   eventSource = "cloudtrail.amazonaws.com"  <- "CloudTrail.amazonaws.com"',
        "* no    any of",
        '* no      eventName = "StopLogging"  <- "a", "b"',
        '* no      eventName like "Delete*"  <- "a", "b"',
        "* no    not",
        "* yes     errorCode exists  <- null",
        "* no    size > 5  <- missing",
        'it would match if this were otherwise: eventName = "StopLogging"; errorCode exists;'
        " size > 5",
    ]


def test_render_of_a_match() -> None:
    """A match needs no advice."""
    assert render(explain(A, {"a": 1})) == ["match", "* yes a = 1  <- 1"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ([], "nothing"),
        ({"b": [1, "x"]}, '{"b":[1,"x"]}'),
        ([1, 2, 3, 4, 5, 6, 7], "1, 2, 3, 4, 5, and 2 more"),
        ("x" * 500, '"' + "x" * 119 + "… (502 characters)"),
        ("\x1b[31mred\n\u202e", '"\\x1b[31mred\\n\\u202e"'),
        (True, "true"),
        (b"raw", "bytes"),
    ],
)
def test_render_of_values(value: Any, shown: str) -> None:
    """Values are shortened, and nothing in them reaches the terminal as a command."""
    assert render(explain(Exists("a"), {"a": value}))[1] == f"* yes a exists  <- {shown}"


def test_as_json() -> None:
    """The tree as JSON data, objects among the values as JSON text."""
    event = {"a": [1, {"b": 2}, float("nan")]}
    assert as_json(explain(And((A, Not(B))), event)) == {
        "kind": "all",
        "text": "all of",
        "verdict": True,
        "decisive": True,
        "args": [
            {
                "kind": "test",
                "text": "a = 1",
                "verdict": True,
                "decisive": True,
                "found": [1, '{"b":2}', "nan"],
            },
            {
                "kind": "not",
                "text": "not",
                "verdict": True,
                "decisive": True,
                "args": [
                    {
                        "kind": "test",
                        "text": "b = 1",
                        "verdict": False,
                        "decisive": True,
                        "found": None,
                    }
                ],
            },
        ],
    }
