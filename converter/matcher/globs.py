"""Wildcard patterns, matched in time linear in the text, whatever the pattern.

A pattern is cut at each `*` into segments of fixed length. The first is held at the start, the last
at the end, and each one between is taken at its leftmost place, which never needs a second try.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from converter.predicate import Pattern, Wildcard, tidy

TextTest = Callable[[str], bool]

MANY: Final = Wildcard.MANY
BETWEEN = "\0"
"""What may stand between texts that are looked through as one."""


@dataclass(frozen=True, slots=True)
class Segment:
    """Text and `?` between two `*`: its length, and each piece of text with its offset."""

    length: int
    pieces: tuple[tuple[int, str], ...]

    def stands(self, text: str, at: int) -> bool:
        """Whether the text has this segment at that place."""
        return all(text.startswith(piece, at + offset) for offset, piece in self.pieces)

    def find(self, text: str, at: int, end: int, marks: dict[str, int]) -> int:
        """The leftmost place between `at` and `end`, or -1. `marks` is kept for one text."""
        last = end - self.length
        if last < at or not self.pieces:
            return at if last >= at else -1
        if len(self.pieces) == 1:
            offset, piece = self.pieces[0]
            return max(text.find(piece, at + offset, last + offset + len(piece)) - offset, -1)
        return self._find_pieces(text, at, last, marks)

    def _find_pieces(self, text: str, at: int, last: int, marks: dict[str, int]) -> int:
        """All places at once: one bit a place, and one `and` for each character of the pieces."""
        if any(piece not in text for _, piece in self.pieces):
            return -1
        places = ((1 << (last - at + 1)) - 1) << at
        for offset, piece in self.pieces:
            for place, char in enumerate(piece, offset):
                if char not in marks:
                    marks[char] = _marks(text, char)
                places &= marks[char] >> place
        return (places & -places).bit_length() - 1


def glob(pattern: Pattern) -> TextTest:
    """A test whether a text fits the whole pattern, exactly (fold both for no case)."""
    pieces = tidy(pattern)
    texts = [piece for piece in pieces if isinstance(piece, str)]
    if Wildcard.ONE in pieces or len(texts) > 2 or len(pieces) > 3:
        return _general(pieces)
    return _plain(pieces, texts)


def any_glob(patterns: Sequence[Pattern]) -> TextTest:
    """A test whether a text fits any of the patterns; each kind is looked for at once."""
    groups: dict[str, list[str]] = {"x": [], "x*": [], "*x": [], "*x*": []}
    others = []
    for pattern in patterns:
        shape, piece = _shape(tidy(pattern))
        if shape in groups:
            groups[shape].append(piece)
        else:
            others.append(glob(pattern))
    same, starts = frozenset(groups["x"]), tuple(groups["x*"])
    ends, inside = tuple(groups["*x"]), tuple(filter(str.isascii, groups["*x*"]))
    foreign = tuple(one for one in groups["*x*"] if not one.isascii())
    kinds: list[TextTest] = [lambda text: text in same] if same else []
    kinds += [lambda text: text.startswith(starts)] if starts else []
    kinds += [lambda text: text.endswith(ends)] if ends else []
    kinds += [lambda text: any(map(text.__contains__, inside))] if inside else []
    if foreign:
        kinds.append(lambda text: not text.isascii() and any(map(text.__contains__, foreign)))
    kinds += others
    return kinds[0] if len(kinds) == 1 else lambda text: any(fits(text) for fits in kinds)


def held(patterns: Sequence[Pattern]) -> tuple[str, ...]:
    """The texts of which one must stand in a text that fits any of the patterns, and that suffices.

    None where there is no such, or one holds what may stand between texts.
    """
    shapes = [_shape(tidy(one)) for one in patterns]
    found = tuple(piece for shape, piece in shapes if shape == "*x*" and BETWEEN not in piece)
    return found if len(found) == len(patterns) else ()


def _shape(pieces: Pattern) -> tuple[str, str]:
    """How text and `*` alternate, and the text if there is one; nothing for all other patterns."""
    texts = [piece for piece in pieces if isinstance(piece, str)]
    if len(texts) != 1 or Wildcard.ONE in pieces:
        return "other", ""
    return "".join("*" if piece is MANY else "x" for piece in pieces), texts[0]


def _plain(pieces: Pattern, texts: list[str]) -> TextTest:
    """Patterns that Python's own string methods answer: x, x*, *x, *x*, x*y and *."""
    start, end = texts[0] if texts else "", texts[-1] if texts else ""
    if MANY not in pieces:
        return lambda text: text == start
    if not texts:
        return lambda text: True
    if len(texts) == 2:
        least = len(start) + len(end)
        return lambda t: len(t) >= least and t.startswith(start) and t.endswith(end)
    if len(pieces) == 3:
        return lambda text: start in text
    if pieces[0] is MANY:
        return lambda text: text.endswith(end)
    return lambda text: text.startswith(start)


def _general(pieces: Pattern) -> TextTest:
    segments = _segments(pieces)
    first, middle, last = segments[0], segments[1:-1], segments[-1]
    least = sum(segment.length for segment in segments)
    if len(segments) == 1:
        return lambda text: len(text) == least and first.stands(text, 0)

    def fits(text: str) -> bool:
        end = len(text) - last.length
        if len(text) < least or not (first.stands(text, 0) and last.stands(text, end)):
            return False
        at, marks = first.length, dict[str, int]()
        for segment in middle:
            place = segment.find(text, at, end, marks)
            if place < 0:
                return False
            at = place + segment.length
        return True

    return fits


def _segments(pieces: Pattern) -> list[Segment]:
    rows: list[list[str | Wildcard]] = [[]]
    for piece in pieces:
        if piece is MANY:
            rows.append([])
        else:
            rows[-1].append(piece)
    return [_segment(row) for row in rows]


def _segment(row: list[str | Wildcard]) -> Segment:
    at, found = 0, []
    for piece in row:
        if isinstance(piece, str):
            found.append((at, piece))
        at += len(piece) if isinstance(piece, str) else 1
    return Segment(at, tuple(found))


def _marks(text: str, char: str) -> int:
    """A number whose bit n is set where character n of the text is this one."""
    row = "1".join(["0" * len(part) for part in text.split(char)])
    return int(row[::-1], 2)
