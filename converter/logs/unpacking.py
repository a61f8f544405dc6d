"""Packed bytes -> plain bytes, piece by piece: gzip, zstd, bzip2, xz, also several streams in one.

All that there is before a stream is damaged or ends is given, then an error raised.
"""

from __future__ import annotations

import bz2
import hashlib
import importlib
import lzma
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

import zstandard

_GZIP_FRAME = 31
_LARGE_PIECE = 256 * 1024
_PIECE = 64 * 1024
_SMALL_PIECE = 4 * 1024
_TINY_PIECE = 64


class Damaged(Exception):
    """The stream cannot be unpacked any further."""


class Engine(Protocol):
    """Unpacks one stream; what follows its end is unused data."""

    eof: bool
    unused_data: bytes

    def decompress(self, data: bytes, max_length: int = -1, /) -> bytes:
        """What these bytes give, or the first part of that."""


class Streams:
    """Streams one after another, each by an engine of its own; zeros between them are padding.

    Packed bytes go to it in pieces, smaller ones where streams end: for each the rest of its piece
    is copied.
    """

    _piece = _most = _LARGE_PIECE

    def __init__(self, start: Callable[[], Any], fault: type[Exception]) -> None:
        self._start, self._fault = start, fault
        self._engine: Engine = start()

    def give(self, packed: bytes, size: int) -> Iterator[bytes]:
        """What these bytes give, in pieces of about `size` bytes at most.

        Raises Damaged, after what came before the damage.
        """
        at = 0
        while at < len(packed):
            data, at = packed[at : at + self._piece], at + self._piece
            self._piece = min(2 * self._piece, self._most)
            while data := self._begun(data):
                try:
                    yield from self._poured(data, size)
                except self._fault as error:
                    raise Damaged(str(error)) from None
                data = self._engine.unused_data if self._engine.eof else b""

    def close(self) -> None:
        """Raises EOFError where the last stream is not at its end."""
        if not self._engine.eof:
            raise EOFError

    def _begun(self, data: bytes) -> bytes:
        """These bytes without padding; if there are any, a stream has begun."""
        if self._engine.eof and (data := data.lstrip(b"\0")):
            self._engine = self._start()
            self._piece = min(self._piece, _PIECE)
        return data

    def _poured(self, data: bytes, size: int) -> Iterator[bytes]:
        engine = self._engine
        while plain := engine.decompress(data, size):
            yield plain
            if engine.eof or len(plain) < size:
                return
            data = b""


def gzip() -> Streams:
    """Undoes gzip, up to the very byte that is damaged."""
    return _ThoroughGzip(lambda: zlib.decompressobj(_GZIP_FRAME), zlib.error)


def fast_gzip() -> Streams:
    """The same by ISA-L, without what stands in a damaged piece before the damage."""
    isal = _isal()
    return _FastGzip(lambda: isal.IgzipDecompressor(isal.DECOMP_GZIP), isal.error)


def has_fast_gzip() -> bool:
    """Whether ISA-L is installed."""
    try:
        _isal()
    except ImportError:
        return False
    return True


def _isal() -> Any:
    return importlib.import_module("isal.igzip_lib")


def zstd() -> Streams:
    """Undoes zstd."""
    return _Zstd(lambda: zstandard.ZstdDecompressor().decompressobj(), zstandard.ZstdError)


def bzip2() -> Streams:
    """Undoes bzip2."""
    return Streams(bz2.BZ2Decompressor, OSError)


def xz() -> Streams:
    """Undoes xz."""
    return Streams(lzma.LZMADecompressor, lzma.LZMAError)


MAGIC: dict[bytes, tuple[str, Callable[[], Streams]]] = {
    b"\x1f\x8b": ("gzip", gzip),
    b"\x28\xb5\x2f\xfd": ("zstd", zstd),
    b"BZh": ("bzip2", bzip2),
    b"\xfd7zXZ\x00": ("xz", xz),
}
"""How packed streams begin, what they are, and what unpacks them."""


def unpacked(chunks: Iterable[bytes], streams: Streams, size: int) -> Iterator[bytes]:
    """The plain bytes of these chunks, of which each gives all that it can before the next.

    In pieces of about `size` bytes at most, which end where a line does, if one does. Raises what
    giving, closing and the chunks raise, after all that came before.
    """
    lines = _Lines(size // 8)
    try:
        for chunk in chunks:
            for piece in streams.give(chunk, size):
                yield from lines.add(piece)
            yield from lines.whole()
        streams.close()
    except Exception:
        yield from lines.rest()
        raise
    yield from lines.rest()


class _Lines:
    """Pieces -> fewer that end where a line does, of at least so many bytes."""

    def __init__(self, least: int) -> None:
        self._least = least
        self._held, self._size = list[bytes](), 0

    def add(self, piece: bytes) -> Iterator[bytes]:
        """One more; what there is if it is enough."""
        self._held.append(piece)
        self._size += len(piece)
        if self._size >= self._least:
            yield from self.whole()

    def whole(self) -> Iterator[bytes]:
        """What there is up to the end of the last line, all where none ends in the last piece."""
        last = self._held[-1] if self._held else b""
        cut = last.rfind(b"\n") + 1
        if cut in (0, len(last)):
            yield from self.rest()
            return
        whole = b"".join((*self._held[:-1], memoryview(last)[:cut]))
        self._held, self._size = [last[cut:]], len(last) - cut
        yield whole

    def rest(self) -> Iterator[bytes]:
        """All that there is."""
        whole, self._held, self._size = b"".join(self._held), [], 0
        if whole:
            yield whole


class _FastGzip(Streams):
    """Streams that ISA-L unpacks.

    It leaves the wide halves of the vector registers in use, which makes code for older processors,
    such as Hyperscan's, three times as slow. OpenSSL's SHA-512 clears them where it has them.
    """

    def give(self, packed: bytes, size: int) -> Iterator[bytes]:
        try:
            for plain in super().give(packed, size):
                hashlib.sha512(b"").digest()
                yield plain
        finally:
            hashlib.sha512(b"").digest()


class _Zstd(Streams):
    """Streams of which an engine gives all that a piece holds at once, however much: 32 KiB a byte.

    Pieces are tiny where they give much.
    """

    _piece, _most = _TINY_PIECE, _SMALL_PIECE

    def _poured(self, data: bytes, size: int) -> Iterator[bytes]:
        plain = self._engine.decompress(data)
        if len(plain) > size:
            self._piece = _TINY_PIECE
        if plain:
            yield plain


class _ThoroughGzip(Streams):
    """Streams of which also the last bytes before damage are given."""

    def _poured(self, data: bytes, size: int) -> Iterator[bytes]:
        engine: Any = self._engine
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
