"""Events x rules -> matches, on one machine.

Each record meets every rule by itself; what matched goes on, with its time and place, to the stage
of rules that look at several events.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from converter.logs import Reject
from converter.matcher import Event
from converter.matcher.correlation import Engine, Found
from converter.matcher.routing import Route
from converter.matcher.times import time_reader
from converter.scan.meeting import CompiledRule, Report, kept, meet
from converter.scan.results import (
    Match,
    Rejected,
    Routed,
    RuleSummary,
    Summary,
    match_of,
)
from converter.scan.sieve import Candidate, Passed, Sieve, Sifted
from converter.scan.times import Window, window
from converter.scan.tools import Tools

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
    records: Iterable[Sifted],
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
    for results, hits in meet(compiled, records, times, counts, routing, match_of):
        yield from results
        if hits and stage is not None:
            yield from kept(stage.take(hits), times, counts)
    if stage is not None:
        yield from finished(stage, times, counts)


def finished(stage: Stage, times: Window | None, counts: Summary) -> Iterator[Match]:
    """What the stage decides when there are no more records."""
    yield from kept(stage.finish(), times, counts)
    counts.left_out, counts.waiting = stage.engine.counts, stage.engine.waiting()
