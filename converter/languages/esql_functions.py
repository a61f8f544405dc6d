"""ES|QL's plain functions: what they take, what they give, and how to run them.

Source: Elasticsearch's ES|QL function reference. Functions that look at types, time or the index
are in esql_calls.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import re2

from converter.errors import Unsupported
from converter.languages.esql_values import Cell

_LONGEST = 2**20


@dataclass(frozen=True, slots=True)
class Function:
    """`takes`: a kind for each argument (`?` may lack, `*` any number of the last).

    `gives`: a type, or `=` for that of the first argument. `way`: `single` wants one value of each
    argument, else gives null; `each` runs on every value of the first; `whole` takes the cells.
    A result of None, and any ArithmeticError or ValueError, is null.
    """

    takes: tuple[str, ...]
    gives: str
    run: Callable[..., Any]
    way: Literal["single", "each", "whole"] = "single"


def _locate(text: str, part: str, start: int = 1) -> int:
    return text.find(part, max(start - 1, 0)) + 1


def _substring(text: str, start: int, length: int | None = None) -> str:
    begin = start - 1 if start > 0 else max(len(text) + start, 0) if start < 0 else 0
    return text[begin:] if length is None else text[begin : begin + length]


def _replace(text: str, pattern: str, new: str) -> str:
    """Java's replaceAll; `$1` is a group. In linear time."""
    options = re2.Options()
    options.log_errors = False
    try:
        found = re2.compile(pattern, options)
    except re2.error:
        what = f"ES|QL: REPLACE with the regular expression {pattern!r} is not held"
        raise Unsupported(what, next_step="use a plainer expression") from None
    groups = re.sub(r"\$(\d)", r"\\\1", new.replace("\\", "\\\\"))
    return str(found.sub(groups, text))


def _repeat(text: str, count: int) -> str:
    if count < 0 or len(text) * count > _LONGEST:
        raise ValueError(f"a text {count} times")
    return text * count


def _rounded(value: float, digits: int = 0) -> float:
    if isinstance(value, int) and digits >= 0:
        return value
    scale = 10**digits
    return type(value)(math.copysign(math.floor(abs(value) * scale + 0.5), value) / scale)


def _slice(cell: Cell, start: Cell, end: Cell | None = None) -> Cell:
    last = end if end is not None else start
    if not start or not last:
        return ()
    first, final = (n + len(cell) if n < 0 else n for n in (start[0], last[0]))
    return cell[max(first, 0) : final + 1]


def _contains(whole: Cell, part: Cell) -> Cell:
    return (set(part) <= set(whole),)


def _zipped(left: Cell, right: Cell, joint: Cell = (",",)) -> Cell:
    count = max(len(left), len(right))
    pairs = [(left[n : n + 1] + right[n : n + 1]) for n in range(count)]
    return tuple(joint[0].join(pair) for pair in pairs)


def _sorted(cell: Cell, order: Cell = ("ASC",)) -> Cell:
    return tuple(sorted(cell, reverse=str(order[0]).upper() == "DESC"))


def _median(cell: Cell) -> Any:
    values, middle = sorted(cell), len(cell) // 2
    return values[middle] if len(cell) % 2 else (values[middle - 1] + values[middle]) / 2


_TEXT1, _TEXT2 = ("text",), ("text", "text")

STRINGS: dict[str, Function] = {
    "concat": Function(("text", "text*"), "keyword", lambda *texts: "".join(texts)),
    "contains": Function(_TEXT2, "boolean", lambda text, part: part in text),
    "ends_with": Function(_TEXT2, "boolean", str.endswith),
    "left": Function(("text", "whole"), "keyword", lambda text, n: text[: max(n, 0)]),
    "length": Function(_TEXT1, "integer", len),
    "byte_length": Function(_TEXT1, "integer", lambda text: len(text.encode())),
    "locate": Function(("text", "text", "whole?"), "integer", _locate),
    "ltrim": Function(_TEXT1, "keyword", str.lstrip),
    "repeat": Function(("text", "whole"), "keyword", _repeat),
    "replace": Function(("text", "text", "text"), "keyword", _replace),
    "reverse": Function(_TEXT1, "keyword", lambda text: text[::-1]),
    "right": Function(("text", "whole"), "keyword", lambda text, n: text[-n:] if n > 0 else ""),
    "rtrim": Function(_TEXT1, "keyword", str.rstrip),
    "space": Function(("whole",), "keyword", lambda n: _repeat(" ", n)),
    "split": Function(_TEXT2, "keyword", lambda text, by: tuple(text.split(by))),
    "starts_with": Function(_TEXT2, "boolean", str.startswith),
    "substring": Function(("text", "whole", "whole?"), "keyword", _substring),
    "to_lower": Function(_TEXT1, "keyword", str.lower, "each"),
    "to_upper": Function(_TEXT1, "keyword", str.upper, "each"),
    "trim": Function(_TEXT1, "keyword", str.strip),
}

