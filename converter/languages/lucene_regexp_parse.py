"""Lucene's regular expressions as predicates, and in RE2 syntax (semantics: Lucene 7)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache, lru_cache

from converter.casing import fold
from converter.errors import QueryError, Unsupported
from converter.languages.lucene_effort import too_complex
from converter.languages.lucene_regexp import has_case
from converter.languages.lucene_regexp_grammar import (
    Both,
    Complement,
    Either,
    Part,
    Run,
    Times,
    parse_regexp,
)
from converter.predicate import Equals, Glob, Pattern, Predicate, Regex, Wildcard, tidy
from converter.regexps.tree import Chars, Dot, Items, Repeat, cases, choice

_FEW_DOTS = 12
_MOST_TIMES = 1000  # as RE2 has it
_ONE_PIECE = r"(\.\*)|(\.)|\[([^\W\d_]{2,3})\]|\\([^a-zA-Z])|([\w \-/:=,;'!%`])"
_GLOB_PIECE = re.compile(_ONE_PIECE, re.DOTALL)
_GLOB = re.compile(f"(?:{_ONE_PIECE})*", re.DOTALL)


def regexp_test(field: str, regexp: str, cased: bool = True) -> Predicate:
    """The test that some value of the field fits the regular expression as a whole.

    Plain text and wildcards become Equals or Glob; without case where every letter stands with
    its other case, or not `cased`. All else is a Regex in RE2 syntax. Raises QueryError where
    Lucene refuses the expression, Unsupported for `~` and `&`.
    """
    simple = _quick_pattern(regexp) if cased else None
    if simple is None:
        part = read_regexp(regexp, cased)
        simple = simple_pattern(part)
        if simple is None:
            return Regex(field, f"^(?:{to_re2(part, regexp)})$", "s")
    pattern, cased = simple
    if all(isinstance(piece, str) for piece in pattern):
        return Equals(field, "".join(map(str, pattern)), cased)
    return Glob(field, pattern, cased)


@lru_cache(maxsize=4096)
def read_regexp(regexp: str, cased: bool = True) -> Part:
    """The tree of a regular expression that Lucene reads and finds simple enough.

    Raises QueryError, of the kind "other" where the automaton would grow too large.
    """
    part = parse_regexp(regexp, cased)
    items = _items(part) if "{" in regexp or regexp.count(".") > _FEW_DOTS else None
    if items is not None and too_complex(items):
        what = f"the regular expression /{regexp}/ has too many states for Lucene"
        raise QueryError.of("other", what, "lower the repetition bounds")
    return part


def _items(part: Part) -> Items | None:
    """The tree without `~` and `&` in the words of `regexps.tree`; None where it has some."""
    if isinstance(part, Dot | Chars):
        return (part,)
    if isinstance(part, Times):
        body = _items(part.body)
        return body and (Repeat(body, part.low, part.high),)
    if isinstance(part, Complement | Both):
        return None
    inner = [_items(one) for one in part.parts]
    known = [items for items in inner if items is not None]
    if len(known) < len(inner):
        return None
    if isinstance(part, Either):
        return choice(known)
    return tuple(item for items in known for item in items)


def _quick_pattern(regexp: str) -> tuple[Pattern, bool] | None:
    """What `simple_pattern` gives, without the grammar, for globs as emitters spell them."""
    if not _GLOB.fullmatch(regexp):
        return None
    pieces: list[str | Wildcard] = []
    ways: set[bool] = set()
    for many, one, both, escaped, plain in _GLOB_PIECE.findall(regexp):
        if many or one:
            pieces.append(Wildcard.MANY if many else Wildcard.ONE)
            continue
        char = escaped or plain or both[0]
        forms = _forms(char)
        if both and forms != frozenset(both):
            return None
        if len(forms) > 1:
            ways.add(not both)
        pieces.append(char)
    return _pattern(pieces, ways)


@cache
def _forms(char: str) -> frozenset[str]:
    return frozenset(cases(char))


def _pattern(pieces: list[str | Wildcard], ways: set[bool]) -> tuple[Pattern, bool] | None:
    """The pieces as a pattern; folded where no letter's case counts, none where only some do."""
    if len(ways) > 1:
        return None
    pattern = tidy(pieces)
    if True in ways:
        return pattern, True
    folded = (piece if isinstance(piece, Wildcard) else fold(piece) for piece in pattern)
    return tuple(folded), False


