"""Patterns of EQL as plans: `:`, `like`, `regex` and their forms without case.

A pattern without anything special is a plain comparison, `*` asks only for a value; against a
field that does not exist they differ (semantics: EQL 3, 4, 6).
"""

from __future__ import annotations

import re

from converter.languages.eql_folding import compare_constants
from converter.languages.eql_plan import Column, Fits, Has, Like, Plan, Whole
from converter.languages.lucene_regexp_match import regexp_matcher
from converter.languages.lucene_regexp_parse import regexp_test
from converter.errors import Unsupported
from converter.predicate import Equals, Glob, Pattern, Wildcard, tidy

_PIECE = re.compile(r"[*?]|[^*?]+")
_ESCAPED_PIECE = re.compile(r"\\(.)|([*?])|([^\\*?]+|\\)", re.DOTALL)
_EVERYTHING = (Wildcard.MANY,)


def glob(column: Column | str | None, text: str, cased: bool) -> Plan:
    """`column like text`; nothing can be escaped in it."""
    pieces = _PIECE.findall(text)
    pattern = tidy(Wildcard(piece) if piece in ("*", "?") else piece for piece in pieces)
    if pattern == _EVERYTHING:
        return _present(column)
    if not any(isinstance(piece, Wildcard) for piece in pattern):
        return exact(column, text) if cased else folded(column, text)
    if isinstance(column, Column):
        return Like(column, pattern, cased)
    return _constant(column, "a pattern")


def regexp(column: Column | str | None, text: str, cased: bool) -> Plan:
    """`column regex text`. Raises QueryError where Lucene refuses the expression."""
    regexp_matcher(text, cased)
    try:
        plain = regexp_test("", text)
    except Unsupported:
        plain = None
    if isinstance(plain, Glob) and plain.pattern == _EVERYTHING:
        return _present(column)
    if isinstance(plain, Equals) and plain.cased:
        return exact(column, str(plain.value)) if cased else folded(column, str(plain.value))
    if isinstance(column, Column):
        return Fits(column, text, cased)
    return _constant(column, "a regular expression")


def exact(column: Column | str | None, text: str) -> Plan:
    """`column == text`; false for a field that does not exist."""
    if isinstance(column, Column):
        return Whole(column, text)
    return False if column is None else compare_constants("==", column, text)


def folded(column: Column | str | None, value: object) -> Plan:
    """The same text without case; null for a field that does not exist."""
    if isinstance(column, Column) and isinstance(value, str):
        return Whole(column, value, False)
    if column is None or value is None:
        return None
    return str(column).lower() == str(value).lower()


def pattern_of_glob(text: str) -> Pattern:
    """Lucene's wildcards, in which a backslash frees the next character."""
    found = _ESCAPED_PIECE.findall(text)
    return tidy(Wildcard(wild) if wild else freed or plain for freed, wild, plain in found)


def _present(column: Column | str | None) -> Plan:
    return Has(column) if isinstance(column, Column) else column is not None


def _constant(column: str | None, what: str) -> None:
    if column is not None:
        raise Unsupported(f"EQL: {what} against a literal", next_step="compare a field")
