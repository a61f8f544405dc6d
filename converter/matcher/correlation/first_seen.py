"""First-seen rules: `polysigma: new_terms: {fields: [...], history: 14d}`.

An event of the rule matches if a combination of its values of the fields was in no event of the
rule within the history before it, exactly that long before included. Events without one of the
fields are passed over, as the queries do. A list holds several values, and each combination counts;
values are compared as text, case-sensitively. What precedes the first event is not known: there
everything is new.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

from converter.matcher.correlation.node import Node, Setting, Table
from converter.matcher.correlation.occurrence import Entry, Occurrence, Row, match_of


class FirstSeen:
    """One first-seen rule at work (`Running`)."""

    def __init__(self, node: Node, setting: Setting) -> None:
        self._node = node
        self._setting, self._limits, self._counts = setting, setting.limits, setting.counts
        self._seen: OrderedDict[Row, int] = OrderedDict()  # when last seen, the longest ago first

    def enter(self, found: list[tuple[Occurrence, int]]) -> Iterator[Occurrence]:
        """An event of the rule; it is its own match if it shows something new."""
        one, now = found[0][0], found[0][0].place.time
        yield from self.sweep(now)
        rows = self._setting.bounded(self._node.steps[0].values(one))
        self._counts.ungrouped += not rows
        new = [row for row in rows if row not in self._seen]
        for row in rows:
            self._seen[row] = now
            self._seen.move_to_end(row)
        while len(self._seen) > self._limits.terms:
            self._seen.popitem(last=False)
            self._counts.evicted_terms += 1
        if new:
            yield match_of([Entry(one.place, ((one, 0),), ())], (), one.place)

    def sweep(self, now: int) -> Iterator[Occurrence]:
        """Forgets what was last seen before the history."""
        while self._seen and next(iter(self._seen.values())) + self._node.span < now:
            self._seen.popitem(last=False)
        yield from ()

    def close(self) -> Iterator[Occurrence]:
        """Nothing waits here."""
        yield from ()

    def open(self) -> int:
        """Nothing waits here."""
        return 0

    def save(self, table: Table) -> Any:
        """What was seen, and when last, as JSON data."""
        return [[row, last] for row, last in self._seen.items()]

    def load(self, data: Any, table: Table) -> None:
        """What was seen as it was saved."""
        self._seen.update((tuple(row), int(last)) for row, last in data)


class AnyOf:
    """A correlation "any of these rules" (event_count of at least one event, not grouped)."""

    def __init__(self, node: Node, setting: Setting) -> None:
        self._node = node

    def enter(self, found: list[tuple[Occurrence, int]]) -> Iterator[Occurrence]:
        """Each event is a match."""
        place = found[0][0].place
        yield match_of([Entry(place, tuple(found), ())], (), place)

    def sweep(self, now: int) -> Iterator[Occurrence]:
        """Nothing is kept here."""
        yield from ()

    def close(self) -> Iterator[Occurrence]:
        """Nothing waits here."""
        yield from ()

    def open(self) -> int:
        """Nothing waits here."""
        return 0

    def save(self, table: Table) -> Any:
        """Nothing is kept here."""
        return []

    def load(self, data: Any, table: Table) -> None:
        """Nothing is kept here."""
