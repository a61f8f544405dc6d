"""Which rules can match an event, told from the fields that it has.

A rule needs something of each field that it names in any case; whatever one field holds leaves out
the rules that need something else of it. What is left is a candidate. What values were found to
leave is remembered, as is where events of one shape have their fields: to most of an event one look
into a dict for each field is enough.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache, reduce
from operator import itemgetter, or_
from types import ModuleType
from typing import Any, Generic, TypeVar

from converter.matcher.fields import Event, Reader, reader
from converter.matcher.index.asking import Asked
from converter.matcher.index.branches import Field
from converter.matcher.index.columns import Column, Memory, mask
from converter.matcher.index.engines import Store
from converter.matcher.index.needs import NOTHING
from converter.matcher.index.shapes import Found, Place, Shapes

T = TypeVar("T")

_MOST = 5_000
_WAYS = 2_000
_WATCHED = 30
_NEW = 30


class Among:
    """Some of the rules, as a mask, and what is done with events to find those that can match."""

    def __init__(self, mask: int) -> None:
        self.mask = mask
        self.ways: dict[Any, _Way] = {}


@dataclass(slots=True, eq=False)
class Plan(Generic[T]):
    """For events of one shape: what is left by missing fields, and which fields stand at a place.

    Of `others` only readers know. `clues` give what of an object, by its number, are clues; None
    where one is known to its reader only. `told` is for what these tell, by values.
    """

    start: int
    fields: dict[Place, tuple[int, ...]]
    others: list[int]
    clues: list[tuple[int, Callable[[Any], Any]]] | None
    users: list[Among] = field(default_factory=list)
    told: dict[tuple[Any, ...], T] = field(default_factory=dict)


@dataclass(slots=True)
class _Look:
    """A place where rules ask for something.

    `known` looks into the memory of what was found there. `left` and `new` are what the first
    events taught: how many branches it leaves, how often its value was not remembered.
    """

    number: int
    key: str
    memory: Memory
    known: Callable[[Any], int | None]
    left: int = 0
    new: int = 0

    def worth(self, most: int) -> float:
        """What looking there takes for each branch that it rules out."""
        return (1 + _NEW * self.new) / (most - self.left + 1)


@dataclass(slots=True)
class _Way:
    """What is done with events of one shape for some of the rules.

    What tells most comes first, as soon as some events have shown what that is.
    """

    start: int
    looks: list[_Look]
    others: list[tuple[Reader, int, int, Column]]
    rows: list[tuple[int, str, Callable[[Any], int | None], Memory]]
    events: int = 0

    def watch(self, visited: list[Any]) -> None:
        """Learn from one of the first events in what order to look."""
        for one in self.looks:
            value = visited[one.number][one.key]
            found = one.known(value)
            one.new += found is None
            one.left += (
                self.start & (one.memory.learn(value) if found is None else found)
            ).bit_count()
        self.events += 1
        if self.events == _WATCHED:
            most = self.start.bit_count() * self.events
            self.looks.sort(key=lambda one: one.worth(most))
            self.rows = [(one.number, one.key, one.known, one.memory) for one in self.looks]


class Masks(Generic[T]):
    """Call it with an event: the rules that can match it, in order.

    Rules that ask nothing of fields, but something of an event's bytes, have that under `needs`, by
    their numbers. `clues` are fields that tell what an event is, None where it is not told by them.
    """

    def __init__(
        self,
        asked: Asked,
        module: ModuleType | None = None,
        store: Store | None = None,
        clues: Sequence[Field] | None = None,
    ) -> None:
        self._asked, self._module, self._store = asked, module, store
        self._size, self._fields = len(asked.rules), [*asked.fields, *(clues or ())]
        self._needing = [one for one, _, _ in asked.fields.values()]
        self._asking = [one for _, one, _ in asked.fields.values()]
        self._clues = range(len(self._asking), len(self._fields))
        self._clear = clues is not None
        self._readers: list[Reader] = [reader(paths) for paths in self._fields]
        self._column, self._memory = cache(self._made), cache(self._remembering)
        self.look = Shapes(self._fields, self._readers, self._plan, self._clues)
        self._known: dict[int, tuple[int, ...]] = {}
        self.rules = tuple(sorted({one for one in asked.rules if one is not None}))
        rules = ((asked.rules[at], need) for at, need in asked.needs.items())
        self.needs = {rule: need for rule, need in rules if rule is not None and need != NOTHING}

    def among(self, rules: Iterable[int], told: Collection[int] = ()) -> Among:
        """These rules, for calls, without those of `needs` that are told otherwise."""
        found = Among(0)
        self.set(found, rules, told)
        return found

    def set(self, among: Among, rules: Iterable[int], told: Collection[int]) -> None:
        """From now on it is these rules."""
        wanted, needs = set(rules), self._asked.needs
        mine = (
            at
            for at, rule in enumerate(self._asked.rules)
            if rule in wanted and not (at in needs and rule in told)
        )
        among.mask = mask(mine, self._size)
        among.ways.clear()

    def __call__(
        self, event: Event, among: Among, seen: tuple[Plan[T], list[Any]] | None = None
    ) -> tuple[int, ...]:
        """Those of the rules that can match the event; `seen` is what `look` says of it."""
        left = among.mask
        if type(event) is dict:
            plan, visited = seen or self.look(event)
            left = self._left(event, among, plan, visited)
        if not left:
            return ()
        known = self._known.get(left)
        if known is None:
            if len(self._known) >= _MOST:
                self._known.clear()
            known = self._known[left] = self._rules(left)
        return known

    def _left(self, event: Event, among: Among, plan: Plan[T], visited: list[Any]) -> int:
        way = among.ways.get(plan) or self._way(plan, among)
        left, new = way.start, list[tuple[Memory, Any]]()
        try:
            if way.events < _WATCHED:
                way.watch(visited)
            for number, key, known, memory in way.rows:
                found = known(value := visited[number][key])
                if found is None:
                    new.append((memory, value))
                else:
                    left &= found
                    if not left:
                        return 0
        except TypeError:
            self._demote(plan, visited)
            return self._left(event, among, plan, visited)
        for memory, value in new:
            if left & memory.asking:
                left &= memory.learn(value)
        for read, asking, needing, column in way.others:
            if left & asking:
                values = read(event)
                left &= ~needing if values is None else column.mask(values)
        return left

    def _way(self, plan: Plan[T], among: Among) -> _Way:
        if len(among.ways) >= _WAYS:
            among.ways.clear()
        start, looks = plan.start & among.mask, list[_Look]()
        for (number, key), fields in plan.fields.items():
            memory = self._memory(fields)
            if start & memory.asking:
                looks.append(_Look(number, key, memory, memory.get))
        others = [
            (self._readers[one], self._asking[one], self._needing[one], self._column((one,)))
            for one in plan.others
        ]
        plan.users.append(among)
        rows = [(one.number, one.key, one.known, one.memory) for one in looks]
        found = among.ways[plan] = _Way(start, looks, others, rows)
        return found

    def _demote(self, plan: Plan[T], visited: list[Any]) -> None:
        """Leaves to readers what at its place is no single value in this event."""
        for number, key in list(plan.fields):
            if isinstance(visited[number][key], list | dict):
                plan.others += plan.fields.pop((number, key))
        for one in plan.users:
            one.ways.pop(plan, None)
        plan.users.clear()

    def _plan(self, found: Found) -> Plan[T]:
        """What to do with events in which fields stand at these places."""
        start = (1 << self._size) - 1
        for number, needing in enumerate(self._needing):
            if number not in found.places and number not in found.others:
                start &= ~needing
        fields = dict[Place, tuple[int, ...]]()
        for number, place in found.places.items():
            if number not in self._clues:
                fields[place] = (*fields.get(place, ()), number)
        others = [one for one in found.others if one not in self._clues]
        clear = self._clear and len(others) == len(found.others)
        clues = _getters(found.places[one] for one in self._clues if one in found.places)
        return Plan(start, fields, others, clues if clear else None)

    def _made(self, fields: tuple[int, ...]) -> Column:
        """The column of fields that stand at one place."""
        askings = [self._asked.of(self._fields[at]) for at in fields]
        return Column(askings, self._size, self._module, self._store)

    def _remembering(self, fields: tuple[int, ...]) -> Memory:
        asking = reduce(or_, (self._asking[one] for one in fields))
        return Memory(self._column(fields), asking)

    def _rules(self, left: int) -> tuple[int, ...]:
        found = set[int]()
        while left:
            lowest = left & -left
            rule = self._asked.rules[lowest.bit_length() - 1]
            if rule is not None:
                found.add(rule)
            left ^= lowest
        return tuple(sorted(found))


def _getters(places: Iterable[Place]) -> list[tuple[int, Callable[[Any], Any]]]:
    """For each object what gives the values at its places."""
    keys = dict[int, dict[str, None]]()
    for number, key in places:
        keys.setdefault(number, {})[key] = None
    return [(number, itemgetter(*mine)) for number, mine in keys.items()]
