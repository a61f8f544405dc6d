"""The times of events, and the times a user asks for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from converter.errors import LogError
from converter.matcher.times import moment


@dataclass(frozen=True, slots=True)
class Window:
    """The times that count: from `since` on, and before `until`; None leaves a side open."""

    since: datetime | None = None
    until: datetime | None = None

    def holds(self, time: datetime) -> bool:
        """Whether the time is in the window."""
        early = self.since is not None and time < self.since
        late = self.until is not None and time >= self.until
        return not early and not late


def window(since: str | None, until: str | None) -> Window | None:
    """The window between two times as a user writes them (ISO 8601 or UNIX time); None if open.

    A time without a zone is UTC, a date alone its first moment. Raises LogError.
    """
    if since is None and until is None:
        return None
    return Window(_bound("--since", since), _bound("--until", until))


def instant(written: str | None) -> datetime | None:
    """The point in time that a text states, UTC where it names no zone."""
    time = None if written is None else moment(written.strip())
    if time is None or time.tzinfo is not None:
        return time
    return time.replace(tzinfo=UTC)


def _bound(option: str, written: str | None) -> datetime | None:
    time = instant(written)
    if time is None and written is not None:
        step = "write it as 2024-05-31, 2024-05-31T12:00:00Z or UNIX time"
        raise LogError(f"{option} {written!r} is no time", next_step=step)
    return time
