"""Parts of a time value (semantics: Sigma, point 9)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any

from converter.matcher.fields import Event, field_reader
from converter.matcher.text import Number, number

TimeReader = Callable[[Event], str | None]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_TEXT = re.compile(r"-?[0-9]{9,20}(?:\.[0-9]*)?", re.ASCII)
_LONGEST = 64
_LEAST = 10**8

PARTS: dict[str, Callable[[datetime], int]] = {
    "minute": lambda moment: moment.minute,
    "hour": lambda moment: moment.hour,
    "day": lambda moment: moment.day,
    "week": lambda moment: moment.isocalendar().week,  # ISO 8601
    "weekday": lambda moment: moment.isoweekday(),
    "month": lambda moment: moment.month,
    "year": lambda moment: moment.year,
}


def in_zone(moment: datetime | None, zone: tzinfo | None) -> datetime | None:
    """The moment in a zone, None where the calendar ends; in its own offset where none is named."""
    if moment is None or zone is None:
        return moment
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(zone)
    except OverflowError:
        return None


def moment(value: Any) -> datetime | None:
    """The time that a value states, in its own offset, UTC when it has none; None if it is no time.

    Read are ISO 8601 text and UNIX time as number or text of nine digits or more. UNIX time counts
    seconds below 10^11, milliseconds below 10^14, microseconds below 10^17, else nanoseconds.
    """
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    if isinstance(value, str):
        return _from_text(value)
    stamp = number(value)
    return None if stamp is None else _from_epoch(stamp)


def instant(value: Any) -> int | None:
    """The time that a value states in microseconds since 1970, finer digits cut; None if none.

    Text as `moment` reads it; without a zone it is UTC.
    """
    found = moment(value.strip() if isinstance(value, str) else value)
    if found is None:
        return None
    zoned = found if found.tzinfo is not None else found.replace(tzinfo=UTC)
    return (zoned - _EPOCH) // timedelta(microseconds=1)


def _from_text(written: str) -> datetime | None:
    if len(written) > _LONGEST:
        return None
    if _EPOCH_TEXT.fullmatch(written):
        return _from_epoch(number(written) or 0)
    try:
        return datetime.fromisoformat(written.upper())
    except ValueError:
        return None


def _from_epoch(stamp: Number) -> datetime | None:
    size = abs(stamp)
    if not size >= _LEAST:  # not a number is not
        return None
    scale = 1 if size < 10**11 else 10**3 if size < 10**14 else 10**6 if size < 10**17 else 10**9
    try:
        if isinstance(stamp, int):
            return _EPOCH + timedelta(microseconds=stamp * 10**6 // scale)
        return _EPOCH + timedelta(seconds=stamp / scale)
    except (OverflowError, ValueError):
        return None


def time_reader(paths: Sequence[str]) -> TimeReader:
    """A function from an event to its time as written there, from the first of the paths with one.

    Text that is empty and values that are neither text nor number are no time.
    """
    readers = tuple(field_reader(path) for path in paths)

    def read(event: Event) -> str | None:
        for reader in readers:
            for value in reader(event) or ():
                if type(value) is str and value:
                    return value
                if isinstance(value, str | int | float) and not isinstance(value, bool):
                    written = str(value)
                    if written:
                        return written
        return None

    return read
