"""Correlations by definition: every window of every group, looked at anew."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise, product
from statistics import quantiles
from typing import Any

_HOLDS: Mapping[str, Callable[[Any, Any], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
}


@dataclass(frozen=True)
class Seen:
    """One event: its time, its number, the rules it matches, its keys, its values as numbers."""

    time: int
    number: int
    steps: tuple[int, ...]
    keys: tuple[str, ...]
    values: tuple[str, ...]


@dataclass(frozen=True)
class Asked:
    """What a correlation asks."""

    type: str
    steps: int
    span: int
    conditions: tuple[tuple[str, int], ...]
    percentile: int = 0

    @property
    def closing(self) -> bool:
        return any(sign not in (">", ">=") for sign, _ in self.conditions)


def matches(asked: Asked, events: Sequence[Seen]) -> list[tuple[str, int, tuple[int, ...]]]:
    """The group, last event and whole window of each match, in no order."""
    found = []
    for key in sorted({key for event in events for key in event.keys}):
        group = sorted((e for e in events if key in e.keys), key=lambda e: (e.time, e.number))
        held, last = False, (-(10**9), -1)
        for window in _windows(asked, group):
            holds = _meets(asked, window)
            first = (window[0].time, window[0].number)
            if holds and (not held or first > last):
                last = (window[-1].time, window[-1].number)
                found.append((key, window[-1].number, tuple(e.number for e in window)))
            held = holds
    return found


def _windows(asked: Asked, group: list[Seen]) -> list[list[Seen]]:
    """The window that ends with each event, or the windows that no further event fits into."""
    if not asked.closing:
        return [
            [e for e in group[: n + 1] if e.time >= group[n].time - asked.span]
            for n in range(len(group))
        ]
    ahead = [
        [e for e in group[n:] if e.time <= group[n].time + asked.span] for n in range(len(group))
    ]
    return [w for n, w in enumerate(ahead) if not n or w[-1] is not ahead[n - 1][-1]]


def _meets(asked: Asked, window: list[Seen]) -> bool:
    measured = _measure(asked, window)
    return measured is not None and all(
        _HOLDS[sign](measured, number) for sign, number in asked.conditions
    )


def _measure(asked: Asked, window: list[Seen]) -> float | None:
    if asked.type == "event_count":
        return len(window)
    if asked.type == "value_count":
        return len({value for event in window for value in event.values})
    if asked.type == "temporal":
        return len({step for event in window for step in event.steps})
    if asked.type == "temporal_ordered":
        return _longest(asked.steps, window)
    numbers = [int(value) for event in window for value in event.values if value.isdecimal()]
    return _of_numbers(asked, numbers) if numbers else None


def _of_numbers(asked: Asked, numbers: list[int]) -> float:
    if asked.type == "value_sum":
        return sum(numbers)
    if asked.type == "value_avg":
        return sum(numbers) / len(numbers)
    share = 50 if asked.type == "value_median" else asked.percentile
    if len(numbers) == 1 or share in (0, 100):
        return max(numbers) if share == 100 else min(numbers)
    return quantiles(numbers, n=100, method="inclusive")[share - 1]


def _longest(steps: int, window: list[Seen]) -> int:
    """The most events that are different steps in their order."""
    for length in range(min(steps, len(window)), 0, -1):
        for chosen in combinations(window, length):
            for order in product(*(event.steps for event in chosen)):
                if all(a < b for a, b in pairwise(order)):
                    return length
    return 0


def chained(inner: Asked, outer: Asked, events: Sequence[Seen]) -> list[tuple[str, int]]:
    """The group and last event of each match of `outer`, whose step 0 is a match of `inner`.

    What `inner` counts are the events of step 0. A temporal `outer` sees it wherever it holds, a
    count only where it is a new match.
    """
    counted = [event for event in events if 0 in event.steps]
    asked = judged(inner, counted)
    if not outer.type.startswith("temporal"):
        news = {(key, last) for key, last, _ in matches(inner, counted)}
        asked = [one for one in asked if one in news]
    fed = []
    for event in events:
        for key in event.keys:
            steps = (0,) if (key, event.number) in asked else ()
            steps += tuple(step for step in event.steps if step)
            if steps:
                fed.append(Seen(event.time, event.number, steps, (key,), ()))
    return [(key, last) for key, last, _ in matches(outer, fed)]


def judged(asked: Asked, events: Sequence[Seen]) -> list[tuple[str, int]]:
    """The group and last event of each window in which the condition holds."""
    found = []
    for key in sorted({key for event in events for key in event.keys}):
        group = sorted((e for e in events if key in e.keys), key=lambda e: (e.time, e.number))
        windows = _windows(asked, group)
        found += [(key, window[-1].number) for window in windows if _meets(asked, window)]
    return found
