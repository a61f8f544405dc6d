"""One part of the logs, by one process: what a scan finds there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import BinaryIO

from converter.logs import Record, Reject
from converter.logs.opening import Count, uncounted
from converter.logs.parts import Opened, Part
from converter.matcher import Event
from converter.matcher.routing import Route
from converter.scan.meeting import CompiledRule, meet
from converter.scan.results import Match, Row, Rows, RuleSummary, Summary
from converter.scan.sieve import Sieve, Sifted
from converter.scan.times import Window

Found = tuple[list[Row | Reject], list[Match]]
"""Matches and rejects, and hits of one record for rules that look at several events."""


@dataclass(frozen=True)
class Work:
    """What a part is scanned with. Without a sieve every record is decoded and meets its rules."""

    compiled: Sequence[CompiledRule]
    routing: Callable[[Event], Route] | None = None
    times: Window | None = None
    sieve: Sieve | None = None

    def run(
        self, part: Part, done: Done, stdin: BinaryIO | None = None, count: Count = uncounted
    ) -> Iterator[Found]:
        """What the part holds, record by record; `done` is counted up, `count` given bytes read."""
        opened = Opened(part, stdin, blocks=self.sieve is not None, count=count)
        items = self._items(opened)
        yield from meet(self.compiled, items, self.times, done.summary, self.routing, Rows())
        done.records, done.lines = opened.counted

    def _items(self, opened: Opened) -> Iterator[Sifted]:
        if self.sieve is not None:
            return self.sieve.sift(opened.items)
        return (item for item in opened.items if isinstance(item, Record | Reject))


@dataclass
class Done:
    """What was counted in a part, and what was found there if that was to be collected."""

    part: Part
    summary: Summary = field(default_factory=Summary)
    records: int = 0
    lines: int = 0
    _matched: list[RuleSummary] = field(default_factory=list)

    def take(self, found: Found) -> None:
        """Notes what was found, for a part that may not be read to its end: records up to there."""
        for one in found[0]:
            if isinstance(one, Row):
                self._matched.append(one.rule)
                self.summary.records = max(self.summary.records, one.record)
            else:
                self.summary.reject(one)

    def count(self) -> None:
        """Counts what was noted."""
        self.summary.match(self._matched)
        self._matched.clear()


class Tally:
    """How many bytes of the logs one process has read, at its place in memory that all share."""

    def __init__(self, shared: memoryview[int], place: int) -> None:
        self._shared, self._place = shared, place
        self._part = 0

    def add(self, size: int) -> None:
        """So many more bytes, or fewer where something is read again."""
        self._shared[self._place] += size
        self._part += size

    def settle(self, part: Part) -> None:
        """The part is done: it counts with its size, however it was read."""
        if part.size:
            self._shared[self._place] += part.size - self._part
        self._part = 0


@dataclass
class Before:
    """How many records and lines of a file stand before a part of it."""

    file: str = ""
    records: int = 0
    lines: int = 0

    def enter(self, part: Part) -> None:
        """Stand before a part."""
        if part.start == 0:
            self.file, self.records, self.lines = part.file.name, 0, 0

    def leave(self, done: Done) -> None:
        """Stand behind a part."""
        self.records += done.records
        self.lines += done.lines

    def placed(self, found: Found) -> Found:
        """What was found with its numbers in the whole file."""
        if not self.records and not self.lines:
            return found
        rows, hits = found
        for hit in hits:
            hit.record += self.records
        rejected = False
        for row in rows:
            if isinstance(row, Row):
                row.record += self.records
            else:
                rejected = True
        if rejected:
            rows = [one if isinstance(one, Row) else self.reject(one) for one in rows]
        return rows, hits

    def reject(self, reject: Reject) -> Reject:
        """A reject with its number and line in the whole file."""
        position = reject.position
        if position.startswith("line "):
            line, comma, rest = position[5:].partition(",")
            position = f"line {int(line) + self.lines}{comma}{rest}"
        number = reject.number + self.records if reject.number else 0
        return replace(reject, number=number, position=position)
