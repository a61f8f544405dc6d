"""EQL text to its tree (eql_tree), by the grammar in eql.lark.

Sources: Elasticsearch's reference of EQL syntax; semantics: EQL 4, 7, 8, 9, 11.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import cast

from lark import Lark
from lark.exceptions import UnexpectedInput

from converter.errors import QueryError
from converter.languages import eql_tree as t
from converter.languages.eql_build import Build
from converter.languages.grammars import grammar, grammar_text

_DEEPEST = 200  # tuples count as levels too


def parse_query(text: str) -> t.Query:
    """The query as a tree. Raises QueryError with line and column."""
    if not text.strip():
        raise QueryError.of("other", "EQL: the query is empty", "write a query")
    try:
        query = cast(t.Query, _grammar().parse(text))
    except UnexpectedInput as error:
        raise _unexpected(error) from None
    if _depth(query) > _DEEPEST:
        raise QueryError("EQL: the query is nested too deeply", next_step="write fewer levels")
    return query


def _depth(query: t.Query) -> int:
    """How many levels the tree has."""
    level: list[object] = [query]
    depth = 0
    while level:
        depth += 1
        level = [inner for node in level for inner in _inner(node)]
    return depth


def _inner(node: object) -> Iterable[object]:
    if isinstance(node, tuple):
        return node
    return [getattr(node, name) for name in getattr(node, "__slots__", ())]


def _unexpected(error: UnexpectedInput) -> QueryError:
    token = getattr(error, "token", None)
    if token is not None and token.type == "$END":
        return QueryError("EQL: the query ends too early", next_step="write its end")
    found = str(token if token is not None else getattr(error, "char", ""))
    what = f"EQL: line {error.line}, column {error.column}: {found!r} is not expected here"
    return QueryError(what, next_step="mend the query there")


@cache
def _grammar() -> Lark:
    return grammar(grammar_text("eql"), Build(), lexer="basic")
