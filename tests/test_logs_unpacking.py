"""Packed logs: what they hold is read, as far as it is whole."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
from collections.abc import Callable
from typing import BinaryIO

import pytest
import zstandard

from converter.logs import Record, Reject, read
from converter.logs.opening import Content

PLAIN = b"".join(b'{"n": %d, "text": "%d"}\n' % (at, at * 7919) for at in range(20_000))
PACK: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "zstd": zstandard.ZstdCompressor().compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
}


class Pipe(io.BytesIO):
    """A stream that cannot go back."""

    def seekable(self) -> bool:
        return False


STREAMS: tuple[Callable[[bytes], BinaryIO], ...] = (io.BytesIO, Pipe)


@pytest.mark.parametrize("stream", STREAMS)
@pytest.mark.parametrize("name", PACK)
def test_packed_is_unpacked(name: str, stream: Callable[[bytes], BinaryIO]) -> None:
    """Every packing gives the plain bytes in pieces, also of several streams one after another."""
    half = len(PLAIN) // 2
    packed = PACK[name](PLAIN[:half]) + PACK[name](PLAIN[half:])
    content = Content(stream(packed), 10_000)
    pieces = list(content)
    assert b"".join(pieces) == PLAIN
    assert (content.packed, content.trouble) == (name, None)


@pytest.mark.parametrize("stream", STREAMS)
@pytest.mark.parametrize("name", PACK)
def test_cut_archives_give_what_they_hold(name: str, stream: Callable[[bytes], BinaryIO]) -> None:
    """Of a stream that ends too early the records before are read, and its end is told."""
    packed = PACK[name](PLAIN)
    *found, last = read(["-"], stream(packed[: len(packed) * 9 // 10]))
    assert all(isinstance(one, Record) and one.event["n"] == at for at, one in enumerate(found))
    assert isinstance(last, Reject)
    assert (last.kind, last.why) == ("truncated", f"the {name} stream ends too early")


@pytest.mark.parametrize("stream", STREAMS)
@pytest.mark.parametrize("name", ["gzip", "zstd", "bzip2", "xz"])
def test_damaged_archives_are_told(name: str, stream: Callable[[bytes], BinaryIO]) -> None:
    """Damage inside a stream is told once; it raises nothing and loses nothing before it."""
    packed = bytearray(PACK[name](PLAIN))
    packed[len(packed) // 2 :] = b"\x55" * (len(packed) // 2)
    content = Content(stream(bytes(packed)))
    found = b"".join(content)
    sure = min(len(found), len(PLAIN) // 4)
    assert found[:sure] == PLAIN[:sure]
    assert content.trouble is not None
    assert content.trouble[0] in ("corrupt", "truncated")
