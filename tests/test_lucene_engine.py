"""Lucene query_string finds what Elasticsearch finds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from converter.errors import QueryError
from converter.languages.lucene_engine import evaluate

CASES = Path(__file__).parent / "conformance" / "lucene.ndjson"
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


DOCS = [{"t": "the quick brown fox"}, {"t": ["brown", "quick"]}, {"f": {"a": "ba", "c": "xa"}}, {}]
MAPPING = {"t": "text", "f": "flattened", "k": "keyword", "w": "wildcard", "n": "long"}


@pytest.mark.parametrize(
    ("query", "hits"),
    [
        ('t:"quick fox"', []),
        ('t:"quick fox"~1', [0]),
        ('t:"fox quick"~2', []),
        ('t:"brown quick"~2', [0]),
        ('t:"brown quick"', []),
        ("t:quik~", [0, 1]),
        ("t:quikc~1", [0, 1]),
        ("t:qui~1", []),
        ("f.a:*a", [2]),
        ("f.z:*a", [2]),
        ("f.z:a*xa", []),
        ("f.z:c*xa", [2]),
        ('NOT t:"."', []),
        ("k:x OR (NOT _exists_:t)", [2, 3]),
        ("n:/5/ OR t:fox", [0]),
    ],
)
def test_further_queries(query: str, hits: list[int]) -> None:
    """Phrases with slop, edits and flattened wildcards follow Lucene's definitions."""
    assert evaluate(query, MAPPING, DOCS) == hits


@pytest.mark.parametrize(
    "query", ["a:(", "a:[x]", "a AND", '"', "a:\\u12", "a:b^", "/a", "_exists_:\\*"]
)
def test_bad_queries_say_where(query: str) -> None:
    """What Elasticsearch cannot read is a QueryError that speaks of Lucene."""
    with pytest.raises(QueryError, match="Lucene"):
        evaluate(query, MAPPING, DOCS)


@pytest.mark.parametrize("regexp", ["(.*a){300}", ".*a" + "." * 20])
def test_expressions_beyond_lucenes_limits_find_nothing(regexp: str) -> None:
    """What Lucene gives up on finds nothing, and is an error where types are taken strictly."""
    assert evaluate(f"k:/{regexp}/", MAPPING, [{"k": "a" * 300}]) == []
    with pytest.raises(QueryError, match="too many states"):
        evaluate(f"k:/{regexp}/", MAPPING, [], {"lenient": False})


def test_ranges_can_be_asked_of_all_fields() -> None:
    """A range without a field looks at every field."""
    assert evaluate(">r", {"k": "keyword", "n": "long"}, [{"k": "q"}, {"k": "s"}, {"n": 5}]) == [1]
