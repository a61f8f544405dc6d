"""Dates as Elasticsearch reads them: strict_date_optional_time, epoch_millis and date maths.

What a date leaves out is its first moment, or its last when rounded up; a missing month or day is
the first either way (semantics: Lucene 12). All results are milliseconds since 1970, UTC.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, datetime, timedelta, timezone

NOW = 1_780_272_000_000  # what `now` means where nobody says: 1 June 2026
_ISO = re.compile(
    r"(?P<year>\d{4})(?:-(?P<month>\d\d)(?:-(?P<day>\d\d)(?:T(?:(?P<hour>\d\d)(?::(?P<minute>\d\d)"
    r"(?::(?P<second>\d\d)(?:[.,](?P<fraction>\d{1,9}))?)?)?"
    r"(?P<zone>Z|[+-]\d\d(?::?\d\d)?)?)?)?)?)?",
    re.ASCII,
)
_MILLIS = re.compile(r"-?\d+(?:\.\d+)?", re.ASCII)
_STEP = re.compile(r"(?P<op>[+-])(?P<count>\d*)(?P<unit>[yMwdhHms])|/(?P<round>[yMwdhHms])")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SPANS = {"w": 7 * 86400, "d": 86400, "h": 3600, "H": 3600, "m": 60, "s": 1}


def parse_date(text: str, up: bool = False) -> int:
    """One date without maths. `up`: its last moment. Raises ValueError where it is no date."""
    iso = _ISO.fullmatch(text)
    if iso:
        return _iso_millis(iso, up)
    if _MILLIS.fullmatch(text):
        return int(text.partition(".")[0])
    raise ValueError(f"{text!r} is no date")


def _iso_millis(iso: re.Match[str], up: bool) -> int:
    part = {key: int(value or 1) for key, value in iso.groupdict().items() if key in _DAY}
    last = {"hour": 23, "minute": 59, "second": 59} if up else {}
    clock = {key: int(iso[key] or last.get(key, 0)) for key in ("hour", "minute", "second")}
    fraction = iso["fraction"] or ("999" if up else "0")
    moment = datetime(part["year"], part["month"], part["day"], tzinfo=_zone(iso["zone"] or "Z"))
    seconds = timedelta(hours=clock["hour"], minutes=clock["minute"], seconds=clock["second"])
    if clock["hour"] > 23 or clock["minute"] > 59 or clock["second"] > 59:
        raise ValueError(f"{iso[0]!r} has no such time of day")
    return _millis(moment + seconds) + int(fraction.ljust(3, "0")[:3])


_DAY = frozenset({"year", "month", "day"})


def _zone(text: str) -> timezone:
    if text == "Z":
        return UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if text[0] == "-" else offset)


def _millis(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def date_maths(text: str, up: bool = False, now: int = NOW) -> int:
    """A date as queries write it: `now-1d/d`, `2024-01-01||+1M`, or a plain one.

    `up` takes the last moment of what is left out or rounded. Raises ValueError.
    """
    if text.startswith("now"):
        return _moved(now, text[3:], up)
    plain, _, steps = text.partition("||")
    return _moved(parse_date(plain, up), steps, up)


def _moved(millis: int, steps: str, up: bool) -> int:
    place = 0
    while place < len(steps):
        step = _STEP.match(steps, place)
        if step is None:
            raise ValueError(f"{steps!r} is no date maths")
        moment = _EPOCH + timedelta(milliseconds=millis)
        if step["round"]:
            floor = _floor(moment, step["round"])
            millis = _millis(_plus(floor, 1, step["round"])) - 1 if up else _millis(floor)
        else:
            count = int(step["count"] or 1)
            millis = _millis(_plus(moment, -count if step["op"] == "-" else count, step["unit"]))
        place = step.end()
    return millis


def _plus(moment: datetime, count: int, unit: str) -> datetime:
    if unit not in "yM":
        return moment + timedelta(seconds=count * _SPANS[unit])
    months = moment.year * 12 + moment.month - 1 + count * (12 if unit == "y" else 1)
    year, month = months // 12, months % 12 + 1
    return moment.replace(year=year, month=month, day=min(moment.day, monthrange(year, month)[1]))


def _floor(moment: datetime, unit: str) -> datetime:
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    if unit == "y":
        return midnight.replace(month=1, day=1)
    if unit == "M":
        return midnight.replace(day=1)
    if unit == "w":
        return midnight - timedelta(days=midnight.weekday())
    since = (moment - midnight) // timedelta(seconds=_SPANS[unit])
    return midnight + since * timedelta(seconds=_SPANS[unit])
