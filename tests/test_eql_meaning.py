"""EQL queries as predicates: the same events, and what the emitter said comes back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converter.errors import QueryError, Unsupported
from converter.languages.eql import Eql
from converter.languages.eql_engine import evaluate
from converter.languages.eql_meaning import Key, Sample, Sequence, Step, parse, parse_steps
from converter.matcher import compile_predicate
from converter.pipelines import Facts
from converter.predicate import (
    FALSE,
    TRUE,
    And,
    Cidr,
    Compare,
    Equals,
    Exists,
    Glob,
    Not,
    Null,
    Or,
    Predicate,
    Regex,
    Wildcard,
    normal,
)

MANY, ONE = Wildcard.MANY, Wildcard.ONE
TYPES = {
    "k": "keyword",
    "n": "long",
    "b": "boolean",
    "ip": "ip",
    "when": "date",
    "t": "text",
    "f.x": "flattened",
    "o": "nested",
}


def facts(name: str) -> Facts:
    """A few fields of known types; `gone` has no counterpart, all others are unknown."""
    none = "the integration drops it" if name == "gone" else ""
    return Facts(name, TYPES.get(name, "unknown"), none=none)


@pytest.mark.parametrize(
    ("condition", "wanted"),
    [
        ('k == "Foo"', Equals("k", "Foo", True)),
        ('"Foo" != k', Not(Equals("k", "Foo", True))),
        ('k : "Foo"', Equals("k", "Foo")),
        ('k in ("a", "B")', Or((Equals("k", "a", True), Equals("k", "B", True)))),
        ('k not in~ ("a", "B")', Not(Or((Equals("k", "a"), Equals("k", "B"))))),
        ('k like ("a*", "b")', Or((Glob("k", ("a", MANY), True), Equals("k", "b", True)))),
        ('k like~ "a?*"', Glob("k", ("a", ONE, MANY))),
        ('k : "*"', Exists("k")),
        ('k like ""', FALSE),
        ('k regex ".*[aA][bB].*"', Glob("k", (MANY, "ab", MANY))),
        ('k regex "a.*"', Glob("k", ("a", MANY), True)),
        ('k regex~ "a\\\\*b.*"', Glob("k", ("a*b", MANY))),
        ('k regex "a|b+"', Regex("k", "^(?:(?:a|b+))$", "s")),
        ('k regex~ "x[a-z]"', Regex("k", "^(?:[xX][a-z])$", "s")),
        ('k : "É*1"', Regex("k", "^(?:É.*1)$", "s")),
        ('startsWith~(k, "a*")', Glob("k", ("a*", MANY))),
        ('endsWith(k, "a")', Glob("k", (MANY, "a"), True)),
        ('stringContains(k, "a*b")', Glob("k", (MANY, "a", MANY, "b", MANY), True)),
        ("k == null", Null("k")),
        ("k != null", Exists("k")),
        ("not k == null", Not(Null("k"))),
        ('k > "b"', Compare("k", ">", "b")),
        ("n == 5", Equals("n", 5)),
        ('n == "5"', Equals("n", 5)),
        ("n == 5.5", FALSE),
        ("n + 1 >= 6", Compare("n", ">=", 5)),
        ("5 > n", Compare("n", "<", 5)),
        ("b", Equals("b", True)),
        ("not b or b == false", Or((Not(Equals("b", True)), Equals("b", False)))),
        ("b >= false", Or((Equals("b", False), Equals("b", True)))),
        ('ip == "10.0.0.1"', Equals("ip", "10.0.0.1")),
        ('ip == "10.0.0.0/8"', Cidr("ip", "10.0.0.0/8")),
        (
            'cidrMatch(ip, "10.0.0.0/8", "::1/128")',
            Or((Cidr("ip", "10.0.0.0/8"), Cidr("ip", "::1/128"))),
        ),
        ('cidrmatch(source.ip, "10.0.0.0/8")', Cidr("source.ip", "10.0.0.0/8")),
        ('when > "2024-01-01"', Compare("when", ">", "2024-01-01T23:59:59.999Z")),
        (
            '@timestamp == "2024-01-01"',
            And(
                (
                    Compare("@timestamp", ">=", "2024-01-01T00:00:00.000Z"),
                    Compare("@timestamp", "<=", "2024-01-01T23:59:59.999Z"),
                )
            ),
        ),
        ("u == 5 and u in (5, 6)", And((Equals("u", 5), Or((Equals("u", 5), Equals("u", 6)))))),
        ("u > 5 and v", And((Compare("u", ">", 5), Equals("v", True)))),
        ('?k : "a"', Equals("k", "a")),
        ('?gone : "a" or not ?gone : "a"', FALSE),
        ('not ?f.x == "a"', TRUE),
        ('(k == "a") == false', Not(Equals("k", "a", True))),
        ("true and not false", TRUE),
    ],
)
def test_conditions(condition: str, wanted: Predicate) -> None:
    """Case, types, nulls and constants become explicit."""
    assert parse(f"any where {condition}", facts) == wanted


def test_the_category_is_a_test() -> None:
    """`process where` asks for event.category, exactly."""
    category = Equals("event.category", "process", True)
    assert parse("process where true") == category
    assert parse('process where a : "x"') == And((category, Equals("a", "x")))


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ('any where t : "a"', "type"),
        ('any where o.a == "x" and o == "a"', "type"),
        ('any where f.x == "a"', "unknown_column"),
        ('any where gone == "a"', "unknown_column"),
        ('any where n : "5"', "type"),
        ('any where ip in ("10.0.0.1")', "type"),
        ('any where k == "\\*"', "parse"),
        ('any where when > "x"', "parse"),
        ("any where k == n", "other"),
    ],
)
def test_errors(query: str, kind: str) -> None:
    """What Elasticsearch would refuse for these types is an error of that kind."""
    with pytest.raises(QueryError) as found:
        parse(query, facts)
    assert found.value.kind == kind


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("sequence [any where a == 1] [any where b == 2]", "finds several events"),
        ("any where a == 1 | head 5", "the pipe head counts events"),
        ("any where length(k) > 5", "the function length runs as a script"),
        ('any where k regex "~a"', "operator ~"),
        ('any where k regex~ "é.*"', "letters beyond ASCII"),
        ('any where ip > "10.0.0.1"', "addresses, and their order"),
        ('any where not (k == "a" and when > "now-5m")', "counts from `now`"),
    ],
)
def test_what_no_predicate_holds(query: str, reason: str) -> None:
    """What cannot be held is refused by name."""
    with pytest.raises(Unsupported) as found:
        parse(query, facts)
    assert reason in str(found.value)


def test_steps() -> None:
    """A sequence keeps its steps, keys, runs, span, end and pipe."""
    found = parse_steps(
        "sequence by host.id, ?user with maxspan=1m [any where n == 1] with runs=3 "
        "![any where n == 2] until [any where n == 3] | tail 2",
        facts,
    )
    keys = (Key("host.id"), Key("user", True))
    one, two = Step(Equals("n", 1), keys, 3), Step(Equals("n", 2), keys, 1, True)
    assert found == Sequence((one, two), 60_000, Step(Equals("n", 3), keys), ("tail", 2))


def test_sample_steps() -> None:
    """A sample keeps its steps and keys."""
    found = parse_steps("sample by k [any where n == 1] by n [any where n == 2] by ip", facts)
    first = Step(Equals("n", 1), (Key("k"), Key("n")))
    assert found == Sample((first, Step(Equals("n", 2), (Key("k"), Key("ip")))))


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("any where true", "finds single events"),
        ("sequence by t [any where b] [any where b]", "t joins nothing"),
        ("sequence by k == 1 [any where b] [any where b]", "no field"),
        ("sequence [any where b] [any where b] | head 3 | tail 1", "several pipes"),
    ],
)
def test_no_steps(query: str, message: str) -> None:
    """Single events have no steps, and keys are fields that can be compared."""
    with pytest.raises((QueryError, Unsupported), match=message):
        parse_steps(query, facts)


# What people write.

WRITTEN = r'''
process where host.os.type == "windows" and event.type == "start" and
  (process.name : ("one.exe", "two.exe") or ?process.pe.original_file_name == "One.EXE") and
  not process.parent.executable : "C:\\Program Files\\*\\three.exe" /* known */
----
any where event.dataset == "aws.cloudtrail" // calls only
  and event.provider == "iam.amazonaws.com" and event.action in ("PutUserPolicy", "AttachPolicy")
  and event.outcome == "success" and not user_agent.original like~ ("*terraform*", "*ansible*")
----
network where destination.port in (22, 3389) and not cidrmatch(destination.ip, "10.0.0.0/8",
  "192.168.0.0/16", "FE80::/10") and source.bytes >= 1048576 and process.args_count != 2
----
any where event.dataset : "azure.*" and azure.activitylogs.operation_name regex~
  """MICROSOFT\.[A-Z]+/.*/(WRITE|DELETE)""" and ?azure.activitylogs.result_type in~ ("success")
----
file where event.action != "deletion" and file.extension : ("ps1", "vbs") and
  startswith~(file.path, "/tmp/") and file.name != null and user.id != "S-1-5-18"
'''


@pytest.mark.parametrize("query", WRITTEN.split("----\n"))
def test_what_people_write(query: str) -> None:
    """Queries in the manner of published detections are held whole."""
    assert parse(query) not in (TRUE, FALSE)


def test_a_written_sequence() -> None:
    """A sequence in the manner of published detections is held whole."""
    found = parse_steps("""
        sequence by cloud.account.id, user.name with maxspan=15m
          [authentication where event.action == "ConsoleLogin" and event.outcome == "failure"]
            with runs=5
          [iam where event.action : ("Create*", "Attach*")] // afterwards
        """)
    assert isinstance(found, Sequence)
    assert [step.runs for step in found.steps] == [5, 1]


# What the emitter says comes back.

WORDS = st.text(alphabet='abAB12*?\\"\n .-', max_size=4)
LETTERS = st.text(alphabet="abAB*?\\", min_size=1, max_size=3)
PATTERNS = st.lists(LETTERS | st.sampled_from(Wildcard), min_size=2, max_size=5).map(tuple)
TEXT_TESTS: st.SearchStrategy[Predicate] = st.one_of(
    st.builds(Equals, st.just("k"), WORDS, st.booleans()),
    st.builds(Glob, st.just("k"), PATTERNS, st.booleans()),
)
OTHER_TESTS: st.SearchStrategy[Predicate] = st.one_of(
    st.builds(Equals, st.just("n"), st.integers(-3, 3)),
    st.builds(Compare, st.just("n"), st.sampled_from(["<", "<=", ">", ">="]), st.integers(-2, 2)),
    st.builds(Equals, st.just("b"), st.booleans()),
    st.builds(Cidr, st.just("ip"), st.sampled_from(["10.0.0.0/8", "10.1.0.0/16", "2001:db8::/32"])),
    st.builds(Null, st.sampled_from("knb")),
)
PREDICATES = st.recursive(
    TEXT_TESTS | OTHER_TESTS,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda args: And(tuple(args))),
        st.lists(inner, min_size=1, max_size=3).map(lambda args: Or(tuple(args))),
        inner.map(Not),
    ),
    max_leaves=6,
)
VALUES = {
    "k": WORDS,
    "n": st.integers(-3, 3),
    "b": st.booleans(),
    "ip": st.sampled_from(["10.0.0.1", "10.1.2.3", "192.168.0.1", "2001:db8::5"]),
}
DOCS = st.fixed_dictionaries(
    {},
    optional={name: value | st.lists(value, max_size=3) for name, value in VALUES.items()},
)


@settings(max_examples=300, deadline=None)
@given(PREDICATES, st.lists(DOCS, min_size=1, max_size=6))
def test_emitted_queries_mean_the_predicate(
    predicate: Predicate, docs: list[dict[str, Any]]
) -> None:
    """Engine, matcher and the predicate itself agree on what an emitted query finds."""
    try:
        query = Eql(facts).emit(predicate).text
    except Unsupported:
        return
    mapping = {"@timestamp": "date"} | {name: TYPES[name] for name in VALUES}
    hits = evaluate(query, mapping, docs)
    back = compile_predicate(parse(query, facts))
    wanted = compile_predicate(predicate)
    stored = [{k: v for k, v in doc.items() if v != []} for doc in docs]
    assert hits == [number for number, doc in enumerate(stored) if back(doc)], query
    assert hits == [number for number, doc in enumerate(stored) if wanted(doc)], query


@given(TEXT_TESTS)
def test_emitted_text_comes_back(test: Predicate) -> None:
    """A test of text is the same test when read back, but for case where nothing has case."""
    try:
        query = Eql(facts).emit(test).text
    except Unsupported:
        return
    back, wanted = normal(parse(query, facts)), normal(normal(test))
    letters = any(char.isalpha() for char in query.removeprefix("any where k ").split('"', 1)[-1])
    if letters and wanted != Glob("k", (MANY,), getattr(wanted, "cased", False)):
        assert back == wanted, query
