"""KQL finds what Elasticsearch's own KQL finds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from converter.errors import QueryError, Unsupported
from converter.languages.kql_engine import evaluate

CASES = Path(__file__).parent / "conformance" / "kql.ndjson"
INDICES = [orjson.loads(line) for line in CASES.read_bytes().splitlines()]
TOPICS = [(topic, index) for index in INDICES for topic in index["topics"]]
Found = list[int] | str


def answer(query: str, index: dict[str, Any]) -> Found:
    try:
        return evaluate(query, index["mapping"], index["docs"], index.get("params"))
    except QueryError:
        return "error"


@pytest.mark.parametrize(("topic", "index"), TOPICS, ids=[topic for topic, _ in TOPICS])
def test_the_engine_answers_as_elasticsearch(topic: str, index: dict[str, Any]) -> None:
    """Every query of a topic finds the observed documents, or fails where it was observed to."""
    wanted = {case["q"]: case.get("hits", "error") for case in index["topics"][topic]}
    assert {query: answer(query, index) for query in wanted} == wanted


def test_nested_objects_are_refused_by_name() -> None:
    """A query on nested objects is unsupported; on any other field it is an error."""
    with pytest.raises(Unsupported, match="nested"):
        evaluate("f: {a: x}", {"f": "nested"}, [])
    with pytest.raises(QueryError, match="no nested field"):
        evaluate("f: {a: x}", {"f": "keyword"}, [])


@pytest.mark.parametrize("query", ["a: (", "a: \\x", "a: b)", "a: {b: c", '"', "a <"])
def test_bad_queries_say_where(query: str) -> None:
    """What Elasticsearch cannot read is a QueryError that speaks of KQL."""
    with pytest.raises(QueryError, match="KQL: line 1"):
        evaluate(query, {"a": "keyword"}, [])
