"""Which texts a Lucene regular expression matches, with its complement and intersection."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache

import re2

from converter.errors import Unsupported
from converter.languages.lucene_regexp_grammar import (
    Both,
    Complement,
    Either,
    Part,
    Run,
    Times,
)
from converter.languages.lucene_regexp_parse import read_regexp, to_re2
from converter.regexps.tree import Chars, Dot

Places = frozenset[int]


@lru_cache(maxsize=4096)
def regexp_matcher(regexp: str, cased: bool = True) -> Callable[[str], bool]:
    """Whether a whole text fits, in time linear in the text but for `~` and `&`.

    Raises QueryError where Lucene refuses the expression.
    """
    part = read_regexp(regexp, cased)
    try:
        compiled = re2.compile(f"(?s){to_re2(part)}".encode("utf-8", "surrogatepass"), _options())
    except (Unsupported, re2.error):
        return lambda text: len(text) in _ends(part, text, 0)
    fullmatch = compiled.fullmatch
    return lambda text: fullmatch(text.encode("utf-8", "surrogatepass")) is not None


def _options() -> re2.Options:
    options = re2.Options()
    options.log_errors = False
    options.never_capture = True
    return options


def _ends(part: Part, text: str, start: int) -> Places:
    """Every place of the text up to which the part matches from a place on."""
    if isinstance(part, Dot | Chars):
        fits = start < len(text) and (isinstance(part, Dot) or part.holds(ord(text[start])))
        return frozenset({start + 1}) if fits else frozenset()
    if isinstance(part, Run):
        return _run(part.parts, text, frozenset({start}))
    if isinstance(part, Either):
        return frozenset(end for option in part.parts for end in _ends(option, text, start))
    if isinstance(part, Times):
        return _times(part, text, start)
    if isinstance(part, Complement):
        return frozenset(range(start, len(text) + 1)) - _ends(part.body, text, start)
    return _both(part, text, start)


def _both(part: Both, text: str, start: int) -> Places:
    first, *rest = (_ends(inner, text, start) for inner in part.parts)
    return first.intersection(*rest)


def _run(parts: Iterable[Part], text: str, places: Places) -> Places:
    for part in parts:
        places = frozenset(end for place in places for end in _ends(part, text, place))
    return places


def _times(part: Times, text: str, start: int) -> Places:
    places: Places = frozenset({start})
    for _ in range(part.low):
        places = _run((part.body,), text, places)
    reached = places
    rounds = len(text) + 1 if part.high is None else part.high - part.low
    if rounds < 0:
        return frozenset()
    for _ in range(rounds):
        places = _run((part.body,), text, places) - reached
        if not places:
            break
        reached |= places
    return reached
