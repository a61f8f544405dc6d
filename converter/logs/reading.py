"""The chunks of one file -> its records and rejects."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain

from converter.logs.blocks import Block, LineReader
from converter.logs.decoding import decode
from converter.logs.records import EXCERPT, Fault, Record, Reject
from converter.logs.shapes import Event, contents, events, records
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

    With `blocks`, lines come undecoded where each is a record, all but the last one.
    """
    chunks = iter(chunks)
    head = beginning(chunks)
    start = len(BOM) if head.startswith(BOM) else 0
    head = head[start:]
    kind, opened, rest = form(head), _File(file, max_record, start), chain((head,), chunks)
    if blocks and kind == "lines" and max_record >= LONG_LINE:
        return opened.blocks(rest)
    return _READERS[kind](opened, rest)


def line_reader(chunks: Iterable[bytes], file: str, *, blocks: bool) -> tuple[LineReader, Items]:
    """The records of a part of a file of JSON lines, and what numbers them from 1."""
    opened = _File(file, MAX_RECORD, 0)
    return opened, opened.blocks(chunks) if blocks else opened.lines(chunks)


class _File:
    """One file: a reader for each form, which all number their results."""

    def __init__(self, name: str, longest: int, start: int) -> None:
        self.name = name
        self.longest = longest
        self.start = start
        self.number = 0
        self.line = 0

    def blocks(self, chunks: Iterable[bytes]) -> Items:
        """Whole lines as they are; the last one, which may be torn, and from a long one on all."""
        chunks, held = iter(chunks), b""
        for chunk in chunks:
            cut = chunk.rfind(b"\n") + 1
            if cut:
                yield Block(held + chunk[:cut], self)
                held = chunk[cut:]
            else:
                held += chunk
            if len(held) > LONG_LINE:
                break
        yield from self.lines(chain((held,), chunks))

    def read_line(self, raw: bytes) -> Items:
        self.line += 1
        return self._line(raw, f"line {self.line}")

    def skip(self, lines: int) -> None:
        self.line += lines
        self.number += lines

    def lines(self, chunks: Iterable[bytes]) -> Results:
        splitter, before = Splitter(self.longest), self.line
        for line in split_lines(chunks, min(LONG_LINE, self.longest)):
            self.line = before + line.number
            where = f"line {self.line}"
            if line.first and line.last:
                yield from self._line(line.raw, where)
                continue
            if line.first:
                splitter = Splitter(self.longest)
            yield from self._pieces(splitter, splitter.feed(line.raw), where)
            if line.last:
                yield from self._pieces(splitter, splitter.close(), where)

    def document(self, chunks: Iterable[bytes]) -> Results:
        splitter = Splitter(self.longest, self.start)
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
                yield from self._items(_spoken(line.raw.removesuffix(b"\r")), where)

    def binary(self, chunks: Iterable[bytes]) -> Results:
        head = next(iter(chunks))
        yield Reject(self.name, 0, "", "binary", packing(head), head[:EXCERPT])

    def empty(self, chunks: Iterable[bytes]) -> Results:
        """A file that begins with nothing but space, which may go on as text."""
        yield from self.text(chunks)
        if not self.number:
            yield Reject(self.name, 0, "", "empty", "the file is empty")

    def _line(self, raw: bytes, where: str) -> Results:
        if not raw or raw.isspace():
            return
        value = decode(raw)
        if isinstance(value, dict) and contents(value) is None:
            self.number += 1
            yield Record(value, self.name, self.number)
        elif isinstance(value, Fault) and raw.lstrip()[:1] in b"{[":
            splitter = Splitter(self.longest)
            pieces = chain(splitter.feed(raw), splitter.close())
            yield from self._pieces(splitter, pieces, where)
        else:
            yield from self._items(records(value), where)

    def _pieces(self, splitter: Splitter, pieces: Iterable[Piece], where: str) -> Results:
        for piece in pieces:
            whole = piece.state == "whole"
            value = decode(piece.raw) if whole else self._stopped(piece, where)
            if isinstance(value, dict) and contents(value) is None:
                self.number += 1
                yield Record(value, self.name, self.number)
            elif isinstance(value, Fault):
                fault = _torn(value, splitter.resume(piece))
                yield self._reject(fault, _place(where, piece.start), piece.raw)
            else:
                items = events(value, int(piece.inside))
                yield from self._items(items, _place(where, piece.start))

    def _items(self, items: Iterable[Event | Fault], where: str) -> Results:
        for item in items:
            if isinstance(item, Fault):
                yield self._reject(item, where)
            else:
                self.number += 1
                yield Record(item, self.name, self.number)

    def _reject(self, fault: Fault, where: str, whole: bytes = b"") -> Reject:
        self.number += 1
        raw = fault.raw
        return Reject(self.name, self.number, where, fault.kind, fault.why, raw, whole or raw)

    def _stopped(self, piece: Piece, where: str) -> Fault:
        if piece.state == "too long":
            return self._too_long(piece.raw)
        ends = f"the {'line' if where else 'file'} ends"
        why = f"{ends} inside it" if piece.raw else f"{ends} before its list does"
        return Fault("unfinished", why, piece.raw[:EXCERPT])

    def _too_long(self, raw: bytes) -> Fault:
        why = f"it is longer than {self.longest} bytes"
        return Fault("too long", why, raw[: min(EXCERPT, self.longest)])


def _spoken(raw: bytes) -> Iterator[Event | Fault]:
    if raw.lstrip().startswith(b"{"):
        value = decode(raw)
        if isinstance(value, dict):
            yield from events(value)
            return
    try:
        text = raw.decode()
    except UnicodeDecodeError as broken:
        yield Fault("encoding", f"its byte {broken.start} is not UTF-8", raw[:EXCERPT])
        return
    if "\0" in text:
        yield Fault("encoding", "it holds NUL bytes", raw[:EXCERPT])
    else:
        yield {"message": text}


def _place(where: str, start: int) -> str:
    if not where:
        return f"byte {start}"
    return f"{where}, byte {start}" if start else where


def _torn(fault: Fault, cut: int) -> Fault:
    if not cut:
        return fault
    why = "a bracket or a quote in it is not closed, or closed twice"
    return Fault("json", why, fault.raw[: min(cut, EXCERPT)])


_READERS: dict[Form, Callable[[_File, Iterable[bytes]], Results]] = {
    "lines": _File.lines,
    "document": _File.document,
    "text": _File.text,
    "binary": _File.binary,
    "empty": _File.empty,
}
