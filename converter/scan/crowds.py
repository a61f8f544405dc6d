"""Records on which so many rules are tried that nearly each is a candidate for one of them.

Each is decoded, its log source recognised, and its fields tell which rules it can match.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from converter.matcher import Event
from converter.matcher.index import Among, Index, Masks, Plan, Rules, Sample
from converter.matcher.routing import Route, Routing
from converter.scan.tools import Tools, merged

_CROWD = 400
_MANY = 0.25
_MOST_ROUTES = 2_000
_MOST_CLUES = 500

Told = tuple[Route, Among]


class Crowds:
    """The rules that are tried on each event, as its log source and its fields tell.

    Of rules that ask nothing of fields, an index tells those in `told`; it `lacks` others.
    """

    def __init__(self, tools: Tools) -> None:
        self.routing, self._tools = tools.routing, tools
        self._among: dict[int, Told] = {}
        self.told, self.lacks = set[int](), set[int]()

    @cached_property
    def masks(self) -> Masks[Told]:
        """What fields tell; made when it is asked for, as it is of no use to most logs."""
        fields = self.routing.fields if isinstance(self.routing, Routing) else None
        return Masks(self._tools.asked(), self._tools.module, self._tools.store, fields)

    @cached_property
    def _all(self) -> Route:
        return Route((), self.masks.rules, frozenset(self.masks.rules))

    def rules(self, event: Event, told: Rules = ()) -> tuple[Rules, Route]:
        """The rules that the event can match, and what it is; `told` are those of the index."""
        if type(event) is dict:
            plan, visited = self.masks.look(event)
            route, among = self._told(event, plan, visited)
            rules = among(event, plan, visited)
        else:
            route, among = self._of(event)
            rules = among.whole()
        if told:
            rules = merged(rules, tuple(filter(route.tries.__contains__, told)))
        return rules, route

    def _told(self, event: Event, plan: Plan[Told], visited: list[Any]) -> Told:
        if plan.clues is None:
            return self._of(event)
        values = plan.clues(visited)
        found = plan.told.get(values)
        if found is None:
            if len(plan.told) >= _MOST_CLUES:
                plan.told.clear()
            found = plan.told[values] = self._of(event)
        return found

    def _of(self, event: Event) -> Told:
        route = self.routing(event) if self.routing else self._all
        return self._among.get(id(route)) or self._remember(route)

    def _remember(self, route: Route) -> Told:
        """By identity: to compare what is known takes longer than all else here."""
        if len(self._among) >= _MOST_ROUTES:
            self._among.clear()
        self.lacks.update(one for one in route.rules if one in self.masks.needs)
        self.lacks -= self.told
        among = self.masks.among(route.rules)
        among.leave_out(self.told)
        found = self._among[id(route)] = route, among
        return found

    def index(self) -> Index:
        """An index that lacks nothing of what was asked for."""
        self.told |= self.lacks
        self.lacks.clear()
        for _, among in self._among.values():
            among.leave_out(self.told)
        needs = {one: self.masks.needs[one] for one in sorted(self.told)}
        return self._tools.index(needs, (), Sample())

    def crowded(self, events: Sequence[Event]) -> bool:
        """Whether so many rules are tried on some events that nearly all would be candidates."""
        if self.routing is not None:
            return any(len(self.routing(one).rules) > _CROWD for one in events)
        if len(self._all.rules) <= _CROWD:
            return False
        return sum(bool(self.rules(one)[0]) for one in events) > _MANY * len(events)
