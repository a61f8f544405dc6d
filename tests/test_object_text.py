"""Keys of an object sought in its text: a value of any signs is found behind its keys."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from converter import predicate as p
from converter.ingest.java_map import java_text
from converter.languages import LANGUAGES, eql_engine, esql_engine, lucene_engine
from converter.pipelines import Facts

ENGINES: dict[str, Any] = {
    "lucene": lucene_engine.evaluate,
    "eql": eql_engine.evaluate,
    "esql": esql_engine.evaluate,
}
MAPPING = {"whole": "keyword", "@timestamp": "date"}
KNOWN = {
    "o.a.b": Facts("o.a.b", "flattened", text="whole", key="a.b"),
    "whole": Facts("whole", "map_text"),
}
VALUES = st.text("aZ0\"'\\/*?[]{}()|&~#@<>^$.+-=: ,;`!%_", min_size=1, max_size=8)
MANY = p.Wildcard.MANY


def found(language: str, test: p.Test, objects: list[object]) -> list[int]:
    """Which of these objects the test of `o.a.b` finds, by their text."""
    query = LANGUAGES[language](lambda name: KNOWN.get(name, Facts(name))).emit(test)
    assert query.fidelity == "partial"
    docs = [{"whole": java_text(one)} for one in objects]
    return ENGINES[language](query.text.replace("FROM *", "FROM logs"), MAPPING, docs)


@pytest.mark.parametrize("language", ENGINES)
@settings(max_examples=100, deadline=None)
@given(value=VALUES)
def test_a_piece_of_any_value_is_found(language: str, value: str) -> None:
    """A value with signs of any language is found behind its keys, in any case and in lists."""
    assume("=" not in value)
    objects = [
        {"a": {"b": f"x{value}y"}, "z": 1},
        {"z": 1, "a": [{"c": 2}, {"b": ["q", value.swapcase()]}]},
        {"b": value},
        {"a": {"b": "x"}},
    ]
    assert found(language, p.Glob("o.a.b", (MANY, value, MANY)), objects)[:2] == [0, 1]
    assert 2 not in found(language, p.Glob("o.a.b", (MANY, value, MANY)), objects)


@settings(max_examples=100, deadline=None)
@given(value=VALUES)
def test_a_whole_value_is_found(value: str) -> None:
    """A whole value ends where the text of the object says that it does."""
    longer = value + "0"
    objects = [{"a": {"b": value}}, {"a": {"b": [longer, value]}, "z": 1}, {"a": {"b": longer}}]
    assert found("eql", p.Equals("o.a.b", value), objects) == [0, 1]


def test_a_key_that_is_there() -> None:
    """A key is there where its path is, and not where it stands elsewhere."""
    objects = [{"a": {"b": 1}}, {"a": {"c": 1}}, {"b": 1, "a": 2}, {"aa": {"b": 1}}]
    assert found("eql", p.Exists("o.a.b"), objects) == [0]
