"""A block of records -> all that an index finds in it, and what may be no record as others are."""

from __future__ import annotations

from converter.logs import Block, Frame
from converter.matcher.index import Hit, Index
from converter.matcher.index.engines import engine
from converter.matcher.index.needles import Ends, Needle, Needles
from converter.matcher.index.spelling import odd_patterns, odd_texts
from converter.scan.spots import ODD
from converter.scan.tools import Tools


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

    def hits(self, block: Block) -> tuple[list[Hit], int | None]:
        """Ends of hits, each with its number in the index, or `ODD`; in any order.

        And how many lines there are, if that was seen by the way.
        """
        data, lines = block.data, block.ends is None
        framed, count = lines and self._framed, None
        if self._needles is None:
            found = self._index.scan(data)
            found += [(1, ODD)] if framed and not data.startswith(self._begins) else []
        else:
            if framed:
                found, count = self._needles.scan_lines(data)
            else:
                found = self._needles.scan(data)
            found += self._index.others.scan(data)
        for odd in (self._spellings, *self._lines) if lines else (self._spellings,):
            found += [(end, ODD) for end, _ in odd.scan(data)]
        return found, count


def _needles(index: Index, frame: Frame, tools: Tools) -> Needles | None:
    if tools.native is None:
        return None
    odd = [Needle(ODD, text) for text in odd_texts(slash=index.slash)]
    ends = Ends(frame.begins, frame.returns, ODD)
    return Needles(tools.native, [*index.needles, *odd], index.rows, ends)
