"""The bytes of one record -> its JSON value.

orjson reads nearly everything. Python's own reader steps in where orjson would change a value
(integers beyond 64 bits become floats) or refuse one that JSON allows (half a surrogate pair,
which becomes U+FFFD). Of duplicate keys in one object the last one counts.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

import orjson

from converter.logs.records import EXCERPT, Fault

DEEPEST = 200
"""Levels of nesting; what is deeper could be read, but never printed again."""

_DIGITS = bytes(0x30 if 0x30 <= byte <= 0x39 else 0x20 for byte in range(256))
_LONG_RUN = b"0" * 19
_LONG_INTEGER = re.compile(rb"[\[:,\s](?:-[0-9]{19}|[0-9]{20})")
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_NOT_A_NUMBER = re.compile(rb"[\[:,]\s*-?(?:NaN|Infinity)\b")


def decode(raw: bytes) -> Any:
    """The JSON value of these bytes, or a `Fault`; it raises nothing."""
    try:
        value = _with_python(raw) if _has_long_integer(raw) else _with_orjson(raw)
    except (ValueError, RecursionError) as error:
        return _fault(raw, error)
    if raw.count(b"{") + raw.count(b"[") > DEEPEST and _is_deep(value):
        return Fault("json", f"it nests deeper than {DEEPEST} levels", raw[:EXCERPT])
    return value


def _has_long_integer(raw: bytes) -> bool:
    return _LONG_RUN in raw.translate(_DIGITS) and _LONG_INTEGER.search(raw) is not None


def _with_orjson(raw: bytes) -> Any:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        if _SURROGATE.search(raw):
            return _with_python(raw)
        raise


def _with_python(raw: bytes) -> Any:
    text = str(raw, "utf-8")
    value = json.loads(text, parse_constant=_no_number, parse_float=_finite)
    return _mended(value) if _SURROGATE.search(raw) else value


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _finite(written: str) -> float:
    value = float(written)
    if math.isinf(value):
        raise ValueError(f"{written[:40]} is beyond the range of numbers")
    return value


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
    if _NOT_A_NUMBER.search(raw):
        return Fault("json", "NaN and Infinity are no JSON numbers", excerpt)
    if isinstance(error, json.JSONDecodeError):
        return Fault("json", f"it is not JSON: {error.msg} at character {error.pos}", excerpt)
    return Fault("json", f"it is not JSON: {error}", excerpt)
