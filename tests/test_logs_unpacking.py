"""Packed logs: what they hold is read, as far as it is whole."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import zlib
from collections.abc import Callable
from functools import cache
from itertools import islice
from typing import BinaryIO

import pytest
import zstandard

from converter.logs import Record, Reject, beside, read
from converter.logs.opening import Content

PLAIN = b"".join(b'{"n": %d, "text": "%d"}\n' % (at, at * 7919) for at in range(20_000))
FEW = PLAIN[:10_000]
PACK: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "zstd": zstandard.ZstdCompressor().compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
}
LARGEST = dict.fromkeys(PACK, 200_000) | {"zstd": 2_300_000}
"""Bytes of one piece: up to half of a chunk that was not enough, and a chunk, but of zstd."""


class Pipe(io.BytesIO):
    """A stream that cannot go back."""

    def seekable(self) -> bool:
        return False


Pack = Callable[[bytes], bytes]
STREAMS_IN_ONE: dict[str, tuple[Callable[[Pack], bytes], bytes, str | None]] = {
    "one stream": (lambda pack: pack(PLAIN), PLAIN, None),
    "an empty stream": (lambda pack: pack(b""), b"", None),
    "empty ones between": (lambda pack: (pack(b"") + pack(PLAIN)) * 2, PLAIN * 2, None),
    "many streams": (lambda pack: b"".join(map(pack, FEW.splitlines(True))), FEW, None),
    "a torn last line": (lambda pack: pack(PLAIN[:-5]), PLAIN[:-5], None),
    "no line": (lambda pack: pack(b"x" * 3_000_000), b"x" * 3_000_000, None),
    "zeros at the end": (lambda pack: pack(PLAIN) + bytes(70_000), PLAIN, None),
    "zeros between": (lambda pack: pack(PLAIN) + bytes(9) + pack(PLAIN), PLAIN * 2, None),
    "rubbish at the end": (lambda pack: pack(PLAIN) + b"rubbish " * 9, PLAIN, "corrupt"),
    "a second one cut": (lambda pack: pack(PLAIN) + pack(PLAIN)[:5], PLAIN, "truncated"),
    "a bomb": (lambda pack: pack(b" " * 9_000_000), b" " * 9_000_000, None),
}
"""What is packed; its plain bytes, and what is told of its end."""

STREAMS: tuple[Callable[[bytes], BinaryIO], ...] = (io.BytesIO, Pipe)


@cache
def packed(name: str, case: str) -> bytes:
    """The streams of a case."""
    return STREAMS_IN_ONE[case][0](PACK[name])


@pytest.fixture(params=["beside", "in turn"])
def beside_or_not(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unpacking in a thread from the first piece on, and without."""
    monkeypatch.setattr(beside, "ENOUGH", 1)
    monkeypatch.setattr(beside, "cores", lambda: 2 if request.param == "beside" else 1)


@pytest.mark.usefixtures("beside_or_not")
@pytest.mark.parametrize("stream", STREAMS)
@pytest.mark.parametrize("case", STREAMS_IN_ONE)
@pytest.mark.parametrize("name", PACK)
def test_all_plain_bytes_then_the_end(
    name: str, case: str, stream: Callable[[bytes], BinaryIO]
) -> None:
    """Whatever streams there are, all their bytes come, in pieces; then what is wrong is told."""
    _, plain, trouble = STREAMS_IN_ONE[case]
    content = Content(stream(packed(name, case)), 100_000)
    pieces = list(content)
    assert b"".join(pieces) == plain
    assert max(map(len, pieces), default=0) <= LARGEST[name]
    assert (content.trouble or (None,))[0] == trouble
    assert content.size == len(plain)


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


@pytest.mark.usefixtures("beside_or_not")
@pytest.mark.parametrize("stream", STREAMS)
@pytest.mark.parametrize("name", PACK)
def test_cut_archives_give_what_they_hold(name: str, stream: Callable[[bytes], BinaryIO]) -> None:
    """Of a stream that ends too early the records before are read, and its end is told."""
    packed = PACK[name](PLAIN)
    *found, last = read(["-"], stream(packed[: len(packed) * 9 // 10]))
    assert all(isinstance(one, Record) and one.event["n"] == at for at, one in enumerate(found))
    assert isinstance(last, Reject)
    assert (last.kind, last.why) == ("truncated", f"the {name} stream ends too early")


@pytest.mark.usefixtures("beside_or_not")
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


@pytest.mark.usefixtures("beside_or_not")
def test_a_live_stream_is_read_as_it_comes() -> None:
    """Records come when they are written, also when nothing more does, and in any number."""
    lines, last = b'{"a": "%s"}\n' % (b"x" * 1000) * 3000, b'{"a": "last"}\n'
    reading, writing = os.pipe()
    packing = zlib.compressobj(wbits=31)
    with open(reading, "rb") as stream, open(writing, "wb", buffering=0) as sink:
        found = read(["-"], stream)
        for count in (3000, 6000):
            sink.write(packing.compress(lines) + packing.flush(zlib.Z_SYNC_FLUSH))
            assert [one.number for one in islice(found, 3000)][-1] == count
        sink.write(packing.compress(last) + packing.flush())
        sink.close()
        assert [one.event["a"] for one in found if isinstance(one, Record)] == ["last"]
