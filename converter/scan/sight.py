"""A block of records -> all that an index finds in it, and what may be no record as others are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from types import ModuleType
from typing import NamedTuple, Protocol

from converter.logs import Block, Frame
from converter.matcher.index import Hit, Index, Spot
from converter.matcher.index.engines import engine
from converter.matcher.index.needles import Ends, Needle, Needles
from converter.matcher.index.spelling import odd_patterns, odd_texts
from converter.scan.spots import ODD, Spots, hit, spots
from converter.scan.tools import Tools


class Found(NamedTuple):
    """The records of a block, those in which something is found, and how often that is `ODD`."""

    places: Spots
    spots: Iterable[Spot]
    odd: int


class Sight(Protocol):
    """What is learned, in use on blocks."""

    def look(self, block: Block, more: Sequence[Hit]) -> Found:
        """What is in the block; `more` are hits that are known already."""


class OneByOne:
    """Looks for one thing after the other, by regular expressions."""

    def __init__(self, index: Index, frame: Frame, tools: Tools, *, lines: bool) -> None:
        self._index, self._begins = index, frame.begins if lines else (b"",)
        self._spellings = engine(odd_patterns(slash=index.slash), tools.module)
        ends, inner = frame.odd()
        self._lines = [engine(one, tools.module) for one in (inner, *[ends] * lines)]

    def look(self, block: Block, more: Sequence[Hit]) -> Found:
        """As Sight says."""
        data, odd = block.data, [self._spellings]
        hits = [*more, *self._index.scan(data)]
        if block.ends is None:
            odd += self._lines
            hits += [] if data.startswith(self._begins) else [(1, ODD)]
        return _found(block, [*hits, *((end, ODD) for one in odd for end, _ in one.scan(data))])


class OnePass:
    """Looks for all at once, by native code, but for what is no plain text."""

    def __init__(
        self, native: ModuleType, index: Index, frame: Frame, tools: Tools, *, lines: bool
    ) -> None:
        self._others, self._framed = index.others, lines
        self._inner = engine(frame.odd()[1], tools.module)
        odd = [Needle(ODD, text) for text in odd_texts(slash=index.slash)]
        ends = Ends(frame.begins, frame.returns, ODD)
        self._needles = Needles(native, [*index.needles, *odd], index.rows, ends)

    def look(self, block: Block, more: Sequence[Hit]) -> Found:
        """As Sight says."""
        data, lines = block.data, block.ends is None
        hits = [*more, *self._others.scan(data)]
        if lines:
            hits += [(end, ODD) for end, _ in self._inner.scan(data)]
        if not (lines and self._framed):
            return _found(block, [*hits, *self._needles.scan(data)])
        found, total, odd = self._needles.lines(data, hits)
        return Found(spots(block, total), found, odd)


def sight(index: Index, frame: Frame, tools: Tools, *, lines: bool) -> Sight:
    """The faster of both; without `lines` it does not matter how lines begin and end."""
    if tools.native is None:
        return OneByOne(index, frame, tools, lines=lines)
    return OnePass(tools.native, index, frame, tools, lines=lines)


def _found(block: Block, hits: list[Hit]) -> Found:
    places = spots(block)
    hits.sort()
    return Found(places, hit(places, hits), sum(number == ODD for _, number in hits))
