"""Packed bytes -> plain bytes, piece by piece: gzip, zstd, bzip2, xz, also several streams in one.

Each function gives all that there is before the stream is damaged or ends, then raises.
"""

from __future__ import annotations

import bz2
import importlib
import lzma
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

import zstandard

Chunks = Iterable[bytes]

_GZIP_FRAME = 31
_PIECE = 64 * 1024
_SMALL_PIECE = 4 * 1024


class Damaged(Exception):
    """The stream cannot be unpacked any further."""


class _Engine(Protocol):
    """Unpacks one stream; what follows its end is unused data."""

    eof: bool
    unused_data: bytes

    def decompress(self, data: bytes, max_length: int = -1, /) -> bytes:
        """What these bytes give, or the first part of that."""


def gzip(chunks: Chunks, size: int) -> Iterator[bytes]:
    """Undo gzip in pieces of at most `size` bytes; zero bytes between members are padding."""
    engine = zlib.decompressobj(_GZIP_FRAME)
    for piece in _pieces(chunks, _PIECE):
        data = piece.lstrip(b"\0") if engine.eof else piece
        while data:
            if engine.eof:
                engine = zlib.decompressobj(_GZIP_FRAME)
            yield from _pour(engine, data, size)
            data = engine.unused_data.lstrip(b"\0")
    if not engine.eof:
        raise EOFError


def fast_gzip(chunks: Chunks, size: int) -> Iterator[bytes]:
    """The same by ISA-L, without what stands in a damaged piece before the damage."""
    isal = _isal()
    engine = isal.decompressobj(_GZIP_FRAME)
    try:
        for piece in _pieces(chunks, _PIECE):
            data = piece.lstrip(b"\0") if engine.eof else piece
            while data:
                if engine.eof:
                    engine = isal.decompressobj(_GZIP_FRAME)
                if plain := engine.decompress(data, size):
                    yield plain
                data = engine.unused_data.lstrip(b"\0") if engine.eof else engine.unconsumed_tail
    except isal.error as error:
        raise Damaged(str(error)) from None
    if not engine.eof:
        raise EOFError


def _isal() -> Any:
    return importlib.import_module("isal.isal_zlib")


def has_fast_gzip() -> bool:
    """Whether ISA-L is installed."""
    try:
        _isal()
    except ImportError:
        return False
    return True


def zstd(chunks: Chunks, size: int) -> Iterator[bytes]:
    """Undo zstd; small pieces, because each is unpacked as a whole."""
    pieces = _pieces(chunks, _SMALL_PIECE)
    return _streams(pieces, size, _Zstd, zstandard.ZstdError)


def bzip2(chunks: Chunks, size: int) -> Iterator[bytes]:
    """Undo bzip2."""
    return _streams(_pieces(chunks, _PIECE), size, bz2.BZ2Decompressor, OSError)


def xz(chunks: Chunks, size: int) -> Iterator[bytes]:
    """Undo xz."""
    return _streams(_pieces(chunks, _PIECE), size, lzma.LZMADecompressor, lzma.LZMAError)


MAGIC: dict[bytes, tuple[str, Callable[[Chunks, int], Iterator[bytes]]]] = {
    b"\x1f\x8b": ("gzip", gzip),
    b"\x28\xb5\x2f\xfd": ("zstd", zstd),
    b"BZh": ("bzip2", bzip2),
    b"\xfd7zXZ\x00": ("xz", xz),
}
"""How packed streams begin, what they are, and what unpacks them."""


class _Zstd:
    """One frame; it gives all that a piece holds at once."""

    def __init__(self) -> None:
        self._engine = zstandard.ZstdDecompressor().decompressobj()

    @property
    def eof(self) -> bool:
        return self._engine.eof

    @property
    def unused_data(self) -> bytes:
        return self._engine.unused_data

    def decompress(self, data: bytes, max_length: int = -1, /) -> bytes:
        return self._engine.decompress(data)


def _streams(
    pieces: Iterable[bytes], size: int, start: Callable[[], Any], fault: type[Exception]
) -> Iterator[bytes]:
    engine: _Engine = start()
    for piece in pieces:
        data: bytes = piece
        while data:
            if engine.eof:
                engine = start()
            try:
                yield from _all_of(engine, data, size)
            except fault as error:
                raise Damaged(str(error)) from None
            data = engine.unused_data.lstrip(b"\0") if engine.eof else b""
    if not engine.eof:
        raise EOFError


def _all_of(engine: _Engine, data: bytes, size: int) -> Iterator[bytes]:
    plain = engine.decompress(data, size)
    while plain:
        yield plain
        if engine.eof or len(plain) < size:
            return
        plain = engine.decompress(b"", size)


def _pieces(chunks: Chunks, size: int) -> Iterator[bytes]:
    """Small pieces: the rest of each is copied once for every member of a stream in it."""
    for chunk in chunks:
        for start in range(0, len(chunk), size):
            yield chunk[start : start + size]


def _pour(engine: zlib._Decompress, data: bytes, size: int) -> Iterator[bytes]:
    """What these packed bytes give. Raises Damaged, after all that came before the damage."""
    while True:
        before = engine.copy()
        try:
            plain = engine.decompress(data, size)
        except zlib.error as error:
            yield from _salvaged(before, data)
            raise Damaged(str(error)) from None
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
