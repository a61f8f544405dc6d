"""What a scan gives: matches, and counts of all it has seen."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from converter.logs import Kind, Reject
from converter.matcher import Event
from converter.matcher.correlation import Counts
from converter.matcher.routing import Known, Route


@dataclass(frozen=True, slots=True)
class RuleSummary:
    """What a match says about its rule."""

    id: str | None
    title: str
    level: str | None
    path: str


@dataclass(frozen=True, slots=True)
class Match:
    """One event that matches one rule, or several that match a correlation (`events`).

    Of several, the source and time are those of the event that completed the match. `time` is what
    the event says, None if it says none.
    """

    rule: RuleSummary
    file: str
    record: int
    time: str | None
    event: Event
    correlation: bool = False
    events: Sequence[Event] = ()

    def document(self, *, with_event: bool = True) -> dict[str, Any]:
        """The match as it is printed: rule, source, time, and `event` (correlations: `events`)."""
        rule = self.rule
        found: dict[str, Any] = {
            "rule": {"id": rule.id, "title": rule.title, "level": rule.level, "path": rule.path},
            "source": {"file": self.file, "record": self.record},
            "time": self.time,
        }
        if with_event:
            if self.correlation:
                found["events"] = list(self.events or (self.event,))
            else:
                found["event"] = self.event
        return found

    def line(self, *, with_event: bool = True) -> bytes:
        """The match as one line of JSON, with its line end."""
        return as_json(self.document(with_event=with_event)) + b"\n"


@dataclass(slots=True)
class Rejected:
    """How many rejects of one kind there were, and the first of them."""

    count: int
    first: Reject


@dataclass(slots=True)
class Routed:
    """How many events took one route."""

    route: Route
    count: int = 0


@dataclass(slots=True)
class Summary:
    """What a scan has seen; `scan` counts into it as it goes.

    Of `records`, `passed` were not decoded, as no rule can match them.

    `matches` holds every rule from the start, with 0. `outside` counts matches
    left out because of their time, `undated` those kept although their time cannot be read, `held`
    those that only a correlation reports. `left_out` says what took no part in rules over several
    events, `waiting` how many events and windows wait for the next run. `routes` counts events by
    what they are known to be; it stays empty without routing.
    """

    records: int = 0
    passed: int = 0
    matches: dict[RuleSummary, int] = field(default_factory=dict)
    rejects: dict[Kind, Rejected] = field(default_factory=dict)
    outside: int = 0
    undated: int = 0
    held: dict[RuleSummary, int] = field(default_factory=dict)
    left_out: Counts = field(default_factory=Counts)
    waiting: tuple[int, int] = (0, 0)
    routes: dict[Known, Routed] = field(default_factory=dict)

    @property
    def untried(self) -> int:
        """How many events no rule was tried on."""
        return sum(one.count for one in self.routes.values() if not one.route.rules)

    @property
    def tried(self) -> frozenset[int]:
        """The numbers of the rules that were tried on any event."""
        return frozenset[int]().union(*(one.route.rules for one in self.routes.values()))

    def take(self, route: Route) -> Route:
        """Count one event by its route."""
        self.routes.setdefault(route.known, Routed(route)).count += 1
        return route

    def reject(self, reject: Reject) -> None:
        """Count one reject."""
        known = self.rejects.setdefault(reject.kind, Rejected(0, reject))
        known.count += 1


def as_json(document: Event) -> bytes:
    """JSON without spaces, integers of any size included."""
    try:
        return orjson.dumps(document)
    except orjson.JSONEncodeError:  # integers beyond 64 bits
        return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
