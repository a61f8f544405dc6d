"""Lucene query_string over documents: what Elasticsearch finds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from converter.languages.elastic_dates import NOW
from converter.languages.elastic_queries import Queries
from converter.languages.lucene_build import Builder
from converter.languages.lucene_syntax import parse_query


def evaluate(
    text: str,
    mapping: Mapping[str, str],
    docs: Sequence[Mapping[str, Any]],
    params: Mapping[str, Any] | None = None,
    now: int = NOW,
) -> list[int]:
    """The numbers of the documents that the query finds, in order.

    `mapping` as elastic_index takes it; `params` are query_string's `lenient`, `default_operator`
    and `analyze_wildcard`; `now` is in milliseconds since 1970. Raises QueryError as
    Elasticsearch does.
    """
    said = params or {}
    queries = Queries(mapping, docs, now)
    builder = Builder(
        queries,
        every=said.get("default_operator", "OR").upper() == "AND",
        lenient=bool(said.get("lenient", True)),
        analyze_wildcard=bool(said.get("analyze_wildcard", False)),
    )
    return queries.numbers(builder.query(parse_query(text)))
