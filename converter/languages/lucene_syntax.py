"""Lucene query_string text as a tree of clauses, by the grammar in lucene.lark.

Source: Lucene's classic query parser, as Elasticsearch's query_string uses it (semantics: Lucene).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal, cast

from lark import Lark, Token, Transformer, v_args
from lark.exceptions import UnexpectedInput

from converter.errors import QueryError
from converter.languages.grammars import grammar, grammar_text

Kind = Literal["text", "prefix", "wildcard", "regexp", "fuzzy", "phrase"]
Joint = Literal["", "AND", "OR"]
Mark = Literal["", "+", "-"]
_UNICODE = re.compile(r"[0-9A-Fa-f]{4}")


@dataclass(frozen=True, slots=True)
class Word:
    """One term without a range. `text` is freed of escapes, but for wildcards and regexps."""

    kind: Kind
    text: str
    fuzzy: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """A range; an end that is None is open."""

    low: str | None
    high: str | None
    with_low: bool
    with_high: bool


@dataclass(frozen=True, slots=True)
class Group:
    """Clauses in parentheses, or the whole query."""

    clauses: tuple[Clause, ...]


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause: the word before it, its mark, its field, and what is asked."""

    body: Word | Span | Group
    field: str | None = None
    joint: Joint = ""
    mark: Mark = ""
    bare: bool = False

    @property
    def is_star(self) -> bool:
        """Whether the clause begins with a star that stands alone."""
        bare = self.field is None and self.body == Word("wildcard", "*")
        return not self.joint and not self.mark and (self.field == "*" or bare)


def parse_query(text: str) -> Group:
    """The query as a tree; a query of blanks has no clauses. Raises QueryError (parse)."""
    if not text.strip("".join(map(chr, range(33)))):
        return Group(())
    try:
        group = cast(Group, _grammar().parse(text))
    except UnexpectedInput as error:
        raise broken(text, getattr(error, "pos_in_stream", None)) from None
    except RecursionError:
        raise QueryError("Lucene: the query is nested too deeply") from None
    return group


def broken(text: str, place: int | None) -> QueryError:
    """The error that the query cannot be read further than a place."""
    ends = place is None or not 0 <= place < len(text)
    place = len(text) if ends or place is None else place
    line, column = text.count("\n", 0, place) + 1, place - text.rfind("\n", 0, place)
    found = "the query ends too early" if ends else f"{text[place : place + 10]!r} is not expected"
    what = f"Lucene: line {line}, column {column}: {found}"
    return QueryError(what, next_step="quote or escape what is meant literally")


@cache
def _grammar() -> Lark:
    return grammar(grammar_text("lucene"), _Build(visit_tokens=False))


def unescape(text: str) -> str:
    """The text without its escapes. Raises QueryError where one is cut short."""
    out: list[str] = []
    place = 0
    while place < len(text):
        char = text[place]
        place += 1
        if char == "\\":
            if place == len(text):
                raise QueryError("Lucene: a backslash at the end", next_step="double it")
            char = text[place]
            place += 1
            if char == "u":
                if not _UNICODE.match(text, place):
                    what = f"Lucene: \\u needs four hexadecimal digits in {text!r}"
                    raise QueryError(what, next_step="write them, or double the backslash")
                char = chr(int(text[place : place + 4], 16))
                place += 4
        out.append(char)
    return "".join(out)


@v_args(inline=True)
class _Build(Transformer[Token, Group]):
    """The parse tree as the tree of this module, bottom-up."""

    def start(self, group: Group) -> Group:
        return group

    def query(self, *clauses: Clause) -> Group:
        return Group(clauses)

    def modifier(self, token: Token) -> Token:
        return token

    def clause(self, *parts: Token | Clause) -> Clause:
        marks = {part.type for part in parts if isinstance(part, Token)}
        body = next(part for part in parts if isinstance(part, Clause))
        joint: Joint = "AND" if "AND" in marks else "OR" if "OR" in marks else ""
        mark: Mark = "+" if "PLUS" in marks else "-" if marks & {"MINUS", "NOT"} else ""
        return replace(body, joint=joint, mark=mark, bare=body.bare and not marks)

    def field(self, token: Token) -> str:
        return unescape(token)

    def group(self, *parts: str | Group) -> Clause:
        field = parts[0] if isinstance(parts[0], str) else None
        return next(Clause(part, field) for part in parts if isinstance(part, Group))

    def plain(self, *parts: str | Clause) -> Clause:
        clause = parts[-1]
        assert isinstance(clause, Clause)
        if len(parts) == 1:
            return clause
        return replace(clause, field=str(parts[0]), bare=False)

    def word(self, token: Token, suffix: str | None = None) -> Clause:
        if token.type == "TERM" and suffix:
            return Clause(Word("fuzzy", unescape(token), suffix))
        return Clause(_word(token), bare=token.type == "TERM" and suffix is None)

    def quoted(self, token: Token, suffix: str = "") -> Clause:
        return Clause(Word("phrase", unescape(token[1:-1]), suffix))

    def suffix(self, *parts: Token) -> str:
        return next((str(part) for part in parts if part.type == "FUZZY"), "")

    def bound(self, token: Token) -> Token:
        return token

    def range(self, *parts: Token) -> Clause:
        opening, low, _, high, closing = parts[:5]
        return Clause(Span(_bound(low), _bound(high), opening == "[", closing == "]"))


def _word(token: Token) -> Word:
    if token.type == "REGEXP":
        return Word("regexp", token[1:-1])
    if token.type == "PREFIX":
        return Word("prefix", unescape(token[:-1]))
    if token.type in ("STAR", "WILD"):
        return Word("wildcard", str(token))
    return Word("text", token[0] if token.type == "BARE" else unescape(token))


def _bound(token: Token) -> str | None:
    text = unescape(token[1:-1] if token.type == "RANGE_QUOTED" else token)
    return None if text == "*" else text
