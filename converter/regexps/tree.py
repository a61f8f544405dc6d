"""A Sigma regular expression as a small tree, read the RE2 way (semantics: Sigma, `|re`).

The standard library's own parser reads the pattern; RE2 spellings that it lacks are put into its
words first. `$` is the end of the text. Groups, names and laziness are gone from the tree: it says
which texts match, no more.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

from converter.casing import fold
from converter.errors import Unsupported
from converter.regexps.spelling import in_python_words, lacking

# The standard library's own parser of regular expressions, which has no public name.
_parser: Any = importlib.import_module("re._parser")

Span = tuple[int, int]

_LAST = 0x10FFFF
_LAST_CASED = 0x1E943


class Edge(Enum):
    """The start or the end of the text."""

    START = "^"
    END = "$"


@dataclass(frozen=True, slots=True)
class Chars:
    """One character inside these spans of code points, or outside of them all."""

    spans: tuple[Span, ...]
    negated: bool = False

    def holds(self, code: int) -> bool:
        """Whether the character with this code point fits."""
        return _within(code, self.spans) != self.negated


@dataclass(frozen=True, slots=True)
class Dot:
    """Any one character; `breaks` tells whether a line break is one of them."""

    breaks: bool = True


@dataclass(frozen=True, slots=True)
class Alt:
    """One of at least two options, none of them empty."""

    options: tuple[Items, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """The body so many times; `high` None is without end."""

    body: Items
    low: int
    high: int | None


Node = Chars | Dot | Alt | Repeat | Edge
Items = tuple[Node, ...]
_Tokens = Iterable[tuple[Any, Any]]


def choice(options: Iterable[Items]) -> Items:
    """One of these options, the empty one allowed, each kept once."""
    full = tuple(dict.fromkeys(options))
    some = tuple(option for option in full if option)
    if not some:
        return ()
    body: Items = some[0] if len(some) == 1 else (_one_of(some),)
    return body if len(some) == len(full) else (Repeat(body, 0, 1),)


def _one_of(options: tuple[Items, ...]) -> Node:
    singles = [o[0] for o in options if len(o) == 1 and isinstance(o[0], Chars)]
    if len(singles) < len(options) or any(one.negated for one in singles):
        return Alt(options)
    return Chars(_distinct(span for one in singles for span in one.spans))


def cases(char: str) -> str:
    """The character's lower-case and upper-case forms that fold to the same, each once."""
    folded = fold(char)
    forms = dict.fromkeys((char.lower(), char.upper(), char, folded))
    return "".join(form for form in forms if len(form) == 1 and fold(form) == folded)


def letter(char: str, cased: bool) -> Chars:
    """One character of text, with its other cases unless `cased`."""
    return Chars(tuple((ord(form), ord(form)) for form in (char if cased else cases(char))))


def read(pattern: str, flags: str = "") -> Items:
    """The tree of a pattern, with the flags "i", "m", "s"; raises Unsupported for what it lacks."""
    parsed = _parsed(pattern, flags)
    return _sequence(parsed.data, _known(parsed.state.flags))


def _parsed(pattern: str, flags: str) -> Any:
    if unknown := "".join(sorted(set(flags) - set("ims"))):
        raise lacking(f"flag {unknown}", "use the flags i, m and s only")
    bits = sum(int(re.RegexFlag[flag.upper()]) for flag in set(flags))
    try:
        return _parser.parse(in_python_words(pattern), bits)
    except re.error as error:
        reason = f"the regular expression cannot be read ({error.msg})"
        raise Unsupported(reason, next_step="write it in RE2 syntax") from None
    except OverflowError:
        raise lacking("repetition of that size") from None


def _known(flags: int) -> int:
    if flags & ~int(re.I | re.M | re.S | re.U):
        raise lacking("inline flags but i, m and s")
    return flags


def _sequence(tokens: _Tokens, flags: int) -> Items:
    return tuple(node for op, arg in tokens for node in _nodes(op.name, arg, flags))


def _nodes(name: str, arg: Any, flags: int) -> Items:
    if name in _READERS:
        return _READERS[name](arg, flags)
    raise lacking(_LACKING.get(name, name.lower().replace("_", " ")))


