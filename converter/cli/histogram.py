"""How many matches there are over time, as bars."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

from converter.scan.times import instant

_MINUTE = 60
_STEPS = tuple(
    minutes * _MINUTE for minutes in (1, 5, 15, 60, 180, 720, 1440, 10080, 43200, 525600)
)
_BARS = 24
_WIDTH = 50


class Histogram:
    """Counts by the minute."""

    def __init__(self) -> None:
        self._minutes: Counter[int] = Counter()

    def add(self, time: str | None) -> None:
        """Count a match at this time; one without a time is no part of it."""
        moment = instant(time)
        if moment is not None:
            self._minutes[int(moment.timestamp()) // _MINUTE * _MINUTE] += 1

    def lines(self) -> Iterator[str]:
        """At most two dozen bars, the first and last moment included; times are UTC."""
        if not self._minutes:
            return
        first, last = min(self._minutes), max(self._minutes)
        fits = (step for step in _STEPS if last // step - first // step < _BARS)
        step = next(fits, _STEPS[-1])
        bars: Counter[int] = Counter()
        for minute, count in self._minutes.items():
            bars[minute // step] += count
        most = max(bars.values())
        for bar in range(first // step, last // step + 1):
            when = datetime.fromtimestamp(bar * step, UTC).strftime("%Y-%m-%d %H:%M")
            yield f"{when}  {'█' * -(-bars[bar] * _WIDTH // most):<{_WIDTH}}  {bars[bar]}"
