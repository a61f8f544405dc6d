"""Windows event log files, written from scratch: a header, then chunks of 64 kB with records.

The layout is that of the EVTX format as the project libevtx documents it ("Windows XML Event Log").
"""

from __future__ import annotations

import struct
from binascii import crc32
from collections.abc import Mapping, Sequence

Tree = Mapping[str, "str | Tree"]

_CHUNK, _FIRST = 65536, 512
_EPOCH = 133_500_000_000_000_000  # early in 2024, in tenths of microseconds from 1601


def evtx(chunks: Sequence[Sequence[Tree]], said: int | None = None) -> bytes:
    """A file of chunks of events; its header says that there are so many chunks."""
    count, number, body = len(chunks), 1, b""
    for events in chunks:
        body += _chunk(events, number)
        number += len(events)
    head = struct.pack(
        "<8sQQQIHHHH76xI", b"ElfFile\0", 0, count - 1, number, 128, 1, 3, 4096,
        count if said is None else said, 0,
    )  # fmt: skip
    return (head + struct.pack("<I", crc32(head[:120]))).ljust(4096, b"\0") + body


def _chunk(events: Sequence[Tree], first: int) -> bytes:
    data, last = b"", 0
    for number, event in enumerate(events, first):
        last = _FIRST + len(data)
        xml = b"\x0f\x01\x01\x00" + _elements(event, last + 28) + b"\x00"
        size = len(xml) + 28
        data += struct.pack("<IIQQ", 0x2A2A, size, number, _EPOCH) + xml + struct.pack("<I", size)
    end = first + len(events) - 1
    head = struct.pack(
        "<8sQQQQIIII64xI", b"ElfChnk\0", first, end, first, end, 128, last, _FIRST + len(data),
        crc32(data), 0,
    )  # fmt: skip
    tables = bytes(_FIRST - 128)
    return (head + struct.pack("<I", crc32(head[:120] + tables)) + tables + data).ljust(
        _CHUNK, b"\0"
    )


def _elements(tree: Tree, at: int) -> bytes:
    """The elements as binary XML that begins at this place of the chunk."""
    out = b""
    for name, value in tree.items():
        start = at + len(out)
        letters = name.encode("utf-16-le")
        label = struct.pack("<IHH", 0, 0, len(name)) + letters + b"\0\0"
        inner_at = start + 9 + len(label) + 1
        inner = _text(value) if isinstance(value, str) else _elements(value, inner_at)
        rest = label + b"\x02" + inner + b"\x04"
        out += struct.pack("<BII", 0x01, len(rest) + 4, start + 9) + rest
    return out


def _text(value: str) -> bytes:
    return struct.pack("<BBH", 0x05, 0x01, len(value)) + value.encode("utf-16-le")
