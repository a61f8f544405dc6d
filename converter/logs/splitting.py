"""A stream of bytes -> lines; a stream of JSON in any layout -> the bytes of each record.

Nothing here decodes JSON, and nothing depends on where the chunks of a stream end.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from converter.logs.nesting import Junk, Nested, Scalar, Walker, next_record
from converter.logs.records import EXCERPT
from converter.logs.runs import LooseRuns, Run, Runs
from converter.logs.shapes import HEAD

_GAP = re.compile(rb"[\s,]*+")
_LOOK_AHEAD = 16 * 1024


class Line(NamedTuple):
    """A line without its end, or one part of a long one (not both first and last)."""

    number: int
    raw: bytes
    first: bool = True
    last: bool = True


def split_lines(chunks: Iterable[bytes], longest: int) -> Iterator[Line]:
    """The lines of a stream, numbered from 1; those over `longest` bytes come in parts."""
    number, first, held = 1, True, bytearray()
    for chunk in chunks:
        if not first and b"\n" not in chunk:
            yield Line(number, chunk, first=False, last=False)
            continue
        *ended, rest = chunk.split(b"\n")
        for row in ended:
            yield from _line(number, bytes(held) + row if held else row, first, longest)
            number, first = number + 1, True
            held.clear()
        held += rest
        if len(held) > longest or not first:
            yield Line(number, bytes(held), first, last=False)
            first = False
            held.clear()
    if held or not first:
        yield from _line(number, bytes(held), first, longest)


def _line(number: int, raw: bytes, first: bool, longest: int) -> Iterator[Line]:
    if first and len(raw) > longest:
        yield Line(number, raw, last=False)
        raw, first = b"", False
    yield Line(number, raw, first)


class Piece(NamedTuple):
    """The bytes of one value, which begins at byte `start`; of one too long only the first.

    `inside` tells that it stands in a list, which may be a wrapper's.
    """

    raw: bytes
    start: int
    inside: bool
    state: Literal["whole", "too long", "unfinished"] = "whole"


class Splitter:
    """Cuts a stream of JSON values, one after another with or without space, into records.

    Lists and wrappers with a list are opened, so that only one record is held at a time, and of
    one longer than `longest` bytes no more than that. With `runs`, records come as runs where
    they can.
    """

    def __init__(self, longest: int, start: int = 0, *, runs: bool = False) -> None:
        self._longest = longest
        self._runs = (LooseRuns(), Runs()) if runs else None
        self._base = start
        self._list: Literal["", "bare", "wrapped"] = ""
        self._walker: Walker | None = None
        self._start = start
        self._kept: bytearray | None = None
        self._given: bytes | bytearray = b""
        self._held = b""
        self._again = b""
        self._pushed_back = 0
        self._ended = False

    def feed(self, chunk: bytes) -> Iterator[Piece | Run]:
        """The records that end in this chunk."""
        step = max(self._longest, _LOOK_AHEAD)
        for start in range(0, len(chunk) or 1, step):
            yield from self._feed(chunk[start : start + step])

    def _feed(self, chunk: bytes) -> Iterator[Piece | Run]:
        chunk, at, self._held = self._held + chunk, 0, b""
        while at < len(chunk) or self._again:
            if self._again:
                self._base += at - len(self._again)
                chunk, at, self._again = self._again + chunk[at:], 0, b""
            if self._walker is None:
                if run := self._run(chunk, at):
                    yield run
                    at = run.start + len(run.data) - self._base
                else:
                    at = self._between(chunk, at)
                continue
            begin = at
            at, ended = self._walker.walk(chunk, at)
            piece = self._collect(chunk[begin:at], ended)
            if piece is not None:
                yield piece
        self._base += len(chunk) - len(self._held)

    def _run(self, chunk: bytes, at: int) -> Run | None:
        if self._runs is None or len(chunk) > self._longest:
            return None
        return self._runs[bool(self._list)].take(chunk, at, self._base)

    def close(self) -> Iterator[Piece | Run]:
        """What is left when the stream has ended."""
        self._ended = True
        yield from self.feed(b"")
        while (piece := self._left()) is not None:
            yield piece
            if piece.state == "unfinished" and not self._again:
                return
            yield from self.feed(b"")

    def resume(self, piece: Piece) -> int:
        """Call it for a piece that is no sound record: its bytes up to where the next one begins.

        From there the stream is split again; 0 if no next record shows in the piece. The bytes
        split again are bounded by those read, so that a hostile stream takes linear time.
        """
        end = min(len(self._given), self._longest + 1)
        cut = next_record(self._given, end, balanced=piece.state == "whole")
        if not cut or self._pushed_back + end - cut > 8 * (piece.start + end) + _LOOK_AHEAD:
            return 0
        self._pushed_back += end - cut
        self._again = bytes(self._given[cut:])
        self._walker, self._kept = None, None
        return cut

    def _between(self, chunk: bytes, at: int) -> int:
        found = _GAP.match(chunk, at)
        at = at if found is None else found.end()
        if at == len(chunk):
            return at
        return self._next_in_list(chunk, at) if self._list else self._next_on_top(chunk, at)

    def _next_in_list(self, chunk: bytes, at: int) -> int:
        sign = chunk[at : at + 1]
        if sign in b"{[":
            return self._begin(Nested(), at)
        if sign not in b"]}":
            return self._begin(Scalar(), at)
        if sign == b"]" and self._list == "wrapped":
            self._walker, self._kept = Nested(depth=1), None
        self._list = ""
        return at + 1

    def _next_on_top(self, chunk: bytes, at: int) -> int:
        sign = chunk[at : at + 1]
        if sign == b"[":
            self._list = "bare"
            return at + 1
        if sign != b"{":
            return self._begin(Junk(), at)
        if len(chunk) - at < _LOOK_AHEAD and not self._ended:
            self._held = chunk[at:]
            return len(chunk)
        head = HEAD.match(chunk, at, at + _LOOK_AHEAD)
        if head is None:
            return self._begin(Nested(), at)
        self._list = "wrapped"
        return head.end()

    def _begin(self, walker: Walker, at: int) -> int:
        self._walker, self._kept, self._start = walker, bytearray(), self._base + at
        return at

    def _collect(self, part: bytes, ended: bool) -> Piece | None:
        if ended:
            self._walker = None
        if self._kept is None:
            return None
        if self._kept or not ended:
            self._kept += part
        self._given = self._kept or part
        if len(self._given) <= self._longest and not ended:
            return None
        self._kept = None
        if len(self._given) <= self._longest:
            return Piece(bytes(self._given), self._start, bool(self._list))
        excerpt = bytes(self._given[: min(EXCERPT, self._longest)])
        return Piece(excerpt, self._start, bool(self._list), "too long")

    def _left(self) -> Piece | None:
        """The value or list in which the stream ends; what is skipped has been told before."""
        walker, self._walker = self._walker, None
        if walker is not None and walker.open_ended:
            return self._collect(b"", ended=True)
        inside = bool(self._list)
        if walker is None:
            self._given = b""
            return Piece(b"", self._base, inside, "unfinished") if inside else None
        if self._kept is None:
            return None
        self._given, self._kept = self._kept, None
        return Piece(bytes(self._given), self._start, inside, "unfinished")
