"""Patterns on text as Elasticsearch matches them: wildcards, edit distance, word sequences."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

import re2

from converter.predicate import Pattern, Wildcard, tidy

_PIECE = re.compile(r"\\(.)|([*?])|(\\$|[^*?\\]+)", re.DOTALL)


def wildcard_pattern(text: str) -> Pattern:
    """A wildcard query as a pattern; a backslash frees any character, one at the end itself."""
    pieces: list[str | Wildcard] = []
    for escaped, wildcard, plain in _PIECE.findall(text):
        pieces.append(Wildcard(wildcard) if wildcard else escaped or plain)
    return tidy(pieces)


@lru_cache(maxsize=4096)
def pattern_test(pattern: Pattern, cased: bool = True) -> Callable[[str], bool]:
    """Whether a whole text fits the pattern. Without case, ASCII letters take both cases."""
    source = "".join(_source(piece, cased) for piece in pattern)
    options = re2.Options()
    options.never_capture = True
    options.log_errors = False
    try:
        compiled = re2.compile(("(?s)" + source).encode("utf-8", "surrogatepass"), options)
    except re2.error:  # half a character, which RE2 does not take
        plain = re.compile(source, re.DOTALL).fullmatch
        return lambda text: plain(text) is not None
    fullmatch = compiled.fullmatch
    return lambda text: fullmatch(text.encode("utf-8", "surrogatepass")) is not None


def _source(piece: str | Wildcard, cased: bool) -> str:
    if isinstance(piece, Wildcard):
        return ".*" if piece is Wildcard.MANY else "."
    if cased:
        return re.escape(piece)
    both = ((char, char.swapcase()) if char.isascii() else (char, char) for char in piece)
    return "".join(re.escape(a) if a == b else f"[{a}{b}]" for a, b in both)


def within(one: str, other: str, most: int) -> bool:
    """Whether so many edits (a swap of neighbours is one) make one text the other."""
    if abs(len(one) - len(other)) > most:
        return False
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, char in enumerate(one, 1):
        last, before, row = before, row, [i]
        for j, wanted in enumerate(other, 1):
            cost = min(before[j] + 1, row[-1] + 1, before[j - 1] + (char != wanted))
            if i > 1 and j > 1 and char == other[j - 2] and one[i - 2] == wanted:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
    return row[-1] <= most


def holds_phrase(words: Sequence[str], phrase: Sequence[str], slop: int = 0) -> bool:
    """Whether the words stand there in sequence, or within so many moves of it."""
    if slop == 0:
        size = len(phrase)
        return any(list(words[at : at + size]) == list(phrase) for at in range(len(words)))
    places = [[at - n for at, w in enumerate(words) if w == word] for n, word in enumerate(phrase)]
    return _close(places, slop, ())


def _close(places: list[list[int]], slop: int, chosen: tuple[int, ...]) -> bool:
    """Whether one place of each word can be chosen, none twice, all within the slop."""
    if len(chosen) == len(places):
        return True
    taken = {place + n for n, place in enumerate(chosen)}
    return any(
        max((*chosen, place)) - min((*chosen, place)) <= slop
        and place + len(chosen) not in taken
        and _close(places, slop, (*chosen, place))
        for place in places[len(chosen)]
    )
