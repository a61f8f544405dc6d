"""Which rules can match an event, told from the fields that it has.

A rule needs something of each field that it names in any case; whatever one field holds leaves out
the rules that need something else of it. What is left is a candidate. To most of an event one look
into a dict for each field is enough (see `among`), as events of one shape have their fields at the
same places (`shapes`).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from functools import cache
from operator import itemgetter
from types import ModuleType
from typing import Any, Generic, TypeVar

from converter.matcher.fields import Reader, reader
from converter.matcher.index.among import Among, Plan
from converter.matcher.index.asking import Asked
from converter.matcher.index.branches import Field
from converter.matcher.index.columns import Asking, Engines
from converter.matcher.index.engines import Store
from converter.matcher.index.needs import NOTHING
from converter.matcher.index.shapes import Found, Place, Shapes

T = TypeVar("T")


class Masks(Generic[T]):
    """The rules, some of which `among` is asked about, and the shapes of events.

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
        self._asked, self._engines = asked, Engines(module, store)
        self._fields, count = [*asked.fields, *(clues or ())], len(asked.fields)
        self._clues, self._clear = range(count, len(self._fields)), clues is not None
        self._readers: list[Reader] = [reader(paths) for paths in self._fields]
        self._asking = cache(self._of)
        self.look = Shapes(self._fields, self._readers, self._plan, self._clues)
        self.rules = tuple(sorted({one for one in asked.rules if one is not None}))
        rules = ((asked.rules[at], need) for at, need in asked.needs.items())
        self.needs = {rule: need for rule, need in rules if rule is not None and need != NOTHING}

    def among(self, rules: Iterable[int]) -> Among:
        """What tells which of these rules can match an event."""
        wanted = set(rules)
        mine = [branch for branch, rule in enumerate(self._asked.rules) if rule in wanted]
        return Among(self._asked, mine, self._readers, self._asking, self._engines)

    def _of(self, number: int) -> Asking:
        return self._asked.of(self._fields[number])

    def _plan(self, found: Found) -> Plan[T]:
        """What to do with events in which fields stand at these places."""
        fields = dict[Place, tuple[int, ...]]()
        for number, place in found.places.items():
            if number not in self._clues:
                fields[place] = (*fields.get(place, ()), number)
        others = [one for one in found.others if one not in self._clues]
        clear = self._clear and len(others) == len(found.others)
        clues = _getter(found.places[one] for one in self._clues if one in found.places)
        return Plan(fields, others, clues if clear else None)


def _getter(places: Iterable[Place]) -> Callable[[list[Any]], Hashable]:
    """What gives the values at these places of the objects that were visited."""
    keys = dict[int, dict[str, None]]()
    for number, key in places:
        keys.setdefault(number, {})[key] = None
    getters = [(number, itemgetter(*mine)) for number, mine in keys.items()]
    if len(getters) == 1:
        ((first, get),) = getters
        return lambda visited: get(visited[first])
    return lambda visited: tuple([get(visited[number]) for number, get in getters])
