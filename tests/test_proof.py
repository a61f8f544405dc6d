"""One row per kind of relation between a rule and a query; both are written as Sigma."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from converter import predicate as p
from converter.lower import lower, tree
from converter.matcher import compile_predicate
from converter.pipelines import Facts
from converter.proof import Event, Proof, describe, prove
from converter.rules import Rule

FOLDER = Path(__file__).with_name("cases") / "proof"
ROWS = [
    pytest.param(case, id=f"{path.stem}: {case['name']}")
    for path in sorted(FOLDER.glob("*.yml"))
    for case in yaml.safe_load(path.read_text("utf-8"))
]
ID = "00000000-0000-4000-8000-000000000001"
MANY, ONE = p.Wildcard.MANY, p.Wildcard.ONE


def read(side: dict[str, Any]) -> p.Predicate:
    """A Sigma detection, or named selections with a condition, as a predicate."""
    detection: dict[str, Any] = {"a": side.get("keywords") or side, "condition": "a"}
    if "selections" in side:
        detection = side["selections"] | {"condition": side["condition"]}
    data = {"title": "t", "id": ID, "logsource": {"product": "p"}, "detection": detection}
    rule = Rule("case.yml", "case", 0, "rule", data, "")
    return lower(rule, tree(rule))


def facts_of(case: dict[str, Any]):
    """What the case says of its fields; the others hold single keywords."""
    known = {
        name: Facts(
            name,
            entry.get("type", "keyword"),
            entry.get("casing") == "canonical",
            entry.get("list", False),
        )
        for name, entry in case.get("fields", {}).items()
    }
    return lambda name: known.get(name, Facts(name, "keyword"))


def keyword(name: str) -> Facts:
    return Facts(name, "keyword")


def matched(proof: Proof, rule: p.Predicate, query: p.Predicate) -> list[tuple[bool, bool]]:
    """Which side matches each counterexample."""
    sides = compile_predicate(rule), compile_predicate(query)
    return [(sides[0](event), sides[1](event)) for event in proof.counterexamples]


EXPECTED: dict[str, list[tuple[bool, bool]]] = {
    "proved": [],
    "widens": [(False, True)],
    "narrows": [(True, False)],
    "both": [(False, True), (True, False)],
    "undecided": [],
}


@pytest.mark.parametrize("case", ROWS)
def test_cases(case: dict[str, Any]) -> None:
    """Verdict, assumptions and events of each row are as stated, and the events are confirmed."""
    rule, query = read(case["rule"]), read(case["query"])
    proof = prove(rule, query, facts_of(case), compile_predicate)
    assert proof.verdict == case["verdict"], "\n".join(describe(proof))
    assert list(proof.assumptions) == case.get("assumptions", [])
    assert matched(proof, rule, query) == EXPECTED[proof.verdict]
    if "events" in case:
        assert [dict(event) for event in proof.counterexamples] == case["events"]


FOO = p.Equals("f", "foo")


@pytest.mark.parametrize(
    ("known", "query", "verdict", "assumptions"),
    [
        (Facts("f", "keyword"), p.And((p.Single("f"), FOO)), "proved", ()),
        (Facts("f", "keyword", lists=True), p.And((p.Single("f"), FOO)), "narrows", ()),
        (
            Facts("f"),
            p.And((p.Single("f"), FOO)),
            "proved",
            (
                "f, which no field catalogue describes, is a keyword field",
                "f, which no field catalogue describes, holds one value",
            ),
        ),
        (Facts("f", "keyword"), p.And((FOO, p.Opaque("`m`"))), "narrows", ()),
        (Facts("f", "keyword"), p.Or((FOO, p.Opaque("`m`"))), "undecided", ()),
        (Facts("f", "keyword"), p.Or((FOO, p.And((FOO, p.Opaque("`m`"))))), "proved", ()),
        (Facts("f", "keyword"), p.Compare("f", ">=", "foo"), "both", ()),
        (Facts("f", "keyword"), p.FALSE, "narrows", ()),
        (Facts("f", "keyword"), p.TRUE, "widens", ()),
    ],
)
def test_what_only_queries_ask(
    known: Facts, query: p.Predicate, verdict: str, assumptions: tuple[str, ...]
) -> None:
    """Single values, named atoms and orders of text are compared with a plain rule."""
    proof = prove(FOO, query, lambda name: known, compile_predicate)
    assert (proof.verdict, proof.assumptions) == (verdict, assumptions)


def test_words_inside_longer_words() -> None:
    """Words in sequence imply each part of the sequence."""
    long, short = p.Words("f", ("a", "b", "c")), p.Words("f", ("b", "c"))
    assert prove(long, p.And((long, short)), keyword, compile_predicate).verdict == "proved"
    assert prove(short, long, keyword, compile_predicate).verdict == "narrows"


def test_one_and_true_are_two() -> None:
    """The number 1 and the boolean true are different values, though Python calls them equal."""
    proof = prove(p.Equals("f", 1), p.Equals("f", True), keyword, compile_predicate)
    assert proof.verdict == "both"


def test_the_caller_confirms() -> None:
    """An event that the caller's own check does not confirm is no counterexample."""
    asked: list[Event] = []

    def check(event: Event) -> tuple[bool, bool]:
        asked.append(event)
        return True, True

    proof = prove(FOO, p.Equals("f", "bar"), keyword, compile_predicate, check=check)
    assert proof.verdict == "undecided"
    assert proof.counterexamples == ()
    assert {"f": "foo"} in asked