def simple_pattern(part: Part) -> tuple[Pattern, bool] | None:
    """The expression as text and wildcards, and whether case counts; None where it is more."""
    pieces: list[str | Wildcard] = []
    ways: set[bool] = set()
    for item in _flat(part):
        plain = _plain(item, ways)
        if plain is None:
            return None
        pieces += plain
    return _pattern(pieces, ways)


def _flat(part: Part) -> Iterable[Part]:
    if not isinstance(part, Run):
        return (part,)
    return tuple(inner for item in part.parts for inner in _flat(item))


def _plain(part: Part, ways: set[bool]) -> list[str | Wildcard] | None:
    """One item as text or wildcards; notes in `ways` whether the case of a letter counts."""
    if isinstance(part, Dot):
        return [Wildcard.ONE]
    if isinstance(part, Times) and isinstance(part.body, Dot):
        if part.high is None:
            return [*[Wildcard.ONE] * part.low, Wildcard.MANY]
        return [Wildcard.ONE] * part.low if part.low == part.high else None
    if not isinstance(part, Chars) or part.negated:
        return None
    chars = {chr(low) for low, high in part.spans if low == high}
    first = min(chars, default="")
    if len(part.spans) > 4 or not first or any(low != high for low, high in part.spans):
        return None
    if len(chars) > 1 or has_case(first):
        ways.add(len(chars) == 1)
    fits = len(chars) == 1 or any(set(cases(char)) == chars for char in chars)
    return [chr(part.spans[0][0])] if fits else None


def to_re2(part: Part, regexp: str = "") -> str:
    """The expression in RE2 syntax, for use with the flag s. Raises Unsupported for ~ and &."""
    if isinstance(part, Dot):
        return "."
    if isinstance(part, Chars):
        return _re2_class(part)
    if isinstance(part, Run):
        return "".join(to_re2(item, regexp) for item in part.parts)
    if isinstance(part, Either):
        options = "|".join(to_re2(option, regexp) for option in part.parts)
        return f"(?:{options})" if part.parts else r"[^\x{0}-\x{10FFFF}]"
    if isinstance(part, Times):
        return _re2_times(part, regexp)
    sign = "~" if isinstance(part, Complement) else "&"
    what = f"the operator {sign} of the regular expression /{regexp}/ has no counterpart"
    raise Unsupported(what, next_step="write the expression without it, or escape the sign")


def _re2_times(part: Times, regexp: str) -> str:
    if part.high is not None and part.high < part.low:
        return to_re2(Either(()), regexp)
    if max(part.low, part.high or 0) > _MOST_TIMES:
        what = f"a repetition of more than {_MOST_TIMES} in the regular expression /{regexp}/"
        raise Unsupported(what, next_step="lower the bound")
    body = to_re2(part.body, regexp)
    if not isinstance(part.body, Dot | Chars | Either):
        body = f"(?:{body})"
    short = {(0, None): "*", (1, None): "+", (0, 1): "?"}.get((part.low, part.high))
    high = "" if part.high is None else part.high
    return body + (short or (f"{{{part.low}}}" if part.low == high else f"{{{part.low},{high}}}"))


def _re2_class(chars: Chars) -> str:
    if len(chars.spans) == 1 and chars.spans[0][0] == chars.spans[0][1] and not chars.negated:
        return re.escape(chr(chars.spans[0][0]))
    inner = "".join(_re2_span(low, high) for low, high in chars.spans)
    return f"[{'^' if chars.negated else ''}{inner}]"


def _re2_span(low: int, high: int) -> str:
    return _re2_char(low) if low == high else f"{_re2_char(low)}-{_re2_char(high)}"


def _re2_char(code: int) -> str:
    char = chr(code)
    if char.isalnum() and char.isascii():
        return char
    return "\\" + char if char.isascii() and char.isprintable() else f"\\x{{{code:X}}}"
