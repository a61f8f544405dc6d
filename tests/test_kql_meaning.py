"""KQL as predicates, in Kibana's reading and in Elasticsearch's own."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converter.errors import QueryError, Unsupported
from converter.languages.kql_engine import evaluate
from converter.languages.kql_meaning import parse
from converter.matcher import compile_predicate
from converter.pipelines import Facts
from converter.predicate import normal, show

TYPES = {"n": "long", "ip": "ip", "b": "boolean", "w": "wildcard", "fl.k": "flattened"}
TYPES |= {"t": "text", "nest": "nested", "k": "keyword"}


def facts(name: str) -> Facts:
    return Facts(name, TYPES.get(name, "unknown"))


@pytest.mark.parametrize(
    ("query", "kibana", "elasticsearch"),
    [
        ("f: x", 'f = (cased) "x"', ""),
        ("f: foo bar", 'f = (cased) "foo bar"', ""),
        ('f: "a*"', 'f = (cased) "a*"', ""),
        ("f: a*", 'f like (cased) "a*"', ""),
        ("f: a?", 'f = (cased) "a?"', ""),
        ("f: a?b*", r'f like (cased) "a\?b*"', 'f like (cased) "a?b*"'),
        (r"f: *\\dir\\*", r'f like (cased) "*\\dir\\*"', r'f like (cased) "*dir\*"'),
        (r"f: C\:*", 'f like (cased) "C:*"', r'f = (cased) "C:*"'),
        ("not f: *", "f is missing or null", ""),
        ("*", "true", ""),
        ("", "true", ""),
        ("p: 1 or q: 2 and r: 3", '((q = "2" and r = "3") or p = "1")', ""),
        (
            "p: 1 and q: 2 or r: 3",
            '((p = "1" and q = "2") or r = "3")',
            '(p = "1" and (q = "2" or r = "3"))',
        ),
        (
            "a: (1 or 2 and 3)",
            '((a = "2" and a = "3") or a = "1")',
            '(a = "3" and (a = "1" or a = "2"))',
        ),
        ("a: (1 and not 2)", '(a = "1" and not a = "2")', ""),
        ("NOT a: 1", 'not a = "1"', ""),
        ("n >= 5 and n < 7.5", "(n < 7.5 and n >= 5)", ""),
        ("n: abc", "false", ""),
        ("f > 5", "f > 5", ""),
        ("f < x", 'f < "x"', ""),
        ("b: true", "b = true", ""),
        ("ip: 10.0.0.0/8", "ip in 10.0.0.0/8", ""),
        ('t: "Foo bar"', 't holds the words "foo bar"', ""),
        ("t: foo bar", '(t holds the words "bar" or t holds the words "foo")', ""),
        ("fl.k: a*", 'fl.k like (cased) "a*"', ""),
        ("foo*", 'any text like (cased) "foo*"', ""),
        (
            "@timestamp >= 2024-01-01",
            '@timestamp >= "2024-01-01T00:00:00.000Z"',
            "",
        ),
        (
            "event.dataset:aws.cloudtrail and event.action:(A or B) and event.outcome:success",
            '(event.dataset = (cased) "aws.cloudtrail" and event.outcome = (cased) "success" '
            'and (event.action = (cased) "A" or event.action = (cased) "B"))',
            "",
        ),
    ],
)
def test_queries_have_a_meaning(query: str, kibana: str, elasticsearch: str) -> None:
    """Each query is this predicate to Kibana, and this or the same to Elasticsearch."""
    assert show(normal(parse(query, facts))) == kibana
    assert show(normal(parse(query, facts, kibana=False))) == (elasticsearch or kibana)


@pytest.mark.parametrize(
    ("query", "construct"),
    [
        ("foo", "all fields"),
        ("f*: x", "stands for several"),
        ("nest: {a: x}", "nested"),
        ("nest: x", "nested"),
        ("t: foo*", "analysed text"),
        ("fl.k: *a", "flattened"),
        ("w: a b*", "blank"),
        ("@timestamp > now-1d", "now"),
    ],
)
def test_what_a_predicate_cannot_hold_is_named(query: str, construct: str) -> None:
    """A construct without a counterpart is unsupported, and the reason names it."""
    with pytest.raises(Unsupported, match=construct):
        parse(query, facts)


@pytest.mark.parametrize("query", ["a: (", "@timestamp: abc", "n > x", "ip: 10.*"])
def test_queries_that_fail_are_errors(query: str) -> None:
    """What is no query, or does not fit a date or a range, is a QueryError."""
    with pytest.raises(QueryError):
        parse(query, facts)


def test_a_backslash_before_a_quote_is_escaped_in_kibana_only() -> None:
    """Kibana ends such a value at its quote, Elasticsearch at the next one."""
    query = r'f: "C:\\" or g: "x"'
    assert show(parse(query, facts)) == r'(f = (cased) "C:\" or g = (cased) "x")'
    with pytest.raises(QueryError):
        parse(query, facts, kibana=False)


texts = st.sampled_from(["foo", "Bar", "b c", "a*b", "x:y", "(", "É", "a\\b", "and", "1"])


def quoted(field: str, text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'{field}: "{escaped}"'


leaves = st.one_of(
    st.builds(quoted, st.sampled_from("kw"), texts),
    st.builds("{}: {}*".format, st.sampled_from("kw"), st.sampled_from(["f", "b", "É", "-"])),
    st.builds("{}: *".format, st.sampled_from(["k", "w", "n", "nope"])),
    st.builds("n {} {}".format, st.sampled_from(["<", "<=", ">", ">="]), st.integers(-2, 2)),
    st.builds("n: {}".format, st.sampled_from(["1", "-1", "x"])),
    st.builds("b: {}".format, st.sampled_from(["true", "yes"])),
    st.just('ip: "10.0.0.0/8"'),
    st.builds("k: ({} or {})".format, st.sampled_from(["foo", "Bar"]), st.just("not foo")),
)
queries = st.recursive(
    leaves,
    lambda inner: st.one_of(
        inner.map("not ({})".format),
        st.builds("({}) {} ({})".format, inner, st.sampled_from(["and", "or", "AND"]), inner),
        st.builds("{} and {} or {}".format, leaves, leaves, leaves),
    ),
    max_leaves=5,
)
documents = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys("kw", st.one_of(texts, st.lists(texts, min_size=1, max_size=2))),
        "n": st.integers(-2, 2),
        "b": st.booleans(),
        "ip": st.sampled_from(["10.0.0.1", "::1"]),
    },
)
MAPPING = {"k": "keyword", "w": "wildcard", "n": "long", "b": "boolean", "ip": "ip"}


@given(queries, st.lists(documents, min_size=1, max_size=4))
def test_meaning_and_engine_agree(query: str, docs: list[dict[str, Any]]) -> None:
    """Elasticsearch's reading holds for exactly the documents that the engine finds."""
    holds = compile_predicate(parse(query, facts, kibana=False))
    wanted = [number for number, doc in enumerate(docs) if holds(doc)]
    assert evaluate(query, {**MAPPING, "nope": "keyword"}, docs) == wanted
