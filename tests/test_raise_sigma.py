"""Raising a predicate to a rule is lowering backwards."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_languages import ID

from converter import predicate as p
from converter.errors import RuleError
from converter.lower import lower, tree
from converter.predicate import And, Equals, Glob, Keyword, Not, Or, Predicate, Wildcard, normal
from converter.raise_sigma import raise_rule
from converter.rules import Rule

MANY, ONE = Wildcard.MANY, Wildcard.ONE
HEADER = {"title": "t", "id": ID, "logsource": {"product": "p"}}
A, B = Equals("a", "1"), Equals("b", "2")

NAMES = st.sampled_from(["a", "b c", "d.e", "f-*", "ü", "g\\h", "5"])
TEXTS = st.one_of(
    st.text(alphabet="aB*?\\ é", max_size=5),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=4),
    st.sampled_from(["5", "true", "null", "", "~", "a: b", "- a", "%x%", "'", "1e3", "2024-01-01"]),
)
PATTERNS = st.lists(st.one_of(st.sampled_from([MANY, ONE]), TEXTS), max_size=5).map(tuple)
NUMBERS = st.one_of(
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False).filter(lambda x: not x.is_integer()),
)
FLAGS = st.sampled_from(["", "i", "ms", "ims"])
ORDERS = st.sampled_from(["<", "<=", ">", ">="])
TESTS: st.SearchStrategy[p.Test] = st.one_of(
    st.builds(Equals, NAMES, st.one_of(NUMBERS, st.booleans())),
    st.builds(Equals, NAMES, TEXTS, st.booleans()),
    st.builds(Glob, NAMES, PATTERNS, st.booleans()),
    st.builds(p.Regex, NAMES, st.sampled_from([r"^a\\*b\?$", "(a|b)+", r"\h\z", "", "5"]), FLAGS),
    st.builds(p.Cidr, NAMES, st.sampled_from(["10.0.0.0/8", "2001:db8::/32"])),
    st.builds(p.Compare, NAMES, ORDERS, NUMBERS),
    st.builds(p.Exists, NAMES),
    st.builds(p.Null, NAMES),
    st.builds(
        p.FieldCompare,
        NAMES,
        st.sampled_from(["equals", "differs", "startswith", "endswith", "contains"]),
        NAMES,
        st.booleans(),
    ),
    st.builds(
        p.TimePart,
        NAMES,
        st.sampled_from("minute hour day week weekday month year".split()),
        st.sampled_from(["==", "<", "<=", ">", ">="]),
        st.integers(0, 59),
    ),
    st.builds(lambda inner, cased: Keyword((MANY, *inner, MANY), cased), PATTERNS, st.booleans()),
    st.builds(p.KeywordRegex, st.sampled_from(["^a$", r"\d+"]), FLAGS),
)
PREDICATES: st.SearchStrategy[Predicate] = st.recursive(
    TESTS,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(And, st.lists(inner, min_size=1, max_size=3).map(tuple)),
        st.builds(Or, st.lists(inner, min_size=1, max_size=3).map(tuple)),
    ),
    max_leaves=8,
)


def lowered(data: dict[str, Any]) -> Predicate:
    """The predicate of the rule."""
    rule = Rule("r.yml", "r", 0, "rule", data, "")
    return lower(rule, tree(rule))


@given(PREDICATES)
def test_lowering_what_was_raised(predicate: Predicate) -> None:
    """A raised rule lowers to an equal predicate, except where Sigma has no words."""
    try:
        rule = raise_rule(predicate, HEADER)
    except RuleError as error:
        assert "Sigma has no words for" in error.what  # noqa: PT017  any other reason is a fault
        assert any(isinstance(test, Keyword) for test in p.tests(predicate))
        return
    assert normal(lowered(rule)) == normal(predicate)


RAISED: list[tuple[Predicate, dict[str, Any]]] = [
    (A, {"selection_1": {"a": "1"}, "condition": "selection_1"}),
    (And((A, B)), {"selection_1": {"a": "1", "b": "2"}, "condition": "selection_1"}),
    (
        Or((A, Equals("a", r"C:\x*\?"))),
        {"selection_1": {"a": ["1", r"C:\x\*\\\?"]}, "condition": "selection_1"},
    ),
    (
        And((Glob("a", (MANY, "x", MANY)), Glob("a", (MANY, "y", MANY)))),
        {"selection_1": {"a|contains|all": ["x", "y"]}, "condition": "selection_1"},
    ),
    (
        And((A, Not(Or((A, B))))),
        {
            "selection_1": {"a": "1"},
            "selection_2": {"a": "1"},
            "selection_3": {"b": "2"},
            "condition": "selection_1 and (not (selection_2 or selection_3))",
        },
    ),
    (
        Or((Keyword((MANY, "x", MANY)), Keyword((MANY, "y", MANY)))),
        {"selection_1": ["x", "y"], "condition": "selection_1"},
    ),
]


@pytest.mark.parametrize(("predicate", "detection"), RAISED, ids=[str(row[1]) for row in RAISED])
def test_raised(predicate: Predicate, detection: dict[str, Any]) -> None:
    """Tests of one field become its values, tests of several a map, the rest a condition."""
    rule = raise_rule(predicate, HEADER)
    assert rule == HEADER | {"detection": detection}
    assert normal(lowered(rule)) == normal(predicate)


@pytest.mark.parametrize(
    "predicate",
    [
        p.TRUE,
        Or((A, p.FALSE)),
        p.Opaque("macro"),
        p.Single("a"),
        p.Words("a", ("x",)),
        Keyword(("x",)),
        Equals("a", 5.0),
        Equals("a|b", "x"),
        Equals("", "x"),
        p.Compare("a", ">", "x"),
        p.Cidr("a", "10.0.0.1/8"),
        p.FieldCompare("a", "<", "b"),
        p.TimePart("a", "hour", "==", 3, "Europe/Paris"),
    ],
)
def test_what_sigma_cannot_say(predicate: Predicate) -> None:
    """What no rule means is refused, and says what it is."""
    with pytest.raises(RuleError, match="Sigma has no") as caught:
        raise_rule(predicate, HEADER)
    assert caught.value.next_step
