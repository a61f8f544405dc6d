"""Logs cut into parts that can be read at the same time: a file, or a range of one.

A range of a plain file of JSON lines holds the lines that begin in it. Its records and lines are
numbered from 1; what stands before it in the file must be added.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from converter.logs import read_file
from converter.logs.opening import CHUNK, Content, Count, File, find, uncounted
from converter.logs.reading import MAX_RECORD, Items, line_reader
from converter.logs.records import Reject
from converter.logs.sniffing import BOM, beginning, form

PART = 16 << 20
"""Bytes of one part of a large file."""

_FIRST = 64 << 10
_LARGE = 2 * CHUNK


@dataclass(frozen=True, slots=True)
class Part:
    """A file, or the lines of it that begin from byte `start` on and before `end`.

    `size` is how many of the file's bytes that are, 0 if unknown.
    """

    file: File
    size: int = 0
    start: int = 0
    end: int | None = None

    @property
    def known(self) -> bool:
        """Whether its size is known."""
        return self.size > 0 or self.file.path is not None


def parts(places: Sequence[str], first: int, size: int = PART) -> Iterator[Part | Reject]:
    """All logs at these places in order; of a large file the first part is `first` bytes long."""
    for file in find(places):
        if isinstance(file, Reject):
            yield file
            continue
        length = _length(file)
        if length <= first + size or file.path is None or not _has_lines(file):
            yield Part(file, length)
            continue
        starts = [0, *range(first, length, size)]
        for start, end in zip(starts, [*starts[1:], length], strict=True):
            yield Part(file, end - start, start, end)


def _length(file: File) -> int:
    try:
        return file.path.stat().st_size if file.path and file.path.is_file() else file.size
    except OSError:
        return 0


def _has_lines(file: File) -> bool:
    """Whether the file is plain, and each line of it one JSON value."""
    try:
        with file.open() as stream:
            content = Content(stream)
            head = beginning(iter(content))
    except OSError:
        return False
    return not content.packed and form(head.removeprefix(BOM)) == "lines"


class Opened:
    """A part being read: its items, and how many records and lines of it there were so far."""

    def __init__(
        self, part: Part, stdin: BinaryIO | None, *, blocks: bool, count: Count = uncounted
    ) -> None:
        if part.end is None:
            self._reader = None
            self.items: Items = read_file(
                part.file, stdin, MAX_RECORD, CHUNK, blocks=blocks, count=count
            )
        else:
            lines = _Range(part, part.end, count)
            self._reader, items = line_reader(
                lines.torn() if blocks else (), lines.rest(), part.file.name, blocks=blocks
            )
            self.items = _careful(items, part.file.name)

    @property
    def counted(self) -> tuple[int, int]:
        """Records and lines."""
        return (self._reader.number, self._reader.line) if self._reader else (0, 0)


def _careful(items: Items, name: str) -> Items:
    try:
        yield from items
    except OSError as error:
        why = f"it cannot be read: {(error.strerror or str(error)).lower()}"
        yield Reject(name, 0, "", "unreadable", why)


class _Range:
    """The lines that begin in a range of a file."""

    def __init__(self, part: Part, end: int, count: Count) -> None:
        self._part, self._end, self._count = part, end, count
        self._at: int | None = None

    def torn(self) -> Iterator[bytes]:
        """Chunks that each begin with a line and may end inside of one, where the next begins."""
        with self._part.file.open() as stream:
            at = _first_line(stream, self._part.start, self._end)
            while at + _LARGE < self._end and (chunk := stream.read(_LARGE)):
                cut = chunk.rfind(b"\n") + 1
                if not cut:
                    break
                yield chunk if at else chunk.removeprefix(BOM)
                at += cut
                self._count(cut)
                stream.seek(at)
        self._at = at

    def rest(self) -> Iterator[bytes]:
        """What follows, where chunks end makes no difference."""
        with self._part.file.open() as stream:
            start, chunk = self._part.start if self._at is None else self._at, b"\n"
            at = _first_line(stream, start, self._end)
            while at < self._end and (chunk := stream.read(min(_LARGE, self._end - at))):
                self._count(len(chunk))
                yield chunk if at else chunk.removeprefix(BOM)
                at += len(chunk)
            if not chunk.endswith(b"\n"):
                yield from _rest_of_line(stream)


def _rest_of_line(stream: BinaryIO) -> Iterator[bytes]:
    size = _FIRST
    while chunk := stream.read(size):
        cut = chunk.find(b"\n") + 1
        yield chunk[:cut] if cut else chunk
        if cut:
            return
        size = _LARGE


def _first_line(stream: BinaryIO, start: int, end: int) -> int:
    """Where the first line begins, there or after; the stream then stands there."""
    if start == 0:
        return 0
    at, size = start - 1, _FIRST
    stream.seek(at)
    while at < end and (chunk := stream.read(size)):
        found = chunk.find(b"\n")
        if found >= 0:
            stream.seek(at + found + 1)
            return at + found + 1
        at, size = at + len(chunk), _LARGE
    return end
