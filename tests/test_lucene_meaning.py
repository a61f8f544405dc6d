"""Lucene query_string as predicates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converter import predicate as p
from converter.errors import QueryError, Unsupported
from converter.languages.lucene import Lucene
from converter.languages.lucene_engine import evaluate
from converter.languages.lucene_meaning import parse
from converter.matcher import compile_predicate
from converter.pipelines import Facts
from converter.regexps.tree import cases

TYPES = {
    "k": "keyword",
    "c": "keyword",
    "n": "long",
    "ip": "ip",
    "b": "boolean",
    "w": "wildcard",
    "fl.key": "flattened",
    "t": "text",
    "day": "date",
    "many": "long",
    "nest": "nested",
}
MAPPING = {**TYPES, "fl": "flattened"} | {"fl.key": "flattened"}
MAPPING.pop("fl.key")


def facts(name: str) -> Facts:
    return Facts(name, TYPES.get(name, "unknown"), canonical=name == "c", lists=name == "many")


@pytest.mark.parametrize(
    ("query", "meaning"),
    [
        ("f:foo", 'f = (cased) "foo"'),
        ("f:5", 'f = "5"'),
        ("f:/[fF][oO]/", 'f = "fo"'),
        ("f:/[fF][oO].*/", 'f like "fo*"'),
        ("f:/fo+/", "f matches /^(?:fo+)$/s"),
        ('f:(a OR "b c" OR d*)', '(f = (cased) "a" or f = (cased) "b c" or f like (cased) "d*")'),
        ("f:(b c)", 'f = (cased) "b c"'),
        ("_exists_:f", "not f is missing or null"),
        ("NOT _exists_:f", "f is missing or null"),
        ("NOT f:*", "f is missing or null"),
        ("f:a AND g:b OR h:c", '(f = (cased) "a" and g = (cased) "b")'),
        ("f:a OR NOT g:b", '(f = (cased) "a" and not g = (cased) "b")'),
        ("f:a OR (NOT g:b)", '(f = (cased) "a" or not g = (cased) "b")'),
        (r"f:\*x\ *", r'f like (cased) "\*x *"'),
        ("n:5.0", "n = 5"),
        ("n:5.5", "false"),
        ("n:abc", "false"),
        ("NOT n:abc", "true"),
        ("n:[1 TO 5}", "(n < 5 and n >= 1)"),
        ("f:>5", "f > 5"),
        ("f:>b", 'f > "b"'),
        ("b:true", "b = true"),
        ("b:yes OR f:5", 'f = "5"'),
        ("b:>=true", "b = true"),
        ("ip:10.0.0.1", 'ip = "10.0.0.1"'),
        ('ip:"10.0.0.7/24"', "ip in 10.0.0.0/24"),
        ("ip:[10.0.0.0 TO 10.0.0.255]", "ip in 10.0.0.0/24"),
        ("day:>2024-01-01", 'day > "2024-01-01T23:59:59.999Z"'),
        ('t:"Foo bar"', 't holds the words "foo bar"'),
        ("t:(foo bar)", '(t holds the words "bar" or t holds the words "foo")'),
        ("t:*", "not t is missing or null"),
        ("fl.key:a*", 'fl.key like (cased) "a*"'),
        ("/.*[fF][oO].*/", 'any text like "*fo*"'),
        ("/fo+/", "any text matches /^(?:fo+)$/s"),
        ("fo*", 'any text like (cased) "fo*"'),
        ("*:*", "true"),
        ("", "false"),
    ],
)
def test_queries_have_a_meaning(query: str, meaning: str) -> None:
    """Each query is this predicate, in normal form."""
    assert p.show(p.normal(parse(query, facts))) == meaning


@pytest.mark.parametrize(
    ("query", "construct"),
    [
        ("foo", "all fields"),
        ("f:a b", "all fields"),
        ("f:foo~1", "fuzzy"),
        ('t:"a b"~2', "loose order"),
        ("t:foo*", "analysed text"),
        ("t:[a TO b]", "analysed text"),
        ("fl.key:*a", "flattened"),
        ("fl.key:/a/", "flattened"),
        (r"f.\*:x", "stands for several"),
        ("f:/a~b/", "operator ~"),
        ("f:/a&b/", "operator &"),
        ("day:>now-1d", "now"),
        ("nest:x", "nested"),
        ("many:[1 TO 5]", "lists"),
        ("ip:>10.0.0.1", "addresses of one end"),
        ("[a TO b]", "range in all fields"),
    ],
)
def test_what_a_predicate_cannot_hold_is_named(query: str, construct: str) -> None:
    """A construct without a counterpart is unsupported, and the reason names it."""
    with pytest.raises(Unsupported, match=construct):
        parse(query, facts)


def test_queries_that_lucene_refuses_are_refused() -> None:
    """Text that is no query is a QueryError."""
    with pytest.raises(QueryError, match="line 1, column 3"):
        parse("a:)", facts)


words = st.sampled_from(["foo", "Bar", "b c", "a*b", 'q"', "1", "É", "/", "\\", "<x", "AND"])
fields = st.sampled_from(["k", "c", "w", "f"])
pieces = st.lists(st.one_of(words, st.sampled_from(p.Wildcard)), min_size=1, max_size=3)
texts = st.one_of(
    st.builds(p.Equals, fields, words, st.booleans()),
    st.builds(p.Glob, fields, pieces.map(p.tidy), st.booleans()),
    st.builds(p.Null, fields),
)
typed = st.one_of(
    st.builds(p.Equals, st.just("n"), st.integers(-3, 3)),
    st.builds(p.Compare, st.just("n"), st.sampled_from([">", "<=", "<", ">="]), st.integers(-3, 3)),
    st.builds(p.Equals, st.just("b"), st.booleans()),
    st.builds(p.Cidr, st.just("ip"), st.sampled_from(["10.0.0.0/8", "2001:db8::/32"])),
    st.builds(p.Equals, st.just("ip"), st.sampled_from(["10.0.0.1", "::1"])),
    st.builds(p.Equals, st.just("fl.key"), words, st.just(True)),
    st.builds(p.Regex, st.sampled_from("kf"), st.sampled_from(["^fo+$", "a|b", "[0-9]", "x.y"])),
)


def trees(tests: st.SearchStrategy[Any]) -> st.SearchStrategy[p.Predicate]:
    return st.recursive(
        tests,
        lambda inner: st.one_of(
            st.lists(inner, min_size=2, max_size=3).map(lambda args: p.And(tuple(args))),
            st.lists(inner, min_size=2, max_size=3).map(lambda args: p.Or(tuple(args))),
            inner.map(p.Not),
        ),
        max_leaves=6,
    )


values = st.one_of(words, st.sampled_from(["FOO", "bar", "fooo", "xxy", "b  c", "<X"]))
documents = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys("kcwf", st.one_of(values, st.lists(values, min_size=1, max_size=2))),
        "n": st.integers(-3, 3),
        "b": st.booleans(),
        "ip": st.sampled_from(["10.0.0.1", "10.9.9.9", "::1", "2001:db8::7"]),
        "fl": st.fixed_dictionaries({"key": values}),
    },
)


def said(predicate: p.Predicate, known: Callable[[str], Facts] = facts) -> str | None:
    try:
        return Lucene(known).emit(predicate).text
    except Unsupported:
        return None


def spelt(test: p.Test) -> p.Predicate:
    """A test as Lucene knows it: exact where the provider's spelling is kept, case of letters."""
    if isinstance(test, p.Glob) and p.tidy(test.pattern) == (p.Wildcard.MANY,):
        return p.Not(p.Null(test.field))
    if isinstance(test, p.Equals | p.Glob):
        pattern = test.pattern if isinstance(test, p.Glob) else (str(test.value),)
        letters = "".join(piece for piece in pattern if isinstance(piece, str))
        cased = (test.cased or test.field == "c") and letters.lower() != letters.upper()
        return p.normal(p.Glob(test.field, pattern, cased))
    return test


