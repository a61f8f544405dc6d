"""Events x rules -> matches, on one machine.

Each record meets every rule by itself; what matched goes on, with its time and place, to the stage
of rules that look at several events.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from converter.logs import Record, Reject
from converter.logs.records import EXCERPT
from converter.matcher import Event, EventTest
from converter.matcher.correlation import Engine, Found
from converter.matcher.routing import Route
from converter.matcher.times import TimeReader, time_reader
from converter.scan.learning import Tools
from converter.scan.results import Match, Rejected, Routed, RuleSummary, Summary, as_json
from converter.scan.sieve import Candidate, Passed, Sieve
from converter.scan.times import Window, instant, window

__all__ = [
    "Candidate",
    "CompiledRule",
    "Match",
    "Passed",
    "Rejected",
    "Report",
    "Routed",
    "RuleSummary",
    "Sieve",
    "Stage",
    "Summary",
    "Tools",
    "Window",
    "scan",
    "time_reader",
    "window",
]

Report = Literal["match", "held", "input"]


@dataclass(frozen=True, slots=True)
class CompiledRule:
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


@dataclass(frozen=True)
class Stage:
    """The rules that look at several events: hits go in, in any order; their matches come out.

    `rules` are those of the engine's nodes by id, `held` the ids of those that do not report.
    `more`: the state is saved for a later run, so what can still grow stays open.
    """

    engine: Engine
    rules: Mapping[str, RuleSummary]
    held: frozenset[str] = frozenset()
    more: bool = False

    def take(self, hits: Sequence[Match]) -> Iterator[tuple[Match, Report]]:
        """The matches of one record; what they decide."""
        first = hits[0]
        time = next((hit.time for hit in hits if hit.time), None)
        rules = [str(hit.rule.id) for hit in hits]
        added = self.engine.add(first.event, rules, time, first.file, first.record)
        return self._matches(added)

    def finish(self) -> Iterator[tuple[Match, Report]]:
        """What is decided when there are no more records."""
        return self._matches(self.engine.finish(more=self.more))

    def _matches(self, found: Iterable[Found]) -> Iterator[tuple[Match, Report]]:
        for node, match in found:
            if node.shown:
                rule = self.rules[node.rule.id]
                events = match.events() if node.rule.kind == "correlation" else ()
                one = Match(
                    rule, match.file, match.record, match.written, match.event, bool(events), events
                )
                yield one, "held" if node.rule.id in self.held else "match"


def scan(
    compiled: Sequence[CompiledRule],
    records: Iterable[Record | Reject | Candidate | Passed],
    *,
    times: Window | None = None,
    summary: Summary | None = None,
    stage: Stage | None = None,
    routing: Callable[[Event], Route] | None = None,
) -> Iterator[Match | Reject]:
    """Every match of every rule, in the order of records, then of rules; rejects pass through.

    `routing` names by their places in `compiled` the rules to try on an event; without it, all are.
    Of a candidate only its own rules are tried.
    Matches of `stage` come when they are decided, in order of time: mostly at the end. A rule that
    fails on an event gives a reject of the kind `matcher`, and the scan goes on. `summary` is
    counted up as results are taken. With `times`, a match counts when its event's time is in the
    window or cannot be read.
    """
    counts = Summary() if summary is None else summary
    counts.expect((*(one.rule for one in compiled), *(stage.rules.values() if stage else ())))
    for results, hits in meet(compiled, records, times, counts, routing):
        yield from results
        if hits and stage is not None:
            yield from kept(stage.take(hits), times, counts)
    if stage is not None:
        yield from finished(stage, times, counts)


def finished(stage: Stage, times: Window | None, counts: Summary) -> Iterator[Match]:
    """What the stage decides when there are no more records."""
    for one in kept(stage.finish(), times, counts):
        if isinstance(one, Match):
            yield one
    counts.left_out, counts.waiting = stage.engine.counts, stage.engine.waiting()


Met = tuple[list[Match | Reject], list[Match]]
"""What one record gives: results, and hits for rules that look at several events."""

_Found = tuple[list[tuple[Match | Reject, Report]], list[Match]]


def meet(
    compiled: Sequence[CompiledRule],
    records: Iterable[Record | Reject | Candidate | Passed],
    times: Window | None,
    counts: Summary,
    routing: Callable[[Event], Route] | None,
) -> Iterator[Met]:
    """Each record and its rules, as in `scan`, without what looks at several events."""
    everything = range(len(compiled))
    for record in records:
        if isinstance(record, Reject):
            counts.reject(record)
            yield [record], []
            continue
        if isinstance(record, Passed):
            counts.records += record.records
            counts.passed += 0 if record.routes else record.records
            for known, count in record.routes:
                counts.take(known, count)
            continue
        counts.records += 1
        if isinstance(record, Candidate):
            found, hits = _meet(compiled, _tried(record, routing, counts), record.record)
        else:
            route = counts.take(routing(record.event)) if routing else None
            found, hits = _meet(compiled, everything if route is None else route.rules, record)
        if found:
            yield list(kept(found, times, counts)), hits


def _tried(
    candidate: Candidate, routing: Callable[[Event], Route] | None, counts: Summary
) -> Iterable[int]:
    """Which of its rules are tried on a candidate, by their numbers."""
    if routing is None:
        return candidate.rules
    if candidate.route is not None:
        counts.take(candidate.route)
        return candidate.rules
    tries = counts.take(routing(candidate.record.event)).tries
    return filter(tries.__contains__, candidate.rules)


def _meet(compiled: Sequence[CompiledRule], among: Iterable[int], record: Record) -> _Found:
    """One record and these rules: results, and those that feed rules over several events."""
    found: list[tuple[Match | Reject, Report]] = []
    hits: list[Match] = []
    event = record.event
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
            found.append((_failed(rule, record, error), rule.report))
            continue
        match = Match(rule.rule, record.file, record.number, time, event, rule.correlation)
        bundle = rule.rule if rule.correlation else None
        if rule.feeds:
            hits.append(match)
        found.append((match, rule.report))
    return found, hits


def _failed(rule: CompiledRule, record: Record, error: Exception) -> Reject:
    why = f"the rule {rule.rule.path} fails on it: {type(error).__name__}: {error}"
    raw = as_json(record.event)[:EXCERPT]
    return Reject(record.file, record.number, "", "matcher", why, raw)


def kept(
    results: Iterable[tuple[Match | Reject, Report]], times: Window | None, counts: Summary
) -> Iterator[Match | Reject]:
    """The results that the user is to see, counted."""
    for result, report in results:
        if isinstance(result, Reject):
            counts.reject(result)
            yield result
        elif report == "match" and _counts(result, times, counts):
            counts.matches[result.rule] = counts.matches.get(result.rule, 0) + 1
            yield result
        elif report == "held":
            counts.held[result.rule] = counts.held.get(result.rule, 0) + 1


def _counts(match: Match, times: Window | None, counts: Summary) -> bool:
    """Whether the match's time is asked for."""
    if times is None:
        return True
    time = instant(match.time)
    if time is None:
        counts.undated += 1
        return True
    counts.outside += not times.holds(time)
    return times.holds(time)
