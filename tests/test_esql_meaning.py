"""ES|QL as predicates: what is emitted comes back, what people write is understood."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converter import predicate as p
from converter.errors import QueryError, Unsupported
from converter.languages.arranging import arrange
from converter.languages.esql import Esql
from converter.languages.esql_engine import evaluate
from converter.languages.esql_meaning import parse
from converter.matcher import compile_predicate
from converter.pipelines import Facts

MANY, ONE = p.Wildcard.MANY, p.Wildcard.ONE
TYPES = {
    "k": "keyword",
    "j": "keyword",
    "c": "keyword",
    "l": "keyword",
    "n": "long",
    "b": "boolean",
    "ip": "ip",
    "when": "date",
    "tx": "text",
    "fl.x": "flattened",
}


def facts(name: str) -> Facts:
    """What is known: `c` keeps its spelling, `l` can hold a list."""
    return Facts(name, TYPES.get(name, "unknown"), canonical=name == "c", lists=name == "l")


def equals(field: str, value: Any, cased: bool = False) -> p.Equals:
    return p.Equals(field, value, cased)


X = equals("k", "x", True)
CONDITIONS: list[tuple[str, p.Predicate]] = [
    ('k == "x"', X),
    ('k == "10-20"', equals("k", "10-20")),
    ('"x" == k', X),
    ('k != "x"', p.And((p.Exists("k"), p.Not(X)))),
    ('NOT k == "x"', p.And((p.Exists("k"), p.Not(X)))),
    ('NOT NOT k == "x"', X),
    ('NOT COALESCE(k == "x", false)', p.Not(X)),
    ('COALESCE(k == "x", true)', p.Not(p.And((p.Exists("k"), p.Not(X))))),
    ('COALESCE(k, "") != "x"', p.Or((p.And((p.Exists("k"), p.Not(X))), p.Null("k")))),
    ('COALESCE(k, "x") == "x"', p.Or((X, p.Null("k")))),
    ('(k == "x") == false', p.And((p.Exists("k"), p.Not(X)))),
    ('k == "x" AND null', p.FALSE),
    ('NOT k IN ("x", null)', p.FALSE),
    ("k == null", p.FALSE),
    ("k IS NULL", p.Null("k")),
    ("k IS NOT NULL", p.Exists("k")),
    ("COALESCE(k, j) IS NULL", p.And((p.Null("k"), p.Null("j")))),
    ('TO_LOWER(k) == "x"', equals("k", "x")),
    ('TO_LOWER(k) == "X"', p.FALSE),
    ('TO_UPPER(k) == "X"', equals("k", "x")),
    ('NOT TO_LOWER(k) == "X"', p.Exists("k")),
    ('TO_LOWER(k) LIKE "x*"', p.Glob("k", ("x", MANY))),
    (r'k LIKE "a\\**"', p.Glob("k", ("a*", MANY), True)),
    ('k LIKE "*"', p.Exists("k")),
    ('NOT k LIKE "*"', p.Not(p.Exists("k"))),
    ('k RLIKE "[xX][yY]"', equals("k", "xy")),
    ('TO_LOWER(k) RLIKE "x.*"', p.Glob("k", ("x", MANY))),
    ('l == "x"', p.And((p.Single("l"), equals("l", "x", True)))),
    ('l != "x"', p.And((p.Single("l"), p.Not(equals("l", "x", True))))),
    ('MV_CONTAINS(l, "x")', equals("l", "x", True)),
    ('NOT MV_CONTAINS(l, "x")', p.Not(equals("l", "x", True))),
    ("MV_COUNT(l) > 1", p.And((p.Exists("l"), p.Not(p.Single("l"))))),
    ('l : "x"', equals("l", "x", True)),
    ('NOT k : "x"', p.Not(X)),
    ('tx : "Foo bar"', p.Or((p.Words("tx", ("foo",)), p.Words("tx", ("bar",))))),
    ('MATCH_PHRASE(tx, "Foo bar")', p.Words("tx", ("foo", "bar"))),
    ('MATCH(tx, "a b", {"operator": "AND"})',
     p.And((p.Words("tx", ("a",)), p.Words("tx", ("b",))))),
    ("n > 5", p.Compare("n", ">", 5)),
    ("5 < n", p.Compare("n", ">", 5)),
    ("n IN (1, 2)", p.Or((equals("n", 1), equals("n", 2)))),
    ("b", equals("b", True)),
    ("NOT b", equals("b", False)),
    ('b == "true"', equals("b", True)),
    ('ip == "::ffff:10.0.0.1"', equals("ip", "10.0.0.1")),
    ('CIDR_MATCH(ip, "10.0.0.0/8", "2001:db8::/32")',
     p.Or((p.Cidr("ip", "10.0.0.0/8"), p.Cidr("ip", "2001:db8::/32")))),
    ('CIDR_MATCH(ip, "::/0")', p.Or((p.Cidr("ip", "::/0"), p.Cidr("ip", "0.0.0.0/0")))),
    ('when >= "2024-01-01"', p.Compare("when", ">=", "2024-01-01T00:00:00.000Z")),
    ("@timestamp > NOW() - 5 minutes", p.Opaque("@timestamp > NOW() - 5 minutes")),
    ('DATE_EXTRACT("hour_of_day", when) >= 18', p.TimePart("when", "hour", ">=", 18)),
    (
        'DATE_EXTRACT("day_of_week", when - 90 minutes) < 6',
        p.TimePart("when", "weekday", "<", 6, "-01:30"),
    ),
    ("LENGTH(k) > 2", p.Glob("k", (ONE, ONE, ONE, MANY))),
    ("LENGTH(k) == 0", equals("k", "")),
    ("k == j", p.FieldCompare("k", "equals", "j", True)),
    ("k != j",
     p.And((p.Exists("k"), p.Exists("j"), p.Not(p.FieldCompare("k", "equals", "j", True))))),
    ("TO_LOWER(k) == TO_LOWER(j)", p.FieldCompare("k", "equals", "j")),
    ('LOCATE(k, "x") > 0', p.Glob("k", (MANY, "x", MANY), True)),
    ('STARTS_WITH(TO_LOWER(k), "x")', p.Glob("k", ("x", MANY))),
    ('CONTAINS(k, "")', p.Exists("k")),
    ('CASE(k == "x", b, false)', p.And((X, equals("b", True)))),
    ('CASE(b, k, j) == "x"',
     p.Or((p.And((equals("b", True), X)),
           p.And((p.Not(equals("b", True)), equals("j", "x", True)))))),
    ('QSTR("fl.x:v1")', equals("fl.x", "v1", True)),
    ('NOT QSTR("k:x")', p.Not(X)),
    ('KQL("k: 10-20")', equals("k", "10-20")),
    ('CONCAT("a", "b") == "ab"', p.TRUE),
]  # fmt: skip


@pytest.mark.parametrize(("text", "wanted"), CONDITIONS)
def test_conditions(text: str, wanted: p.Predicate) -> None:
    """A condition holds for the events for which the engine says true, nulls included."""
    got = parse(f"FROM logs | WHERE {text}", facts)
    assert p.normal(got) == p.normal(wanted), p.show(got)


QUERIES: list[tuple[str, p.Predicate]] = [
    ("from logs-* metadata _id, _version, _index", p.TRUE),
    ('FROM a | WHERE k == "x" | WHERE b | KEEP k* | SORT n DESC | LIMIT 10',
     p.And((X, equals("b", True)))),
    ('FROM a | EVAL low = TO_LOWER(k), y = low == "x" | RENAME low AS z | WHERE y OR z == "1"',
     p.Or((equals("k", "x"), equals("k", "1")))),
    ('FROM a | WHERE k == "x"\n| STATS c = COUNT(*)  BY j | WHERE c > 5',
     p.And((X, p.Opaque("STATS c = COUNT(*) BY j | WHERE c > 5")))),
    ('FROM a | WHERE k == "x" | GROK j "%{WORD:w}" | KEEP w', X),
    ('FROM a | GROK j "%{WORD:w}" | WHERE w == "x"',
     p.Opaque('GROK j "%{WORD:w}" | WHERE w == "x"')),
    ("FROM a | LIMIT 5 | WHERE b", p.Opaque("LIMIT 5 | WHERE b")),
    ("""
    from logs-aws.cloudtrail-* metadata _id, _version, _index  // sign-ins
    | where event.dataset == "aws.cloudtrail" and event.action in ("ConsoleLogin", "GetToken")
        and not coalesce(cidr_match(source.ip, "10.0.0.0/8"), false)
        and to_lower(user_agent.original) like "*curl*"
    | keep @timestamp, *
    """,
     p.And((
         equals("event.dataset", "aws.cloudtrail", True),
         p.Or((equals("event.action", "ConsoleLogin", True),
               equals("event.action", "GetToken", True))),
         p.Not(p.Cidr("source.ip", "10.0.0.0/8")),
         p.Glob("user_agent.original", (MANY, "curl", MANY)),
     ))),
]  # fmt: skip


@pytest.mark.parametrize(("text", "wanted"), QUERIES)
def test_queries(text: str, wanted: p.Predicate) -> None:
    """Commands that leave events as they are change nothing; what makes other rows is opaque."""
    got = parse(text, facts)
    assert p.normal(got) == p.normal(wanted), p.show(got)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('TRIM(k) == "x"', "TRIM of a field"),
        ('CONCAT("a", k) == "ax"', "CONCAT of a field"),
        ("n + 1 == 6", r"\+ in a comparison"),
        ('k LIKE ""', 'LIKE ""'),
        ('TO_LOWER(k) RLIKE "X."', "regular expression with letters"),
        ('k RLIKE "a~b"', "operator ~"),
        ('DATE_EXTRACT("day_of_year", when) == 1', "part day_of_year"),
        ("LOCATE(k, j) == 3", "LOCATE at a place"),
        ('l == k', "comparison of two fields"),
        ('k == "x" OR null', "OR with a literal null"),
    ],
)  # fmt: skip
def test_what_is_not_held(text: str, reason: str) -> None:
    """What no predicate can hold is refused by its name."""
    with pytest.raises(Unsupported, match=reason):
        parse(f"FROM logs | WHERE {text}", facts)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("k == 5", "type"),
        ('n == "5"', "type"),
        ('n LIKE "5*"', "type"),
        ('nope(k) == "x"', "type"),
        ('CIDR_MATCH(k, "10.0.0.0/8")', "type"),
        ('CIDR_MATCH(ip, "ten")', "type"),
        ('fl.x == "v"', "unknown_column"),
        ('when > "soon"', "type"),
        ('"x"', "type"),
        ("k ==", "parse"),
    ],
)
def test_what_the_engine_refuses(text: str, kind: str) -> None:
    """What a node would answer with an error is an error of that kind."""
    with pytest.raises(QueryError) as caught:
        parse(f"FROM logs | WHERE {text}", facts)
    assert caught.value.kind == kind


TEXTS = st.text('aAbB1*?\\"`|/.é\n', max_size=4)
PATTERNS = st.lists(st.one_of(TEXTS, st.sampled_from([MANY, ONE])), min_size=1, max_size=4)
NAMES = st.sampled_from(["k", "j", "c"])
GLOBS = st.builds(lambda pieces: p.tidy([*pieces, MANY]), PATTERNS).filter(
    lambda pattern: pattern != (MANY,)
)
TESTS = st.one_of(
    st.builds(p.Equals, NAMES, TEXTS, st.booleans()),
    st.builds(p.Glob, NAMES, GLOBS, st.booleans()),
    st.builds(p.Equals, st.just("n"), st.integers(-2, 2)),
    st.builds(p.Equals, st.just("b"), st.booleans()),
    st.builds(p.Compare, st.just("n"), st.sampled_from(["<", "<=", ">", ">="]), st.integers(-2, 2)),
    st.builds(p.Cidr, st.just("ip"), st.sampled_from(["10.0.0.0/8", "2001:db8::/32"])),
    st.builds(p.Exists, NAMES),
    st.builds(p.Null, NAMES),
    st.just(p.FieldCompare("k", "equals", "j", True)),
)
PREDICATES = st.recursive(
    TESTS,
    lambda inner: st.one_of(
        st.builds(p.Not, inner),
        st.builds(p.And, st.lists(inner, min_size=2, max_size=3).map(tuple)),
        st.builds(p.Or, st.lists(inner, min_size=2, max_size=3).map(tuple)),
    ),
    max_leaves=6,
)
EVENTS = st.fixed_dictionaries(
    {},
    optional={
        "k": TEXTS,
        "j": TEXTS,
        "c": TEXTS,
        "n": st.integers(-3, 3),
        "b": st.booleans(),
        "ip": st.sampled_from(["10.1.1.1", "192.0.2.1", "2001:db8::5"]),
    },
)


def spelt(predicate: p.Predicate) -> p.Predicate:
    """Normal form as ES|QL spells it: case only where it counts, a missing key as no key."""

    def change(test: p.Test) -> p.Predicate:
        if isinstance(test, p.Null):
            return p.Not(p.Exists(test.field))
        return test

    return p.normal(p.rebuild(arrange(predicate), change))


def as_spelt(predicate: p.Predicate) -> p.Predicate:
    """With the case of `c`, and of texts without letters, as the emitter compares them."""

    def change(test: p.Test) -> p.Predicate:
        if not isinstance(test, p.Equals | p.Glob):
            return test
        if isinstance(test, p.Equals):
            texts = [test.value] if isinstance(test.value, str) else []
        else:
            texts = [piece for piece in test.pattern if isinstance(piece, str)]
        counts = any(text.lower() != text.upper() for text in texts)
        cased = counts and (test.cased or test.field == "c")
        if isinstance(test, p.Equals):
            return p.Equals(test.field, test.value, cased)
        return p.Glob(test.field, test.pattern, cased)

    return p.rebuild(predicate, change)


@settings(max_examples=300, deadline=None)
@given(PREDICATES, st.lists(EVENTS, min_size=1, max_size=6))
def test_there_and_back(predicate: p.Predicate, events: list[dict[str, Any]]) -> None:
    """What is emitted parses to the same predicate, and the engine finds what that matches."""
    text = Esql(facts).emit(predicate).text
    back = parse(text, facts)
    assert spelt(as_spelt(back)) == spelt(as_spelt(predicate)), text
    mapping = {name: kind for name, kind in TYPES.items() if "." not in name}
    match = compile_predicate(back)
    hits = [number for number, event in enumerate(events) if match(event)]
    assert evaluate(text, mapping, events) == hits, text


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=12), st.text(min_size=1, max_size=8).filter(str.strip))
def test_no_text_leaves_its_literal(value: str, name: str) -> None:
    """Any value and any field name come back as they were."""
    test = p.Equals(name, value, cased=True)
    try:
        text = Esql(lambda n: Facts(n, "keyword")).emit(test).text
    except Unsupported:
        return
    back = parse(text, lambda n: Facts(n, "keyword"))
    assert isinstance(back, p.Equals)
    assert (back.field, back.value) == (name, value)