@given(trees(texts))
def test_emitted_queries_come_back(predicate: p.Predicate) -> None:
    """What is emitted is read as the predicate that was to be said."""
    query = said(predicate)
    if query is not None:
        wanted = p.normal(p.normal(p.rebuild(predicate, spelt)))
        assert p.normal(parse(query, facts)) == wanted


@given(trees(st.one_of(texts, typed)), st.lists(documents, min_size=1, max_size=4))
def test_meaning_and_engine_agree(predicate: p.Predicate, docs: list[dict[str, Any]]) -> None:
    """The predicate of an emitted query holds for exactly the documents that the engine finds."""
    query = said(predicate)
    if query is not None:
        holds = compile_predicate(parse(query, facts))
        found = evaluate(query, {**MAPPING, "f": "keyword"}, docs)
        assert found == [number for number, doc in enumerate(docs) if holds(doc)]


hostile = st.text(
    st.one_of(
        st.characters(codec="utf-8"), st.sampled_from('\\"/*?:()[]{}<>=~^!&|+- \n\t\r\u3000')
    ),
    min_size=1,
    max_size=12,
)


@given(hostile, hostile, st.booleans(), st.sampled_from(["", "*", "?"]))
def test_hostile_text_stays_in_its_literal(
    name: str, value: str, cased: bool, wildcard: str
) -> None:
    """Whatever a name and a value hold, the query read back holds exactly these."""
    pattern = (value, p.Wildcard(wildcard)) if wildcard else (value,)
    query = said(p.Glob(name, pattern, cased), Facts)
    if query is not None and "*" not in name and name not in ("@timestamp", "_exists_"):
        letters = any(len(cases(char)) > 1 for char in value)
        wanted = p.normal(p.normal(p.Glob(name, pattern, cased and letters)))
        assert p.normal(parse(query, Facts)) == wanted
