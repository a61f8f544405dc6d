"""How many matches there are over time, as bars."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count

from converter.scan.times import instant

_MINUTE = 60
_STEPS = tuple(
    minutes * _MINUTE for minutes in (1, 5, 15, 60, 180, 720, 1440, 10080, 43200, 525600)
)
_EARLIEST = int(datetime.min.replace(tzinfo=UTC).timestamp())
_BARS = 24
_WIDTH = 50


def _steps() -> Iterator[int]:
    """Seconds of a bar: those that read well, then any number of years."""
    yield from _STEPS
    yield from (_STEPS[-1] * years for years in count(2))


class Histogram:
    """Counts by the minute: `minutes` has them by its first second, in UNIX time."""

    def __init__(self) -> None:
        self.minutes: Counter[int] = Counter()

    def add(self, time: str | None) -> None:
        """Count a match at this time; one without a time is no part of it."""
        moment = instant(time)
        if moment is not None:
            self.minutes[int(moment.timestamp()) // _MINUTE * _MINUTE] += 1

    def lines(self) -> Iterator[str]:
        """At most two dozen bars, the first and last moment included; times are UTC."""
        if not self.minutes:
            return
        first, last = min(self.minutes), max(self.minutes)
        fits = (step for step in _steps() if last // step - first // step < _BARS)
        step = next(fits)
        bars: Counter[int] = Counter()
        for minute, matches in self.minutes.items():
            bars[minute // step] += matches
        most = max(bars.values())
        for bar in range(first // step, last // step + 1):
            start = datetime.fromtimestamp(max(bar * step, _EARLIEST), UTC)
            when = start.strftime(f"{start.year:04}-%m-%d %H:%M")
            yield f"{when}  {'█' * -(-bars[bar] * _WIDTH // most):<{_WIDTH}}  {bars[bar]}"
