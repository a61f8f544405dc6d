"""Records of a log, not decoded: who reads them decodes only those that matter.

Nearly every line of a log of JSON lines is one record, and so is nearly every item of a list.
`Frame` tells from the bytes alone which may be anything else: blank, cut, a wrapper of several
records. These are read as all are without blocks; the others are one record each, which the reader
may leave undecoded.

What this cannot see is damage inside of a line that begins and ends as the others do. Items of a
list are known to be sound.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from converter.logs.decoding import decode
from converter.logs.records import Record, Reject
from converter.logs.shapes import LISTS, PAGING, Event, contents

_HEAD = re.compile(rb'\{\s*+"([ !#-\[\]-~]{1,60}+)"\s*+:')
_ITEM = re.compile(rb"[\s,]*+" + _HEAD.pattern)
_ANY_LIST = b"|".join(re.escape(key).encode() for key in sorted(LISTS.keys() | PAGING))
_MOST_HEADS, _MOST_ITEMS = 64, 8
_BRACE, _RETURN = b"}\r"
GAP = b" \t\r\n,"


class Reader(Protocol):
    """Reads the lines or items of a block in order, and numbers their records."""

    def read_line(self, raw: bytes) -> Iterator[Record | Reject | Block]:
        """What the next line, without its end, or item, also with what stands before it, holds.

        A long list in a line is a block of its items.
        """

    def skip(self, lines: int) -> None:
        """Counts so many lines or items of one record each."""


class LineReader(Reader, Protocol):
    """Reads the lines of one file, and numbers records and lines."""

    name: str
    number: int
    line: int


@dataclass(frozen=True, slots=True)
class Block:
    """Lines of a file, each with its end, or items of a list; the reader stands before the first.

    `ends` tells where in the data each item ends: behind it stands a comma or space or both, behind
    the last one nothing. Without it, each record is a line.
    """

    data: bytes
    reader: Reader
    ends: Sequence[int] | None = None

    def rows(self, most: int = -1) -> list[bytes]:
        """The lines or items, at most so many of them if `most` is not negative."""
        if self.ends is None:
            return self.data.split(b"\n", most)[:-1]
        ends = self.ends if most < 0 else self.ends[:most]
        return [self.data[start:end].lstrip(GAP) for start, end in pairwise((0, *ends))]


class Frame:
    """How the lines of a log begin, learned from some; what begins or ends otherwise is odd.

    Apart from these, `WRAPPED` and, where a line holds a backslash, `PACKED` find lines that may
    be wrappers though they begin as records do.
    """

    WRAPPED = rb'"logEvents"\s*:|"detail"\s*:\s*\{\s*"(?:%s)"\s*:' % _ANY_LIST
    PACKED = rb'"CloudTrailEvent"\s*:'

    def __init__(self, rows: Iterable[bytes], known: Iterable[bytes] = ()) -> None:
        heads = dict.fromkeys([*known, *filter(None, map(_head, rows))])
        self.heads: tuple[bytes, ...] = tuple(heads)[:_MOST_HEADS]

    def ends(self, block: Block) -> tuple[Sequence[int], list[int]]:
        """Where each line or item ends, and where each that may be anything but one record."""
        if block.ends is None:
            return self.lines(block.data)
        return block.ends, _odd_items(block.data, block.ends)

    def lines(self, data: bytes) -> tuple[list[int], list[int]]:
        """Where each line ends, and where each line ends that may be anything but one record."""
        ends, odd = list[int](), list[int]()
        find, begins, heads = data.find, data.startswith, self.heads
        at = 0
        while (end := find(b"\n", at)) >= 0:
            last = data[end - 1]
            if last == _RETURN and end > 1:
                last = data[end - 2]
            if last != _BRACE or not begins(heads, at):
                odd.append(end)
            ends.append(end)
            at = end + 1
        return ends, odd


def _odd_items(data: bytes, ends: Sequence[int]) -> list[int]:
    """Where items end that may be no object, or a wrapper by their first key."""
    odd, begins, heads, at = list[int](), data.startswith, tuple[bytes, ...](), 0
    for end in ends:
        if not begins(heads, at):
            found = _ITEM.match(data, at, end)
            if found is None or found[1].decode() in LISTS.keys() | PAGING:
                odd.append(end)
            elif len(heads) < _MOST_ITEMS:
                heads = (*heads, found[0])
        at = end
    return odd


def _head(row: bytes) -> bytes | None:
    """How a line begins that is one record, up to its first key's colon."""
    found = _HEAD.match(row)
    if found is None or found[1].decode() in LISTS.keys() | PAGING:
        return None
    value = decode(row)
    return found[0] if isinstance(value, dict) and _is_one(value) else None


def _is_one(value: Event) -> bool:
    """Whether this object is one record, or wraps one; what may wrap more is `WRAPPED`."""
    wrapped = contents(value)
    return wrapped is None or ("detail-type" in value and isinstance(wrapped, tuple))
