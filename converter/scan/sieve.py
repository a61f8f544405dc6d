"""Blocks of lines -> the records that a rule can match, and counts of those that none can.

The first records of a scan are all decoded; from them is learned how lines begin and which probes
are rare. After that only candidates are, and each meets only the rules that it is a candidate for.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from types import ModuleType

from converter.logs import Block, Frame, Record, Reject
from converter.logs.decoding import decode
from converter.matcher.index import Hit, Index, Need, Rules, Sample, Store, count_texts, hyperscan
from converter.scan.results import as_json

LEARNED = 1 << 20
"""Bytes of lines that are decoded before any is passed over."""

_ROWS = 300
_MANY = 0.25
_PATIENCE = 20_000
_ODD = -2

Item = Record | Reject | Block


@dataclass(frozen=True, slots=True)
class Candidate:
    """A record and the numbers of the rules that it may match, in order; no other rule does."""

    record: Record
    rules: Rules


@dataclass(frozen=True, slots=True)
class Passed:
    """Records that no rule can match, not decoded."""

    records: int


class Sieve:
    """What of a log is looked at. `needs` gives for each rule, by number, what it needs.

    `learned` is how many bytes are decoded before any record is passed over. `store` keeps between
    runs what takes long to compile.
    """

    def __init__(
        self,
        needs: Callable[[], Sequence[Need]],
        learned: int = LEARNED,
        store: Store | None = None,
    ) -> None:
        self._needs, self._store = needs, store
        self._left = learned
        self._module: ModuleType | None = hyperscan()
        self._sample, self._rows, self._frame = Sample(), list[bytes](), Frame(())
        self._index: Index | None = None
        self._records, self._found, self._patience = 0, 0, _PATIENCE

    @property
    def learned(self) -> bool:
        """Whether records are passed over from now on."""
        return self._left <= 0

    def settle(self) -> None:
        """Make of what was learned what is needed to pass records over."""
        if self._index is None:
            self._index = self._made()

    @property
    def always(self) -> Rules:
        """The rules for which each record is decoded, as no text, key or value is sure in it."""
        return self._index.always if self._index else ()

    def sift(self, items: Iterable[Item]) -> Iterator[Record | Reject | Candidate | Passed]:
        """The items with candidates in the place of blocks, and records as candidates."""
        for item in items:
            if isinstance(item, Reject):
                yield item
            elif isinstance(item, Record):
                yield self._of_record(item)
            elif self._left > 0:
                self._left -= len(item.data)
                yield from self._whole(item)
            else:
                yield from self._block(self._learned(item), item)

    def _of_record(self, record: Record) -> Record | Candidate:
        if self._index is not None:
            return _candidate(self._index, record)
        row = as_json(record.event)
        self._left -= len(row)
        self._rows.append(row)
        if len(self._rows) >= _ROWS:
            self.settle()
        return record

    def _whole(self, block: Block) -> Iterator[Record | Reject | Candidate | Passed]:
        rows = block.rows()
        self._rows += rows[: max(0, _ROWS - len(self._rows))]
        if len(self._rows) >= _ROWS:
            self.settle()
        for row in rows:
            yield from self._results(block.reader.read_line(row))

    def _learned(self, block: Block) -> Index:
        """The index; made anew, less and less often, where too much is a candidate."""
        if self._index is not None:
            if self._records < self._patience or self._found < _MANY * self._records:
                return self._index
            self._patience *= 4
            self._records, self._found = 0, 0
            self._rows = block.rows(_ROWS)
        self._index = self._made()
        return self._index

    def _made(self) -> Index:
        for value in map(decode, self._rows):
            if isinstance(value, dict):
                self._sample.add(value)
        needs = self._needs()
        count_texts(self._sample, needs, b"\n".join(self._rows), self._module, self._store)
        self._frame = Frame(self._rows, self._frame.heads)
        odd = [Frame.WRAPPED], [Frame.PACKED]
        return Index(needs, self._sample, self._module, *odd, self._store)

    def _block(self, index: Index, block: Block) -> Iterator[Record | Reject | Candidate | Passed]:
        data, reader = block.data, block.reader
        ends, odd = self._frame.ends(block)
        done = 0
        lines = _by_line(ends, odd, index, data)
        for line, hits in _all_lines(lines, len(ends)) if index.always else lines:
            rules = () if hits is None else _merged(index.rules(data, hits), index.always)
            if hits is None or rules:
                reader.skip(line - done)
                yield Passed(line - done)
                start = ends[line - 1] + 1 if line else 0
                yield from self._results(reader.read_line(data[start : ends[line]]), rules)
                done = line + 1
                self._found += 1
        reader.skip(len(ends) - done)
        yield Passed(len(ends) - done)
        self._records += len(ends)

    def _results(
        self, results: Iterable[Item], rules: Rules = ()
    ) -> Iterator[Record | Reject | Candidate | Passed]:
        for result in results:
            if isinstance(result, Block):
                yield from self.sift((result,))
            elif isinstance(result, Reject) or self._index is None:
                yield result
            else:
                yield Candidate(result, rules) if rules else _candidate(self._index, result)


def _merged(rules: Rules, always: Rules) -> Rules:
    return tuple(sorted({*rules, *always})) if always else rules


def _all_lines(
    found: Iterable[tuple[int, list[Hit] | None]], lines: int
) -> Iterator[tuple[int, list[Hit] | None]]:
    """Every line, also those in which nothing is found."""
    hits = dict(found)
    return ((line, hits.get(line, [])) for line in range(lines))


def _by_line(
    ends: Sequence[int], odd: list[int], index: Index, data: bytes
) -> Iterator[tuple[int, list[Hit] | None]]:
    """Lines in which something is found, by number, with the hits; None for an odd line.

    A line is odd whose rules or records the hits do not tell.
    """
    found = [(end - 1, number) for number, end in index.scan(data)]
    found += [(end - 1, _ODD) for end in index.odd(data)]
    found += [(end, _ODD) for end in odd]
    found.sort()
    hits: list[Hit] = []
    line, last = -1, -1
    for place, number in found:
        if place > last:
            if hits:
                yield line, _told(hits)
            line = bisect_left(ends, place)
            last, hits = ends[line], []
        hits.append((number, place + 1))
    if hits:
        yield line, _told(hits)


def _told(hits: list[Hit]) -> list[Hit] | None:
    return None if any(number == _ODD for number, _ in hits) else hits


def _candidate(index: Index, record: Record) -> Candidate:
    return Candidate(record, _merged(index.rules_of(as_json(record.event)), index.always))
