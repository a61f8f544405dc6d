"""Events and patterns made to break a matcher: deep, long, odd. Each simply gets its verdict."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from converter import predicate as tree
from converter.casing import fold
from converter.matcher import compile_predicate
from converter.matcher.explain import explain, flips
from converter.matcher.telling import as_json, render
from converter.predicate import And, Equals, Glob, Not, Or, Predicate, Wildcard

MANY, ONE = Wildcard.MANY, Wildcard.ONE
DEPTH = 20_000
LONG = 10_000_000


def nested(wrap: Callable[[Any], Any], inner: Any) -> Any:
    """The value wrapped again and again."""
    for _ in range(DEPTH):
        inner = wrap(inner)
    return inner


DEEP_LIST = nested(lambda inner: [inner], "needle")
DEEP_OBJECT = nested(lambda inner: {"k": inner}, "needle")


@pytest.mark.parametrize(
    ("test", "event", "wanted"),
    [
        (Equals("f", "needle"), {"f": DEEP_LIST}, True),
        (Equals("f", "needle"), {"f": DEEP_OBJECT}, False),
        (Equals("f.k", "needle"), {"f": DEEP_OBJECT}, False),
        (Equals("k.k.k", "needle"), DEEP_OBJECT["k"], False),
        (Glob("f", (MANY, '{"k":"needle"}', MANY)), {"f": DEEP_OBJECT}, True),
        (Glob("f", (MANY, '"e":["needle",1],"g":{}', MANY)), {"f": {"d": DEEP_OBJECT}}, False),
        (tree.Regex("f", "k.:.needle"), {"f": [DEEP_OBJECT]}, True),
        (tree.Keyword((MANY, "needle", MANY)), {"f": DEEP_OBJECT, "g": DEEP_LIST}, True),
        (tree.Keyword((MANY, "absent", MANY)), {"f": DEEP_OBJECT, "g": DEEP_LIST}, False),
        (tree.Null("f"), {"f": DEEP_LIST}, False),
        (Equals("f", 10**5000), {"f": 10**5000}, True),
        (Glob("f", ("1", MANY)), {"f": 10**5000}, True),
        (tree.Compare("f", ">", 1), {"f": "9" * 100_000}, True),
        (tree.Compare("f", "<", 1), {"f": "-1e999999999"}, True),
        (tree.TimePart("f", "year", ">", 0), {"f": "9" * 100_000}, False),
        (tree.Cidr("f", "0.0.0.0/0"), {"f": "1." * 100_000}, False),
    ],
)
def test_odd_shapes(test: tree.Test, event: dict[str, Any], wanted: bool) -> None:
    """Depth and length of an event change no verdict."""
    assert compile_predicate(test)(event) is wanted


def test_deep_json_is_json() -> None:
    """An object too deep for Python's JSON writer is written in the same form."""
    inner = {"a": [1, "é", None, {}], "b": {"c": [[], True]}, 5: 0.5}
    text = '{"k":{"a":[1,"é",null,{}],"b":{"c":[[],true]},"5":0.5}}'
    assert compile_predicate(Glob("f", (MANY, text, MANY)))(
        {"f": nested(lambda one: {"k": one}, inner)}
    )


def test_object_inside_itself() -> None:
    """An object that holds itself has no JSON and matches no text."""
    ring: dict[str, Any] = {}
    ring["self"] = ring
    assert not compile_predicate(Glob("f", (MANY,)))({"f": ring})


def test_deep_predicate() -> None:
    """A predicate of any depth compiles, runs and explains itself."""
    predicate: Predicate = Equals("f", "x")
    for depth in range(DEPTH):
        predicate = Not(And((Or((predicate, Equals("g", depth))), tree.Exists("f"))))
    assert compile_predicate(predicate)({"f": "x"})
    whole = explain(predicate, {"f": "x"})
    assert whole.verdict
    assert as_json(whole)["verdict"] is True
    assert len(render(whole)) > DEPTH
    assert flips(whole)


def test_wide_predicate() -> None:
    """A hundred thousand tests of one field are one look into a set."""
    predicate = Or(tuple(Equals("f", f"value {number}") for number in range(100_000)))
    matches = compile_predicate(predicate)
    assert matches({"f": "VALUE 99999"})
    assert not matches({"f": "value 100000"})


@pytest.mark.parametrize(
    ("pattern", "text", "wanted"),
    [
        ((MANY, "needle", MANY), "x" * LONG, False),
        ((MANY, "a", ONE, "b", MANY), "a" * LONG, False),
        ((MANY, "a", ONE, "b", MANY), "a" * LONG + "ab", True),
        ((MANY, *("a", MANY) * 200, "b"), "a" * 1_000_000, False),
        ((MANY, *("a", ONE) * 500, "b", MANY), "a" * 1_000_000, False),
        ((MANY, *("a", ONE) * 500, "b", MANY), "b" + "a" * 1_000_000, False),
        ((MANY, *("a", ONE) * 500, "b", MANY), "a" * 1_000_000 + "b", True),
        ((MANY, "a" * 5_000, "b", MANY), "a" * 1_000_000, False),
        ((MANY, *("a", ONE, "b", MANY) * 50), "ab" * 100_000, False),
        ((MANY, *("a", ONE, "a", MANY) * 50), "ab" * 100_000, True),
        ((MANY, *(ONE,) * 5_000), "é" * 4_999, False),
        ((MANY, *(ONE,) * 5_000, MANY), "é" * 5_000, True),
    ],
)
def test_hostile_patterns(pattern: tree.Pattern, text: str, wanted: bool) -> None:
    """Patterns that make backtracking matchers hang get their verdict."""
    assert compile_predicate(Glob("f", pattern))({"f": text}) is wanted


@pytest.mark.parametrize(
    ("pattern", "text", "wanted"),
    [
        (r"^(a+)+$", "a" * 100_000 + "!", False),
        (r"(x+x+)+y", "x" * 100_000, False),
        (r"(.*)*needle", "n" * 100_000, False),
        (r"^(\w+\s?)*$", "word " * 20_000 + "!", False),
        (r"a.{500}b", "a" * 100_000, False),
    ],
)
def test_hostile_expressions(pattern: str, text: str, wanted: bool) -> None:
    """Expressions that make backtracking engines hang get their verdict."""
    assert compile_predicate(tree.Regex("f", pattern))({"f": text}) is wanted


@pytest.mark.parametrize("text", ["\ud800", "x\udfff\ud800", "\udc80" * 1000, "\x00", "\uffff"])
def test_lone_surrogates(text: str) -> None:
    """Characters that no encoding has are compared like all others."""
    event = {"f": {"deep": [text]}, "g": text}
    assert compile_predicate(Equals("g", text))(event)
    assert compile_predicate(tree.Regex("g", "^.+$", "s"))(event)
    assert compile_predicate(tree.Regex("g", text))(event)
    assert compile_predicate(tree.Keyword((MANY, text, MANY)))(event)
    assert compile_predicate(Glob("g", (MANY, *(ONE,) * len(text))))(event)
    assert all(line.isprintable() for line in render(explain(Equals("g", text), event)))


def test_folding_keeps_length() -> None:
    """No character changes the length of a text by folding, which equality relies on."""
    every = "".join(map(chr, range(0x110000)))
    assert len(fold(every)) == len(every)
