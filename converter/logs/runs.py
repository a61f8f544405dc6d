"""Many records of one list at once: where each ends, without decoding any.

msgspec reads past values in C and refuses all that is not sound JSON. What it accepts holds exactly
the records that splitting would find, and each of them can be decoded; where it refuses, nothing is
cut here.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Sequence
from functools import cache
from itertools import accumulate, count
from operator import add
from types import GenericAlias
from typing import ClassVar, NamedTuple

from converter.logs.blocks import WRAPPING
from converter.logs.decoding import decode
from converter.logs.nesting import FIRST_KEY
from converter.logs.shapes import HEAD, contents

SMALL = 4096
"""Bytes of records below which it is no use to take them together."""

_MOST = 1 << 20

_GAP = re.compile(rb"[\s,]*+")
_LIST = re.compile(rb"\s*+(?:\[|" + HEAD.pattern + rb")", re.DOTALL)
_SPACE = b" \t\r\n"


class Run(NamedTuple):
    """Records of a list, or loose: their bytes with what is between, the first at byte `start`.

    `ends` tells where in `data` each ends. `around` is the list without them, what opens and what
    closes it, where all of it is known to be sound.
    """

    data: bytes
    start: int
    ends: Sequence[int]
    around: tuple[bytes, bytes] | None = None
    inside: bool = True


def may_be_listed(line: bytes) -> bool:
    """Whether the line begins as a list, or what wraps one."""
    return _LIST.match(line) is not None


def listed(line: bytes) -> Run | None:
    """All records of a line that is a list or wraps one, and nothing else; None if in doubt."""
    head = _LIST.match(line) if len(line) >= SMALL else None
    close = line.rfind(b"]")
    if head is None or close < head.end():
        return None
    before, after = line[: head.end()], line[close:]
    data = line[head.end() : close].lstrip(_SPACE)
    begin = close - len(data)
    if not _is_empty_list(before, after) or data[:1] != b"{":
        return None
    data = data.rstrip(_SPACE)
    ends = _ends(data, memoryview(line)[head.end() - 1 : close + 1])
    return Run(data, begin, ends, (before, after)) if ends else None


def list_end(data: bytes, at: int) -> int:
    """Where the line that begins there ends, if it is long and begins as a list; else -1."""
    head = _LIST.match(data, at)
    if head is None or b"\n" in head[0]:
        return -1
    end = data.find(b"\n", head.end())
    return end if end - at >= SMALL else -1


def _is_empty_list(before: bytes, after: bytes) -> bool:
    """Whether it is an empty list or wraps one. What closes it holds no other list."""
    value = decode(before + after)
    inside = contents(value) if isinstance(value, dict) else value
    return isinstance(inside, list) and not inside


class Runs:
    """Takes runs of records out of the chunks of a stream.

    It looks for the last place where a record ends and another begins as one did before, and lets
    msgspec read all up to there. Where that fails it tries with less, so that no byte is read more
    than a few times.
    """

    inside: ClassVar[bool] = True

    def __init__(self) -> None:
        self._between, self._seen = b"", False
        self._window = _MOST
        self._rest = 0

    def take(self, chunk: bytes, at: int, base: int) -> Run | None:
        """The records from there on, inside of a list and outside of its records.

        `base` is where in the stream the chunk begins. None: go on without, to the next record.
        """
        if base + at < self._rest or len(chunk) - at < SMALL:
            return None
        begin = _end(_GAP, chunk, at)
        if chunk[begin : begin + 1] != b"{" or not self._learn(chunk, at, begin):
            return None
        while len(data := self._likely(chunk, begin)) >= SMALL:
            if ends := self._ends(data):
                self._window = min(2 * self._window, _MOST)
                return Run(data, base + begin, ends, inside=self.inside)
            self._window = len(data) // 2
        self._rest = base + min(begin + self._window, len(chunk))
        self._window = min(2 * max(self._window, SMALL), _MOST)
        return None

    def _likely(self, chunk: bytes, begin: int) -> bytes:
        """What may be whole records."""
        stop = begin + self._window
        return chunk[begin : chunk.rfind(self._between, begin, stop) + 1] if self._between else b""

    def _learn(self, chunk: bytes, at: int, begin: int) -> bool:
        """What stands between records: as seen where one has just ended, else a guess."""
        first = FIRST_KEY.match(chunk, begin)
        if first and at < begin and chunk[at - 1 : at] == b"}":
            self._between, self._seen = chunk[at - 1 : first.end()], True
        elif first and not self._seen:
            likely = rb"\}\s*+,\s*+\{\s*+" + re.escape(first[1]) + rb"\s*+:"
            found = re.compile(likely).search(chunk, begin, begin + self._window)
            self._between = found[0] if found else b""
        return True

    def _ends(self, data: bytes) -> list[int]:
        return _ends(data, b"".join((b"[", data, b"]")))


class LooseRuns(Runs):
    """The same outside of lists, for records with only space between them."""

    inside: ClassVar[bool] = False

    def _learn(self, chunk: bytes, at: int, begin: int) -> bool:
        first = FIRST_KEY.match(chunk, begin)
        if first is None or first[1] in WRAPPING or b"}" in first[1]:
            return False
        if chunk[at - 1 : at] == b"}" and chunk[at:begin].isspace():
            self._between = chunk[at - 1 : first.end()]
        return bool(self._between)

    def _ends(self, data: bytes) -> list[int]:
        """As if commas were between them, if all these then stand between records."""
        between = self._between
        listed = b"".join((b"[", data.replace(between, b"}," + between[1:]), b"]"))
        sizes = _sizes(listed) if _is_utf8(data) else []
        gap = between.index(b"{") - 1
        ends = list(map(add, accumulate(sizes), count(0, gap)))
        sure = data.count(between) == len(sizes) - 1
        sure = sure and all(data.startswith(between, end - 1) for end in ends[:-1])
        return ends if sure else []


def _ends(data: bytes, listed: bytes | memoryview) -> list[int]:
    """Where each of these records, also given as a list, ends; nothing if they are not sound."""
    sizes = _sizes(listed) if _is_utf8(data) else []
    if sum(sizes) + len(sizes) - 1 == len(data):
        return list(map(add, accumulate(sizes), count()))
    ends, at, gap = list[int](), 0, b","
    for size in sizes:
        end = at + size
        ends.append(end)
        at = end + len(gap)
        if not data.startswith(gap, end) or data[at : at + 1] in _SPACE:
            at = _end(_GAP, data, end)
            gap = data[end:at]
    return ends


def _is_utf8(data: bytes) -> bool:
    try:
        _ = data.isascii() or data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _sizes(listed: bytes | memoryview) -> list[int]:
    """How long each item of a list is; nothing if msgspec refuses it."""
    read = _items()
    try:
        return list(map(len, read(listed))) if read else []
    except (ValueError, RecursionError):
        return []


@cache
def _items() -> Callable[[bytes | memoryview], list[bytes]] | None:
    """msgspec's reader of a list, if installed; it is loaded only where a log holds a list."""
    try:
        msgspec = importlib.import_module("msgspec")
    except ImportError:
        return None
    read: Callable[[bytes | memoryview], list[bytes]] = msgspec.json.Decoder(
        _list_of(msgspec.Raw)
    ).decode
    return read


def _list_of(kind: type) -> GenericAlias:
    return GenericAlias(list, (kind,))


def _end(pattern: re.Pattern[bytes], data: bytes, at: int) -> int:
    found = pattern.match(data, at)
    return at if found is None else found.end()
