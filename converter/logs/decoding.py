"""The bytes of one record -> its JSON value.

msgspec reads nearly everything. Python's own reader steps in where it refuses a value that is
written all the same, so that no such value hides its event: half a surrogate pair becomes U+FFFD; a
number beyond all floats, NaN and Infinity, which are no JSON, become their text, and so does what
nests too deeply to be printed again, and an integer of too many digits. Of duplicate keys in one
object the last one counts. What is wrong with all else, orjson says in better words.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

import msgspec
import orjson

from converter.logs.lines import DEEPEST, may_be_deep
from converter.logs.records import EXCERPT, Fault

REFUSED = object()

_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_BEYOND = re.compile(rb"[0-9][eE]\+?[0-9]{2}|[0-9]{300}|[\[:,]\s*-?(?:NaN|Infinity)\b")
_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{}]', re.DOTALL)
_MOST_DIGITS = 4300  # Python refuses to read and write more


_plain = msgspec.json.Decoder().decode


def plainly(raw: bytes) -> Any:
    """The value of these bytes as nearly all are written; `REFUSED` if `decode` has to look closer.

    It raises nothing.
    """
    try:
        value = _plain(raw)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return REFUSED
    return REFUSED if may_be_deep(raw) and _is_deep(value) else value


def decode(raw: bytes) -> Any:
    """The JSON value of these bytes, or a `Fault`; it raises nothing."""
    value = plainly(raw)
    return _carefully(raw) if value is REFUSED else value


def _carefully(raw: bytes) -> Any:
    try:
        if _SURROGATE.search(raw) or _BEYOND.search(raw) or may_be_deep(raw):
            return _with_python(raw)
        return orjson.loads(raw)
    except (ValueError, RecursionError) as error:
        return _fault(raw, error)


def _with_python(raw: bytes) -> Any:
    text = str(_shallow(raw) if may_be_deep(raw) else raw, "utf-8")
    value = json.loads(text, parse_int=_integer, parse_float=_float, parse_constant=str)
    return _mended(value) if _SURROGATE.search(raw) else value


def _integer(written: str) -> int | str:
    return int(written) if len(written.lstrip("-")) <= _MOST_DIGITS else written


def _float(written: str) -> float | str:
    value = float(written)
    return written if math.isinf(value) else value


def _shallow(raw: bytes) -> bytes:
    """The JSON with each part that is too deep in quotes."""
    out: list[bytes] = []
    level, start, at = 0, 0, 0
    for token in _TOKEN.finditer(raw):
        sign = token[0]
        if sign in (b"{", b"["):
            level += 1
            if level == DEEPEST + 1:
                start = token.start()
        elif sign in (b"}", b"]"):
            if level == DEEPEST + 1:
                out += (raw[at:start], orjson.dumps(str(raw[start : token.end()], "utf-8")))
                at = token.end()
            level -= 1
    return b"".join((*out, raw[at:]))


def _mended(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_mended(item) for item in value]
    if isinstance(value, dict):
        return {_mended(key): _mended(item) for key, item in value.items()}
    return value


def _is_deep(value: Any) -> bool:
    level = [value]
    for _ in range(DEEPEST):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return False
    return True


def _inside(value: Any) -> list[Any]:
    values = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [inner for inner in values if isinstance(inner, dict | list)]


def _fault(raw: bytes, error: Exception) -> Fault:
    excerpt = raw[:EXCERPT]
    try:
        raw.decode()
    except UnicodeDecodeError as broken:
        return Fault("encoding", f"its byte {broken.start} is not UTF-8", excerpt)
    if isinstance(error, json.JSONDecodeError):
        return Fault("json", f"it is not JSON: {error.msg} at character {error.pos}", excerpt)
    return Fault("json", f"it is not JSON: {error}", excerpt)
