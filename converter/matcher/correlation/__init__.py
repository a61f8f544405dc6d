"""Rules that look at several events: correlations (specification 2.1) and first-seen rules.

`plan` makes nodes of rules; an `Engine` takes events with the rules they match and gives matches.
It keeps to event time, bounds its memory, and can save its state as JSON data.
"""

from __future__ import annotations

from converter.matcher.correlation.engine import Engine, Found
from converter.matcher.correlation.node import Counts, Limits, Node
from converter.matcher.correlation.occurrence import Occurrence
from converter.matcher.correlation.plan import Plan, plan, plan_of, prepare
from converter.matcher.correlation.state import packed, unpacked
from converter.matcher.correlation.stream import Input, input_of, matches_of, nearest, numbers_of

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
