"""What a correlation measures in a window: one class per word of the specification.

Each is told of every entry that joins the window and of every one that leaves it. Values are text;
`value_sum` and its kin read numbers in them ("5" is 5) and pass over what is none.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from math import isfinite, isnan
from typing import Protocol

from converter.matcher.correlation.occurrence import Entry, Place, Row
from converter.matcher.text import number

Number = int | float


class Measure(Protocol):
    """`value` is the measure of the window that begins at `first`; None where there is none."""

    def add(self, entry: Entry) -> None: ...

    def remove(self, entry: Entry) -> None: ...

    def value(self, first: Place) -> Number | None: ...


class EventCount:
    """event_count: an event counts once, however many of the rules it matches."""

    def __init__(self) -> None:
        self._count = 0

    def add(self, entry: Entry) -> None:
        self._count += _occurrences(entry)

    def remove(self, entry: Entry) -> None:
        self._count -= _occurrences(entry)

    def value(self, first: Place) -> Number | None:
        return self._count


def _occurrences(entry: Entry) -> int:
    return 1 if len(entry.found) == 1 else len({id(one) for one, _ in entry.found})


class ValueCount:
    """value_count: distinct values, case-sensitive as the queries count them.

    Of several fields, distinct combinations. An event without the field adds none.
    """

    def __init__(self) -> None:
        self._rows: Counter[Row] = Counter()

    def add(self, entry: Entry) -> None:
        self._rows.update(entry.rows)

    def remove(self, entry: Entry) -> None:
        for row in entry.rows:
            self._rows[row] -= 1
            if not self._rows[row]:
                del self._rows[row]

    def value(self, first: Place) -> Number | None:
        return len(self._rows)


class Temporal:
    """temporal: how many of the rules have matched."""

    def __init__(self) -> None:
        self._steps: Counter[int] = Counter()

    def add(self, entry: Entry) -> None:
        self._steps.update({step for _, step in entry.found})

    def remove(self, entry: Entry) -> None:
        self._steps.subtract({step for _, step in entry.found})
        self._steps = +self._steps

    def value(self, first: Place) -> Number | None:
        return len(self._steps)


_BEYOND = 10**400
"""What a number beyond all floats counts as: more than any that a rule names."""


def _numbers(entry: Entry) -> Iterator[Number]:
    for row in entry.rows:
        for text in row:
            found = number(text)
            if found is not None and not isnan(found):
                yield found if isfinite(found) else _BEYOND if found > 0 else -_BEYOND


class ValueSum:
    """value_sum: exact, in whatever order the values come."""

    def __init__(self) -> None:
        self._sum = Fraction(0)
        self._count = 0

    def add(self, entry: Entry) -> None:
        self._change(entry, 1)

    def remove(self, entry: Entry) -> None:
        self._change(entry, -1)

    def _change(self, entry: Entry, sign: int) -> None:
        for found in _numbers(entry):
            self._sum += sign * Fraction(found)
            self._count += sign

    def value(self, first: Place) -> Number | None:
        return _plain(self._sum) if self._count else None


class ValueAvg(ValueSum):
    """value_avg: the arithmetic mean."""

    def value(self, first: Place) -> Number | None:
        return _plain(self._sum / self._count) if self._count else None


def _plain(exact: Fraction) -> Number:
    """A whole number exactly, else the nearest float; the whole part beyond all floats."""
    if exact.denominator == 1:
        return exact.numerator
    try:
        return float(exact)
    except OverflowError:
        return int(exact)


class ValuePercentile:
    """value_percentile: between two of the sorted values in proportion, as ES|QL does."""

    def __init__(self, percentile: Number) -> None:
        self._part = Fraction(percentile) / 100
        self._sorted: list[Number] = []

    def add(self, entry: Entry) -> None:
        for found in _numbers(entry):
            insort(self._sorted, found)

    def remove(self, entry: Entry) -> None:
        for found in _numbers(entry):
            del self._sorted[bisect_left(self._sorted, found)]

    def value(self, first: Place) -> Number | None:
        if not self._sorted:
            return None
        at = self._part * (len(self._sorted) - 1)
        low = Fraction(self._sorted[int(at)])
        high = Fraction(self._sorted[min(int(at) + 1, len(self._sorted) - 1)])
        return _plain(low + (high - low) * (at - int(at)))


Chain = tuple[Entry, "Chain | None"]


class TemporalOrdered:
    """temporal_ordered: the longest run of the rules in their order, each later than the last.

    For each step and length it keeps the chain that began latest: no other can still fit when that
    one does not. One event is never two steps.
    """

    def __init__(self, steps: int) -> None:
        self._begun: list[list[tuple[Place, Chain] | None]] = [[None] * steps for _ in range(steps)]

    def add(self, entry: Entry) -> None:
        before = [list(lengths) for lengths in self._begun]
        for step in {step for _, step in entry.found}:
            self._begun[step][0] = (entry.place, (entry, None))
            for length in range(1, step + 1):
                earlier = [one for one in (row[length - 1] for row in before[:step]) if one]
                if earlier:
                    start, chain = max(earlier, key=lambda one: one[0])
                    self._begun[step][length] = (start, (entry, chain))

    def remove(self, entry: Entry) -> None:
        """Chains that began before the window are passed over by `value`."""

    def value(self, first: Place) -> Number | None:
        return max((length for length, _ in self._fitting(first)), default=0)

    def chain(self, first: Place) -> list[Entry]:
        """The longest chain that begins at `first` or later; of those, the one begun latest."""
        found: list[Entry] = []
        fitting = max(self._fitting(first), key=lambda one: (one[0], one[1][0]), default=None)
        link: Chain | None = fitting[1][1] if fitting else None
        while link is not None:
            found.append(link[0])
            link = link[1]
        return found[::-1]

    def _fitting(self, first: Place) -> Iterator[tuple[int, tuple[Place, Chain]]]:
        for row in self._begun:
            for length, one in enumerate(row, 1):
                if one is not None and one[0] >= first:
                    yield length, one


MEASURES: Mapping[str, Callable[[int, Number], Measure]] = {
    "event_count": lambda steps, percentile: EventCount(),
    "value_count": lambda steps, percentile: ValueCount(),
    "temporal": lambda steps, percentile: Temporal(),
    "temporal_ordered": lambda steps, percentile: TemporalOrdered(steps),
    "value_sum": lambda steps, percentile: ValueSum(),
    "value_avg": lambda steps, percentile: ValueAvg(),
    "value_median": lambda steps, percentile: ValuePercentile(50),
    "value_percentile": lambda steps, percentile: ValuePercentile(percentile),
}
