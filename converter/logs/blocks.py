"""Whole lines of a log, not decoded: who reads them decodes only those that matter.

Nearly every line of a log of JSON lines is one record. `Frame` tells from the bytes alone which may
be anything else: blank, cut, a wrapper of several records. These are read as every line is without
blocks; all others are one record each, which the reader may leave undecoded.

What this cannot see is damage inside of a line that begins and ends as the others do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from converter.logs.decoding import decode
from converter.logs.records import Record, Reject
from converter.logs.shapes import LISTS, PAGING, contents

_HEAD = re.compile(rb'\{\s*+"([ !#-\[\]-~]{1,60}+)"\s*+:')
_MOST_HEADS = 64
_BRACE, _RETURN = b"}\r"


class LineReader(Protocol):
    """Reads the lines of one file, and numbers records and lines."""

    name: str
    number: int
    line: int

    def read_line(self, raw: bytes) -> Iterator[Record | Reject]:
        """What the next line, without its end, holds."""

    def skip(self, lines: int) -> None:
        """Counts so many lines of one record each."""


@dataclass(frozen=True, slots=True)
class Block:
    """Lines of a file, each with its end; the reader stands before the first."""

    data: bytes
    reader: LineReader


class Frame:
    """How the lines of a log begin, learned from some; what begins or ends otherwise is odd.

    Apart from these, `WRAPPED` and, where a line holds a backslash, `PACKED` find lines that may
    be wrappers though they begin as records do.
    """

    WRAPPED = rb'"logEvents"\s*:'
    PACKED = rb'"CloudTrailEvent"\s*:'

    def __init__(self, rows: Iterable[bytes], known: Iterable[bytes] = ()) -> None:
        heads = dict.fromkeys([*known, *filter(None, map(_head, rows))])
        self.heads: tuple[bytes, ...] = tuple(heads)[:_MOST_HEADS]

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


def _head(row: bytes) -> bytes | None:
    """How a line begins that is one record, up to its first key's colon."""
    found = _HEAD.match(row)
    if found is None or found[1].decode() in LISTS.keys() | PAGING:
        return None
    value = decode(row)
    return found[0] if isinstance(value, dict) and contents(value) is None else None