_LACKING = {
    "ASSERT": "look-around",
    "ASSERT_NOT": "look-around",
    "FAILURE": "look-around",
    "GROUPREF": "back-references",
    "GROUPREF_EXISTS": "conditional groups",
    "ATOMIC_GROUP": "atomic groups",
    "POSSESSIVE_REPEAT": "possessive quantifiers",
    "AT_BOUNDARY": r"word boundaries (\b)",
    "AT_NON_BOUNDARY": r"word boundaries (\B)",
}
_EDGES = {
    "AT_BEGINNING": Edge.START,
    "AT_BEGINNING_STRING": Edge.START,
    "AT_END": Edge.END,
    "AT_END_STRING": Edge.END,
}
_SPANS: dict[str, tuple[Span, ...]] = {
    "DIGIT": ((48, 57),),
    "SPACE": ((9, 13), (32, 32)),  # PCRE counts vertical tab in
    "WORD": ((48, 57), (65, 90), (95, 95), (97, 122)),
}


def _edge(arg: Any, flags: int) -> Items:
    if arg.name not in _EDGES:
        raise lacking(_LACKING[arg.name])
    if flags & re.M and not arg.name.endswith("_STRING"):
        raise lacking("anchors at line breaks (flag m)", r"use \A and \z, or leave out the flag m")
    return (_EDGES[arg.name],)


def _dot(_arg: Any, flags: int) -> Items:
    return (Dot(bool(flags & re.S)),)


def _literal(arg: int, flags: int) -> Items:
    return (letter(chr(arg), not flags & re.I),)


def _not_literal(arg: int, flags: int) -> Items:
    return (Chars(letter(chr(arg), not flags & re.I).spans, negated=True),)


def _branch(arg: Any, flags: int) -> Items:
    return choice(_sequence(option, flags) for option in arg[1])


def _group(arg: Any, flags: int) -> Items:
    _, added, removed, body = arg
    return _sequence(body, _known((flags | added) & ~removed))


def _repeat(arg: Any, flags: int) -> Items:
    low, high, tokens = int(arg[0]), arg[1], arg[2]
    body = _sequence(tokens, flags)
    if not body or high == 0:
        return ()
    if (low, high) == (1, 1):
        return body
    return (Repeat(body, low, None if high == _parser.MAXREPEAT else int(high)),)


def _set(members: list[tuple[Any, Any]], flags: int) -> Items:
    negated = members[0][0].name == "NEGATE"
    named = [(op.name, arg) for op, arg in members[negated:]]
    spans = [span for name, arg in named for span in _spans(name, arg, flags)]
    return _chars(_distinct(spans), negated)


def _spans(name: str, arg: Any, flags: int) -> tuple[Span, ...]:
    if name == "CATEGORY":
        return _category(arg.name)
    span = (arg, arg) if name == "LITERAL" else arg
    return (span, *_other_cases(span)) if flags & re.I else (span,)


def _category(name: str) -> tuple[Span, ...]:
    kind = name.removeprefix("CATEGORY_")
    return _SPANS[kind] if kind in _SPANS else _outside(_SPANS[kind.removeprefix("NOT_")])


def _chars(spans: tuple[Span, ...], negated: bool) -> Items:
    """A class; one that reaches the last code point is said by what it leaves out."""
    if any(high == _LAST for _, high in spans):
        spans, negated = _outside(spans), not negated
    if spans:
        return (Chars(spans, negated),)
    if negated:
        return (Dot(),)
    raise lacking("class that no character fits")


def _outside(spans: Iterable[Span]) -> tuple[Span, ...]:
    out, start = [], 0
    for low, high in sorted(spans):
        if low > start:
            out.append((start, low - 1))
        start = max(start, high + 1)
    return (*out, (start, _LAST)) if start <= _LAST else tuple(out)


def _distinct(spans: Iterable[Span]) -> tuple[Span, ...]:
    kept: list[Span] = []
    for low, high in spans:
        if not any(a <= low and high <= b for a, b in kept):
            kept.append((low, high))
    return tuple(kept)


def _other_cases(span: Span) -> Iterator[Span]:
    """The other cases of the span's letters, as far as they lie outside of it."""
    letters = (chr(code) for code in range(span[0], min(span[1], _LAST_CASED) + 1))
    others = {ord(form) for char in letters for form in cases(char)}
    return _runs(code for code in sorted(others) if not _within(code, [span]))


def _runs(codes: Iterable[int]) -> Iterator[Span]:
    low = high = -1
    for code in codes:
        if code == high + 1 and low >= 0:
            high = code
            continue
        if low >= 0:
            yield low, high
        low = high = code
    if low >= 0:
        yield low, high


def _within(code: int, spans: Iterable[Span]) -> bool:
    return any(low <= code <= high for low, high in spans)


_READERS: dict[str, Callable[[Any, int], Items]] = {
    "AT": _edge,
    "ANY": _dot,
    "LITERAL": _literal,
    "NOT_LITERAL": _not_literal,
    "BRANCH": _branch,
    "SUBPATTERN": _group,
    "MAX_REPEAT": _repeat,
    "MIN_REPEAT": _repeat,
    "IN": _set,
}
