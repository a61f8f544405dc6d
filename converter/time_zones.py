"""Time zones as rules name them: UTC, an offset such as +05:30, or a name such as Europe/Berlin."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import cache
from zoneinfo import ZoneInfo

from converter.errors import RuleError

_OFFSET = re.compile(r"([+-])([01][0-9]|2[0-3]):([0-5][0-9])", re.ASCII)
_YEAR = 2026  # the year whose clock changes stand for those of every year


@cache
def time_zone(name: str) -> tzinfo:
    """The zone of this name. Raises RuleError where there is none, or none is known here."""
    if name == "UTC":
        return UTC
    written = _OFFSET.fullmatch(name)
    if written:
        sign, hours, minutes = written.groups()
        east = timedelta(hours=int(hours), minutes=int(minutes))
        return timezone(-east if sign == "-" else east)
    try:
        return ZoneInfo(name)
    except (ValueError, KeyError, OSError):
        step = "write UTC, an offset such as +05:30, or a name of the tz database, Europe/Berlin"
        step += ", which must be installed (the package tzdata)"
        raise RuleError(f"no time zone is called {name!r}", next_step=step) from None


def offset(name: str) -> tuple[int, bool]:
    """Seconds east of UTC outside of summer time, and whether they hold the whole year."""
    zone = time_zone(name)
    days = [datetime(_YEAR, month, day, tzinfo=zone) for month in range(1, 13) for day in (1, 15)]
    found = {day.utcoffset() or timedelta() for day in days}
    return int(min(found).total_seconds()), len(found) == 1


def offset_name(seconds: int) -> str:
    """An offset as rules write it; UTC for none."""
    hours, minutes = divmod(abs(seconds) // 60, 60)
    return f"{'-' if seconds < 0 else '+'}{hours:02d}:{minutes:02d}" if seconds else "UTC"
