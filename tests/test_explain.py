"""Explanations: every test's verdict, what it found, which tests decide, what would flip."""

from __future__ import annotations

from typing import Any

import pytest

from converter import predicate as p
from converter.matcher.explain import Explanation, explain, flips
from converter.matcher.telling import as_json, render
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
    Single,
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
        '  yes   eventSource: "cloudtrail.amazonaws.com"  <- "CloudTrail.amazonaws.com"',
        "* no    any of",
        '* no      eventName: "StopLogging"  <- "a", "b"',
        '* no      eventName|startswith: "Delete"  <- "a", "b"',
        "* no    not",
        "* yes     errorCode|exists: true  <- null",
        "* no    size|gt: 5  <- missing",
        "it would match if these 3 tests were otherwise:",
        '      eventName: "StopLogging"  <- "a", "b"',
        "      errorCode|exists: true  <- null",
        "      size|gt: 5  <- missing",
    ]


def test_render_of_a_match() -> None:
    """A match needs no advice."""
    assert render(explain(A, {"a": 1})) == ["match", "* yes a: 1  <- 1"]


def test_render_of_what_nothing_would_change() -> None:
    """A condition that is never true says so."""
    advice = "no test alone decides: nothing in the event would make it match"
    assert render(explain(And((A, FALSE)), {}))[-1] == advice


def test_render_of_many_tests() -> None:
    """Of a long list the true tests and some false ones are shown, and the others counted."""
    many = Or(tuple(Equals("a", number) for number in range(500)))
    assert render(explain(many, {"a": 77})) == [
        "match",
        "* yes any of",
        *(f"  no    a: {number}  <- 77" for number in range(5)),
        "* yes   a: 77  <- 77",
        "        and 494 more, all no",
    ]


def test_render_of_a_long_test() -> None:
    """A test longer than a line is cut."""
    line = render(explain(Equals("a", "x" * 5000), {}))[1]
    assert line == '* no  a: "' + "x" * 996 + "… (5005 characters)  <- missing"


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
    assert render(explain(Exists("a"), {"a": value}))[1] == f"* yes a|exists: true  <- {shown}"


def test_as_json() -> None:
    """The tree as JSON data, objects among the values as JSON text."""
    event = {"a": [1, {"b": 2}, float("nan"), 10**5000]}
    both = explain(And((A, Not(Single("b")))), event, names={(): "all of them", (0,): "sel"})
    assert as_json(both) == {
        "kind": "all",
        "name": "all of them",
        "text": "all of",
        "verdict": True,
        "decisive": True,
        "args": [
            {
                "kind": "test",
                "name": "sel",
                "text": "a: 1",
                "verdict": True,
                "decisive": True,
                "key": "a",
                "wanted": 1,
                "found": [1, '{"b":2}', "nan", "1" + "0" * 5000],
            },
            {
                "kind": "not",
                "name": None,
                "text": "not",
                "verdict": True,
                "decisive": True,
                "args": [
                    {
                        "kind": "test",
                        "name": None,
                        "text": "b holds one value",
                        "verdict": False,
                        "decisive": True,
                        "key": None,
                        "wanted": None,
                        "found": None,
                    }
                ],
            },
        ],
    }


SIGMA: list[tuple[p.Test, str]] = [
    (Equals("a b", "x*\\"), r'a b: "x\*\\"'),
    (Equals("a", "X", cased=True), 'a|cased: "X"'),
    (Equals("a", "é\n"), r'a: "\u00e9\n"'),
    (Equals("a", True), "a: true"),
    (Glob("a", (Wildcard.MANY, "x", Wildcard.MANY)), 'a|contains: "x"'),
    (Glob("a", (Wildcard.MANY, "x"), cased=True), 'a|endswith|cased: "x"'),
    (Glob("a", ("x", Wildcard.ONE, Wildcard.MANY)), 'a: "x?*"'),
    (p.Regex("a", r"^\d+$", "im"), r'a|re|i|m: "^\d+$"'),
    (p.Cidr("a", "10.0.0.0/8"), 'a|cidr: "10.0.0.0/8"'),
    (Compare("a", "<=", 0.5), "a|lte: 0.5"),
    (Null("a"), "a: null"),
    (FieldCompare("a", "contains", "b", cased=True), 'a|fieldref|contains|cased: "b"'),
    (FieldCompare("a", "<", "b"), "a < field b"),
    (p.TimePart("a", "hour", "==", 3), "a|hour: 3"),
    (p.TimePart("a", "day", ">=", 3), "a|day|gte: 3"),
    (CURL, 'keyword: "curl"'),
    (Keyword(("x",)), 'any text like "x"'),
    (p.KeywordRegex("x", "i"), '|re|i: "x"'),
]


@pytest.mark.parametrize(("test", "shown"), SIGMA, ids=[row[1] for row in SIGMA])
def test_tests_in_the_words_of_a_rule(test: p.Test, shown: str) -> None:
    """A test is shown as the line of a rule that says it."""
    assert explain(test, {}).text == shown
