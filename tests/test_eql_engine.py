"""The EQL engine answers what an Elasticsearch node answered."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from converter.errors import QueryError, Unsupported
from converter.languages.eql_engine import evaluate, evaluate_sequences

FILE = Path(__file__).with_name("conformance") / "eql.ndjson"
CASES = [json.loads(line) for line in FILE.read_text("utf-8").splitlines()]


def answer(case: dict[str, Any], query: dict[str, Any]) -> Any:
    """What the engine says: hits, sequences, or the kind of the error."""
    find = evaluate_sequences if "sequences" in query else evaluate
    try:
        return find(query["q"], case["mapping"], case["docs"])
    except QueryError as error:
        return error.kind


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_observed_answers(case: dict[str, Any]) -> None:
    """Hits, sequences and kinds of errors are those of the node, and nothing is refused."""
    for query in case["queries"]:
        kind = query.get("error", "").partition(":")[0]
        wanted = kind or query.get("sequences", query.get("hits"))
        assert answer(case, query) == wanted, query["q"]


MAPPING = {
    "@timestamp": "date",
    "event.category": "keyword",
    "k": "keyword",
    "n": "long",
    "d": "double",
    "b": "boolean",
    "ip": "ip",
    "w": "wildcard",
    "t": "text+keyword",
}
DOCS: list[dict[str, Any]] = [
    {
        "@timestamp": "2024-01-01T00:00:01Z",
        "k": "a*b",
        "n": 5,
        "ip": "10.0.0.1",
        "event": {"category": "x"},
    },
    {
        "@timestamp": "2024-01-01T00:00:02Z",
        "k": "axb",
        "n": -3,
        "d": 0.5,
        "b": True,
        "t": "one two",
    },
    {
        "@timestamp": "2024-01-01T00:00:03Z",
        "k": ["5", "É"],
        "b": False,
        "ip": "2001:db8::1",
        "w": "",
    },
    {"@timestamp": "2024-01-01T00:00:04Z"},
]


@pytest.mark.parametrize(
    ("condition", "hits"),
    [
        ("k == 5", [2]),
        ('k like "*" and not k like "a?b"', [2]),
        ('endsWith(k, "*b")', [0, 1]),
        ('stringContains(k, "a\\\\*")', [0]),
        ('k : "é"', []),
        ('k regex~ "[É]"', [2]),
        ("n + 1 == 6", [0]),
        ("10 - 7 == -n", [1]),
        ("n * -2 > 4", [1]),
        ("d in (0.5, 1)", [1]),
        ("b > false", [1]),
        ("b != null and not b", [2]),
        ('ip == "10.0.0.0/8"', [0]),
        ('cidrMatch(ip, "::/0")', [0, 2]),
        ('ip > "10.0.0.0"', [0, 2]),
        ('w : "*?*"', [2]),
        ('t > "tw"', [1]),
        ('string(k) == "axb"', [1]),
        ("n > null", [0, 1]),
        ("1 < 2", [0, 1, 2, 3]),
        ('not (1 == "1")', []),
        ('not ?z like "x"', [0, 1, 2, 3]),
        ('not ?z like "x*"', []),
        ('not ?z : "*"', [0, 1, 2, 3]),
        ("not (?z > 1 or n == 5)", [1, 2, 3]),
        ("not (?z > 1 and n == 5)", []),
        ("?z in (1) or length(?z) > 0 or cidrMatch(?z, '')", "parse"),
        ('?z in (1) or length(?z) > 0 or cidrMatch(?z, "")', []),
        ("k in (?z)", []),
        ('@timestamp <= "2024-01-01T00:00:02Z"', [0, 1]),
        ('@timestamp == "2024-01-01"', [0, 1, 2, 3]),
        ('n == "x"', "type"),
        ('ip == "x"', "type"),
        ('cidrMatch(ip, "x")', "type"),
        ("cidrMatch(ip)", "parse"),
        ("k", "type"),
        ("null", "type"),
        ("n and b", "type"),
        ("k + 1 == 2", "type"),
        ("event == null", "type"),
        ('nosuch(k, "a")', "type"),
        ("b == (n == 5)", "other"),
    ],
)
def test_conditions(condition: str, hits: list[int] | str) -> None:
    """Types, constants and fields that do not exist are settled as Elasticsearch's rules say."""
    assert answer({"mapping": MAPPING, "docs": DOCS}, {"q": f"any where {condition}"}) == hits


