"""Rules that look at several events: correlations (specification 2.1) and first-seen rules.

`plan` makes nodes of rules; an `Engine` takes events with the rules they match and gives matches.
It keeps to event time, bounds its memory, and can save its state as JSON data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from converter.homes import finder
from converter.matcher.correlation.engine import Engine, Found
from converter.matcher.correlation.node import Counts, Limits, Node, Plan
from converter.matcher.correlation.occurrence import Occurrence
from converter.matcher.correlation.state import packed, unpacked

if TYPE_CHECKING:
    from converter.matcher.correlation.planning import plan, plan_of, prepare
    from converter.matcher.correlation.stream import (
        Input,
        input_of,
        matches_of,
        nearest,
        numbers_of,
    )

__all__ = [
    "Counts",
    "Engine",
    "Found",
    "Input",
    "Limits",
    "Node",
    "Occurrence",
    "Plan",
    "input_of",
    "matches_of",
    "nearest",
    "numbers_of",
    "packed",
    "plan",
    "plan_of",
    "prepare",
    "unpacked",
]

# Loaded only when asked for: matching needs nothing of what reads rules.
_HOMES = {
    "Input": "stream",
    "input_of": "stream",
    "matches_of": "stream",
    "nearest": "stream",
    "numbers_of": "stream",
    "plan": "planning",
    "plan_of": "planning",
    "prepare": "planning",
}

if not TYPE_CHECKING:  # so that names which are not there are still found by the type checker
    __getattr__ = finder(__name__, _HOMES)
