"""ES|QL's functions of time: parts, truncation, differences and formats, all in UTC.

Source: Elasticsearch's ES|QL function reference; semantics: ES|QL 10, 14.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from datetime import UTC, datetime

from converter.errors import Unsupported
from converter.languages.esql_tree import Span
from converter.languages.esql_values import millis_of, moment

FIXED = {
    "millisecond": 1,
    "second": 1000,
    "minute": 60_000,
    "hour": 3_600_000,
    "day": 86_400_000,
    "week": 604_800_000,
}
MONTHS = {"month": 1, "quarter": 3, "year": 12}

PARTS: dict[str, Callable[[datetime], int]] = {
    "year": lambda d: d.year,
    "month_of_year": lambda d: d.month,
    "day_of_month": lambda d: d.day,
    "day_of_week": lambda d: d.isoweekday(),
    "day_of_year": lambda d: d.timetuple().tm_yday,
    "aligned_week_of_year": lambda d: (d.timetuple().tm_yday - 1) // 7 + 1,
    "aligned_week_of_month": lambda d: (d.day - 1) // 7 + 1,
    "ampm_of_day": lambda d: d.hour // 12,
    "hour_of_ampm": lambda d: d.hour % 12,
    "hour_of_day": lambda d: d.hour,
    "minute_of_hour": lambda d: d.minute,
    "minute_of_day": lambda d: d.hour * 60 + d.minute,
    "second_of_minute": lambda d: d.second,
    "second_of_day": lambda d: (d.hour * 60 + d.minute) * 60 + d.second,
    "milli_of_second": lambda d: d.microsecond // 1000,
    "epoch_day": lambda d: millis_of(d) // FIXED["day"],
    "proleptic_month": lambda d: d.year * 12 + d.month - 1,
}

_DIFF_UNITS = {
    "milliseconds": ("millisecond", "milliseconds", "ms"),
    "seconds": ("second", "seconds", "ss", "s"),
    "minutes": ("minute", "minutes", "mi", "n"),
    "hours": ("hour", "hours", "hh"),
    "days": ("day", "days", "dd", "d"),
    "weeks": ("week", "weeks", "wk", "ww"),
    "months": ("month", "months", "mm", "m"),
    "quarters": ("quarter", "quarters", "qq", "q"),
    "years": ("year", "years", "yyyy", "yy"),
}
DIFF_UNIT = {word: unit for unit, words in _DIFF_UNITS.items() for word in words}


def truncate(millis: int, span: Span) -> int:
    """The start of the length of time that holds the moment."""
    if span.unit in MONTHS:
        months = MONTHS[span.unit] * span.amount
        when = moment(millis)
        since = (when.year * 12 + when.month - 1) // months * months
        return millis_of(datetime(since // 12, since % 12 + 1, 1, tzinfo=UTC))
    length = FIXED[span.unit] * span.amount
    monday = 4 * FIXED["day"] if length == FIXED["week"] else 0  # 1970 began on a Thursday
    return (millis - monday) // length * length + monday


def plus(millis: int, span: Span, sign: int = 1) -> int:
    """A moment moved by a length of time."""
    if span.unit not in MONTHS:
        return millis + sign * FIXED[span.unit] * span.amount
    when = moment(millis)
    months = when.year * 12 + when.month - 1 + sign * MONTHS[span.unit] * span.amount
    year, month = months // 12, months % 12 + 1
    day = min(when.day, monthrange(year, month)[1])
    return millis_of(when.replace(year=year, month=month, day=day))


def difference(unit: str, start: int, end: int) -> int:
    """Whole units from one moment to another, cut towards zero."""
    plain = DIFF_UNIT[unit].removesuffix("s")
    if plain in FIXED:
        return int((end - start) / FIXED[plain])
    a, b = moment(start), moment(end)
    months = (b.year - a.year) * 12 + b.month - a.month
    rest_a, rest_b = (d - d.replace(day=1, hour=0, minute=0, second=0) for d in (a, b))
    if months > 0 and rest_b < rest_a:
        months -= 1
    elif months < 0 and rest_b > rest_a:
        months += 1
    return int(months / MONTHS[plain])


_LETTERS: dict[str, str] = {
    "yyyy": "%Y",
    "uuuu": "%Y",
    "MM": "%m",
    "dd": "%d",
    "HH": "%H",
    "mm": "%M",
    "ss": "%S",
    "SSS": "%f",
    "EEEE": "%A",
    "E": "%a",
    "EEE": "%a",
    "D": "%j",
    "a": "%p",
    "hh": "%I",
}
_PIECES = re.compile(r"'([^']*)'|([A-Za-z])\2*|[^A-Za-z']+")


def _format(pattern: str) -> str:
    out = []
    for piece in _PIECES.finditer(pattern):
        if piece[2] and piece[0] not in _LETTERS:
            what = f"ES|QL: the date format {piece[0]!r} is not held"
            raise Unsupported(what, next_step="use yyyy, MM, dd, HH, mm and ss")
        text = _LETTERS[piece[0]] if piece[2] else (piece[1] or piece[0]).replace("%", "%%")
        out.append(text)
    return "".join(out)


def formatted(pattern: str) -> Callable[[int], str]:
    """Writes moments in a Java date format. Raises Unsupported for letters that are not held."""
    plain = _format(pattern)

    def write(millis: int) -> str:
        when = moment(millis)
        return when.strftime(plain.replace("%f", f"{when.microsecond // 1000:03d}"))

    return write


def parsed(pattern: str) -> Callable[[str], int]:
    """Reads moments in a Java date format; ValueError where a text does not fit."""
    plain = _format(pattern)

    def read(text: str) -> int:
        return millis_of(datetime.strptime(f"{text} +0000", f"{plain} %z"))

    return read
