"""Some of the rules, and which of them can match an event.

What values were found to leave is remembered, and for events of one shape in what order to look.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache, lru_cache, reduce
from operator import or_
from typing import Any, Generic, TypeVar

from converter.matcher.fields import Event, Reader
from converter.matcher.index.asking import Asked
from converter.matcher.index.columns import Asking, Column, Engines, Memory, mask, numbers
from converter.matcher.index.shapes import Place

T = TypeVar("T")

_MOST = 2_000
_WAYS = 1_000
_USUAL = 10
_WATCHED = 40
_NEW = 30


@dataclass(slots=True, eq=False)
class Plan(Generic[T]):
    """For events of one shape: which fields stand at a place. Of `others` only readers know.

    `clues` gives the clues, of the objects that were visited; None where one is known to its reader
    only. `told` is for what they tell.
    """

    fields: dict[Place, tuple[int, ...]]
    others: list[int]
    clues: Callable[[list[Any]], Hashable] | None
    told: dict[Hashable, T] = field(default_factory=dict)
    users: list[Among] = field(default_factory=list)

    def demote(self, visited: list[Any]) -> None:
        """Leaves to readers what at its place is no single value in this event."""
        for number, key in list(self.fields):
            if isinstance(visited[number][key], list | dict):
                self.others += self.fields.pop((number, key))
        for one in self.users:
            one.forget(self)
        self.users.clear()


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


_Row = tuple[int, str, Callable[[Any], int | None], Memory]


@dataclass(slots=True)
class _Way:
    """What is done with events of one shape.

    What tells most comes first, as soon as some events have shown what that is.
    """

    start: int
    looks: list[_Look]
    others: list[tuple[Reader, int, int, Column]]
    rows: list[_Row]
    events: int = 0

    def watch(self, visited: list[Any]) -> None:
        """Learn from the first events in what order to look, if there are more than a few."""
        self.events += 1
        if self.events < _USUAL:
            return
        for one in self.looks:
            value = visited[one.number][one.key]
            found = one.known(value)
            if found is None:
                one.new += 1
                found = one.memory.learn(value, self.start)
            one.left += (self.start & found).bit_count()
        if self.events == _WATCHED:
            most = self.start.bit_count() * (_WATCHED - _USUAL + 1)
            self.looks.sort(key=lambda one: one.worth(most))
            self.rows = [(one.number, one.key, one.known, one.memory) for one in self.looks]


class Among:
    """Call it with an event: those of some rules that can match it, in order.

    `branches` are the numbers of theirs; here they are counted anew, so that masks are short.
    """

    def __init__(
        self,
        asked: Asked,
        branches: Collection[int],
        readers: list[Reader],
        of: Callable[[int], Asking],
        engines: Engines,
    ) -> None:
        self._readers, self._of, self._engines = readers, of, engines
        self._numbers = {branch: number for number, branch in enumerate(sorted(branches))}
        rules = (asked.rules[branch] for branch in self._numbers)
        self._rules = [rule for rule in rules if rule is not None]
        self._all = (1 << len(self._rules)) - 1
        self._asking = dict(self._of_fields(asked))
        self._column, self._memory = cache(self._made), cache(self._remembering)
        self._ways: dict[Plan[Any], _Way] = {}
        self._told = lru_cache(_MOST)(self._rules_of)

    def _of_fields(self, asked: Asked) -> Iterator[tuple[int, tuple[int, int]]]:
        """For each field the branches that need it, and those that ask anything of it."""
        mine = mask(self._numbers, len(asked.rules))
        for number, (needing, asking, _) in enumerate(asked.fields.values()):
            if asking & mine:
                yield number, (self._short(needing & mine), self._short(asking & mine))

    def _short(self, long: int) -> int:
        """The same branches by their new numbers."""
        return mask((self._numbers[one] for one in numbers(long)), len(self._rules))

    def leave_out(self, rules: Collection[int]) -> None:
        """These are told by others."""
        for number, rule in enumerate(self._rules):
            if rule in rules:
                self._all &= ~(1 << number)
        self._ways.clear()

    def forget(self, plan: Plan[Any]) -> None:
        """The plan has changed."""
        self._ways.pop(plan, None)

    def whole(self) -> tuple[int, ...]:
        """All of the rules."""
        return self._told(self._all)

    def __call__(self, event: Event, plan: Plan[Any], visited: list[Any]) -> tuple[int, ...]:
        """`plan` is that of the event's shape, for which these objects were visited."""
        left = self._left(event, plan, visited)
        return self._told(left) if left else ()

    def _rules_of(self, left: int) -> tuple[int, ...]:
        """The rules of these branches."""
        return tuple(sorted({self._rules[number] for number in numbers(left)}))

    def _left(self, event: Event, plan: Plan[Any], visited: list[Any]) -> int:
        way = self._ways.get(plan) or self._way(plan)
        left = way.start
        new: list[tuple[Memory, Any]] = []
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
            plan.demote(visited)
            return self._left(event, plan, visited)
        for memory, value in new:
            if left & memory.asking:
                left &= memory.learn(value, left)
        for read, asking, needing, column in way.others:
            if left & asking:
                values = read(event)
                left &= ~needing if values is None else column.mask(values)
        return left

    def _way(self, plan: Plan[Any]) -> _Way:
        if len(self._ways) >= _WAYS:
            self._ways.clear()
        start, looks = self._start(plan), list[_Look]()
        for (number, key), fields in plan.fields.items():
            mine = tuple(one for one in fields if one in self._asking)
            if mine and start & (memory := self._memory(mine)).asking:
                looks.append(_Look(number, key, memory, memory.get))
        others = [
            (self._readers[one], self._asking[one][1], self._asking[one][0], self._column((one,)))
            for one in plan.others
            if one in self._asking
        ]
        if self not in plan.users:
            plan.users.append(self)
        rows: list[_Row] = [(one.number, one.key, one.known, one.memory) for one in looks]
        found = self._ways[plan] = _Way(start, looks, others, rows)
        return found

    def _start(self, plan: Plan[Any]) -> int:
        """The branches that need none of the fields that are missing."""
        there = {*plan.others, *(one for fields in plan.fields.values() for one in fields)}
        missed = 0
        for number, (needing, _) in self._asking.items():
            if number not in there:
                missed |= needing
        return self._all & ~missed

    def _made(self, fields: tuple[int, ...]) -> Column:
        """The column of fields that stand at one place."""
        askings = [self._of(one).only(self._numbers) for one in fields]
        return Column(askings, len(self._rules), self._engines)

    def _remembering(self, fields: Iterable[int]) -> Memory:
        mine = tuple(fields)
        return Memory(self._column(mine), reduce(or_, (self._asking[one][1] for one in mine)))