def test_a_test_that_cannot_be_run() -> None:
    """A regular expression that no engine here takes leaves the matter undecided."""
    proof = prove(p.Regex("f", "a(?=b)"), FOO, keyword, compile_predicate)
    assert proof.verdict == "undecided"
    assert "look-ahead" in proof.explanation[0]


def test_a_proof_is_told_to_people() -> None:
    """The description names the verdict, the event, and which tests it passes."""
    proof = prove(FOO, p.Equals("f", "foo", cased=True), keyword, compile_predicate)
    (event,) = proof.counterexamples
    lines = describe(proof)
    assert lines[0] == "The query misses events that the rule matches."
    assert str(event["f"]) in lines[1]
    assert '  f = "foo": yes' in lines
    assert '  f = (cased) "foo": no' in lines


TEXTS = ["", "a", "A", "b", "ab", "aB", "ba", "aa", "aba", "xay"]
DOMAIN: list[object] = [None, *TEXTS]
SOLE_CHARACTERS = st.sampled_from(["a", "A", "b"])
PATTERNS = st.lists(SOLE_CHARACTERS | st.sampled_from([MANY, ONE]), min_size=1, max_size=4)
FIELDS = st.sampled_from(["f", "g"])
SMALL_TESTS = st.one_of(
    st.builds(p.Equals, FIELDS, st.sampled_from(TEXTS), st.booleans()),
    st.builds(lambda f, q, c: p.Glob(f, p.tidy(q), c), FIELDS, PATTERNS, st.booleans()),
    st.builds(
        p.Regex, FIELDS, st.sampled_from(["a", "^a", "b$", "^a?b$", "[ab]+", "^(a|b)*$", "a.b"])
    ),
    st.builds(p.Compare, FIELDS, st.sampled_from(["<", ">="]), st.sampled_from(["a", "ab"])),
    st.builds(p.Exists, FIELDS),
    st.builds(p.Null, FIELDS),
    st.builds(p.Single, FIELDS),
)
SMALL = st.recursive(
    SMALL_TESTS,
    lambda inner: st.one_of(
        st.builds(lambda args: p.And(tuple(args)), st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda args: p.Or(tuple(args)), st.lists(inner, min_size=1, max_size=3)),
        st.builds(p.Not, inner),
    ),
    max_leaves=6,
)


def small_events(lists: bool) -> list[dict[str, object]]:
    """All events of two fields over a small domain; nulls are missing, as stores have it."""
    values = [*DOMAIN, ["a", "b"], ["ab", "A"]] if lists else DOMAIN
    events = [{"f": one, "g": other} for one in values for other in values]
    return [{k: v for k, v in event.items() if v is not None} for event in events]


@given(rule=SMALL, query=SMALL, lists=st.booleans())
def test_nothing_false_is_proved(rule: p.Predicate, query: p.Predicate, lists: bool) -> None:
    """Where brute force finds a difference there is no proof; else every claim is confirmed."""
    known = Facts("f", "keyword", lists=lists)
    proof = prove(rule, query, lambda name: known, compile_predicate)
    sides = compile_predicate(rule), compile_predicate(query)
    seen = {(sides[0](event), sides[1](event)) for event in small_events(lists)}
    assert matched(proof, rule, query) == EXPECTED[proof.verdict]
    if (False, True) in seen:
        assert proof.verdict in ("widens", "both")
    if (True, False) in seen:
        assert proof.verdict in ("narrows", "both")


NUMBERS = st.one_of(
    st.builds(p.Compare, FIELDS, st.sampled_from(["<", "<=", ">", ">="]), st.integers(0, 4)),
    st.builds(p.Equals, FIELDS, st.integers(0, 4)),
    st.builds(p.Exists, FIELDS),
)


@given(
    rule=st.lists(NUMBERS, min_size=1, max_size=3), query=st.lists(NUMBERS, min_size=1, max_size=3)
)
def test_numbers_are_decided(rule: list[p.Predicate], query: list[p.Predicate]) -> None:
    """Of whole numbers every question is decided as brute force does."""
    one, other = p.And(tuple(rule)), p.Or((p.Not(query[0]), *query[1:]))
    proof = prove(one, other, lambda name: Facts(name, "long"), compile_predicate)
    values = [None, *range(-1, 7)]
    sides = compile_predicate(one), compile_predicate(other)
    seen = set()
    for left in values:
        for right in values:
            event = {k: v for k, v in (("f", left), ("g", right)) if v is not None}
            seen.add((sides[0](event), sides[1](event)))
    assert set(matched(proof, one, other)) == seen - {(True, True), (False, False)}
