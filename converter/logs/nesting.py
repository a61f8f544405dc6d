"""Where a JSON value ends in a stream of chunks: brackets and strings, without decoding."""

from __future__ import annotations

import re
from typing import ClassVar, Protocol

_OUTSIDE = rb'[^"{}\[\]]*+'
_INSIDE = rb'[^"\\]*+(?:\\.[^"\\]*+)*+'
_SKIM = re.compile(_OUTSIDE + rb'(?:"' + _INSIDE + rb'"' + _OUTSIDE + rb")*+", re.DOTALL)
_STRING_REST = re.compile(_INSIDE, re.DOTALL)
_SCALAR = re.compile(rb'[^\s,"{}\[\]]*+')
_JUNK = re.compile(rb"[^\n{\[]*+")
_TOKEN = re.compile(rb'"' + _INSIDE + rb'("?)|[{}\[\]]', re.DOTALL)
FIRST_KEY = re.compile(rb'\{\s*+("[^"\\]{0,200}+")\s*+:')

_QUOTE = ord('"')
_OPENING = b"{["
_TRIES = 16


def _nested(depth: int) -> bytes:
    """A pattern for a whole object or list with at most so many levels inside."""
    string = rb'"' + _INSIDE + rb'"'
    inner = rb"(?:" + string + rb"|" + _nested(depth - 1) + rb")" if depth else string
    return rb"[{\[]" + _OUTSIDE + rb"(?:" + inner + _OUTSIDE + rb")*+[}\]]"


_USUAL = re.compile(_nested(8), re.DOTALL)


class Walker(Protocol):
    """Follows one value through chunks; `open_ended` values may end where the stream does."""

    open_ended: ClassVar[bool]

    def walk(self, chunk: bytes, at: int) -> tuple[int, bool]:
        """Up to where this chunk belongs to the value, and whether the value ends there."""


class Nested:
    """An object or a list, or what is left of one at a given depth."""

    open_ended: ClassVar[bool] = False

    def __init__(self, depth: int = 0) -> None:
        self._depth = depth
        self._string = String()

    def walk(self, chunk: bytes, at: int) -> tuple[int, bool]:
        usual = None if self._depth else _USUAL.match(chunk, at)
        return self._follow(chunk, at) if usual is None else (usual.end(), True)

    def _follow(self, chunk: bytes, at: int) -> tuple[int, bool]:
        while at < len(chunk):
            if self._string.open:
                at = self._string.walk(chunk, at)
                continue
            at = _end(_SKIM, chunk, at)
            if at == len(chunk):
                break
            sign, at = chunk[at], at + 1
            if sign == _QUOTE:
                self._string.open = True
                continue
            self._depth += 1 if sign in _OPENING else -1
            if not self._depth:
                return at, True
        return at, False


class Scalar:
    """What stands in a list and is neither object nor list."""

    open_ended: ClassVar[bool] = True

    def __init__(self) -> None:
        self._string = String()

    def walk(self, chunk: bytes, at: int) -> tuple[int, bool]:
        while at < len(chunk):
            if self._string.open:
                at = self._string.walk(chunk, at)
                continue
            at = _end(_SCALAR, chunk, at)
            if at < len(chunk) and chunk[at] != _QUOTE:
                return at, True
            self._string.open = at < len(chunk)
            at += self._string.open
        return at, False


class Junk:
    """Anything else outside of objects and lists, up to the end of the line."""

    open_ended: ClassVar[bool] = True

    def walk(self, chunk: bytes, at: int) -> tuple[int, bool]:
        at = _end(_JUNK, chunk, at)
        return at, at < len(chunk)


class String:
    """The inside of a string, while `open`."""

    def __init__(self) -> None:
        self.open = False
        self._escaped = False

    def walk(self, chunk: bytes, at: int) -> int:
        """To behind the closing quote or to the end of the chunk."""
        at = _end(_STRING_REST, chunk, at + self._escaped)
        self._escaped = at < len(chunk) and chunk[at] != _QUOTE
        self.open = at == len(chunk) or self._escaped
        return min(at + 1, len(chunk))


def next_record(raw: bytes | bytearray, end: int, balanced: bool) -> int:
    """Where the next record begins in a damaged one that has run on into it; 0 if nowhere.

    Records of one log begin with the same key, so the next one shows as this key behind a bracket
    or a line end. In a record whose brackets balance, an object in a list is no next record.
    """
    first = FIRST_KEY.match(raw)
    if first is None:
        return 0
    start = re.compile(rb"[}\n]\s*+,?+\s*+(\{\s*+" + re.escape(first[1]) + rb"\s*+:)")
    for found, _ in zip(start.finditer(raw, 1, end), range(_TRIES), strict=False):
        if not balanced or not _is_in_list(raw, found.start(1)):
            return found.start(1)
    return 0


def _is_in_list(raw: bytes | bytearray, end: int) -> bool:
    opened = bytearray()
    for token in _TOKEN.finditer(raw, 0, end):
        sign = token[0][0]
        if sign == _QUOTE:
            if not token[1]:
                return False
        elif sign in _OPENING:
            opened.append(sign)
        elif opened:
            opened.pop()
    return opened[-1:] == b"["


def _end(pattern: re.Pattern[bytes], chunk: bytes, at: int) -> int:
    found = pattern.match(chunk, at)
    return at if found is None else found.end()