NUMERIC: dict[str, Function] = {
    "abs": Function(("number",), "=", abs),
    "ceil": Function(("number",), "=", lambda n: n if isinstance(n, int) else float(math.ceil(n))),
    "floor": Function(
        ("number",), "=", lambda n: n if isinstance(n, int) else float(math.floor(n))
    ),
    "log10": Function(("number",), "double", math.log10),
    "pow": Function(("number", "number"), "double", math.pow),
    "round": Function(("number", "whole?"), "=", _rounded),
    "signum": Function(("number",), "double", lambda n: float((n > 0) - (n < 0))),
    "sqrt": Function(("number",), "double", math.sqrt),
}

LISTS: dict[str, Function] = {
    "mv_append": Function(("any", "same"), "=", lambda a, b: a + b if a and b else (), "whole"),
    "mv_avg": Function(("number",), "double", lambda c: (sum(c) / len(c),) if c else (), "whole"),
    "mv_concat": Function(
        _TEXT2, "keyword", lambda c, by: (by[0].join(c),) if c and by else (), "whole"
    ),
    "mv_contains": Function(("any", "same"), "boolean", _contains, "whole"),
    "mv_count": Function(("any",), "integer", lambda c: (len(c),) if c else (), "whole"),
    "mv_dedupe": Function(("any",), "=", lambda c: tuple(dict.fromkeys(c)), "whole"),
    "mv_first": Function(("any",), "=", lambda c: c[:1], "whole"),
    "mv_intersects": Function(
        ("any", "same"), "boolean", lambda a, b: (bool(set(a) & set(b)),), "whole"
    ),
    "mv_last": Function(("any",), "=", lambda c: c[-1:], "whole"),
    "mv_max": Function(("any",), "=", lambda c: (max(c),) if c else (), "whole"),
    "mv_median": Function(("number",), "=", lambda c: (_median(c),) if c else (), "whole"),
    "mv_min": Function(("any",), "=", lambda c: (min(c),) if c else (), "whole"),
    "mv_slice": Function(("any", "whole", "whole?"), "=", _slice, "whole"),
    "mv_sort": Function(("any", "text?"), "=", _sorted, "whole"),
    "mv_sum": Function(("number",), "=", lambda c: (sum(c),) if c else (), "whole"),
    "mv_zip": Function(("text", "text", "text?"), "keyword", _zipped, "whole"),
}

FUNCTIONS: dict[str, Function] = {**STRINGS, **NUMERIC, **LISTS}
# Functions that exist and are not held: they are refused by name. Any other is an error.
KNOWN = frozenset(
    "absent absent_over_time acos asin atan atan2 avg_over_time bit_length categorize cbrt chunk "
    "clamp clamp_max clamp_min copy_sign cos cosh count_over_time day_name decay e embedding exp "
    "first_over_time from_base64 hash hypot ip_prefix json_extract knn log md5 month_name "
    "mv_difference mv_median_absolute_deviation mv_percentile mv_pseries_weighted_sum mv_union "
    "network_direction pi present rate scalb score sha1 sha256 sin sinh st_contains st_disjoint "
    "st_distance st_intersects st_within st_x st_y tan tanh tau tbucket term text_embedding "
    "to_aggregate_metric_double to_base64 to_cartesianpoint to_cartesianshape to_date_nanos "
    "to_dateperiod to_degrees to_dense_vector to_geohash to_geohex to_geopoint to_geoshape "
    "to_geotile to_radians to_text to_timeduration to_unsigned_long to_version top_snippets "
    "trange url_decode url_encode url_encode_component v_cosine v_dot_product".split()
)
