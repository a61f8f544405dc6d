"""Which probes a rule is found by: those that its data holds most rarely."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from converter.casing import fold
from converter.matcher.index.needs import (
    Either,
    Every,
    Foreign,
    Key,
    Member,
    Need,
    Probe,
    Text,
    Value,
)
from converter.matcher.text import text

Choice = tuple[Probe, ...]
_Values = Mapping[str, Mapping[str, int]]

_SURE = 1e-9
_TEXT = 4e-3
_KEY = 2e-2
_FOREIGN = 2e-3
_UNSEEN_KEY = 1e-4
_UNSEEN_MEMBER = 2e-4
_OTHER_KEY = 8e-3
_LEAST = 4
_SEEN = 1 << 16
_LONG = 80


class Sample:
    """What some records hold: keys, the values under them, and how often each text stands there."""

    def __init__(self) -> None:
        self.records, self.foreign = 0, 0
        self.keys = Counter[str]()
        self.rows, self._lines = b"", 1
        self._pairs = Counter[tuple[str, str]]()
        self._folded: tuple[_Values, Mapping[str, int]] | None = None
        self._texts: dict[str, float] = {}

    def see(self, rows: Sequence[bytes]) -> None:
        """Take up some events as they are written, for texts to be counted in."""
        self.rows = b"\n".join(rows)[:_SEEN].lower()
        self._lines = self.rows.count(b"\n") + 1

    def add(self, event: Mapping[str, Any]) -> None:
        """Take up one event."""
        self.records += 1
        self._folded = None
        stack: list[tuple[str, Any]] = list(event.items())
        for key, value in stack:
            if isinstance(value, dict):
                stack.extend(value.items())
            elif isinstance(value, list):
                stack.extend((key, one) for one in value)
        self.keys.update([key for key, _ in stack])
        texts = [(key, written) for key, value in stack if (written := text(value)) is not None]
        self.foreign += sum(not written.isascii() for _, written in texts)
        self._pairs.update([(key, written[:_LONG]) for key, written in texts])

    def share(self, probe: Probe) -> float:
        """How many times the probe is met in one record of these, on average."""
        if not self.records:
            return 0.0
        if isinstance(probe, Text):
            return self._share_of_text(probe.text)
        if isinstance(probe, Foreign):
            return self.foreign / self.records
        if isinstance(probe, Value):
            return self._values()[1].get(probe.text, 0) / self.records
        if isinstance(probe, Key):
            return self.keys[probe.key] / self.records
        values = self._values()[0].get(probe.key, {})
        if probe.whole:
            return values.get(probe.value, 0) / self.records
        found = sum(count for one, count in values.items() if one.startswith(probe.value))
        return found / self.records

    def _values(self) -> tuple[_Values, Mapping[str, int]]:
        """Values, folded, of each key, and of all; made when they are first asked for."""
        if self._folded is None:
            values, anywhere = defaultdict[str, dict[str, int]](dict), dict[str, int]()
            for (key, written), count in self._pairs.items():
                short, mine = fold(written), values[key]
                mine[short] = mine.get(short, 0) + count
                anywhere[short] = anywhere.get(short, 0) + count
            self._folded = values, anywhere
        return self._folded

    def _share_of_text(self, text: str) -> float:
        known = self._texts.get(text)
        if known is None:
            known = self._texts[text] = self.rows.count(text.encode()) / self._lines
        return known


class Chooser:
    """Chooses for each need the cheapest set of probes one of which every match must meet.

    `effort` is the weight of what it costs to look for a probe, beside that of finding it.
    """

    def __init__(self, needs: Iterable[Need], sample: Sample, effort: float = 1) -> None:
        self._sample = sample
        self._weight = effort
        self._costs: dict[Probe, float] = {}
        self._shared: dict[int, tuple[Need, tuple[float, Choice]]] = {}
        shared: dict[int, frozenset[str]] = {}
        apart = {id(need): need for need in needs}.values()
        usual = Counter(key for need in apart for key in _keys(need, shared))
        # Of two that are as usual the choice must not hang on the order of a set.
        self._usual = max(usual, key=lambda key: (usual[key], key), default="")

    def choice(self, need: Need) -> Choice | None:
        """The probes; None where a match need not hold anything that can be looked for."""
        cost, chosen = self._best(need)
        return chosen if cost < float("inf") else None

    def cost(self, need: Need) -> float:
        """How many times a record the choice is found, on average, and a little for looking."""
        return self._best(need)[0]

    def _best(self, need: Need) -> tuple[float, Choice]:
        """Cost and probes; what several rules share is thought about once."""
        if not isinstance(need, Every | Either):
            return min(((self._cost(one), (one,)) for one in _ways(need)), key=_cost)
        known = self._shared.get(id(need))
        if known is None:
            known = self._shared[id(need)] = need, self._best_of(need)
        return known[1]

    def _best_of(self, need: Every | Either) -> tuple[float, Choice]:
        if isinstance(need, Every):
            return min(
                (self._best(arg) for arg in need.args), default=(float("inf"), ()), key=_cost
            )
        parts = [self._best(arg) for arg in need.args]
        probes = dict.fromkeys(probe for _, chosen in parts for probe in chosen)
        return sum(cost for cost, _ in parts), tuple(probes)

    def _cost(self, probe: Probe) -> float:
        known = self._costs.get(probe)
        if known is None:
            effort = self._weight * self._effort(probe)
            known = self._costs[probe] = self._sample.share(probe) + effort
        return known

    def _effort(self, probe: Probe) -> float:
        """What looking for it costs where it is not found, as a share of records to decode."""
        if isinstance(probe, Foreign):
            return _FOREIGN
        if isinstance(probe, Text | Value):
            return _TEXT / len(probe.text)
        if isinstance(probe, Key):
            return _KEY if self._sample.keys[probe.key] else _UNSEEN_KEY
        if probe.key == self._usual:
            return _SURE
        return _OTHER_KEY if self._sample.keys[probe.key] else _UNSEEN_MEMBER


def _ways(probe: Probe) -> tuple[Probe, ...]:
    """The probe, and another that is found wherever it is, and may cost less to look for."""
    if not isinstance(probe, Member) or not probe.whole or probe.bare or len(probe.value) < _LEAST:
        return (probe,)
    return probe, Value(probe.value)


def _cost(found: tuple[float, Choice]) -> float:
    return found[0]


def _keys(need: Need, shared: dict[int, frozenset[str]]) -> frozenset[str]:
    """The keys of members in the need; `shared` are those of parts that several needs share."""
    if not isinstance(need, Every | Either):
        return frozenset((need.key,)) if isinstance(need, Member) else frozenset()
    known = shared.get(id(need))
    if known is None:
        inner = (_keys(arg, shared) for arg in need.args)
        known = shared[id(need)] = frozenset[str]().union(*inner)
    return known
