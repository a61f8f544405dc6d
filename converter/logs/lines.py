"""What of a record's bytes can be told without decoding them."""

from __future__ import annotations

import msgspec

from converter.logs.counting import count

DEEPEST = 200
"""Levels of nesting; what is deeper could be read, but not printed again, and stays text."""

_SPACE = b" \t\r\n"

_read_past = msgspec.json.Decoder(msgspec.defstruct("_Anything", ())).decode


def may_be_deep(raw: bytes) -> bool:
    """Whether it may nest more deeply than `DEEPEST`."""
    return count(raw, b"{") + count(raw, b"[") > DEEPEST


def is_utf8(raw: bytes) -> bool:
    """Whether these bytes are text."""
    if raw.isascii():
        return True
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def is_object(raw: bytes) -> bool:
    """Whether this is an object in JSON, whatever it holds."""
    try:
        _read_past(raw)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return False
    return is_utf8(raw)


def one_line(raw: bytes) -> bytes:
    """These bytes without space around, if they stand in one line, not too deep; else none."""
    raw = raw.strip(_SPACE)
    return b"" if count(raw, b"\r") or count(raw, b"\n") or may_be_deep(raw) else raw
