"""Sliding windows: when a correlation's condition holds, and when that is a new match.

A window is a run of events of one group from first to last at most one timespan apart; exactly one
timespan apart still counts (EQL's maxspan does the same). Events of equal time keep the order in
which they came.

Conditions of `gt` and `gte` alone are judged at each event, over the window that ends with it, as
`streamstats` does. As soon as another operator is among them (`lt`, `lte`, `eq`, `neq`, a range),
the number must be final: the window is judged when it is closed, that is when it holds all events
of its group that fit, and no later one can join. Nothing is judged where no event is: a count of 0
cannot match.

A match is new if the condition did not hold at the judgement before, or if no event of the window
was there when the last match was made. So a burst gives one match, a flood one match a timespan,
and a burst after a pause one match more.

A temporal correlation above this one asks only whether the condition holds: it also sees each later
judgement at which it still does, so that a login counts as following a burst that began long ago.
Counts above this one count new matches.
"""

from __future__ import annotations

import operator
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from converter.matcher.correlation.measures import MEASURES, Measure, TemporalOrdered
from converter.matcher.correlation.node import Node, Setting, Table
from converter.matcher.correlation.occurrence import (
    BEFORE_ALL,
    Entry,
    Occurrence,
    Place,
    Row,
    match_of,
)

_HOLDS: Mapping[str, Callable[[int | float, int | float], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
}


class _Group:
    """The window of one group: its events, what they measure, and how it was judged last."""

    __slots__ = ("entries", "fired", "grown", "holds", "last", "measure")

    def __init__(self, measure: Measure) -> None:
        self.entries: deque[Entry] = deque()
        self.measure = measure
        self.holds = False
        self.fired = BEFORE_ALL
        self.grown = False
        self.last: Occurrence | None = None  # the last match, where it is still of use

    def drop_first(self) -> None:
        self.measure.remove(self.entries.popleft())

    def join(self, entry: Entry) -> None:
        self.entries.append(entry)
        self.measure.add(entry)
        self.grown = True


class Windows:
    """One correlation at work (`Running`)."""

    def __init__(self, node: Node, setting: Setting) -> None:
        self._node, self._again = node, node.rule.id in setting.again
        self._setting, self._limits, self._counts = setting, setting.limits, setting.counts
        self._groups: OrderedDict[Row, _Group] = OrderedDict()  # the longest quiet first
        self._events = 0
        counted = node.type == "event_count"
        needed = max((int(number) + 2 for _, number in node.conditions), default=0)
        wanted = min(needed, self._limits.events) if counted else 0
        self._most = max(self._limits.group_events, wanted)

    def enter(self, found: list[tuple[Occurrence, int]]) -> Iterator[Occurrence]:
        """What occurred at one place joins the windows of its groups."""
        place = found[0][0].place
        yield from self.sweep(place.time)
        for key, entry in self._entries(found, place):
            group = self._groups.pop(key, None) or self._new_group()
            self._groups[key] = group
            yield from self._join(key, group, entry)
        self._bound()

    def sweep(self, now: int) -> Iterator[Occurrence]:
        """Groups whose window lies wholly before `now` are closed and forgotten."""
        while self._groups:
            key, group = next(iter(self._groups.items()))
            if group.entries[-1].place.time + self._node.span >= now:
                return
            yield from self._forget(key, group)

    def close(self) -> Iterator[Occurrence]:
        """Judges what is still open: no further event will come."""
        for key, group in list(self._groups.items()):
            yield from self._forget(key, group)

    def open(self) -> int:
        """How many windows wait for their close."""
        return sum(group.grown for group in self._groups.values()) if self._node.closing else 0

    def _entries(
        self, found: list[tuple[Occurrence, int]], place: Place
    ) -> Iterator[tuple[Row, Entry]]:
        groups: dict[Row, list[tuple[Occurrence, int]]] = {}
        for one, step in found:
            for key in self._setting.bounded(self._node.steps[step].keys(one)):
                groups.setdefault(key, []).append((one, step))
        self._counts.ungrouped += not groups
        for key, mine in groups.items():
            first = {id(one): (one, step) for one, step in reversed(mine)}
            read = [self._node.steps[step].values(one) for one, step in first.values()]
            yield key, Entry(place, tuple(mine), tuple(row for rows in read for row in rows))

    def _join(self, key: Row, group: _Group, entry: Entry) -> Iterator[Occurrence]:
        oldest = entry.place.time - self._node.span
        if self._node.closing and group.entries and group.entries[0].place.time < oldest:
            yield from self._judge(key, group)
        while group.entries and group.entries[0].place.time < oldest:
            self._drop_first(group)
        group.join(entry)
        self._events += 1
        if len(group.entries) > self._most:
            self._drop_first(group)
            self._counts.evicted_events += 1
        if not self._node.closing:
            yield from self._judge(key, group)

    def _judge(self, key: Row, group: _Group) -> Iterator[Occurrence]:
        if not group.grown:
            return
        group.grown = False
        first, last = group.entries[0].place, group.entries[-1].place
        value = group.measure.value(first)
        tests = self._node.conditions
        holds = value is not None and all(_HOLDS[sign](value, number) for sign, number in tests)
        new = holds and (not group.holds or first > group.fired)
        group.holds = holds
        if new:
            group.fired = last
            match = match_of(self._shown(group), key, last)
            group.last = match if self._again else None
            yield match
        elif holds and self._again:
            group.last = group.last or match_of(self._shown(group), key, last)
            yield match_of([group.entries[-1]], key, last, group.last)

    def _shown(self, group: _Group) -> list[Entry]:
        """The events of a match: a chain, the latest of each rule, or all of the window."""
        if self._node.closing:
            return list(group.entries)
        if isinstance(group.measure, TemporalOrdered):
            return group.measure.chain(group.entries[0].place)
        if self._node.type == "temporal":
            latest = {step: entry for entry in group.entries for _, step in entry.found}
            return sorted({entry.place: entry for entry in latest.values()}.values(), key=_place)
        return list(group.entries)

    def _new_group(self) -> _Group:
        return _Group(MEASURES[self._node.type](len(self._node.steps), self._node.percentile))

    def _drop_first(self, group: _Group) -> None:
        group.drop_first()
        self._events -= 1

    def _forget(self, key: Row, group: _Group) -> Iterator[Occurrence]:
        del self._groups[key]
        self._events -= len(group.entries)
        if self._node.closing:
            yield from self._judge(key, group)

    def _bound(self) -> None:
        """Beyond the limits the longest quiet group goes, unjudged if its window was open."""
        limits = self._limits
        while len(self._groups) > limits.groups or self._events > max(limits.events, self._most):
            _, group = self._groups.popitem(last=False)
            self._events -= len(group.entries)
            self._counts.evicted_groups += 1

    def save(self, table: Table) -> Any:
        """The windows as JSON data."""
        return [
            [
                key,
                _saved(group.entries, table),
                [group.holds, group.fired, group.grown],
                None if group.last is None else table.number(group.last),
            ]
            for key, group in self._groups.items()
        ]

    def load(self, data: Any, table: Table) -> None:
        """The windows as they were saved; measures follow from the events."""
        for key, entries, (holds, fired, grown), last in data:
            group = self._groups[tuple(key)] = self._new_group()
            for found in entries:
                mine = [(table.occurrence(number), step) for number, step in found]
                entry = dict(self._entries(mine, mine[0][0].place))[tuple(key)]
                group.join(entry)
            self._events += len(group.entries)
            group.holds, group.fired, group.grown = holds, Place(*fired), grown
            group.last = table.occurrence(last) if last is not None and self._again else None


def _place(entry: Entry) -> Place:
    return entry.place


def _saved(entries: deque[Entry], table: Table) -> list[list[tuple[int, int]]]:
    return [[(table.number(one), step) for one, step in entry.found] for entry in entries]
