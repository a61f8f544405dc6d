"""Patterns of EQL as plans: `:`, `like`, `regex` and their forms without case.

A pattern without anything special is a plain comparison, `*` asks only for a value; against a
field that does not exist they differ (semantics: EQL 3, 4, 6).
"""

from __future__ import annotations

import re

from converter.errors import QueryError, Unsupported
from converter.languages.eql_folding import compare_constants
from converter.languages.eql_plan import Column, Fits, Has, Like, Plan, Whole
from converter.languages.eql_regexps import has_complement, plain_test
from converter.predicate import Equals, Glob, Pattern, Predicate, Wildcard, tidy

Side = Column | str | None  # a field, or a literal or null where a field should be
_PIECE = re.compile(r"[*?]|[^*?]+")
_ESCAPED_PIECE = re.compile(r"\\(.)|([*?])|([^\\*?]+|\\)", re.DOTALL)
_EVERYTHING = (Wildcard.MANY,)


def wildcards(side: Side, text: str, _cased: bool) -> Plan:
    """`side : text`: a pattern where it holds a wildcard, else the same text without case."""
    return like(side, text, False) if "*" in text or "?" in text else folded(side, text)


def like(side: Side, text: str, cased: bool) -> Plan:
    """`side like text`; nothing can be escaped in it, and the empty pattern matches nothing."""
    pieces = _PIECE.findall(text)
    pattern = tidy(Wildcard(piece) if piece in ("*", "?") else piece for piece in pieces)
    if pattern == _EVERYTHING:
        return _present(side)
    if pattern and not any(isinstance(piece, Wildcard) for piece in pattern):
        return exact(side, text) if cased else folded(side, text)
    if isinstance(side, Column):
        return _like(side, pattern, cased) if pattern else False
    _refuse_literal(side)
    return None


def _like(column: Column, pattern: Pattern, cased: bool) -> Plan:
    """Fields of type wildcard take any `*` without text beside it for everything (observed)."""
    bare = all(isinstance(piece, Wildcard) for piece in pattern)
    if column.type == "wildcard" and bare and Wildcard.MANY in pattern:
        return Has(column)
    return Like(column, pattern, cased)


def regexp(side: Side, text: str, cased: bool) -> Plan:
    """`side regex text`. Raises QueryError where Lucene refuses the expression."""
    complement = has_complement(text)
    if complement and isinstance(side, Column) and side.type == "wildcard":
        what = f"EQL: {side.name} is of type wildcard and takes no ~ in a regular expression"
        raise QueryError.of("type", what, "escape it, or write the expression without it")
    plain = _plain(text)
    if isinstance(plain, Glob) and plain.pattern == _EVERYTHING:
        return _present(side)
    if isinstance(plain, Equals) and plain.cased:
        return exact(side, str(plain.value)) if cased else folded(side, str(plain.value))
    if isinstance(side, Column):
        return Fits(side, text, cased)
    _refuse_literal(side)
    return None


def _plain(text: str) -> Predicate | None:
    try:
        return plain_test(text)
    except Unsupported:
        return None


def exact(side: Side, text: str) -> Plan:
    """`side == text`; false for a field that does not exist."""
    if isinstance(side, Column):
        return Whole(side, text)
    return False if side is None else compare_constants("==", side, text)


def folded(side: Side, value: object) -> Plan:
    """The same text without case; null for a field that does not exist."""
    if isinstance(side, Column) and isinstance(value, str):
        return Whole(side, value, False)
    if side is None or value is None:
        return None
    return str(side).lower() == str(value).lower()


def pattern_of_glob(text: str) -> Pattern:
    """Lucene's wildcards, in which a backslash frees the next character."""
    found = _ESCAPED_PIECE.findall(text)
    return tidy(Wildcard(wild) if wild else freed or plain for freed, wild, plain in found)


def _present(side: Side) -> Plan:
    return Has(side) if isinstance(side, Column) else side is not None


def _refuse_literal(side: str | None) -> None:
    if side is not None:
        raise Unsupported("EQL: a pattern against a literal", next_step="compare a field")
