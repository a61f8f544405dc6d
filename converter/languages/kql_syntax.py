"""KQL text as a tree, by the grammar in kql.lark.

Source: Elasticsearch's own grammar of KQL (semantics: KQL 1-3). Kibana's parser differs: there
`and` binds tighter than `or`, and an escape in a value with wildcards keeps its meaning.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal, cast

from lark import Lark, Token, Transformer, v_args
from lark.exceptions import UnexpectedInput
from lark.lark import PostLex

from converter.errors import QueryError
from converter.languages.grammars import grammar, grammar_text
from converter.predicate import Pattern, Wildcard, tidy

Operator = Literal["and", "or"]
_ESCAPE = re.compile(r"\\(and|or|not|u[0-9a-f]{4}|.)", re.IGNORECASE | re.DOTALL)
_PIECE = re.compile(r"(\\(?:and|or|not|u[0-9a-f]{4}|.))|(\*)|([^\\*]+|\\)", re.I | re.DOTALL)
_QUOTED_ESCAPE = re.compile(r"\\(u[0-9a-f]{4}|.)", re.IGNORECASE | re.DOTALL)
_QUOTED = r'/"(?:\\\x22|[^\x22])*"/'
_QUOTED_IN_KIBANA = r'/"(?:\\.|[^\x22\\])*"/s'
_CONTROLS = {"t": "\t", "n": "\n", "r": "\r"}
_WILD = re.compile(r"[^\\]*\*")


@dataclass(frozen=True, slots=True)
class Literally:
    """One value. `text` as Elasticsearch frees it of escapes, `pattern` as Kibana does.

    `wild`: Elasticsearch sees a wildcard. `star`: it is a single bare star.
    """

    text: str
    pattern: Pattern
    quoted: bool = False
    wild: bool = False
    star: bool = False


@dataclass(frozen=True, slots=True)
class Negation:
    """What does not fit."""

    of: Node


@dataclass(frozen=True, slots=True)
class Chain:
    """Parts with an operator between each two, in the order of the text."""

    parts: tuple[Node, ...]
    operators: tuple[Operator, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """A field and the value or values it shall have; the field None stands for all fields."""

    field: Literally | None
    value: Node


@dataclass(frozen=True, slots=True)
class Range:
    """A field compared with a value."""

    field: Literally
    op: Literal["<", "<=", ">", ">="]
    value: Literally


@dataclass(frozen=True, slots=True)
class Nested:
    """A query on the objects of a nested field."""

    field: Literally
    query: Node


Node = Literally | Negation | Chain | Asked | Range | Nested


def parse_query(text: str, kibana: bool = False) -> Node | None:
    """The query as a tree, None where it is empty. Raises QueryError (parse).

    `kibana`: a backslash before the closing quote can itself be escaped; to Elasticsearch such a
    quote goes on, where another one follows.
    """
    try:
        node = cast("Node | None", _grammar(kibana).parse(text))
    except UnexpectedInput as error:
        raise _broken(text, getattr(error, "pos_in_stream", None)) from None
    except RecursionError:
        raise QueryError("KQL: the query is nested too deeply") from None
    return node


def _broken(text: str, place: int | None) -> QueryError:
    at = len(text) if place is None or not 0 <= place < len(text) else place
    line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
    found = f"{text[at : at + 10]!r} is not expected" if text[at:] else "the query ends too early"
    what = f"KQL: line {line}, column {column}: {found}"
    return QueryError(what, next_step="quote what is meant literally")


@cache
def _grammar(kibana: bool) -> Lark:
    source = grammar_text("kql")
    if kibana:
        source = source.replace(_QUOTED, _QUOTED_IN_KIBANA)
    return grammar(source, _Build(visit_tokens=False), _Keywords(), lexer="basic")


class _Keywords(PostLex):
    """Tells `and`, `or` and `not` that are words of a value from the operators."""

    def __init__(self) -> None:
        self.always_accept = ()

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        tokens = list(stream)
        before = ""
        for number, token in enumerate(tokens):
            after = tokens[number + 1].type if number + 1 < len(tokens) else ""
            is_key = token.type in ("AND", "OR", "NOT") and _is_word(token.type, before, after)
            told = Token.new_borrow_pos("KEYWORD", token, token) if is_key else token
            before = told.type
            yield told


_RUN = frozenset({"LITERAL", "WILDCARD", "KEYWORD"})
_ENDS = _RUN | {"QUOTED", "RPAR", "RBRACE"}
_STARTS = frozenset({"LITERAL", "WILDCARD", "QUOTED", "LPAR", "NOT"})


def _is_word(kind: str, before: str, after: str) -> bool:
    """Whether a keyword is a word: where no operand stands before it, or none follows."""
    if kind == "NOT":
        return before in _RUN or after not in _STARTS | {"AND", "OR"}
    return before not in _ENDS or after not in _STARTS


@v_args(inline=True)
class _Build(Transformer[Token, "Node | None"]):
    """The parse tree as the tree of this module, bottom-up."""

    def start(self, node: Node | None = None) -> Node | None:
        return node

    def query(self, *parts: Node | Token) -> Node:
        nodes = tuple(part for part in parts if not isinstance(part, Token))
        operators = tuple(_operator(part) for part in parts if isinstance(part, Token))
        return Chain(nodes, operators) if operators else nodes[0]

    values = query

    def negation(self, _sign: Token, node: Node) -> Node:
        return Negation(node)

    def nested(self, field: Literally, query: Node) -> Node:
        return Nested(field, query)

    def asked(self, field: Literally, value: Node) -> Node:
        return Asked(field, value)

    def unfielded(self, value: Node) -> Node:
        return Asked(None, value)

    def range(self, field: Literally, op: Token, value: Literally) -> Node:
        sign: Literal["<", "<=", ">", ">="] = "<" if op == "<" else ">"
        if len(op) == 2:
            sign = "<=" if op == "<=" else ">="
        return Range(field, sign, value)

    def literal(self, *tokens: Token) -> Literally:
        if tokens[0].type == "QUOTED":
            text = _unquoted(tokens[0])
            return Literally(text, (text,), quoted=True)
        pattern = [piece for token in tokens for piece in (" ", *_pieces(token))][1:]
        return Literally(
            " ".join(map(_freed, tokens)),
            tidy(pattern),
            wild=any(token.type == "WILDCARD" or _WILD.match(token) for token in tokens),
            star=len(tokens) == 1 and tokens[0].type == "WILDCARD",
        )

    field = literal
    bound = literal


def _operator(token: Token) -> Operator:
    return "and" if token.type == "AND" else "or"


def _freed(text: str) -> str:
    """An unquoted word without its escapes; the backslash before a blank stays (observed)."""
    return _ESCAPE.sub(lambda match: _char(match[1], " "), text)


def _unquoted(token: str) -> str:
    """A quoted text without its escapes; unknown ones stay."""
    return _QUOTED_ESCAPE.sub(lambda match: _char(match[1], None), token[1:-1])


def _char(escaped: str, kept: str | None) -> str:
    """What an escape stands for, as it is where it is `kept`; None keeps all but quotes."""
    if len(escaped) == 5:
        code = int(escaped[1:], 16)
        if 0xD800 <= code <= 0xDFFF:
            raise QueryError(f"KQL: \\{escaped} is half a character", next_step="write the whole")
        return chr(code)
    if escaped in _CONTROLS:
        return _CONTROLS[escaped]
    stays = escaped == kept if kept is not None else escaped not in '"\\'
    return "\\" + escaped if stays else escaped


def _pieces(token: str) -> list[str | Wildcard]:
    """An unquoted word as a pattern: bare stars are wildcards, escapes stand for themselves."""
    return [
        Wildcard.MANY if star else plain or _ESCAPE.sub(lambda match: _char(match[1], ""), escape)
        for escape, star, plain in _PIECE.findall(token)
    ]
