"""Functions of eval whose arguments are plain values (SR: evaluation functions)."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from converter.errors import QueryError
from converter.languages import spl_values as v
from converter.languages.spl_search import refuse
from converter.predicate import Wildcard, tidy

Values = list[Any]
_SHORT = {"%F": "%Y-%m-%d", "%T": "%H:%M:%S"}
_VARIABLE = re.compile(r"%.")
_SHOWN = frozenset("%H %I %M %S %p %d %m %Y %y %A %a %B %b %w %j %z %Z %V %u %e".split())
_READ = frozenset("%H %M %S %d %m %Y %z".split())


def one(value: Any, where: str) -> str | None:
    """The single text of a value; None stays NULL. Unsupported on several values."""
    if isinstance(value, list):
        refuse(f"{where} on a field of several values", "use mvfind() or mvindex()")
    return None if value is None else v.text(value)


def like_pattern(pattern: str) -> tuple[str | Wildcard, ...]:
    """like()'s pattern. Unsupported for an escaped wildcard, which is not documented."""
    if re.search(r"\\[%_]", pattern):
        refuse("a backslash before % or _ in like()", "use match()")
    wild = {"%": Wildcard.MANY, "_": Wildcard.ONE}
    return tidy(wild.get(char, char) for char in pattern) or ("",)


def _like(values: Values, _: str) -> Any:
    held, pattern = one(values[0], "like()"), one(values[1], "like()")
    return None if held is None or pattern is None else v.fits(held, like_pattern(pattern), True)


def _match(values: Values, _: str) -> Any:
    if values[0] is None or values[1] is None:
        return None
    found = v.pcre(v.text(values[1]))
    return any(found.search(text) is not None for text in v.texts(values[0]))


def _cidrmatch(values: Values, _: str) -> Any:
    network, held = one(values[0], "cidrmatch()"), one(values[1], "cidrmatch()")
    if network is None or held is None:
        return None
    if not v.is_network(network):
        raise QueryError.of("type", f"SPL: {network!r} is no network", "write it as CIDR")
    return v.in_network(held, network)


def _on_text(change: Callable[[str], Any], name: str) -> Callable[[Values, str], Any]:
    def function(values: Values, _: str) -> Any:
        held = one(values[0], name)
        return None if held is None else change(held)

    return function


def _substr(values: Values, _: str) -> Any:
    held = one(values[0], "substr()")
    start = v.number(values[1])
    if held is None or start is None:
        return None
    if not start:
        refuse("substr() from position 0", "count from 1")
    first = int(start) - 1 if start > 0 else max(len(held) + int(start), 0)
    if len(values) < 3:
        return held[first:]
    length = v.number(values[2])
    return None if length is None else held[first : first + max(int(length), 0)]


def _tonumber(values: Values, _: str) -> Any:
    held = one(values[0], "tonumber()")
    if held is None:
        return None
    if len(values) > 1:
        try:
            return int(held, int(v.text(values[1])))
        except ValueError:
            return None
    return v.number(held)


def _tostring(values: Values, _: str) -> Any:
    if len(values) > 1:
        refuse("tostring() with a format")
    if isinstance(values[0], bool):
        return "True" if values[0] else "False"
    return one(values[0], "tostring()")


def spelled(format_text: str, known: frozenset[str]) -> str:
    """A time format in Python's letters. Unsupported for a letter that is not held."""
    for short, full in _SHORT.items():
        format_text = format_text.replace(short, full)
    for variable in _VARIABLE.findall(format_text):
        if variable not in known:
            refuse(f"{variable} in a time format", "use another time variable")
    return format_text


def _strftime(values: Values, zone: str) -> Any:
    moment = v.number(values[0])
    if moment is None:
        return None
    shown = datetime.fromtimestamp(moment, UTC).astimezone(ZoneInfo(zone))
    return shown.strftime(spelled(v.text(values[1]), _SHOWN))


def _strptime(values: Values, zone: str) -> Any:
    held = one(values[0], "strptime()")
    if held is None:
        return None
    try:
        moment = datetime.strptime(held, spelled(v.text(values[1]), _READ))  # noqa: DTZ007  below
    except ValueError:
        refuse(f"strptime() of {held!r}, which does not fit the format wholly")
    return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))).timestamp()


def _mvindex(values: Values, _: str) -> Any:
    if values[0] is None:
        return None
    held = v.texts(values[0])
    start = int(v.text(values[1]))
    if len(values) < 3:
        return held[start] if -len(held) <= start < len(held) else None
    stop = int(v.text(values[2]))
    return held[start : stop + 1 or None] or None


def _mvfind(values: Values, _: str) -> Any:
    if values[0] is None:
        return None
    found = v.pcre(v.text(values[1]))
    return next((n for n, text in enumerate(v.texts(values[0])) if found.search(text)), None)


def _mvappend(values: Values, _: str) -> Any:
    return [text for value in values if value is not None for text in v.texts(value)] or None


def _replace(values: Values, _: str) -> Any:
    held, new = one(values[0], "replace()"), one(values[2], "replace()")
    if held is None or new is None or values[1] is None:
        return None
    return v.pcre(v.text(values[1])).sub(new, held)


def _on_number(change: Callable[[int | float], Any]) -> Callable[[Values, str], Any]:
    def function(values: Values, _: str) -> Any:
        held = v.number(values[0])
        return None if held is None else change(held)

    return function


def _isnum(values: Values, _: str) -> Any:
    return v.number(one(values[0], "isnum()")) is not None


def _nullif(values: Values, _: str) -> Any:
    left, right = one(values[0], "nullif()"), one(values[1], "nullif()")
    return None if left == right else values[0]


def _mvdedup(values: Values, _: str) -> Any:
    return None if values[0] is None else list(dict.fromkeys(v.texts(values[0])))


FUNCTIONS: Mapping[str, Callable[[Values, str], Any]] = {
    "abs": _on_number(abs),
    "ceiling": _on_number(math.ceil),
    "cidrmatch": _cidrmatch,
    "false": lambda values, _: False,
    "floor": _on_number(math.floor),
    "isnotnull": lambda values, _: values[0] is not None,
    "isnull": lambda values, _: values[0] is None,
    "isnum": _isnum,
    "len": _on_text(len, "len()"),
    "like": _like,
    "lower": _on_text(str.lower, "lower()"),
    "match": _match,
    "mvappend": _mvappend,
    "mvcount": lambda values, _: None if values[0] is None else len(v.texts(values[0])),
    "mvdedup": _mvdedup,
    "mvfind": _mvfind,
    "mvindex": _mvindex,
    "mvjoin": lambda values, _: (
        None if values[0] is None else v.text(values[1]).join(v.texts(values[0]))
    ),
    "nullif": _nullif,
    "null": lambda values, _: None,
    "replace": _replace,
    "split": lambda values, _: (
        None if values[0] is None else v.text(values[0]).split(v.text(values[1]))
    ),
    "strftime": _strftime,
    "strptime": _strptime,
    "substr": _substr,
    "tonumber": _tonumber,
    "tostring": _tostring,
    "trim": _on_text(str.strip, "trim()"),
    "true": lambda values, _: True,
    "upper": _on_text(str.upper, "upper()"),
}
