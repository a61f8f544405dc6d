"""Blocks of records -> the records that a rule can match, and counts of those that none can.

From the first records of a scan is learned what to look for; where they are few, they are decoded
and meet every rule. Of others only candidates do, and each meets only the rules that it is one for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from converter.logs import Block, Record, Reject
from converter.matcher.index import Rules
from converter.matcher.routing import Route
from converter.scan.alike import Glanced
from converter.scan.crowds import Crowds
from converter.scan.learning import ROWS, Learned, learned
from converter.scan.results import as_json
from converter.scan.sight import Found
from converter.scan.spots import every
from converter.scan.tools import Tools, merged

LEARNED = 1 << 18
"""Bytes of the records from which is learned; the first part of a large log is as long."""

_MANY = 0.25
_PATIENCE = 20_000
_LEAST = 100
_OTHERS = 50
_ANEW = 16

Item = Record | Reject | Block


Candidate = tuple[Record, Rules, Route | None]
"""A record and the numbers of the rules that it may match, in order; no other rule does.

With a route the rules are some of those that are tried on it.
"""


@dataclass(frozen=True, slots=True)
class Passed:
    """Records that no rule can match: not decoded, or recognised as what `routes` count.

    Of none it says that the log may have to be waited for.
    """

    records: int
    routes: Sequence[tuple[Route, int]] = ()


Sifted = Record | Reject | Candidate | Glanced | Passed

_NONE = Passed(0)


class Sieve:
    """What of a log is looked at. `left`: so many bytes are decoded before any is passed over."""

    def __init__(self, tools: Tools, left: int = LEARNED) -> None:
        self._tools, self._left = tools, left
        self._rows = list[bytes]()
        self._learned: Learned | None = None
        self._records, self._tried, self._patience = 0, 0, _PATIENCE
        self._anew = _ANEW
        # Blocks within blocks leave the index as it is, whose hits are in use.
        self._deep = 0

    @property
    def learned(self) -> bool:
        """Whether records are passed over from now on."""
        return self._left <= 0

    def settle(self) -> None:
        """Make of what was learned what is needed to pass records over."""
        self._known()

    def sift(self, items: Iterable[Item]) -> Iterator[Sifted]:
        """The items with candidates in the place of blocks, and records as candidates."""
        for item in items:
            if isinstance(item, Reject):
                yield item
            elif isinstance(item, Record):
                yield self._of_record(item)
                yield _NONE
            else:
                if self._left > 0:
                    self._look_at(item)
                yield from self._whole(item) if self._left > 0 else self._block(item)

    def _look_at(self, block: Block) -> None:
        """A large block teaches all there is to learn before any of it is decoded."""
        if len(rows := block.rows(ROWS)) >= _LEAST:
            self._left, self._rows = 0, rows

    def _whole(self, block: Block) -> Iterator[Sifted]:
        first, rest = block.cut(self._left)
        rows = first.rows()
        self._left -= len(first.data)
        self._rows += rows[: max(0, ROWS - len(self._rows))]
        for row in rows:
            for one in block.reader.read_line(row):
                yield from self.sift((one,)) if isinstance(one, Block) else (one,)
        if rest is not None:
            yield from self.sift((rest,))

    def _of_record(self, record: Record) -> Record | Candidate:
        """A record that was decoded before it came here."""
        if self._left <= 0:
            return self._candidate(record)
        row = as_json(record.event)
        self._left -= len(row)
        if len(self._rows) < ROWS:
            self._rows.append(row)
        return record

    def _candidate(self, record: Record) -> Record | Candidate:
        known = self._known()
        mine = known.rules_of(as_json(record.event))
        if known.crowds is not None:
            rules, route = known.crowds.rules(record.event, mine or ())
            return record, rules, route
        return record if mine is None else (record, mine, None)

    def _results(self, results: Iterable[Item]) -> Iterator[Sifted]:
        """What a line or an item holds that was not looked into before."""
        for result in results:
            if isinstance(result, Block):
                yield from self.sift((result,))
            else:
                yield result if isinstance(result, Reject) else self._of_record(result)

    def _known(self) -> Learned:
        if self._learned is None:
            self._learned = learned(self._tools, self._rows)
        return self._learned

    def _block(self, block: Block) -> Iterator[Sifted]:
        known, found = self._found(block)
        if known.crowds is not None:
            yield from self._crowd(known, known.crowds, block, found)
            return
        index, data, reader = known.index, block.data, block.reader
        passed, tried = 0, 0
        spots = every(found.places, found.spots) if index.always else found.spots
        for skipped, start, end, mine in spots:
            reader.skip(skipped)
            passed, tried = passed + skipped, tried + 1
            raw = data[start:end]
            rules = None if mine is None else merged(index.rules(data, mine), index.always)
            if rules is not None and (glanced := _glanced(known, block, raw, rules)):
                yield glanced
                continue
            for one in reader.read_line(raw):
                if rules is not None and isinstance(one, Record):
                    yield one, rules, known.route(one.event, rules)
                else:
                    yield from self._results((one,))
        skipped = found.places.total - passed - tried
        reader.skip(skipped)
        yield Passed(passed + skipped)
        self._judge(block, passed + skipped + tried, tried)

    def _crowd(
        self, known: Learned, crowds: Crowds, block: Block, found: Found
    ) -> Iterator[Sifted]:
        """Every record, each with the rules for its log source that it can match."""
        seen: dict[int, tuple[Route, int]] = {}
        self._deep += 1
        data, reader, index = block.data, block.reader, known.index
        begins, others = known.frame.begins if block.ends is None else b"", 0
        for _, start, end, mine in every(found.places, found.spots):
            others += not data.startswith(begins, start)
            raw = data[start:end]
            event = None if mine is None else reader.event(raw)
            if event is None:
                yield from self._results(reader.read_line(raw))
                continue
            told = index.rules(data, mine) if mine else ()
            rules, route = crowds.rules(event, merged(told, index.always))
            if rules:
                line = raw if block.ends is None else b""
                yield Record(event, reader.name, reader.number, line), rules, route
            else:
                seen[id(route)] = route, seen.get(id(route), (route, 0))[1] + 1
        self._deep -= 1
        routes = tuple(seen.values()) if crowds.routing else ()
        yield Passed(sum(count for _, count in seen.values()), routes)
        if self._is_other(others, found):
            self._anew -= 1
            self._learn_anew(block)

    def _found(self, block: Block) -> tuple[Learned, Found]:
        """What is in the block, by what is learned."""
        known = self._known()
        if not self._deep:
            known.widen()
        found = known.look(block)
        if self._is_other(found.odd, found):
            self._anew -= 1
            known = self._learn_anew(block)
            found = known.look(block)
        return known, found

    def _is_other(self, odd: int, found: Found) -> bool:
        """Whether much of the block is unlike all that was learned, and worth learning."""
        return odd >= _OTHERS and self._anew > 0 and odd > _MANY * found.places.total

    def _learn_anew(self, block: Block) -> Learned:
        self._learned = learned(self._tools, block.rows(ROWS), self._known().frame.heads)
        return self._learned

    def _judge(self, block: Block, records: int, found: int) -> None:
        """Learn anew, less and less often, where too much is a candidate."""
        self._records += records
        self._tried += found
        if self._records < self._patience:
            return
        if self._tried >= _MANY * self._records:
            self._patience *= 4
            self._learn_anew(block)
        self._records, self._tried = 0, 0


def _glanced(known: Learned, block: Block, raw: bytes, rules: Rules) -> Glanced | None:
    """A line for these rules, if it need not be read but looked at."""
    alike = known.alike(rules) if block.ends is None else None
    found = alike.look(raw) if alike else None
    if alike is None or found is None:
        return None
    block.reader.skip(1)
    return Glanced(alike, *found, raw, block.reader.name, block.reader.number)
