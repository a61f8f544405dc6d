"""Bytes of text formats: the same for the same data, on every machine."""

from __future__ import annotations

from typing import Any

import orjson

_INDENTED = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE


def as_json(data: Any) -> bytes:
    """JSON for reading, keys in the order given."""
    return orjson.dumps(data, option=_INDENTED)


def as_json_line(data: Any) -> bytes:
    """JSON on one line that ends with a line feed."""
    return orjson.dumps(data, option=orjson.OPT_APPEND_NEWLINE)


def canonical(data: Any) -> bytes:
    """JSON with sorted keys and no blanks: equal for equal data, to be hashed."""
    return orjson.dumps(data, option=orjson.OPT_SORT_KEYS)
