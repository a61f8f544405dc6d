"""A correlation as the languages see it: mapped rules, mapped keys, a window, conditions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from converter.languages.arranging import Scoped, arrange


class Step(NamedTuple):
    """One rule of a correlation: its events, and its own names of the keys and of the value.

    A correlation as a step is at least `least` events of its rules within `timespan` seconds; it
    happens when the last of them does.
    """

    rule: Scoped
    keys: tuple[str, ...]
    value: str
    least: int = 1
    timespan: int = 0

    @property
    def arranged(self) -> Scoped:
        """The rule as a person would write it."""
        return self.rule._replace(predicate=arrange(self.rule.predicate))


@dataclass(frozen=True)
class Correlated:
    """Events of these rules, grouped by the keys, within a window of `timespan` seconds.

    `names` are the keys' common names (an alias, or the field). `conditions` are all to hold.
    """

    type: str
    steps: tuple[Step, ...]
    names: tuple[str, ...]
    timespan: int
    conditions: tuple[tuple[str, int | float], ...]
    percentile: int | float | None = None

    @property
    def counts_steps(self) -> bool:
        """Whether one of the steps is itself a number of events."""
        return any(step.least > 1 for step in self.steps)

    @property
    def same_keys(self) -> bool:
        """Whether all rules call every key, and the value, alike."""
        return len({(step.keys, step.value) for step in self.steps}) == 1


def span(seconds: int) -> tuple[int, str]:
    """A timespan in its largest whole unit: 300 is (5, "m")."""
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds % size == 0:
            return seconds // size, unit
    return seconds, "s"


def least(conditions: tuple[tuple[str, int | float], ...]) -> int | None:
    """The N of "at least N", where the conditions say just that about a whole number."""
    if len(conditions) != 1:
        return None
    operator, number = conditions[0]
    if operator == ">=" and number == int(number):
        return int(number)
    return int(number) + 1 if operator == ">" and number == int(number) else None
