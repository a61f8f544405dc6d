"""Places -> files -> chunks of plain bytes: folders, standard input, gzip."""

from __future__ import annotations

import os
import stat
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from converter.logs.records import Kind, Reject

CHUNK = 1 << 20
STDIN = "-"

_GZIP = b"\x1f\x8b"
_GZIP_FRAME = 31
_PACKED_PIECE = 64 * 1024


@dataclass(frozen=True, slots=True)
class File:
    """A file to read; `path` is None for standard input. `name` is what the user sees."""

    name: str
    path: Path | None


def find(places: Sequence[str]) -> Iterator[File | Reject]:
    """The files at these places in order: files, folders with all below in the order of names, `-`.

    Below a folder hidden files and folders are left out, and links to folders are not followed.
    """
    for place in places:
        path = Path(place)
        if place == STDIN:
            yield File(STDIN, None)
        elif path.is_dir():
            yield from _below(path, empty="the folder holds no log")
        else:
            yield File(_name(path), path)


def _below(folder: Path, empty: str = "") -> Iterator[File | Reject]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        yield Reject(_name(folder), 0, "", "unreadable", _reason(error))
        return
    found = False
    for entry in entries:
        if entry.name.startswith("."):
            continue
        path = folder / entry.name
        if entry.is_dir(follow_symlinks=False):
            inner: Iterator[File | Reject] = _below(path)
        elif entry.is_dir():
            continue
        else:
            inner = _regular(path)
        for file in inner:
            found = True
            yield file
    if empty and not found:
        yield Reject(_name(folder), 0, "", "empty", empty)


def _regular(path: Path) -> Iterator[File | Reject]:
    """Only regular files: a pipe or a device in a folder could block or never end."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        yield Reject(_name(path), 0, "", "unreadable", _reason(error))
        return
    if stat.S_ISREG(mode):
        yield File(_name(path), path)
    else:
        yield Reject(_name(path), 0, "", "unreadable", "it is no regular file")


def _name(path: Path) -> str:
    return os.fsencode(path.as_posix()).decode("utf-8", "replace")


def _reason(error: OSError) -> str:
    return f"it cannot be read: {(error.strerror or str(error)).lower()}"


@dataclass
class Content:
    """The plain bytes of a stream in chunks, gzip undone, also of several members.

    It never raises: what ends the stream too early is in `trouble`, as kind and reason.
    """

    stream: BinaryIO
    chunk: int = CHUNK
    trouble: tuple[Kind, str] | None = None
    size: int = field(default=0, init=False)
    packed: bool = field(default=False, init=False)

    def __iter__(self) -> Iterator[bytes]:
        try:
            for chunk in self._plain():
                self.size += len(chunk)
                yield chunk
        except EOFError:
            self.trouble = "truncated", "the gzip stream ends too early"
        except zlib.error as error:
            self.trouble = "corrupt", f"the gzip stream is damaged: {error}"
        except OSError as error:
            self.trouble = "unreadable", _reason(error)

    def _plain(self) -> Iterator[bytes]:
        chunks = self._stored()
        head = b""
        for chunk in chunks:
            head += chunk
            if len(head) >= len(_GZIP):
                break
        plain = _joined(head, chunks)
        self.packed = head.startswith(_GZIP)
        return _inflate(plain, self.chunk) if self.packed else plain

    def _stored(self) -> Iterator[bytes]:
        read = getattr(self.stream, "read1", self.stream.read)
        while chunk := read(self.chunk):
            yield chunk


def _joined(head: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    if head:
        yield head
    yield from chunks


def _inflate(chunks: Iterator[bytes], size: int) -> Iterator[bytes]:
    """Undo gzip in pieces of at most `size` bytes; zero bytes between members are padding."""
    engine = zlib.decompressobj(_GZIP_FRAME)
    for piece in _small(chunks):
        data = piece.lstrip(b"\0") if engine.eof else piece
        while data:
            if engine.eof:
                engine = zlib.decompressobj(_GZIP_FRAME)
            yield from _pour(engine, data, size)
            data = engine.unused_data.lstrip(b"\0")
    if not engine.eof:
        raise EOFError


def _small(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Small pieces: the rest of each is copied once for every member of a stream in it."""
    for chunk in chunks:
        for start in range(0, len(chunk), _PACKED_PIECE):
            yield chunk[start : start + _PACKED_PIECE]


def _pour(engine: zlib._Decompress, data: bytes, size: int) -> Iterator[bytes]:
    """What these packed bytes give. Raises zlib.error, after all that came before the damage."""
    while True:
        before = engine.copy()
        try:
            plain = engine.decompress(data, size)
        except zlib.error:
            yield from _salvaged(before, data)
            raise
        if plain:
            yield plain
        data = engine.unconsumed_tail
        if engine.eof or (not data and len(plain) < size):
            return


def _salvaged(engine: zlib._Decompress, data: bytes) -> Iterator[bytes]:
    for at in range(len(data)):
        try:
            plain = engine.decompress(data[at : at + 1])
        except zlib.error:
            return
        if plain:
            yield plain
