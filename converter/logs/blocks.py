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
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from converter.logs.decoding import decode
from converter.logs.records import Record, Reject
from converter.logs.shapes import (
    BUS,
    LISTS,
    LOOKED_UP,
    PAGING,
    SUBSCRIPTION,
    Event,
    contents,
)

_HEAD = re.compile(rb'\{\s*+"([ !#-\[\]-~]{1,60}+)"\s*+:')
_ITEM = re.compile(rb"[\s,]*+" + _HEAD.pattern)
_ANY_LIST = b"|".join(re.escape(key).encode() for key in sorted(LISTS.keys() | PAGING))
_MOST_HEADS, _MOST_ITEMS = 64, 8
GAP = b" \t\r\n,"
INNER = {
    rb'"logEvents"\s*:': SUBSCRIPTION,
    rb'"CloudTrailEvent"\s*:': LOOKED_UP,
    rb'"detail"\s*:\s*\{\s*"(?:%b)"\s*:' % _ANY_LIST: BUS,
}
"""Expressions that find what may wrap several records, by the keys of which it has one first."""

WRAPPING = frozenset(b'"%b"' % key.encode() for key in LISTS.keys() | PAGING)
"""Quoted first keys of objects that wrap lists."""

AROUND = SUBSCRIPTION | LOOKED_UP | BUS
"""First keys of objects that may wrap one record, or more."""

_WRAPPERS = (*sorted(WRAPPING), *(b'"%b"' % key.encode() for key in sorted(AROUND)))


class Reader(Protocol):
    """Reads the lines or items of a block in order, and numbers their records from 1."""

    @property
    def name(self) -> str:
        """The file."""

    @property
    def number(self) -> int:
        """The number of the last record."""

    def event(self, raw: bytes) -> Event | None:
        """The event of the next line or item, if it is nothing but one; else it is not read."""

    def read_line(self, raw: bytes) -> Iterable[Record | Reject | Block]:
        """What the next line, without its end, or item, also with what stands before it, holds.

        A long list in a line is a block of its items.
        """

    def skip(self, lines: int) -> None:
        """Counts so many lines or items of one record each."""


class LineReader(Reader, Protocol):
    """Reads the lines of one file, and numbers them, too."""

    @property
    def line(self) -> int:
        """The number of the last line."""


@dataclass(frozen=True, slots=True)
class Block:
    """Lines of a file, each with its end, or items of a list; the reader stands before the first.

    What stands behind the last line end is no part of it.
    `ends` tells where in the data each item ends: behind it stands a comma or space or both, behind
    the last one nothing. Without it, each record is a line.
    """

    data: bytes
    reader: Reader
    ends: Sequence[int] | None = None

    def cut(self, size: int) -> tuple[Block, Block | None]:
        """The records that begin in the first `size` bytes, and a block of the others, if any."""
        if self.ends is None:
            at = self.data.find(b"\n", max(size - 1, 0)) + 1 or len(self.data)
            if at == len(self.data):
                return self, None
            return Block(self.data[:at], self.reader), Block(self.data[at:], self.reader)
        count = bisect_left(self.ends, size) + 1
        if count >= len(self.ends):
            return self, None
        at, ends = self.ends[count - 1], self.ends
        rest = Block(self.data[at:], self.reader, [end - at for end in ends[count:]])
        return Block(self.data[:at], self.reader, ends[:count]), rest

    def rows(self, most: int = -1) -> list[bytes]:
        """The lines or items, at most so many of them if `most` is not negative."""
        if self.ends is None:
            return self.data.split(b"\n", most)[:-1]
        ends = self.ends if most < 0 else self.ends[:most]
        return [self.data[start:end].lstrip(GAP) for start, end in pairwise((0, *ends))]


class Frame:
    """How the lines of a log begin and end, learned from some; all others are odd.

    Only beginnings that no wrapper of several records has are learned.
    """

    def __init__(self, rows: Sequence[bytes], known: Iterable[bytes] = ()) -> None:
        heads = dict.fromkeys([*known, *filter(None, map(_head, rows))])
        self.heads: tuple[bytes, ...] = tuple(heads)[:_MOST_HEADS]
        self.begins: tuple[bytes, ...] = tuple(map(_telling, self.heads))
        self.returns = 2 * sum(row.endswith(b"\r") for row in rows) > len(rows)

    def odd(self) -> list[list[bytes]]:
        """Regular expressions that end in each line that may be anything but one record.

        In groups: together they are slower, as each group is looked for in a way of its own.

        A line belongs to the line end behind it. What they do not tell is how the first line
        begins; `begins` does.
        """
        ends = [rb"[^}]\r\n", rb"[^\r]\n"] if self.returns else [rb"[^}]\n"]
        keys = {head[head.index(b'"') + 1 : head.rindex(b'"')].decode() for head in self.heads}
        inner = [one for one, first in INNER.items() if keys & first]
        return [[*ends, rb"\n" + _nothing_of(self.begins)], inner]


def _telling(head: bytes) -> bytes:
    """As much of a beginning as no wrapper has; short, as each line is held against it."""
    brace = head[: head.index(b'"')]
    for end in range(len(brace) + 1, len(head)):
        if not any((brace + key).startswith(head[:end]) for key in _WRAPPERS):
            return head[:end]
    return head


def _nothing_of(begins: Sequence[bytes]) -> bytes:
    """An expression for what begins like none of these, as short as tells it."""
    after: dict[int, list[bytes]] = {}
    for one in begins:
        after.setdefault(one[0], []).append(one[1:])
    known = b"".join(b"\\x%02x" % byte for byte in sorted(after))
    deeper = [
        b"\\x%02x" % byte + _nothing_of(rest) for byte, rest in sorted(after.items()) if all(rest)
    ]
    other = b"[^" + known + b"]" if known else b"(?s:.)"
    return b"(?:" + b"|".join((other, *deeper)) + b")"


def odd_items(data: bytes, ends: Sequence[int]) -> list[int]:
    """Where items end that may be no object, or a wrapper by their first key."""
    odd, begins, heads, at = list[int](), data.startswith, tuple[bytes, ...](), 0
    for end in ends:
        if not begins(heads, at):
            found = _ITEM.match(data, at, end)
            if found is None or _wraps(found[1].decode(), data, at, end):
                odd.append(end)
            elif len(heads) < _MOST_ITEMS and found[1].decode() not in AROUND:
                heads = (*heads, found[0])
        at = end
    return odd


def _wraps(key: str, data: bytes, start: int, end: int) -> bool:
    """Whether an item with this first key may be a wrapper."""
    return key in LISTS.keys() | PAGING or any(
        key in first and re.search(inner, data[start:end]) for inner, first in INNER.items()
    )


def _head(row: bytes) -> bytes | None:
    """How a line begins that is one record, up to its first key's colon."""
    found = _HEAD.match(row)
    if found is None or b'"%b"' % found[1] in WRAPPING:
        return None
    value = decode(row)
    return found[0] if isinstance(value, dict) and _is_one(value) else None


def _is_one(value: Event) -> bool:
    """Whether this object is one record, or wraps one; what may wrap more is in `INNER`."""
    wrapped = contents(value)
    return wrapped is None or ("detail-type" in value and isinstance(wrapped, tuple))
