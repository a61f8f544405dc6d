"""Which rules can match an event, told from the fields that it has.

A rule needs something of each field that it names in any case; whatever one field holds leaves out
the rules that need something else of it. What is left is a candidate. What values were found to
leave is remembered, as is where events of one shape have their fields: to most of an event one look
into a dict for each field is enough.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, reduce
from operator import or_
from types import ModuleType
from typing import Any

from converter.matcher.fields import Event, Reader, reader
from converter.matcher.index.columns import Asked, Column, Memory, mask
from converter.matcher.index.engines import Store
from converter.matcher.index.needs import NOTHING
from converter.matcher.index.shapes import Found, Place, Shapes

_MOST = 5_000
_WAYS = 2_000


Rows = list[tuple[int, list[tuple[str, Memory]]]]
"""For an object, by its number, keys with the memories of what stands there."""


@dataclass(slots=True, eq=False)
class _Plan:
    """For events of one shape: what is left by missing fields, and which fields stand at a place.

    Of `others` only readers know.
    """

    start: int
    fields: dict[Place, tuple[int, ...]]
    others: list[int]


@dataclass(slots=True)
class _Way:
    """What is done with events of one shape for some of the rules.

    `late` is looked at last, and only where it matters: values there are mostly new.
    """

    start: int
    rows: Rows
    late: list[tuple[int, str, Memory]]
    others: list[tuple[Reader, int, Column]]


class Among:
    """Some of the rules, as a mask, and what is done with events to find those that can match."""

    def __init__(self, mask: int) -> None:
        self.mask = mask
        self.ways: dict[_Plan, _Way] = {}


class Masks:
    """Call it with an event: the rules that can match it, in order.

    Rules that ask nothing of fields, but something of an event's bytes, are not among them: what
    that is stands under `needs`, by their numbers.
    """

    def __init__(
        self, asked: Asked, module: ModuleType | None = None, store: Store | None = None
    ) -> None:
        self._asked, self._module, self._store = asked, module, store
        self._size, self._fields = len(asked.rules), list(asked.fields)
        self._asking = [one for one, _ in asked.fields.values()]
        self._readers: list[Reader] = [reader(paths) for paths in self._fields]
        self._column, self._memory = cache(self._made), cache(self._remembering)
        self._shapes = Shapes(self._fields, self._readers, self._plan)
        self._known: dict[int, tuple[int, ...]] = {}
        self._among = list[Among]()
        self.rules = tuple(sorted({one for one in asked.rules if one is not None}))
        rules = ((asked.rules[at], need) for at, need in asked.needs.items())
        self.needs = {rule: need for rule, need in rules if rule is not None and need != NOTHING}

    def among(self, rules: Iterable[int]) -> Among:
        """These rules, for calls; without those under `needs`."""
        wanted, needs = set(rules), self._asked.needs
        mine = (
            at
            for at, rule in enumerate(self._asked.rules)
            if rule in wanted and needs.get(at, NOTHING) == NOTHING
        )
        found = Among(mask(mine, self._size))
        self._among.append(found)
        return found

    def __call__(self, event: Event, among: Among) -> tuple[int, ...]:
        """Those of the rules that can match the event."""
        left = self._left(event, among) if type(event) is dict else among.mask
        if not left:
            return ()
        known = self._known.get(left)
        if known is None:
            if len(self._known) >= _MOST:
                self._known.clear()
            known = self._known[left] = self._rules(left)
        return known

    def _left(self, event: dict[str, Any], among: Among) -> int:
        plan, visited = self._shapes(event)
        way = among.ways.get(plan) or self._way(plan, among)
        left = way.start
        try:
            for number, row in way.rows:
                inside = visited[number]
                for key, memory in row:
                    left &= memory[inside[key]]
            for number, key, memory in way.late:
                if left & memory.asking:
                    left &= memory[visited[number][key]]
        except TypeError:
            _demote(plan, visited)
            self._anew(plan)
            return self._left(event, among)
        for read, asking, column in way.others:
            if left & asking:
                values = read(event)
                left &= ~asking if values is None else column.mask(values)
        return left

    def _way(self, plan: _Plan, among: Among) -> _Way:
        if len(among.ways) >= _WAYS:
            among.ways.clear()
        start = plan.start & among.mask
        rows, late = dict[int, list[tuple[str, Memory]]](), list[tuple[int, str, Memory]]()
        for (number, key), fields in plan.fields.items():
            memory = self._memory(fields)
            if memory.often:
                late.append((number, key, memory))
            elif start & memory.asking:
                rows.setdefault(number, []).append((key, memory))
        late.sort(key=lambda one: one[2].effort)
        others = [
            (self._readers[one], self._asking[one], self._column((one,))) for one in plan.others
        ]
        way = among.ways[plan] = _Way(start, list(rows.items()), late, others)
        return way

    def _anew(self, plan: _Plan | None = None) -> None:
        """Ways are found anew: of one shape, or of all."""
        for one in self._among:
            if plan is None:
                one.ways.clear()
            else:
                one.ways.pop(plan, None)

    def _plan(self, found: Found) -> _Plan:
        """What to do with events in which fields stand at these places."""
        there = {*found.places, *found.others}
        start = (1 << self._size) - 1
        for field, asking in enumerate(self._asking):
            if field not in there:
                start &= ~asking
        fields = dict[Place, tuple[int, ...]]()
        for field, place in found.places.items():
            fields[place] = (*fields.get(place, ()), field)
        return _Plan(start, fields, list(found.others))

    def _made(self, fields: tuple[int, ...]) -> Column:
        """The column of fields that stand at one place."""
        layers = (one for field in fields for one in self._asked.layers(self._fields[field]))
        return Column(layers, self._size, self._module, self._store)

    def _remembering(self, fields: tuple[int, ...]) -> Memory:
        asking = reduce(or_, (self._asking[field] for field in fields))
        return Memory(self._column(fields), asking, self._anew)

    def _rules(self, left: int) -> tuple[int, ...]:
        found = dict[int, None]()
        while left:
            lowest = left & -left
            rule = self._asked.rules[lowest.bit_length() - 1]
            if rule is not None:
                found[rule] = None
            left ^= lowest
        return tuple(sorted(found))


def _demote(plan: _Plan, visited: list[Any]) -> None:
    """Leaves to readers what at its place is no single value in this event."""
    for number, key in list(plan.fields):
        if isinstance(visited[number][key], list | dict):
            plan.others += plan.fields.pop((number, key))
