"""Lucene's regular expressions, which match whole values, read into a tree.

Source: Lucene's RegExp with all its optional operators; semantics: Lucene 7, EQL 6, ES|QL 6.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import cast

from lark import Lark, Token, Transformer, v_args
from lark.exceptions import UnexpectedInput

from converter.errors import QueryError
from converter.languages.grammars import grammar, grammar_text
from converter.regexps.tree import Chars, Dot, Span, cases

_LAST = 0x10FFFF
_NAMED: dict[str, tuple[Span, ...]] = {
    "d": ((48, 57),),
    "s": ((9, 10), (13, 13), (32, 32)),
    "w": ((48, 57), (65, 90), (95, 95), (97, 122)),
}
_IN_CLASS = re.compile(r"\\[dDwWsS\\]|(?:\\.|[^\\])(?:-(?:\\.|[^\\]))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Complement:
    """Any text that the body is not."""

    body: Part


@dataclass(frozen=True, slots=True)
class Both:
    """Text that fits all parts."""

    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """Parts in order; none is the empty text."""

    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """Text that fits one of the parts; none fits nothing."""

    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Times:
    """The body so many times; `high` None is without end."""

    body: Part
    low: int
    high: int | None


Part = Chars | Dot | Complement | Both | Run | Either | Times


def parse_regexp(regexp: str, cased: bool = True) -> Part:
    """The tree of a regular expression. Raises QueryError (parse) where Lucene refuses it."""
    if not regexp:
        return Run(())
    try:
        part = cast(Part, _grammar(cased).parse(regexp))
    except UnexpectedInput as error:
        place = min(getattr(error, "pos_in_stream", None) or 0, len(regexp)) + 1
        what = f"the regular expression /{regexp}/ cannot be read at character {place}"
        raise QueryError(what, next_step="escape what is meant literally") from None
    except RecursionError:
        raise QueryError("the regular expression is nested too deeply") from None
    return part


def has_complement(regexp: str) -> bool:
    """Whether the operator `~` is used. Raises QueryError where Lucene refuses the expression."""
    return _holds_complement(parse_regexp(regexp))


def _holds_complement(part: Part) -> bool:
    if isinstance(part, Chars | Dot):
        return False
    if isinstance(part, Complement):
        return True
    inner = (part.body,) if isinstance(part, Times) else part.parts
    return any(map(_holds_complement, inner))


@cache
def _grammar(cased: bool) -> Lark:
    return grammar(grammar_text("lucene_regexp"), _Build(cased, visit_tokens=False))


@v_args(inline=True)
class _Build(Transformer[Token, Part]):
    """The parse tree as the tree of this module, bottom-up."""

    def __init__(self, cased: bool, visit_tokens: bool) -> None:
        super().__init__(visit_tokens)
        self.cased = cased

    def start(self, part: Part) -> Part:
        return part

    def union(self, *parts: Part) -> Part:
        return parts[0] if len(parts) == 1 else Either(parts)

    def inter(self, *parts: Part) -> Part:
        return parts[0] if len(parts) == 1 else Both(parts)

    def concat(self, *parts: Part) -> Part:
        return parts[0] if len(parts) == 1 else Run(parts)

    def complement(self, part: Part | Token) -> Part:
        return Complement(self._operand(part))

    def repeated(self, part: Part | Token, *bounds: tuple[int, int | None]) -> Part:
        out = self._operand(part)
        for low, high in bounds:
            out = Times(out, low, high)
        return out

    def _operand(self, part: Part | Token) -> Part:
        return self.char(part) if isinstance(part, Token) else part

    def any_char(self) -> Part:
        return Dot()

    def any_text(self) -> Part:
        return Times(Dot(), 0, None)

    def nothing(self) -> Part:
        return Either(())

    def empty(self) -> Part:
        return Run(())

    def string(self, token: Token) -> Part:
        return Run(tuple(self.char(char) for char in token[1:-1]))

    def interval(self, token: Token) -> Part:
        return _interval(*token[1:-1].split("-"))

    def char_class(self, token: Token) -> Part:
        negated = token.startswith("[^")
        items = _IN_CLASS.findall(token[1 + negated : -1])
        return Chars(tuple(span for item in items for span in self._spans(item)), negated)

    def _spans(self, item: str) -> tuple[Span, ...]:
        if item[0] == "\\" and item[1:] in _PREDEFINED:
            return _PREDEFINED[item[1:]]
        ends = re.fullmatch(r"\\?(.)(?:-\\?(.))?", item, re.DOTALL)
        low, high = (ends[1], ends[2] or ends[1]) if ends else (item[-1], item[-1])
        if low > high:
            raise QueryError(f"the range {item} in a regular expression runs backwards")
        return _folded(ord(low), ord(high), self.cased)

    def predefined(self, token: Token) -> Part:
        return Chars(_PREDEFINED[token[1]])

    def escaped(self, token: Token) -> Part:
        return self.char(token[1])

    def char(self, char: str) -> Part:
        return Chars(_folded(ord(char), ord(char), self.cased))

    def optional(self) -> tuple[int, int | None]:
        return 0, 1

    def star(self) -> tuple[int, int | None]:
        return 0, None

    def plus(self) -> tuple[int, int | None]:
        return 1, None

    def count(self, token: Token) -> tuple[int, int | None]:
        low, comma, high = token[1:-1].partition(",")
        return int(low), int(high) if high else None if comma else int(low)


def _folded(low: int, high: int, cased: bool) -> tuple[Span, ...]:
    if cased:
        return ((low, high),)
    forms = {ord(form) for code in range(low, min(high, 0x1E943) + 1) for form in cases(chr(code))}
    return ((low, high), *((form, form) for form in sorted(forms) if not low <= form <= high))


def _outside(spans: Iterable[Span]) -> tuple[Span, ...]:
    starts = [0, *(high + 1 for _, high in spans)]
    ends = [*(low - 1 for low, _ in spans), _LAST]
    return tuple((low, high) for low, high in zip(starts, ends, strict=True) if low <= high)


_PREDEFINED = {
    **_NAMED,
    **{name.upper(): _outside(spans) for name, spans in _NAMED.items()},
    "\\": ((92, 92),),
}


def _interval(first: str, last: str) -> Part:
    """Decimal numbers in a span: as many digits as both ends have, or with any leading zeros."""
    low, high = sorted((int(first), int(last)))
    if len(first) == len(last):
        return _digits(str(low).zfill(len(first)), str(high).zfill(len(first)))
    widths = range(len(str(low)), len(str(high)) + 1)
    ends = ((max(low, 10 ** (w - 1) if w > 1 else 0), min(high, 10**w - 1)) for w in widths)
    return Run(
        (Times(_digit("0", "0"), 0, None), Either(tuple(_digits(*map(str, e)) for e in ends)))
    )


def _digits(low: str, high: str) -> Part:
    """All texts of digits between two of one length."""
    if not low or low == high:
        return Run(tuple(_digit(char, char) for char in low))
    if low[0] == high[0]:
        return Run((_digit(low[0], low[0]), _digits(low[1:], high[1:])))
    rest = len(low) - 1
    options = [
        Run((_digit(low[0], low[0]), _digits(low[1:], "9" * rest))),
        Run((_digit(high[0], high[0]), _digits("0" * rest, high[1:]))),
    ]
    if int(high[0]) - int(low[0]) > 1:
        middle = _digit(str(int(low[0]) + 1), str(int(high[0]) - 1))
        options.append(Run((middle, Times(_digit("0", "9"), rest, rest))))
    return Either(tuple(options))


def _digit(low: str, high: str) -> Chars:
    return Chars(((ord(low), ord(high)),))
