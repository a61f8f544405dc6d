"""SPL searches as predicates."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from converter import predicate as p
from converter.errors import QueryError, Unsupported
from converter.languages import LANGUAGES
from converter.languages.spl_engine import evaluate
from converter.languages.spl_meaning import parse
from converter.languages.spl_spelling import as_read
from converter.matcher import compile_predicate
from converter.pipelines import Facts
from converter.predicate import show
from converter.predicate.tree import normal

HERE = Path(__file__).parent
ONE, MANY = p.Wildcard.ONE, p.Wildcard.MANY
SPELT = yaml.safe_load((HERE / "cases" / "spl_meaning.yml").read_text("utf-8"))
CASES = [
    json.loads(line)
    for line in (HERE / "conformance" / "spl.ndjson").read_text("utf-8").splitlines()
]
HITS = [
    pytest.param(case, query, id=f"{case['id']}: {query['q']}")
    for case in CASES
    for query in case["queries"]
    if "hits" in query
]
# an order against a number is held as a numeric one; Splunk compares other texts as texts
TEXT_ORDER = {"s>5"}


def lists_only(name: str) -> Facts:
    """Facts by which only the field `list` can hold several values."""
    return Facts(name, lists=name == "list")


@pytest.mark.parametrize("case", SPELT["held"], ids=lambda case: case["query"])
def test_meaning(case: dict[str, str]) -> None:
    """A search means exactly this predicate."""
    assert show(normal(parse(case["query"], lists_only))) == case["means"]


@pytest.mark.parametrize("case", SPELT["refused"], ids=lambda case: case["query"])
def test_refused(case: dict[str, str]) -> None:
    """What a predicate cannot hold is refused by its name."""
    with pytest.raises(Unsupported) as caught:
        parse(case["query"], lists_only)
    assert caught.value.what == f"SPL: {case['what']}"
    assert caught.value.next_step


@pytest.mark.parametrize(("case", "query"), HITS)
def test_meanings_match_what_the_documentation_says(
    case: dict[str, Any], query: dict[str, Any]
) -> None:
    """The predicate of a conformance query, where held, matches the documented events."""
    matches: Callable[[dict[str, Any]], bool] | None = None
    with suppress(Unsupported):
        matches = compile_predicate(parse(query["q"]))
    if matches is None:
        return
    if query["q"] in TEXT_ORDER or "dedup" in query["q"]:
        return
    assert [n for n, event in enumerate(case["docs"]) if matches(event)] == query["hits"]


def test_few_conformance_queries_are_not_held() -> None:
    """Less than one in ten of the conformance queries has no meaning as a predicate."""
    queries = [query["q"] for case in CASES for query in case["queries"]]
    refused = []
    for query in queries:
        try:
            parse(query)
        except Unsupported:
            refused.append(query)
    assert len(refused) < len(queries) / 10


def test_broken_text_is_no_query() -> None:
    """Text that is no SPL has no meaning but an error of the kind parse."""
    with pytest.raises(QueryError, match="line 1, column 3"):
        parse("a=")


@pytest.mark.parametrize(
    "query", ["NOT " * 5000 + "a=b", f"x | where {'(isnull(' * 2000}a{'))' * 2000}"]
)
def test_deep_nesting_is_refused(query: str) -> None:
    """A query nested too deeply is refused, by the meaning and by the engine."""
    with pytest.raises(Unsupported, match="nested this deeply"):
        parse(query)
    with pytest.raises(Unsupported, match="nested this deeply"):
        evaluate(query, None, [{"a": "b", "_raw": "x"}])


LETTERS = "aB1 .*?\\\"|()[]`'%$^/:,=ä-\n\t"
TEXTS = st.text(st.sampled_from(LETTERS), max_size=4)
NAMES = st.sampled_from(["f", "g.h", "i{}.j", "k-l", "m n"])
PIECES = st.lists(TEXTS | st.sampled_from([ONE, MANY]), min_size=1, max_size=4).map(tuple)
REGEXES = st.sampled_from(["a.b", "^a", "b$", "a|B", "[aB]+", "\\\\", "a{2}", '"', "(?:a)?1", "a*"])
TESTS = st.one_of(
    st.builds(p.Equals, NAMES, TEXTS | st.integers(-9, 99) | st.booleans()),
    st.builds(p.Equals, NAMES, TEXTS, st.booleans()),
    st.builds(p.Glob, NAMES, PIECES, st.booleans()),
    st.builds(p.Regex, NAMES, REGEXES, st.sampled_from(["", "i", "s", "im"])),
    st.builds(p.Cidr, NAMES, st.sampled_from(["10.0.0.0/8", "::/0", "10.1.2.3/32"])),
    st.builds(
        p.Compare, st.just("num"), st.sampled_from(["<", "<=", ">", ">="]), st.integers(-9, 99)
    ),
    st.builds(p.Exists, NAMES),
    st.builds(p.Null, NAMES),
    st.builds(
        p.FieldCompare,
        NAMES,
        st.sampled_from(["equals", "startswith", "endswith", "contains", "<", ">="]),
        NAMES,
        st.booleans(),
    ),
)
TIMES = st.builds(
    p.TimePart,
    st.sampled_from(["_time", "f"]),
    st.sampled_from(["minute", "hour", "day", "week", "weekday", "month", "year"]),
    st.sampled_from(["==", "<", ">="]),
    st.integers(0, 59),
)
KEYWORDS = st.builds(
    lambda inner, cased: p.Keyword((MANY, *inner, MANY), cased),
    st.lists(st.text(st.sampled_from('aB1 ."|'), min_size=1, max_size=4), min_size=1).map(tuple),
    st.booleans(),
)


def trees(tests: st.SearchStrategy[Any]) -> st.SearchStrategy[p.Predicate]:
    """Predicates of these tests."""
    return st.recursive(
        tests,
        lambda inner: st.one_of(
            st.builds(p.Not, inner),
            st.lists(inner, min_size=2, max_size=3).map(lambda args: p.And(tuple(args))),
            st.lists(inner, min_size=2, max_size=3).map(lambda args: p.Or(tuple(args))),
        ),
        max_leaves=6,
    )


def emitted(predicate: p.Predicate) -> str | None:
    """What our emitter says, or None where it refuses."""
    try:
        return LANGUAGES["spl"](Facts).emit(predicate).text
    except Unsupported:
        return None


def comparable(predicate: p.Predicate) -> p.Predicate:
    """The one spelling in which predicates of one search are equal: lower(x) compares in it too."""

    def small(test: p.Test) -> p.Predicate:
        if isinstance(test, p.FieldCompare) and test.relation in ("<", ">="):
            return p.FieldCompare(test.field, test.relation, test.other)
        return test

    return normal(p.rebuild(as_read(predicate), small))


@given(trees(TESTS | TIMES | KEYWORDS))
def test_our_own_queries_are_read_back(predicate: p.Predicate) -> None:
    """Whatever the emitter says is read back as the predicate that it said."""
    text = emitted(predicate)
    if text is not None:
        assert comparable(parse(text)) == comparable(predicate)


VALUES = TEXTS.filter(lambda text: "%" not in text and not text.endswith("\n")) | st.sampled_from(
    ["10.1.2.3", "11.0.0.1", "::1", "5", "a", "A", "B1"]
)
EVENTS = st.builds(
    lambda event, numbers: event | numbers,
    st.dictionaries(NAMES, VALUES, max_size=4),
    st.dictionaries(st.just("num"), st.integers(-9, 99)),
)


@given(trees(TESTS), st.lists(EVENTS, max_size=4))
def test_engine_and_matcher_agree(predicate: p.Predicate, events: list[dict[str, str]]) -> None:
    """An emitted query finds, in the engine, the events that its meaning matches."""
    text = emitted(predicate)
    if text is None:
        return
    try:
        hits = evaluate(text, None, events)
        matches = compile_predicate(parse(text))
    except Unsupported:
        return
    assert [n for n, event in enumerate(events) if matches(event)] == hits
