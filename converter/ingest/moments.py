"""Times as Elasticsearch writes them (UTC, milliseconds, `Z`) and as Splunk counts them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ISO = re.compile(
    r"(?P<date>\d{4}-\d{2}-\d{2})"
    r"(?:[T ](?P<time>\d{2}:\d{2}(?::\d{2})?)(?:[.,](?P<fraction>\d+))?)?"
    r"(?P<zone>Z|[+-]\d{2}(?::?\d{2})?)?",
    re.ASCII,
)
_US = re.compile(
    r"(?P<date>\d{1,2}/\d{1,2}/\d{4}) (?P<time>\d{1,2}:\d{2}:\d{2})"
    r"(?P<half> [AP]M)?(?: (?P<zone>[+-]\d{2}:\d{2}))?",
    re.ASCII,
)


def iso_moment(value: object) -> str | None:
    """ISO 8601 extended form to `YYYY-MM-DDThh:mm:ss.mmmZ`, cut to milliseconds; else None.

    Without a zone it is UTC. The basic form (20131102T010628Z) is not read: Elastic's pipelines
    leave such a field out.
    """
    found = _ISO.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return None
    time, fraction = found["time"] or "00:00", (found["fraction"] or "")[:6].ljust(6, "0")
    seconds = time if len(time) == 8 else time + ":00"
    return _written(f"{found['date']} {seconds}.{fraction}", "%Y-%m-%d %H:%M:%S.%f", found["zone"])


def us_moment(value: object) -> str | None:
    """`M/d/yyyy h:mm:ss [AM|PM] [+hh:mm]`, a form Azure also writes, to the same; else None."""
    found = _US.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return None
    clock = "%I:%M:%S %p" if found["half"] else "%H:%M:%S"
    text = f"{found['date']} {found['time']}{found['half'] or ''}"
    return _written(text, f"%m/%d/%Y {clock}", found["zone"])


def unix_time(value: object) -> str | None:
    """ISO 8601 text to Splunk's _time: seconds since 1970 with milliseconds; else None."""
    moment = iso_moment(value)
    if moment is None:
        return None
    milliseconds = (datetime.fromisoformat(moment) - _EPOCH) // timedelta(milliseconds=1)
    return f"{milliseconds / 1000:.3f}"


def _written(text: str, form: str, zone: str | None) -> str | None:
    try:
        moment = datetime.strptime(text, form).replace(tzinfo=_offset(zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def _offset(zone: str | None) -> timezone:
    if zone in (None, "Z"):
        return UTC
    digits = zone[1:].replace(":", "").ljust(4, "0")
    ahead = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-ahead if zone[0] == "-" else ahead)
