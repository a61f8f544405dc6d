"""A record meets rules: which of them match it, what of that the user is to see, and the counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Generic, Literal, NamedTuple, TypeVar

from converter.logs import Record, Reject
from converter.logs.records import EXCERPT
from converter.matcher import Event, EventTest
from converter.matcher.routing import Route
from converter.matcher.times import TimeReader
from converter.scan.alike import Glanced
from converter.scan.results import Match, RuleSummary, Source, Summary, as_json
from converter.scan.sieve import Candidate, Passed, Sifted
from converter.scan.times import Window, instant

_TOGETHER = 8
"""Results that are kept at most: more of them would drive the records out of the processor."""

Report = Literal["match", "held", "input"]


class CompiledRule(NamedTuple):
    """A rule ready to run: its test of an event, and what reads an event's time.

    `correlation` marks a bundle "any of these rules": it matches single events, but its matches
    carry a list of events as those of every correlation do. Each of its rules is one of these, one
    after the other, with the same `rule`; the first that matches an event decides. `feeds`: its
    matches go to rules that look at several events. `report`: whether they are matches for the
    user; `held` back, because only a correlation reports them; or `input`, what a first-seen rule
    looks at.
    """

    rule: RuleSummary
    matches: EventTest
    time: TimeReader
    correlation: bool = False
    feeds: bool = False
    report: Report = "match"


Shown = TypeVar("Shown")
Met = tuple[list[Shown | Reject], list[Match]]
"""What one record gives: results, and hits for rules that look at several events.

