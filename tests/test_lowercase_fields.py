"""Fields that keep lower case: what each engine finds there, and what its queries mean."""

from __future__ import annotations

from typing import Any

import pytest

from converter import predicate as p
from converter.errors import Unsupported
from converter.languages import (
    eql_engine,
    eql_meaning,
    esql_engine,
    esql_meaning,
    kql_engine,
    kql_meaning,
    lucene_engine,
    lucene_meaning,
)
from converter.matcher import compile_predicate
from converter.pipelines import Facts

ENGINES: dict[str, Any] = {
    "eql": (eql_engine, eql_meaning),
    "esql": (esql_engine, esql_meaning),
    "kql": (kql_engine, kql_meaning),
    "lucene": (lucene_engine, lucene_meaning),
}
TEXTS = ("C:\\Tools\\A.exe", "c:\\tools\\a.exe", "A.EXE", "b.exe", "ÄB", "äb", "-", "")
TIME = {"@timestamp": "2026-01-01T00:00:00Z"}
DOCS: list[dict[str, Any]] = [*(TIME | {"f": text} for text in TEXTS), TIME]
MAPPING = {"@timestamp": "date", "f": "lowercase"}
QUERIES = [
    ("eql", 'any where f == "a.exe"'),
    ("eql", 'any where f : "A.exe"'),
    ("eql", 'any where f like ("*\\\\A.exe", "b*")'),
    ("eql", 'any where f in ("äb", "-")'),
    ("eql", 'any where f like "äb*"'),
    ("eql", 'any where not f regex ".*[aA]\\\\.exe"'),
    ("esql", 'FROM x METADATA _id | WHERE f == "a.exe"'),
    ("esql", 'FROM x METADATA _id | WHERE f LIKE ("*\\\\\\\\a.exe", "b*")'),
    ("esql", 'FROM x METADATA _id | WHERE NOT COALESCE(f IN ("äb", "-"), false)'),
    ("esql", 'FROM x METADATA _id | WHERE TO_LOWER(f) == "a.exe"'),
    ("kql", 'f: "A.exe"'),
    ("kql", "f: *tools*"),
    ("lucene", "f:a.exe"),
    ("lucene", 'f:("A.EXE" OR "äb")'),
    ("lucene", "f:*\\\\A.exe"),
    ("lucene", "NOT f:/.*[aA]\\.exe/"),
    ("lucene", "_exists_:f"),
]


def facts(name: str) -> Facts:
    """Every field keeps lower case."""
    return Facts(name, "lowercase")


@pytest.mark.parametrize(("language", "query"), QUERIES, ids=[query for _, query in QUERIES])
def test_the_engine_finds_what_the_predicate_says(language: str, query: str) -> None:
    """What a query means, asked of the events as they came, is what the engine finds."""
    engine, meaning = ENGINES[language]
    matches = compile_predicate(meaning.parse(query, facts))
    wanted = [number for number, doc in enumerate(DOCS) if matches(doc)]
    assert sorted(engine.evaluate(query, MAPPING, DOCS)) == wanted
    assert 0 < len(wanted) < len(DOCS)


def test_a_text_finds_any_case() -> None:
    """A term without capitals stands for all spellings of it."""
    wanted = p.Equals("f", "a.exe")
    assert lucene_meaning.parse("f:a.exe", facts) == wanted
    assert eql_meaning.parse('any where f == "a.exe"', facts) == wanted


def test_capitals_in_esql_are_refused() -> None:
    """Whether ES|QL finds them there depends on where the comparison runs."""
    with pytest.raises(Unsupported, match="capitals"):
        esql_meaning.parse('FROM x | WHERE f == "A.exe"', facts)
