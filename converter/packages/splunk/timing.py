"""When a search runs and which events it reads.

A rule about single events reads each event once: by the time at which Splunk stored it, within the
events of interval and look-back. A rule about several reads its whole window on every run, and
an alert it has given is not repeated for as long as that.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from converter.packages.content import Entry
from converter.packages.metadata import schedule, span
from converter.rules.correlations import seconds

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
# Periods that cron can say, in seconds. Splunk advises against searches that run more often.
_PERIODS = (
    *(minutes * _MINUTE for minutes in (5, 6, 10, 12, 15, 20, 30)),
    *(hours * _HOUR for hours in (1, 2, 3, 4, 6, 8, 12, 24)),
)
# What was stored less than a minute ago may not all be there to be found.
_SETTLED = _MINUTE


@dataclass(frozen=True)
class Timing:
    """`period`, `range` and `quiet` in seconds: how often it runs, how far back it reads, and how
    long the same alert is not repeated, 0 for a rule about single events.
    """

    cron: str
    period: int
    range: int
    quiet: int = 0

    def settings(self) -> dict[str, str | int]:
        """What savedsearches.conf says of it."""
        found: dict[str, str | int] = {
            "enableSched": 1,
            "cron_schedule": self.cron,
            "dispatch.earliest_time": f"-{span(self.range)}@m",
            "dispatch.latest_time": "now",
        }
        if not self.quiet:
            found["dispatch.index_earliest"] = f"-{span(self.period + _SETTLED)}@m"
            found["dispatch.index_latest"] = f"-{span(_SETTLED)}@m"
        return found | {"realtime_schedule": 0, "schedule_window": 0}


def timing(entry: Entry) -> Timing:
    """Raises PackageError where the rule's schedule cannot be read."""
    interval, lookback = schedule(entry.rule)
    period = max((one for one in _PERIODS if one <= interval), default=_PERIODS[0])
    seed = int(hashlib.sha256(entry.rule.id.encode()).hexdigest(), 16)
    reach = max(interval, period) + max(lookback, 2 * _SETTLED)
    cron = _cron(period, seed)
    history = _history(entry)
    if history:
        return Timing(cron, period, history, reach)
    if entry.correlation:
        whole = reach + _timespans(entry)
        return Timing(cron, period, whole, whole)
    return Timing(cron, period, reach)


def _history(entry: Entry) -> int:
    """Within which time a first-seen rule remembers; 0 for another rule."""
    terms = entry.rule.extra.get("new_terms")
    return (seconds(terms.get("history")) or 0) if isinstance(terms, dict) else 0


def _timespans(entry: Entry) -> int:
    """How much of the time before an event a correlation looks at, those that it rests on too."""
    chain = [base for base in entry.bases if base.kind == "correlation"]
    spans = [seconds(one.data["correlation"].get("timespan")) or 0 for one in chain]
    return sum(spans) + (entry.correlation.timespan if entry.correlation else 0)


def _cron(period: int, seed: int) -> str:
    """The five fields of cron; `seed` says in which minute and hour of the period it runs."""
    minute, hour = seed % 60, seed // 60
    if period < _HOUR:
        step = period // _MINUTE
        return f"{seed % step}-59/{step} * * * *"
    if period == _HOUR:
        return f"{minute} * * * *"
    step = period // _HOUR
    return (
        f"{minute} {hour % step} * * *" if step == 24 else f"{minute} {hour % step}-23/{step} * * *"
    )
