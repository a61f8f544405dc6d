"""The chunks of one file -> its records and rejects."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

from converter.logs.blocks import GAP, Block, LineReader
from converter.logs.decoding import REFUSED, decode, plainly
from converter.logs.lines import DEEPEST, is_object
from converter.logs.records import EXCERPT, Fault, Record, Reject
from converter.logs.runs import SMALL, Run, list_end, listed, may_be_listed
from converter.logs.shapes import Event, contents, events, one_event, records, spoken
from converter.logs.sniffing import BOM, Form, beginning, form, packing
from converter.logs.splitting import Piece, Splitter, split_lines

LONG_LINE = 4 << 20
"""Bytes from which on a line is split into records before it is decoded."""

MAX_RECORD = 256 << 20
"""Bytes over which a record is rejected."""

Results = Iterator[Record | Reject]
Items = Iterator[Record | Reject | Block]


def read_chunks(
    chunks: Iterable[bytes], file: str, max_record: int, *, blocks: bool = False
) -> Items:
    """The records of one file in order; where the chunks end makes no difference.

    With `blocks`, lines and items of lists come undecoded where each is a record, nearly all.
    """
    chunks = iter(chunks)
    head = beginning(chunks)
    start = len(BOM) if head.startswith(BOM) else 0
    head = head[start:]
    kind, opened, rest = form(head), _File(file, max_record, start), chain((head,), chunks)
    opened.runs = blocks and max_record >= LONG_LINE
    if opened.runs and kind == "lines":
        return opened.blocks(rest)
    return _READERS[kind](opened, rest)


def line_reader(
    torn: Iterable[bytes], rest: Iterable[bytes], file: str, *, blocks: bool
) -> tuple[LineReader, Items]:
    """The records of a part of a file of JSON lines, and what numbers them from 1.

    Of chunks that are `torn` the line in which each ends comes whole with the next one. They are
    for blocks only.
    """
    opened = _File(file, MAX_RECORD, 0)
    opened.runs = blocks
    if not blocks:
        return opened, opened.lines(rest)
    return opened, chain.from_iterable(
        (chain.from_iterable(map(opened.block, torn)), opened.blocks(rest))
    )


class _File:
    """One file: a reader for each form, which all number their results.

    With `runs`, many items of a list come as one block.
    """

    def __init__(self, name: str, longest: int, start: int) -> None:
        self.name = name
        self.longest = longest
        self.start = start
        self.number = 0
        self.line = 0
        self.runs = False

    def blocks(self, chunks: Iterable[bytes]) -> Items:
        """Whole lines as they are; the last one, which may be torn, and from a long one on all."""
        chunks, held = iter(chunks), b""
        for chunk in chunks:
            data = held + chunk
            cut = data.rfind(b"\n", len(held)) + 1
            held = data[cut:]
            if cut:
                yield from self.block(data)
            if len(held) > LONG_LINE:
                yield from self.lines(chain((held,), chunks))
                return
        if held:
            yield from self.read_line(held)

    def block(self, data: bytes) -> Items:
        """Lines that end there as a block; before it each long list, lest it be read twice."""
        at = 0
        while (end := list_end(data, at)) >= 0:
            yield from self.read_line(data[at:end])
            at = end + 1
        if data.find(b"\n", at) >= 0:
            yield Block(data[at:], self)

    def event(self, raw: bytes) -> Event | None:
        if len(raw) >= SMALL and (len(raw) > LONG_LINE or may_be_listed(raw)):
            return None
        event = one_event(plainly(raw))
        if event is not None:
            self.skip(1)
        return event

    def read_line(self, raw: bytes) -> Iterable[Record | Reject | Block]:
        event = self.event(raw)
        if event is not None:
            return (Record(event, self.name, self.number, raw),)
        self.line += 1
        where = f"line {self.line}"
        return self._line(raw, where) if len(raw) <= LONG_LINE else self._split(raw, where)

    def skip(self, lines: int) -> None:
        self.line += lines
        self.number += lines

    def lines(self, chunks: Iterable[bytes]) -> Items:
        splitter, before = self._splitter(), self.line
        for line in split_lines(chunks, min(LONG_LINE, self.longest)):
            self.line = before + line.number
            where = f"line {self.line}"
            if line.first and line.last:
                yield from self._line(line.raw, where)
                continue
            if line.first:
                splitter = self._splitter()
            yield from self._pieces(splitter, splitter.feed(line.raw), where)
            if line.last:
                yield from self._pieces(splitter, splitter.close(), where)

    def document(self, chunks: Iterable[bytes]) -> Items:
        splitter = self._splitter(self.start)
        for chunk in chunks:
            yield from self._pieces(splitter, splitter.feed(chunk), "")
        yield from self._pieces(splitter, splitter.close(), "")

    def text(self, chunks: Iterable[bytes]) -> Results:
        """Each line is an event `{"message": line}`, but a JSON object is itself."""
        for line in split_lines(chunks, self.longest):
            where = f"line {line.number}"
            if not (line.first and line.last):
                if line.first:
                    yield self._reject(self._too_long(line.raw), where, line.raw)
            elif line.raw and not line.raw.isspace():
                yield from self.items(spoken(line.raw.removesuffix(b"\r")), where, line.raw)

    def binary(self, chunks: Iterable[bytes]) -> Results:
        head = next(iter(chunks))
        yield Reject(self.name, 0, "", "binary", packing(head), head[:EXCERPT])

    def empty(self, chunks: Iterable[bytes]) -> Results:
        """A file that begins with nothing but space, which may go on as text."""
        yield from self.text(chunks)
        if not self.number:
            yield Reject(self.name, 0, "", "empty", "the file is empty")

    def _splitter(self, start: int = 0) -> Splitter:
        return Splitter(self.longest, start, runs=self.runs)

    def _line(self, raw: bytes, where: str) -> Items:
        if not raw or raw.isspace():
            return
        if self.runs and (run := listed(raw)):
            yield Block(run.data, _Run(self, run, where), run.ends)
            return
        value = plainly(raw)
        line = raw if value is not REFUSED or is_object(raw) else b""
        value = decode(raw) if value is REFUSED else value
        event = one_event(value)
        if event is not None:
            self.number += 1
            yield Record(event, self.name, self.number, line)
        elif isinstance(value, Fault) and raw.lstrip()[:1] in b"{[":
            yield from self._split(raw, where)
        else:
            yield from self._opened(list(records(value)), raw, where)

    def _opened(self, items: Sequence[Event | Fault], raw: bytes, where: str) -> Results:
        """What a line holds that is no event itself; of what is no event, its own bytes."""
        wholes = [raw] * len(items)
        if raw.lstrip()[:1] in b"{[" and any(isinstance(item, Fault) for item in items):
            splitter = Splitter(self.longest)
            pieces = [
                one.raw
                for one in chain(splitter.feed(raw), splitter.close())
                if isinstance(one, Piece)
            ]
            wholes = pieces if len(pieces) == len(items) else wholes
        for item, whole in zip(items, wholes, strict=True):
            yield from self.items((item,), where, whole)

    def _split(self, raw: bytes, where: str) -> Items:
        splitter = self._splitter()
        return self._pieces(splitter, chain(splitter.feed(raw), splitter.close()), where)

    def _pieces(self, splitter: Splitter, pieces: Iterable[Piece | Run], where: str) -> Items:
        for piece in pieces:
            if isinstance(piece, Run):
                yield Block(piece.data, _Run(self, piece, where), piece.ends)
                continue
            sound = piece.state == "whole"
            value = decode(piece.raw) if sound else self._stopped(piece, where)
            event = one_event(value)
            if event is not None:
                self.number += 1
                yield Record(event, self.name, self.number)
            elif isinstance(value, Fault):
                cut = splitter.resume(piece)
                whole = piece.raw[: cut or None]
                yield self._reject(value.torn(cut), _place(where, piece.start), whole)
            else:
                items = events(value, int(piece.inside))
                yield from self.items(items, _place(where, piece.start), piece.raw)

    def items(self, items: Iterable[Event | Fault], where: str, whole: bytes) -> Results:
        """Events as records; what is none as a reject of these bytes."""
        for item in items:
            if isinstance(item, Fault):
                yield self._reject(item, where, whole)
            else:
                self.number += 1
                yield Record(item, self.name, self.number)

    def _reject(self, fault: Fault, where: str, whole: bytes) -> Reject:
        self.number += 1
        return Reject(self.name, self.number, where, fault.kind, fault.why, fault.raw, whole)

    def _stopped(self, piece: Piece, where: str) -> Fault:
        if piece.state == "too long":
            return self._too_long(piece.raw)
        ends = f"the {'line' if where else 'file'} ends"
        why = f"{ends} inside it" if piece.raw else f"{ends} before its list does"
        return Fault("unfinished", why, piece.raw[:EXCERPT])

    def _too_long(self, raw: bytes) -> Fault:
        why = f"it is longer than {self.longest} bytes"
        return Fault("too long", why, raw[: min(EXCERPT, self.longest)])


class _Run:
    """Reads the records of a run. Those of a whole line are told apart by the line alone."""

    def __init__(self, file: _File, run: Run, where: str) -> None:
        self._file, self._run, self._where = file, run, where
        self._at = 0

    @property
    def name(self) -> str:
        return self._file.name

    @property
    def number(self) -> int:
        return self._file.number

    def event(self, raw: bytes) -> Event | None:
        event = one_event(self._decoded(raw.lstrip(GAP)))
        if event is not None:
            self.skip(1)
        return event

    def read_line(self, raw: bytes) -> Results:
        record = raw.lstrip(GAP)
        start = self._run.start + self._run.ends[self._at] - len(record)
        self._at += 1
        where = self._where if self._run.around else _place(self._where, start)
        items = events(self._decoded(record), int(self._run.inside))
        return self._file.items(items, where, record)

    def skip(self, lines: int) -> None:
        self._at += lines
        self._file.number += lines

    def _decoded(self, record: bytes) -> Any:
        """Its value: in a line that is decoded as a whole, depth counts from the line's start."""
        if self._run.around and record.count(b"{") + record.count(b"[") > DEEPEST - 2:
            before, after = self._run.around
            value = decode(before + record + after)
            return (value if isinstance(value, list) else contents(value) or [value])[0]
        return decode(record)


def _place(where: str, start: int) -> str:
    if not where:
        return f"byte {start}"
    return f"{where}, byte {start}" if start else where


_READERS: dict[Form, Callable[[_File, Iterable[bytes]], Items]] = {
    "lines": _File.lines,
    "document": _File.document,
    "text": _File.text,
    "binary": _File.binary,
    "empty": _File.empty,
}
