"""ES|QL over documents, against what a node answered (tests/conformance/README.md)."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from converter.errors import QueryError, Unsupported
from converter.languages.esql_engine import evaluate, table

CASES = [
    json.loads(line)
    for line in Path(__file__)
    .with_name("conformance")
    .joinpath("esql.ndjson")
    .read_text("utf-8")
    .splitlines()
]


def answer(case: dict[str, Any], query: dict[str, Any]) -> Any:
    """What we say: the kind of an error, numbers of documents, or columns and rows as a set."""
    try:
        if "rows" not in query:
            return evaluate(query["q"], case["mapping"], case["docs"])
        got = table(query["q"], case["mapping"], case["docs"])
    except QueryError as error:
        return error.kind
    except Unsupported:
        return "refused"
    return list(got.columns), as_set([list(row) for row in got.rows])


def as_set(rows: list[Any]) -> list[str]:
    """Rows that can be compared in any order."""
    return sorted(json.dumps(row) for row in rows)


def wanted(query: dict[str, Any]) -> Any:
    """What the node said, in the same form."""
    if "error" in query:
        return query["error"]
    if "hits" in query:
        return sorted(set(query["hits"]))
    return query["columns"], as_set(query["rows"])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_conformance(case: dict[str, Any]) -> None:
    """Every answer that is not refused is the node's."""
    answers = [(query, answer(case, query)) for query in case["queries"]]
    wrong = [
        (query["q"], wanted(query), got)
        for query, got in answers
        if got not in ("refused", wanted(query))
    ]
    assert wrong == []


def test_few_are_refused() -> None:
    """At most one query in a hundred is refused."""
    answers = Counter(
        answer(case, query) == "refused" for case in CASES for query in case["queries"]
    )
    assert answers[True] * 100 <= answers[False]


DOCS = [
    {"k": "Foo", "n": 5, "when": "2024-01-31T23:30:00Z", "ip": "10.0.0.1"},
    {"k": ["a", "b"], "n": [1, 9], "when": "2024-02-01"},
    {"n": -7},
]
MAPPING = {"k": "keyword", "n": "long", "when": "date", "ip": "ip", "b": "boolean"}

HITS: list[tuple[str, list[int]]] = [
    ('CASE(n > 0, "p", "q") == "q"', [1, 2]),
    ('CASE(k == "Foo", true)', [0]),
    ("GREATEST(n, 0) == 5", [0]),
    ("n / 2 == 2", [0]),
    ("n % 4 == -3", [2]),
    ("n / 0 IS NULL", [0, 1, 2]),
    ("n * 9223372036854775807 IS NULL", [0, 1, 2]),
    ('DATE_EXTRACT("month_of_year", when) == 2', [1]),
    ("DATE_TRUNC(1 month, when) == \"2024-01-01\"", [0]),
    ('when + 1 month == "2024-02-29T23:30:00Z"', [0]),
    ('DATE_DIFF("hours", when, "2024-02-01") == 0', [0, 1]),
    ('DATE_FORMAT("yyyy-MM", when) == "2024-02"', [1]),
    ("MV_COUNT(n) == 2", [1]),
    ("MV_SUM(n) == 10", [1]),
    ('MV_CONCAT(MV_SORT(k, "desc"), "") == "ba"', [1]),
    ('TO_STRING(ip) == "10.0.0.1"', [0]),
    ('SUBSTRING(k, -2) == "oo"', [0]),
    ('LEFT(k, 2) == "Fo" AND RIGHT(k, 1) == "o"', [0]),
    ('REPLACE(k, "(o+)", "<$1>") == "F<oo>"', [0]),
    ("b IS NULL", [0, 1, 2]),
    ("TO_INTEGER(\"4.5\") == n", [0]),
    ("REPEAT(k, 1000000000) IS NULL", [0, 1, 2]),
    ("ip : \"10.0.0.0/8\"", [0]),
    ("n : \"5\" OR n : \"x\"", [0]),
]  # fmt: skip


@pytest.mark.parametrize(("test", "hits"), HITS)
def test_functions(test: str, hits: list[int]) -> None:
    """Functions give what Elasticsearch's reference says of them."""
    assert evaluate(f"FROM logs | WHERE {test}", MAPPING, DOCS) == hits


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ("FROM logs | WHERE CONCAT(k)", "type"),
        ("FROM logs | WHERE k", "type"),
        ("FROM logs | WHERE nope(k)", "type"),
        ("FROM logs | WHERE n > true", "type"),
        ("FROM logs | WHERE n + k > 1", "type"),
        ("FROM logs | WHERE b > true", "type"),
        ("FROM logs | WHERE MV_CONTAINS(n, 5)", "type"),
        ("FROM logs | KEEP nope", "unknown_column"),
        ("FROM logs | KEEP k | WHERE n > 1", "unknown_column"),
        ("FROM logs METADATA nope", "other"),
        ('FROM logs | EVAL x = 1 | WHERE QSTR("k:a")', "other"),
    ],
)
def test_errors(query: str, kind: str) -> None:
    """What the engine refuses is an error of its kind."""
    with pytest.raises(QueryError) as caught:
        table(query, MAPPING, DOCS)
    assert caught.value.kind == kind


@pytest.mark.parametrize(
    "query",
    [
        'FROM logs | GROK k "%{WORD:w}"',
        "FROM logs | INLINE STATS c = COUNT(*) BY k",
        "FROM logs | WHERE SIN(n) > 1",
        'FROM logs | WHERE k == "a" OR null',
        "ROW a = 1",
    ],
)
def test_refusals(query: str) -> None:
    """What is not held is refused by name."""
    with pytest.raises(Unsupported, match=r"ES\|QL: .*(not held|no documents)"):
        evaluate(query, MAPPING, DOCS)


def test_tables() -> None:
    """Commands change columns and rows as Elasticsearch's reference says."""
    row = table("ROW a = 1, b = [2, 3] | MV_EXPAND b | EVAL c = a + b | DROP a", {}, [])
    assert (row.columns, row.rows) == (("b", "c"), ((2, 3), (3, 4)))
    kept = table("FROM logs | KEEP n, *, k | SORT n DESC NULLS LAST | LIMIT 1", MAPPING, DOCS)
    assert kept.columns == ("n", "b", "ip", "when", "k")
    assert kept.rows == (([1, 9], None, None, "2024-02-01T00:00:00.000Z", ["a", "b"]),)
