"""What a value of an event is as text, and what it is as a number (semantics: Sigma, point 5)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

Number = int | float

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(\.[0-9]*)?|(\.[0-9]+))([eE][+-]?[0-9]+)?", re.ASCII)
_LONGEST_INTEGER = 400  # digits; a longer one is beyond every number a rule can name


def text(value: Any) -> str | None:
    """A single value as text: `5`, `0.5`, `true`; None for null, objects and what is no data.

    A date (YAML reads unquoted ones) is its ISO text.
    """
    if isinstance(value, str):
        return value
    written = _TEXTS.get(type(value))
    if written is not None:
        return written(value)
    for kind in type(value).__mro__:
        if kind in _TEXTS:
            return _TEXTS[kind](value)
    return None


def wide_text(value: Any) -> str | None:
    """Like `text`, and for an object its JSON without spaces: rules search whole objects."""
    written = _TEXTS.get(type(value))
    if written is not None:
        return written(value)
    return json_text(value) if isinstance(value, Mapping) else text(value)


def texts(value: Any) -> Sequence[str]:
    """All that a value may be as text, to any test: a number without a fraction is also an integer.

    Nothing for null and what is no data.
    """
    if type(value) is str:
        return (value,)
    found = wide_text(value)
    if found is None:
        return ()
    if isinstance(value, float) and value.is_integer():
        return (found, str(text(int(value))))
    return (found,)


def json_text(value: Any) -> str | None:
    """The value as JSON: no spaces, keys in the event's order, Unicode as it is.

    None when no JSON can hold it (an object inside itself, a key that is no text).
    """
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_default)
    except RecursionError:
        return _deep_json(value)
    except (TypeError, ValueError):
        return None


def number(value: Any) -> Number | None:
    """The value as a number, also from text such as "5", "-0.5" or "1e3"; None for all else.

    Integers stay exact. True and false are no numbers, nor is text with blanks, "nan" or "inf".
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return value
    if isinstance(value, Decimal):
        return _from_decimal(value)
    return _parsed(value) if isinstance(value, str) else None


def _parsed(digits: str) -> Number | None:
    found = _NUMBER.fullmatch(digits)
    if found is None:
        return None
    whole = found.lastindex is None and len(digits) <= _LONGEST_INTEGER
    return int(digits) if whole else float(digits)


def _from_decimal(value: Decimal) -> Number | None:
    if value.is_nan():
        return None
    small = value.is_finite() and abs(value.adjusted()) < _LONGEST_INTEGER
    return int(value) if small and value == value.to_integral_value() else float(value)


def _integer(value: int) -> str:
    try:
        return str(value)
    except ValueError:  # Python refuses to write more than 4,300 digits; Decimal does not
        return format(Decimal(value), "f")


_TEXTS: dict[type, Callable[[Any], str]] = {
    str: str,
    bool: lambda value: "true" if value else "false",
    int: _integer,
    float: float.__repr__,
    Decimal: str,
    datetime: lambda value: value.isoformat().replace("+00:00", "Z"),
    date: date.isoformat,
}


def _default(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else text(value)


def _deep_json(value: Any) -> str:
    out: list[str] = []
    stack: list[tuple[bool, Any]] = [(False, value)]
    while stack:
        written, item = stack.pop()
        if written:
            out.append(item)
        elif isinstance(item, Mapping | list | tuple):
            stack.extend(reversed(_opened(item)))
        else:
            out.append(json_text(item) or "null")
    return "".join(out)


def _opened(item: Any) -> list[tuple[bool, Any]]:
    """An object or list as a row of finished text and values still to write."""
    named = isinstance(item, Mapping)
    row: list[tuple[bool, Any]] = [(True, "{" if named else "[")]
    for place, part in enumerate(item.items() if named else item):
        row.append((True, "," if place else ""))
        if named:
            row.append((True, f"{json_text(str(part[0]))}:"))
        row.append((False, part[1] if named else part))
    row.append((True, "}" if named else "]"))
    return row
