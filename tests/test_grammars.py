"""Parse tables kept for later runs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from converter.languages import grammars, spl_syntax
from converter.languages.eql_syntax import parse_query as eql
from converter.languages.esql_syntax import parse_query as esql
from converter.languages.kql_syntax import parse_query as kql
from converter.languages.lucene_syntax import parse_query as lucene

QUERIES: dict[str, tuple[Callable[..., object], str]] = {
    "eql": (eql, 'any where a == "x" and not b : ("c*", "d")'),
    "esql": (esql, 'FROM x | WHERE a == "x" AND NOT COALESCE(b LIKE "c*", false)'),
    "kql": (kql, 'a: "x" and not b: (c* or d)'),
    "lucene": (lucene, "a:x AND NOT b:(c* OR d) AND e:/f.*/"),
    "spl": (spl_syntax.read, 'a="x" NOT b IN ("c*", "d") | where like(e, "f%")'),
}


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(grammars, "_KNOWN", {})
    _forget()
    yield
    _forget()


def _forget() -> None:
    for module in ("eql", "esql", "kql", "lucene", "spl"):
        syntax = __import__(f"converter.languages.{module}_syntax", fromlist=["_"])
        (syntax._parser if module == "spl" else syntax._grammar).cache_clear()


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize("name", QUERIES)
def test_a_kept_table_reads_as_one_worked_out(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A parser from a table that went through JSON gives the tree that a new one gives."""
    parse, query = QUERIES[name]
    first = parse(query)
    kept = json.loads(json.dumps(grammars.tables()))
    assert len(kept) >= 1
    monkeypatch.setattr(grammars, "_KNOWN", {})
    monkeypatch.setattr(grammars, "Lark", _OnlyRevived)
    _forget()
    grammars.preload(kept)
    assert repr(parse(query)) == repr(first)


class _OnlyRevived:
    """Lark, but working out a table is an error."""

    _load_from_dict = staticmethod(grammars.Lark._load_from_dict)  # type: ignore[no-untyped-call]

    def __init__(self, *_: object, **__: object) -> None:
        raise AssertionError("the table was worked out anew")


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize("broken", [None, {}, {"data": {}, "memo": {}}, [1], "x"])
def test_a_broken_table_is_worked_out_anew(broken: object) -> None:
    """Whatever a cache holds in the place of a table, the query is read, and the table mended."""
    parse, query = QUERIES["eql"]
    first = parse(query)
    keys = list(grammars.tables())
    grammars.preload(dict.fromkeys(keys, broken))
    _forget()
    assert repr(parse(query)) == repr(first)
    assert all(grammars.tables()[key] != broken for key in keys)