Of candidates in a row, as long as there are no hits, the results come together.
"""


def meet(
    compiled: Sequence[CompiledRule],
    records: Iterable[Sifted],
    times: Window | None,
    counts: Summary,
    routing: Callable[[Event], Route] | None,
    shown: Callable[[RuleSummary, Source, str | None, bool], Shown],
) -> Iterator[Met[Shown]]:
    """Each record and its rules, as in `scan`, without what looks at several events.

    `shown` makes what the user is to see: of a rule that matches, record, time and `correlation`.
    """
    everything = range(len(compiled))
    meeting = _Meeting(compiled, times, counts, shown)
    for record in records:
        if isinstance(record, Glanced | tuple):
            if isinstance(record, Glanced):
                meeting.glance(record, routing)
            else:
                meeting.meet(record[0], _tried(record, routing, counts))
            if not meeting.hits and len(meeting.results) < _TOGETHER:
                continue
        elif isinstance(record, Passed):
            _pass(record, counts)
        elif isinstance(record, Reject):
            meeting.reject(record)
        else:
            route = counts.take(routing(record.event)) if routing else None
            meeting.meet(record, everything if route is None else route.rules)
        if meeting.results or meeting.hits:
            yield meeting.taken()
    if meeting.results:
        yield meeting.taken()


def _pass(passed: Passed, counts: Summary) -> None:
    counts.records += passed.records
    counts.passed += 0 if passed.routes else passed.records
    for known, count in passed.routes:
        counts.take(known, count)


def _tried(
    candidate: Candidate, routing: Callable[[Event], Route] | None, counts: Summary
) -> Iterable[int]:
    """Which of its rules are tried on a candidate, by their numbers."""
    record, rules, route = candidate
    if routing is None:
        return rules
    if route is not None:
        counts.take(route)
        return rules
    return filter(counts.take(routing(record.event)).tries.__contains__, rules)


class _Meeting(Generic[Shown]):
    """Records meet rules; what comes of it is kept until it is taken."""

    def __init__(
        self,
        compiled: Sequence[CompiledRule],
        times: Window | None,
        counts: Summary,
        shown: Callable[[RuleSummary, Source, str | None, bool], Shown],
    ) -> None:
        self._compiled, self._times, self._counts = compiled, times, counts
        self._shown = shown
        self.results: list[Shown | Reject] = []
        self.hits: list[Match] = []
        self._matched: list[RuleSummary] = []
        self._failed = 0

    def taken(self) -> Met[Shown]:
        """What there is, once; only now its matches count, as a signal may come before."""
        self._counts.match(self._matched)
        met = self.results, self.hits
        self.results, self.hits = [], []
        self._matched.clear()
        return met

    def meet(self, record: Record, among: Iterable[int]) -> None:
        """One record and these rules."""
        self._counts.records += 1
        for number, time in self._matching(record, among):
            self._take(number, record, time)

    def glance(self, one: Glanced, routing: Callable[[Event], Route] | None) -> None:
        """A record that is decoded only if none was met before that is like it to its rules."""
        known = one.alike.known.get(one.what)
        if known is None:
            self._first(one, routing)
            return
        route, rules = known
        self._counts.records += 1
        if route is not None:
            self._counts.take(route)
        for number in rules:
            self._take(number, one, one.time)

    def _first(self, one: Glanced, routing: Callable[[Event], Route] | None) -> None:
        """Remembers what matched, unless a rule failed, or the log source is not proven."""
        self._counts.records += 1
        record, failed, alike = one.record(), self._failed, one.alike
        route = alike.route(record.event, alike.rules) if routing else None
        candidate = record, alike.rules, route
        matched = self._matching(record, _tried(candidate, routing, self._counts))
        if failed == self._failed and (route is not None or routing is None):
            rules = tuple(number for number, _ in matched)
            alike.remember(one.what, (route, rules), len(one.raw))
        for number, time in matched:
            self._take(number, record, time)

    def _matching(self, record: Record, among: Iterable[int]) -> list[tuple[int, str | None]]:
        """Which of these rules match, each with the time that it reads."""
        event, compiled = record.event, self._compiled
        matching: list[tuple[int, str | None]] = []
        bundle: RuleSummary | None = None
        for number in among:
            rule = compiled[number]
            if rule.correlation and bundle == rule.rule:
                continue
            try:
                if not rule.matches(event):
                    continue
                time = rule.time(event)
            except Exception as error:  # noqa: BLE001  a rule that fails must not end the scan
                self._failed += 1
                self.reject(_failed(rule, record, error))
                continue
            bundle = rule.rule if rule.correlation else None
            matching.append((number, time))
        return matching

    def _take(self, number: int, record: Source, time: str | None) -> None:
        """A match: for rules that look at several events, and for the user."""
        rule = self._compiled[number]
        if rule.feeds:
            hit = Match(rule.rule, record.file, record.number, time, record.event, rule.correlation)
            self.hits.append(hit)
        if _is_shown(rule.rule, time, rule.report, self._times, self._counts):
            self.results.append(self._shown(rule.rule, record, time, rule.correlation))
            self._matched.append(rule.rule)

    def reject(self, reject: Reject) -> None:
        """Keeps a reject, counted."""
        self._counts.reject(reject)
        self.results.append(reject)


def _failed(rule: CompiledRule, record: Record, error: Exception) -> Reject:
    why = f"the rule {rule.rule.path} fails on it: {type(error).__name__}: {error}"
    raw = as_json(record.event)[:EXCERPT]
    return Reject(record.file, record.number, "", "matcher", why, raw)


def kept(
    results: Iterable[tuple[Match, Report]], times: Window | None, counts: Summary
) -> Iterator[Match]:
    """The matches that the user is to see, counted."""
    for match, report in results:
        if _is_shown(match.rule, match.time, report, times, counts):
            counts.match((match.rule,))
            yield match


def _is_shown(
    rule: RuleSummary, time: str | None, report: Report, times: Window | None, counts: Summary
) -> bool:
    """Whether the user is to see a match at that time; others are counted."""
    if report == "match" and (times is None or _counts(time, times, counts)):
        return True
    if report == "held":
        counts.held[rule] = counts.held.get(rule, 0) + 1
    return False


def _counts(written: str | None, times: Window, counts: Summary) -> bool:
    """Whether this time is asked for."""
    time = instant(written)
    if time is None:
        counts.undated += 1
        return True
    counts.outside += not times.holds(time)
    return times.holds(time)
