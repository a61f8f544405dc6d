"""What one correlation or first-seen rule needs in order to run, and what it counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Literal, Protocol

from converter.matcher.correlation.occurrence import Occurrence, Row, RowReader

if TYPE_CHECKING:
    from converter.rules import Rule

Kind = Literal["window", "any", "first_seen"]
GROWING = frozenset({">", ">="})


@dataclass(frozen=True, slots=True)
class Step:
    """One rule of a correlation: what its occurrences are grouped by, and their values."""

    keys: RowReader
    values: RowReader


@dataclass(frozen=True)
class Node:
    """One rule that looks at several events. `span` and `delay` are microseconds.

    `inputs` are the ids of its rules, one a step. `delay`: how much later than an event what the
    node makes of it can be known (it waits for windows below it to close). `digest` names all that
    its matches depend on; state saved under another digest is of no use to it. `shown` is false of
    a bundle of tests of one event, which is a node only for a correlation above it.
    """

    rule: Rule
    kind: Kind
    inputs: tuple[str, ...]
    steps: tuple[Step, ...]
    span: int
    digest: str
    type: str = ""
    conditions: tuple[tuple[str, int | float], ...] = ()
    percentile: int | float = 0
    delay: int = 0
    shown: bool = True

    @property
    def temporal(self) -> bool:
        """Whether it asks which rules matched, not how often."""
        return self.type.startswith("temporal")

    @property
    def closing(self) -> bool:
        """Whether the condition is judged when a window is complete, not as it grows."""
        return any(operator not in GROWING for operator, _ in self.conditions)

    @property
    def known_after(self) -> int:
        """How much later than its last event a match can be known."""
        return self.delay + (self.span + 1 if self.closing else 0)


@dataclass(frozen=True)
class Plan:
    """`nodes` in an order in which each comes after those it refers to.

    `held` are the ids of rules that only correlations report (specification: `generate`).
    """

    nodes: tuple[Node, ...]
    held: frozenset[str]


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is kept at most; beyond it the oldest goes, and is counted.

    `pending`: events that wait to be put in order. Of one rule: `events` in all windows together,
    `group_events` in the window of one group, `groups`, and `terms` of a first-seen rule.
    `combinations` of one event's values: lists in several fields multiply.
    """

    pending: int = 100_000
    events: int = 200_000
    group_events: int = 10_000
    groups: int = 100_000
    terms: int = 1_000_000
    combinations: int = 1_000


@dataclass(slots=True)
class Counts:
    """What did not take part, so that nothing is missing in silence.

    `untimed`: events whose time cannot be read. `late`: events older than what had been decided
    when they came; `crowded`: those for which it was decided early, because too many waited.
    `ungrouped`: events without a group-by field (or a first-seen rule's field). `cut`: events with
    more combinations of values than the limit. The others: what `Limits` pushed out.
    """

    untimed: int = 0
    late: int = 0
    crowded: int = 0
    ungrouped: int = 0
    cut: int = 0
    evicted_events: int = 0
    evicted_groups: int = 0
    evicted_terms: int = 0

    def as_data(self) -> dict[str, int]:
        """Name and count of what there was."""
        found = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: count for name, count in found.items() if count}


class Table(Protocol):
    """How state refers to occurrences: each is saved once, and called by its number."""

    def number(self, one: Occurrence) -> int: ...

    def occurrence(self, number: int) -> Occurrence: ...


class Running(Protocol):
    """A node at work. Occurrences come in order of their places."""

    def enter(self, found: list[tuple[Occurrence, int]]) -> Iterator[Occurrence]: ...

    def sweep(self, now: int) -> Iterator[Occurrence]: ...

    def close(self) -> Iterator[Occurrence]: ...

    def open(self) -> int: ...

    def save(self, table: Table) -> Any: ...

    def load(self, data: Any, table: Table) -> None: ...


@dataclass(frozen=True, slots=True)
class Setting:
    """What all nodes of one engine share.

    `again`: the rules of which a temporal correlation also asks whether they still hold.
    """

    limits: Limits = field(default_factory=Limits)
    counts: Counts = field(default_factory=Counts)
    again: frozenset[str] = frozenset()

    def bounded(self, rows: list[Row]) -> dict[Row, None]:
        """The rows, each once, as many as the limit allows; what is cut is counted."""
        kept = dict.fromkeys(rows[: self.limits.combinations])
        self.counts.cut += len(rows) > self.limits.combinations
        return kept
