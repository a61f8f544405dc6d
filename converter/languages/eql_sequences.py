"""Sequences and samples of EQL: which events join (semantics: EQL 8, 11).

Stage by stage, as Elasticsearch works: an event takes the latest open sequence of its key that
ended before it, and all older ones of that key and stage are dropped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product

from converter.languages.eql_plan import Value

KeyValue = Value | None
Key = tuple[KeyValue, ...]


@dataclass(frozen=True)
class Keyed:
    """The events of one step in order of time, each with the values of each of its keys."""

    events: list[tuple[int, list[list[KeyValue]]]]
    missing: bool = False

    def by_key(self) -> Iterator[tuple[int, Key]]:
        """Each event under each combination of its key values."""
        for number, values in self.events:
            for key in product(*values):
                yield number, key


@dataclass
class _Open:
    """A sequence as far as it has come: documents by stage, and the places of first and last."""

    key: Key
    docs: dict[int, int]
    first: int
    last: int = field(default=-1)


@dataclass(frozen=True)
class _Rules:
    """What sequences must keep to: the order and time of documents, the span, where keys end."""

    place: Mapping[int, int]
    times: Mapping[int, int]
    span: int
    ends: Mapping[Key, list[int]]

    def allow(self, one: _Open, number: int) -> bool:
        """Whether an event can follow: within the span, and no end between."""
        if self.span and self.times[number] - self.times[one.first] > self.span:
            return False
        ends = self.ends.get(one.key, ())
        return not any(one.last <= end < self.place[number] for end in ends)


def sequences(
    steps: list[Keyed], times: Mapping[int, int], span: int, until: Keyed | None, head: bool
) -> list[list[int | None]]:
    """One row per sequence: a document per step, None where an event is missing.

    `times`: milliseconds per document, documents in order. `span`: at most so many milliseconds
    from first to last event, 0 for any. `head`: the first events are read forwards; otherwise
    they are read backwards, and those of one moment stand in reverse (observed).
    """
    place = {number: rank for rank, number in enumerate(times)}
    rules = _Rules(place, times, span, _places(until, place))
    stages = [stage for stage, step in enumerate(steps) if not step.missing]
    running = [
        _Open(key, {stages[0]: number}, number, place[number])
        for number, key in steps[stages[0]].by_key()
    ]
    if not head:
        running.sort(key=lambda one: (times[one.first], -one.last))
    for stage in stages[1:]:
        running = list(_advance(running, stage, steps[stage], rules))
    running = [one for one in running if _holds(one, steps, times, span)]
    running.sort(key=lambda one: one.last)
    return [[one.docs.get(stage) for stage in range(len(steps))] for one in running]


def _places(until: Keyed | None, place: Mapping[int, int]) -> dict[Key, list[int]]:
    ends: dict[Key, list[int]] = {}
    for number, key in until.by_key() if until else ():
        ends.setdefault(key, []).append(place[number])
    return ends


def _advance(running: list[_Open], stage: int, step: Keyed, rules: _Rules) -> Iterator[_Open]:
    """The sequences that find their next event."""
    groups: dict[Key, list[_Open]] = {}
    for one in running:
        groups.setdefault(one.key, []).append(one)
    for number, key in step.by_key():
        waiting, now = groups.get(key, []), rules.place[number]
        count = next((n for n, one in enumerate(waiting) if one.last >= now), len(waiting))
        groups[key] = waiting[count:]
        if count and rules.allow(waiting[count - 1], number):
            one = waiting[count - 1]
            yield _Open(key, one.docs | {stage: number}, one.first, now)


def _holds(one: _Open, steps: list[Keyed], times: Mapping[int, int], span: int) -> bool:
    """Whether the events that must be missing are missing, within the span at either end."""
    if not any(step.missing for step in steps):
        return True
    known = sorted(one.docs)
    first, last = times[one.docs[known[0]]], times[one.docs[known[-1]]]
    leading: list[int] = []
    trailing: list[int] = []
    for stage, step in enumerate(steps):
        if not step.missing:
            continue
        found = [times[number] for number, key in step.by_key() if key == one.key]
        if stage < known[0]:
            leading += [time for time in found if time < first]
        elif stage > known[-1]:
            trailing += [time for time in found if time > last]
        else:
            low = times[one.docs[max(s for s in known if s < stage)]]
            high = times[one.docs[min(s for s in known if s > stage)]]
            if any(low < time < high for time in found):
                return False
    before = max(leading) if leading else first if not steps[0].missing else None
    after = min(trailing) if trailing else last if not steps[-1].missing else None
    if not leading and not trailing:
        return True
    return before is None or after is None or after - before > span


def samples(steps: list[Keyed]) -> list[list[int | None]]:
    """One row per key that every step has: a different document for each step."""
    by_step: list[dict[Key, list[int]]] = []
    for step in steps:
        found: dict[Key, list[int]] = {}
        for number, key in sorted(step.by_key(), key=lambda event: event[0]):
            found.setdefault(key, []).append(number)
        by_step.append(found)
    shared = [key for key in by_step[0] if all(key in found for found in by_step)]
    shared.sort(key=lambda key: [(value is not None, _sortable(value)) for value in key])
    rows = (_different([found[key][: len(steps)] for found in by_step]) for key in shared)
    return [list(row) for row in rows if row]


def _sortable(value: KeyValue) -> tuple[str, float, str]:
    number = isinstance(value, int | float)
    return ("", float(value), "") if number else (type(value).__name__, 0.0, str(value))  # type: ignore[arg-type]


def _different(options: list[list[int]], taken: tuple[int, ...] = ()) -> tuple[int, ...]:
    """The first choice of one document each, all different; nothing where there is none."""
    if len(taken) == len(options):
        return taken
    for number in options[len(taken)]:
        if number not in taken:
            row = _different(options, (*taken, number))
            if row:
                return row
    return ()
