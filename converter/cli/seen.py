"""What a scan has seen so far, as JSON and back: all that it will tell at its end."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from converter.cli.histogram import Histogram
from converter.logs import Reject
from converter.matcher import Event
from converter.matcher.routing import Known, Route, Routing
from converter.pipelines.log_sources import LogSource
from converter.scan.results import Rejected, Routed, RuleSummary, Summary

_COUNTS = ("records", "passed", "outside", "undated")
_BY_RULE = ("matches", "held")


class Seen:
    """The counts of a scan, and its histogram if there is one."""

    def __init__(self, summary: Summary, histogram: Histogram | None) -> None:
        self._summary, self._histogram = summary, histogram

    def data(self) -> dict[str, Any]:
        """All of it as JSON."""
        summary = self._summary
        counts = {name: getattr(summary, name) for name in _COUNTS}
        return {
            **counts,
            **{name: _rules(getattr(summary, name)) for name in _BY_RULE},
            "rejects": [_rejected(one) for one in summary.rejects.values()],
            "routes": [_routed(one) for one in summary.routes.values()],
            "histogram": list(self._histogram.minutes.items()) if self._histogram else [],
        }

    def restore(self, kept: dict[str, Any], routing: Callable[[Event], Route] | None) -> None:
        """As it was when it was kept. Raises KeyError, TypeError, ValueError if it is not ours."""
        summary = self._summary
        for name in _COUNTS:
            setattr(summary, name, kept[name])
        for name in _BY_RULE:
            getattr(summary, name).update({RuleSummary(**rule): n for rule, n in kept[name]})
        for count, first in kept["rejects"]:
            raw = base64.b64decode(first["raw"])
            reject = Reject(**{**first, "raw": raw, "whole": b""})
            summary.rejects[reject.kind] = Rejected(count, reject)
        if isinstance(routing, Routing):
            for count, sources in kept["routes"]:
                known = tuple(_source(*one) for one in sources)
                summary.routes[known] = Routed(routing.route(known), count)
        if self._histogram:
            self._histogram.minutes.update(dict(kept["histogram"]))


def _rules(counts: dict[RuleSummary, int]) -> list[list[Any]]:
    return [[rule._asdict(), count] for rule, count in counts.items() if count]


def _rejected(one: Rejected) -> list[Any]:
    raw = base64.b64encode(one.first.raw).decode()
    return [one.count, {**asdict(one.first), "raw": raw, "whole": ""}]


def _routed(one: Routed) -> list[Any]:
    known: Known = one.route.known
    sources = [[at.product, sorted(at.service), sorted(at.category), at.open] for at in known]
    return [one.count, sources]


def _source(product: str, service: list[str], category: list[str], more: bool) -> LogSource:
    return LogSource(product, frozenset(service), frozenset(category), more)