@pytest.mark.parametrize(
    "condition",
    ["n % 2 == 1", "length(k) == 3", "n * 2 == 5", "d + 1 == 2", "(b == true) > false"],
)
def test_scripts_are_refused(condition: str) -> None:
    """What Elasticsearch runs as a script is refused by name."""
    with pytest.raises(Unsupported, match="runs as a script"):
        evaluate(f"any where {condition}", MAPPING, DOCS)


@pytest.mark.parametrize(
    ("pipes", "hits"),
    [
        ("head 2", [0, 1]),
        ("tail 2", [1, 2]),
        ("head 2 | tail 1", [1]),
        ("tail 2 | head 1", [1]),
        ("tail 3 | tail 1", [2]),
        ("head 0", []),
        ("head -1", "parse"),
        ('head "1"', "parse"),
        ("count", "parse"),
    ],
)
def test_pipes(pipes: str, hits: list[int] | str) -> None:
    """`head` and `tail` keep the first or last events by time; there are no other pipes."""
    query = {"q": f"any where k != null | {pipes}"}
    assert answer({"mapping": MAPPING, "docs": DOCS}, query) == hits


EVENTS = [
    {"@timestamp": f"2024-01-01T00:00:0{time}Z", "k": kind, **({"n": user} if user else {})}
    for time, kind, user in [
        ("1", "a", 1),
        ("2", "a", 2),
        ("3", "b", 1),
        ("4", "c", 1),
        ("5", "b", [1, 2]),
        ("9", "c", 2),
        ("9.5", "a", None),
        ("9.6", "b", None),
    ]
]
A, B, C = ('[any where k == "a"]', '[any where k == "b"]', '[any where k == "c"]')


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        (f"sequence by n {A} {B}", [[0, 2], [1, 4]]),
        (f"sequence by ?n {A} {B}", [[0, 2], [1, 4], [6, 7]]),
        (f"sequence {A} {B} with runs=2", [[1, 2, 4]]),
        (f"sequence by n with maxspan=2s {A} {B}", [[0, 2]]),
        (f"sequence by n with maxspan=3s {A} {B}", [[0, 2], [1, 4]]),
        (f"sequence by n {A} {B} {C}", [[0, 2, 3], [1, 4, 5]]),
        (f"sequence by n {B} {C} until {A}", [[2, 3], [4, 5]]),
        (f"sequence by n {A} {C} until {B}", []),
        (f"sequence by n {A} {C} until {A}", []),
        (f"sequence by n with maxspan=1h {A} !{B} {C}", []),
        (f"sequence by n with maxspan=1m {B} !{C}", [[4, None]]),
        (f"sequence by n with maxspan=500ms !{A} {B}", [[None, 2], [None, 4], [None, 4]]),
        (f"sequence by n {A} {B} | head 1", [[0, 2]]),
        (f"sequence by n {A} {B} | tail 1", [[1, 4]]),
        (f"sample by n {B} {C}", [[2, 3], [4, 5]]),
        (f"sample by ?n {A} {B}", [[6, 7], [0, 2], [1, 4]]),
        (f"sample by n {A} {A}", []),
        (f"sequence {A} by n {B} by k", "type"),
        (f"sequence {A} by n {B}", "parse"),
        (f"sequence {A} with runs=101", "parse"),
        (f"sequence by n !{A} !{B}", "parse"),
        (f"sequence by n {A} !{B}", "parse"),
        (f"sequence with maxspan=1m !{A} with runs=2 {B}", "parse"),
        (f"sample {A} {B}", "parse"),
        (f"sample by n {A}", "parse"),
        (f"sample by n {A} {B} | head 1", "parse"),
        (f"sequence by z {A} {B}", "unknown_column"),
        (f"sequence by k == 1 {A} {B}", "parse"),
    ],
)
def test_sequences(query: str, rows: list[list[int | None]] | str) -> None:
    """Steps join by key, in order, within the span, without the events that must be missing."""
    case = {"mapping": MAPPING, "docs": EVENTS}
    assert answer(case, {"q": query, "sequences": []}) == rows


def test_a_sequence_hits_every_event_that_takes_part() -> None:
    """`evaluate` of a sequence gives its events; `evaluate_sequences` wants a sequence."""
    assert evaluate(f"sequence by n {A} {B}", MAPPING, EVENTS) == [0, 1, 2, 4]
    with pytest.raises(QueryError, match="no sequence"):
        evaluate_sequences("any where true", MAPPING, EVENTS)


def test_events_need_a_time() -> None:
    """Without @timestamp in the mapping every query is refused."""
    with pytest.raises(QueryError, match="@timestamp"):
        evaluate("any where true", {"k": "keyword"}, [])
