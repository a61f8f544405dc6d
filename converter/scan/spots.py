"""Hits in a block of undecoded records -> the records they stand in, lines or items of a list."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from converter.logs import Block
from converter.logs.counting import count
from converter.matcher.index import Hit, Spot

ODD = -2
"""In a hit: what stands there may be anything, whatever else is found in the record."""


class Spots(Protocol):
    """The records of a block by their places in its data. `gap` bytes stand behind each."""

    gap: int

    def around(self, place: int) -> tuple[int, int]:
        """Where the record begins and ends in which this byte stands."""

    @property
    def total(self) -> int:
        """How many records there are."""

    def count(self, start: int, end: int) -> int:
        """How many records there are from the beginning of one up to that of another."""

    def each(self) -> Iterator[tuple[int, int]]:
        """Where each record begins and ends."""


class Lines:
    """Lines; a line end belongs to the line before it."""

    gap = 1

    def __init__(self, data: bytes, total: int | None = None) -> None:
        self._data, self._total = data, total

    @property
    def total(self) -> int:
        """How many lines end."""
        return self.count(0, len(self._data)) if self._total is None else self._total

    def around(self, place: int) -> tuple[int, int]:
        """From behind the line end before to the line end at or behind the place."""
        return self._data.rfind(b"\n", 0, place) + 1, self._data.find(b"\n", place)

    def count(self, start: int, end: int) -> int:
        """How many lines end there."""
        return count(self._data, b"\n", start, end)

    def each(self) -> Iterator[tuple[int, int]]:
        """Every line without its end."""
        start = 0
        while (end := self._data.find(b"\n", start)) >= 0:
            yield start, end
            start = end + 1


class Items:
    """Items of a list, each with what stands before it."""

    gap = 0

    def __init__(self, ends: Sequence[int]) -> None:
        self._ends = ends

    @property
    def total(self) -> int:
        """How many items there are."""
        return len(self._ends)

    def around(self, place: int) -> tuple[int, int]:
        """From the end of the item before to its own."""
        at = bisect_right(self._ends, place)
        return self._ends[at - 1] if at else 0, self._ends[at]

    def count(self, start: int, end: int) -> int:
        """How many items end there."""
        return bisect_right(self._ends, end) - bisect_right(self._ends, start)

    def each(self) -> Iterator[tuple[int, int]]:
        """Every item with what stands before it."""
        return zip((0, *self._ends), self._ends, strict=False)


def spots(block: Block, total: int | None = None) -> Spots:
    """The records of a block, so many if that is known."""
    return Lines(block.data, total) if block.ends is None else Items(block.ends)


def hit(places: Spots, hits: list[Hit]) -> Iterator[Spot]:
    """The records in which something is found; `hits` are in order, and some may be `ODD`."""
    mine: list[Hit] = []
    start, end, odd, gap, before = 0, -1, False, places.gap, 0
    for one in hits:
        last = one[0] - 1
        if last >= end + gap or not mine:
            if mine:
                yield before, start, end, None if odd else mine
            behind = end + gap if mine else 0
            start, end = places.around(last)
            mine, odd = [], False
            if end < 0:
                return
            before = places.count(behind, start)
        mine.append(one)
        odd = odd or one[1] == ODD
    if mine:
        yield before, start, end, None if odd else mine


def every(places: Spots, found: Iterable[Spot]) -> Iterator[Spot]:
    """All records, also those in which nothing is found."""
    known = {start: mine for _, start, _, mine in found}
    return ((0, start, end, known.get(start, [])) for start, end in places.each())
