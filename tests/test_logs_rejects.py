"""What cannot be read is kept byte for byte, however it stands in its file."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
from collections.abc import Callable

import pytest
import zstandard

from converter.logs import Record, Reject, read, read_blocks
from converter.logs.blocks import Block

LONG = b"x" * 700
LOOKED_UP = b'{"CloudTrailEvent":"{' + LONG + b'"}'
OPEN = b'{"a":{"b":"' + LONG + b'"},'
TEXT = b"text\n" * 500
DEEP = b'{"a":[' + b'{"b":"' + LONG + b'"},' * 3


def wholes(data: bytes, **options: int) -> list[bytes]:
    """The bytes of each reject, found by whole records and by blocks alike."""
    found = list(read(["-"], io.BytesIO(data), **options))
    taken: list[Record | Reject] = []
    for item in read_blocks(["-"], io.BytesIO(data), **options):
        if isinstance(item, Block):
            starts = (0, *(end + 1 for end in item.ends or ()))
            lines = [*zip(starts, item.ends or (), strict=False)]
            rows = [item.data[at:end] for at, end in lines] or item.data[:-1].split(b"\n")
            taken += [one for row in rows for one in item.reader.read_line(row)]
        else:
            taken.append(item)
    rejects = [one for one in found if isinstance(one, Reject)]
    assert rejects == [one for one in taken if isinstance(one, Reject)]
    assert all(one.raw == one.whole[: len(one.raw)] or len(one.raw) <= 200 for one in rejects)
    return [one.whole for one in rejects]


@pytest.mark.parametrize(
    ("data", "kept"),
    [
        (b'{"a":1}\n{"a":"' + LONG + b"\xff\x00\n", [b'{"a":"' + LONG + b"\xff\x00"]),
        (b'{"a":1}\n"' + LONG + b'"\n12.0e1\n', [b'"' + LONG + b'"', b"12.0e1"]),
        (b'{"a":1}\r\n{"a": \r\n{"a":3}\r\n', [b'{"a": \r']),
        (b'{"a":1}\n' + DEEP + b"\n", [DEEP]),
        (b'[{"a":1}, 1.50, {"a":2}, "' + LONG + b'", [ 1 ,2]]', [
            b"1.50", b'"' + LONG + b'"', b"[ 1 ,2]",
        ]),
        (b'[\n{"a":1},\n"' + LONG + b'",\n{"a": "' + LONG, [b'"' + LONG + b'"', b'{"a": "' + LONG]),
        (b'{"Records":[{"a":1},' + OPEN + b'{"a":3}]}', [OPEN]),
        (b'{"Records":[{"a":1}, 1.0 ]}\n{"Records":[\xff]}\n', [b"1.0 ", b"\xff"]),
        (b'{"a":1}\n{"CloudTrailEvent":"{' + LONG + b'"}\n', [LOOKED_UP]),
        (TEXT + LONG + b"\xff\nmore\n\0" + LONG, [LONG + b"\xff", b"\0" + LONG]),
    ],
)  # fmt: skip
def test_rejects_are_kept_byte_for_byte(data: bytes, kept: list[bytes]) -> None:
    """A reject holds its own bytes, all of them, nothing of its neighbours, nothing rewritten."""
    assert [one.strip(b" ") for one in wholes(data)] == [one.strip(b" ") for one in kept]


@pytest.mark.parametrize(
    "pack", [gzip.compress, bz2.compress, lzma.compress, zstandard.ZstdCompressor().compress]
)
def test_the_torn_end_of_an_archive_is_kept(pack: Callable[[bytes], bytes]) -> None:
    """What a cut archive holds of its last record is kept with the reject that tells of it."""
    noise = (
        bytes(32 + at * 7919 % 89 for at in range(60_000)).replace(b'"', b" ").replace(b"\\", b" ")
    )
    data = pack(b'{"a":1}\n{"b":"' + noise + b'"}\n{"a":2}\n')
    for share in (0.5, 0.8, 0.99):
        found = list(read(["-"], io.BytesIO(data[: int(len(data) * share)])))
        last = found[-1]
        assert isinstance(last, Reject)
        assert last.kind == "truncated"
        assert (b'{"b":"' + noise).startswith(last.whole)
        assert last.whole[:200] == last.raw
