"""Events x rules -> matches, on one machine."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson

from converter.errors import LogError
from converter.logs import Kind, Record, Reject
from converter.logs.records import EXCERPT
from converter.matcher import Event, EventTest
from converter.matcher.fields import field_reader
from converter.matcher.routing import Known, Route
from converter.matcher.times import moment

TimeReader = Callable[[Event], str | None]


@dataclass(frozen=True, slots=True)
class RuleSummary:
    """What a match says about its rule."""

    id: str | None
    title: str
    level: str | None
    path: str


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """A rule ready to run: its test of an event, and what reads an event's time.

    `correlation` marks a bundle "any of these rules": it matches single events, but its matches
    carry a list of events as those of every correlation do.
    """

    rule: RuleSummary
    matches: EventTest
    time: TimeReader
    correlation: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """One event that matches one rule. `time` is what the event says, None if it says none."""

    rule: RuleSummary
    file: str
    record: int
    time: str | None
    event: dict[str, Any]
    correlation: bool = False

    def document(self, *, with_event: bool = True) -> dict[str, Any]:
        """The match as it is printed: rule, source, time, and `event` (correlations: `events`)."""
        rule = self.rule
        found: dict[str, Any] = {
            "rule": {"id": rule.id, "title": rule.title, "level": rule.level, "path": rule.path},
            "source": {"file": self.file, "record": self.record},
            "time": self.time,
        }
        if with_event:
            key, value = ("events", [self.event]) if self.correlation else ("event", self.event)
            found[key] = value
        return found

    def line(self, *, with_event: bool = True) -> bytes:
        """The match as one line of JSON, with its line end."""
        return _json(self.document(with_event=with_event)) + b"\n"


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

    `matches` holds every rule from the start, with 0. `outside` counts matches
    left out because of their time, `undated` those kept although their time cannot be read.
    `routes` counts events by what they are known to be; it stays empty without routing.
    """

    records: int = 0
    matches: dict[RuleSummary, int] = field(default_factory=dict)
    rejects: dict[Kind, Rejected] = field(default_factory=dict)
    outside: int = 0
    undated: int = 0
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


@dataclass(frozen=True, slots=True)
class Window:
    """The times that count: from `since` on, and before `until`; None leaves a side open."""

    since: datetime | None = None
    until: datetime | None = None

    def holds(self, time: datetime) -> bool:
        """Whether the time is in the window."""
        early = self.since is not None and time < self.since
        late = self.until is not None and time >= self.until
        return not early and not late


def window(since: str | None, until: str | None) -> Window | None:
    """The window between two times as a user writes them (ISO 8601 or UNIX time); None if open.

    A time without a zone is UTC, a date alone its first moment. Raises LogError.
    """
    if since is None and until is None:
        return None
    return Window(_bound("--since", since), _bound("--until", until))


def time_reader(paths: Sequence[str]) -> TimeReader:
    """A function from an event to its time as written there, from the first of the paths with one.

    Text that is empty and values that are neither text nor number are no time.
    """
    readers = tuple(field_reader(path) for path in paths)

    def read(event: Event) -> str | None:
        for reader in readers:
            for value in reader(event) or ():
                if isinstance(value, str | int | float) and not isinstance(value, bool):
                    written = str(value)
                    if written:
                        return written
        return None

    return read


def scan(
    compiled: Sequence[CompiledRule],
    records: Iterable[Record | Reject],
    *,
    times: Window | None = None,
    summary: Summary | None = None,
    routing: Callable[[Event], Route] | None = None,
) -> Iterator[Match | Reject]:
    """Every match of every rule, in the order of records, then of rules; rejects pass through.

    `routing` names by their places in `compiled` the rules to try on an event; without it, all are.

    A rule that fails on an event gives a reject of the kind `matcher`, and the scan goes on.
    `summary` is counted up as results are taken. With `times`, a match counts when its event's
    time is in the window or cannot be read.
    """
    counts = Summary() if summary is None else summary
    for rule in compiled:
        counts.matches.setdefault(rule.rule, 0)
    for record in records:
        if isinstance(record, Reject):
            counts.reject(record)
            yield record
            continue
        counts.records += 1
        numbers = counts.take(routing(record.event)).rules if routing else range(len(compiled))
        for rule in map(compiled.__getitem__, numbers):
            result = _run(rule, record)
            if result is not None and _counts(result, times, counts):
                yield result


def _run(rule: CompiledRule, record: Record) -> Match | Reject | None:
    try:
        if not rule.matches(record.event):
            return None
        time = rule.time(record.event)
    except Exception as error:  # noqa: BLE001  a rule that fails must not end the scan
        why = f"the rule {rule.rule.path} fails on it: {type(error).__name__}: {error}"
        raw = _json(record.event)[:EXCERPT]
        return Reject(record.file, record.number, "", "matcher", why, raw)
    correlation = rule.correlation
    return Match(rule.rule, record.file, record.number, time, record.event, correlation)


def _counts(result: Match | Reject, times: Window | None, counts: Summary) -> bool:
    if isinstance(result, Reject):
        counts.reject(result)
        return True
    if times is not None:
        time = _instant(result.time)
        if time is None:
            counts.undated += 1
        elif not times.holds(time):
            counts.outside += 1
            return False
    counts.matches[result.rule] += 1
    return True


def _instant(written: str | None) -> datetime | None:
    """The point in time that a text states, UTC where it names no zone."""
    time = None if written is None else moment(written.strip())
    if time is None or time.tzinfo is not None:
        return time
    return time.replace(tzinfo=UTC)


def _bound(option: str, written: str | None) -> datetime | None:
    time = _instant(written)
    if time is None and written is not None:
        step = "write it as 2024-05-31, 2024-05-31T12:00:00Z or UNIX time"
        raise LogError(f"{option} {written!r} is no time", next_step=step)
    return time


def _json(document: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(document)
    except orjson.JSONEncodeError:  # integers beyond 64 bits
        return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
