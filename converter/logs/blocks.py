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
from converter.logs.shapes import LISTS, PAGING, WRAPPERS, contents

_HEAD = re.compile(rb'\{\s*+"([ !#-\[\]-~]{1,60}+)"\s*+:')
_MOST_HEADS = 64
_TAIL = rb"[^}\r]\r*\n"


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
    """How the lines of a log begin, learned from some of them: `patterns` find all others.

    The first line of a block begins with one of `heads`, or is another one, too.
    """

    def __init__(self, rows: Iterable[bytes], known: Iterable[bytes] = ()) -> None:
        heads = dict.fromkeys([*known, *filter(None, map(_head, rows))])
        self.heads: tuple[bytes, ...] = tuple(heads)[:_MOST_HEADS]

    @property
    def patterns(self) -> list[bytes]:
        """Regular expressions; the line is the one of a hit's last byte, its end included.

        They find a line's end that ends no object, a beginning that is none of the heads, and
        keys that make a line a wrapper wherever they stand.
        """
        keys = sorted(WRAPPERS.keys() - LISTS.keys())
        wrappers = rb'"(?:' + b"|".join(re.escape(key.encode()) for key in keys) + rb')"\s*:'
        return [_TAIL, rb"\n" + _other_than(self.heads), wrappers]


def _head(row: bytes) -> bytes | None:
    """How a line begins that is one record, up to its first key's colon."""
    found = _HEAD.match(row)
    if found is None or found[1].decode() in LISTS.keys() | PAGING:
        return None
    value = decode(row)
    return found[0] if isinstance(value, dict) and contents(value) is None else None


def _other_than(heads: Iterable[bytes]) -> bytes:
    """A pattern of the shortest text that is the beginning of none of these."""
    nexts: dict[int, list[bytes]] = {}
    for head in heads:
        nexts.setdefault(head[0], []).append(head[1:])
    ways = [b"\\x%02x" % byte + _other_than(rests) for byte, rests in nexts.items() if all(rests)]
    known = b"".join(b"\\x%02x" % byte for byte in nexts)
    return b"(?:" + b"|".join([b"[^\\n" + known + b"]", *ways]) + b")"
