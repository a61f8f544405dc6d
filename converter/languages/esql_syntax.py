"""ES|QL text to its tree (esql_tree), by the grammar in esql.lark.

Sources: Elasticsearch's reference of ES|QL syntax; semantics: ES|QL 5, 7; what a node answers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import cast

from lark import Lark
from lark.exceptions import UnexpectedEOF, UnexpectedInput, VisitError

from converter import predicate as p
from converter.errors import QueryError
from converter.languages import esql_tree as t
from converter.languages.esql_build import Build, NamingBuild
from converter.languages.grammars import grammar, grammar_text

_Parsed = tuple[t.Query, tuple[int, ...]]
_LIKE = re.compile(r"(?:\\[\\*?]|[^\\])*", re.DOTALL)
_LIKE_PIECE = re.compile(r"\\(.)|([*?])|([^\\*?]+)", re.DOTALL)


def parse_query(text: str) -> t.Query:
    """The query as a tree. Raises QueryError (kind parse) with line and column."""
    try:
        query, pipes = cast(_Parsed, _grammar().parse(text))
        if any(not field.name for field in _fields(query)):
            query, pipes = cast(_Parsed, NamingBuild(text).transform(_places().parse(text)))
    except UnexpectedEOF as error:
        raise broken("the query ends too early") from error
    except UnexpectedInput as error:
        found = str(getattr(error, "token", None) or getattr(error, "char", "") or "the end")
        what = f"{found!r} is not expected here" if found else "the query ends too early"
        raise broken(what, (error.line, error.column)) from error
    except VisitError as error:
        if isinstance(error.orig_exc, QueryError):
            raise error.orig_exc from None
        raise
    except RecursionError:
        raise broken("the query is nested too deeply") from None
    return replace(query, tails=tuple(text[end:].strip() for end in pipes))


def _fields(query: t.Query) -> Iterator[t.Field]:
    for command in (query.source, *query.commands):
        if isinstance(command, t.Row | t.Eval):
            yield from command.fields
        elif isinstance(command, t.Stats):
            yield from command.by
            yield from (part.field for part in command.aggregates)


def broken(what: str, place: t.Place = t.NOWHERE) -> QueryError:
    """An error of kind parse at a place of the query."""
    at = f"line {place[0]}, column {place[1]}: " if place[0] > 0 else ""
    return QueryError(f"ES|QL: {at}{what}", next_step="mend the query there")


@cache
def _grammar() -> Lark:
    return grammar(grammar_text("esql"), Build(), maybe_placeholders=True)


@cache
def _places() -> Lark:
    return grammar(grammar_text("esql"), maybe_placeholders=True, propagate_positions=True)


def like_pattern(text: str) -> p.Pattern:
    """LIKE's pattern: `*` and `?` are wildcards, a backslash frees them and itself.

    Raises QueryError where a backslash stands before anything else (semantics: ES|QL 5).
    """
    if not _LIKE.fullmatch(text):
        raise broken(f"LIKE {text!r}: a backslash must stand before *, ? or another backslash")
    pieces: list[str | p.Wildcard] = []
    for escaped, wildcard, plain in _LIKE_PIECE.findall(text):
        pieces.append(p.Wildcard(wildcard) if wildcard else escaped or plain)
    return p.tidy(pieces)
