"""A block of records -> all that an index finds in it, and what may be no record as others are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

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


class Sight:
    """Looks for all of it in one pass where there is native code, else in several.

    Without `lines` it does not matter how lines begin and end.
    """

    def __init__(self, index: Index, frame: Frame, tools: Tools, *, lines: bool) -> None:
        self._index, self._begins, self._framed = index, frame.begins, lines
        ends, inner = frame.odd()
        self._needles = _needles(index, frame, tools) if tools.native else None
        several = self._needles is None
        self._spellings = engine(odd_patterns(slash=index.slash) if several else [], tools.module)
        groups = [ends, inner] if several and lines else [inner]
        self._lines = [engine(group, tools.module) for group in groups]

    def look(self, block: Block, more: list[Hit]) -> Found:
        """What is in the block; `more` are hits that are known already."""
        data, lines = block.data, block.ends is None
        for odd in (self._spellings, *self._lines) if lines else (self._spellings,):
            more += [(end, ODD) for end, _ in odd.scan(data)]
        if self._needles is None:
            first = lines and self._framed and not data.startswith(self._begins)
            hits = [*more, *[(1, ODD)] * first, *self._index.scan(data)]
        elif lines and self._framed:
            found, total, others = self._needles.lines(data, more + self._index.others.scan(data))
            return Found(spots(block, total), found, others)
        else:
            hits = [*more, *self._needles.scan(data), *self._index.others.scan(data)]
        hits.sort()
        places = spots(block)
        return Found(places, hit(places, hits), sum(number == ODD for _, number in hits))


def _needles(index: Index, frame: Frame, tools: Tools) -> Needles | None:
    if tools.native is None:
        return None
    odd = [Needle(ODD, text) for text in odd_texts(slash=index.slash)]
    ends = Ends(frame.begins, frame.returns, ODD)
    return Needles(tools.native, [*index.needles, *odd], index.rows, ends)
