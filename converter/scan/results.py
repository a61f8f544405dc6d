"""What a scan gives: matches, and counts of all it has seen."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

import orjson

from converter.logs import Kind, Reject
from converter.matcher import Event
from converter.matcher.correlation import Counts
from converter.matcher.routing import Known, Route


class RuleSummary(NamedTuple):
    """What a match says about its rule."""

    id: str | None
    title: str
    level: str | None
    path: str


@dataclass(slots=True)
class Match:
    """One event that matches one rule, or several that match a correlation (`events`).

    Of several, the source and time are those of the event that completed the match. `time` is what
    the event says, None if it says none. `raw` is the event as the log writes it, if that can be
    given on.
    """

    rule: RuleSummary
    file: str
    record: int
    time: str | None
    event: Event
    correlation: bool = False
    events: Sequence[Event] = ()
    raw: bytes = field(default=b"", repr=False, compare=False)

    def document(self, *, with_event: bool = True) -> dict[str, Any]:
        """The match as it is printed: rule, source, time, and `event` (correlations: `events`)."""
        found: dict[str, Any] = json.loads(self.line(with_event=with_event))
        return found

    def line(self, *, with_event: bool = True) -> bytes:
        """The match as one line of JSON, with its line end."""
        return self.row().line(with_event=with_event)

    def row(self) -> Row:
        """The match with its event as JSON."""
        written = self.raw or as_json(self.event)
        if self.correlation:
            written = as_json(list(self.events)) if self.events else b"[%b]" % written
        return Row(self.rule, self.file, self.record, self.time, written, self.correlation)


@dataclass(slots=True)
class Row:
    """A match ready to be printed; `event` is JSON of its event, or of a list of its events."""

    rule: RuleSummary
    file: str
    record: int
    time: str | None
    event: bytes
    correlation: bool = False

    def __reduce__(self) -> tuple[type[Row], tuple[object, ...]]:
        """Sent between processes in half the time."""
        return Row, (self.rule, self.file, self.record, self.time, self.event, self.correlation)

    def line(self, *, with_event: bool = True) -> bytes:
        """One line of JSON, with its line end."""
        opening, time = _opening(self.rule, self.file), orjson.dumps(self.time)
        if not with_event:
            return b'%b%d},"time":%b}\n' % (opening, self.record, time)
        key = b"events" if self.correlation else b"event"
        return b'%b%d},"time":%b,"%b":%b}\n' % (opening, self.record, time, key, self.event)


class Source(Protocol):
    """A record that matches."""

    @property
    def event(self) -> Event:
        """Its event."""

    @property
    def file(self) -> str:
        """Its file."""

    @property
    def number(self) -> int:
        """Its number there."""

    @property
    def line(self) -> bytes:
        """Its event as the log writes it, if that can stand in a line of JSON; else nothing."""


def match_of(rule: RuleSummary, record: Source, time: str | None, correlation: bool) -> Match:
    """The match of a rule and a record."""
    raw = record.line
    return Match(rule, record.file, record.number, time, record.event, correlation, raw=raw)


class Rows:
    """Call it as `match_of`: the same with the event as JSON, which is made once for an event.

    An event stands in it as the log has it, if it is a line of its own.
    """

    def __init__(self) -> None:
        self._record: Source | None = None
        self._event = b""

    def __call__(
        self,
        rule: RuleSummary,
        record: Source,
        time: str | None,
        correlation: bool,
    ) -> Row:
        """One row; the event of a correlation is a list of one."""
        if record is not self._record:
            self._record = record
            self._event = record.line or as_json(record.event)
        event = b"[%b]" % self._event if correlation else self._event
        return Row(rule, record.file, record.number, time, event, correlation)


@lru_cache(4096)
def _opening(rule: RuleSummary, file: str) -> bytes:
    said = {"id": rule.id, "title": rule.title, "level": rule.level, "path": rule.path}
    return b'{"rule":%b,"source":{"file":%b,"record":' % (orjson.dumps(said), orjson.dumps(file))


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
    _taken: dict[int, tuple[Route, Routed]] = field(default_factory=dict, repr=False)

    @property
    def untried(self) -> int:
        """How many events no rule was tried on."""
        return sum(one.count for one in self.routes.values() if not one.route.rules)

    @property
    def tried(self) -> frozenset[int]:
        """The numbers of the rules that were tried on any event."""
        return frozenset[int]().union(*(one.route.rules for one in self.routes.values()))

    def take(self, route: Route, count: int = 1) -> Route:
        """Count events by their route."""
        mine = self._taken.get(id(route))
        if mine is None or mine[0] is not route:
            routed = self.routes.setdefault(route.known, Routed(route))
            mine = self._taken[id(route)] = route, routed
        mine[1].count += count
        return route

    def match(self, rules: Iterable[RuleSummary]) -> None:
        """Count a match of each of these rules."""
        for rule in rules:
            self.matches[rule] = self.matches.get(rule, 0) + 1

    def expect(self, rules: Iterable[RuleSummary]) -> None:
        """Count nothing yet for these rules."""
        for rule in rules:
            self.matches.setdefault(rule, 0)

    def add(self, other: Summary) -> None:
        """Count what another scan has seen, but for what looks at several events."""
        self.records += other.records
        self.passed += other.passed
        self.outside += other.outside
        self.undated += other.undated
        for rule, count in other.matches.items():
            self.matches[rule] = self.matches.get(rule, 0) + count
        for rule, count in other.held.items():
            self.held[rule] = self.held.get(rule, 0) + count
        for known, routed in other.routes.items():
            self.routes.setdefault(known, Routed(routed.route)).count += routed.count
        for rejected in other.rejects.values():
            self.rejects.setdefault(
                rejected.first.kind, Rejected(0, rejected.first)
            ).count += rejected.count

    def reject(self, reject: Reject) -> None:
        """Count one reject."""
        known = self.rejects.setdefault(reject.kind, Rejected(0, reject))
        known.count += 1


def as_json(document: Event | Sequence[Event]) -> bytes:
    """JSON without spaces, integers of any size included."""
    try:
        return orjson.dumps(document)
    except orjson.JSONEncodeError:  # integers beyond 64 bits
        return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
