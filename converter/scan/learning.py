"""What the first records of a log teach: how records begin, which probes are rare, what they are.

Of that an `Index` is made, in one of two ways. Where few rules are tried on a record, one index
says which records of a whole block are candidates. Where many are, or one that needs nothing,
nearly every record would be: then each is decoded, its log source recognised, and an index of the
rules for that log source says which of them are tried.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from converter.logs import Block, Frame
from converter.logs.blocks import AROUND, GAP, odd_items
from converter.logs.decoding import decode
from converter.matcher import Event
from converter.matcher.index import NOTHING, Index, Need, Rules, Sample, Store, hyperscan
from converter.matcher.index.engines import engine
from converter.matcher.origins import Origins
from converter.matcher.routing import Known, Route

ROWS = 300
"""Records from which is learned."""

_CROWD = 400
_MOST = 60
_FEW = 2_000
_MOST_ROUTES = 2_000
_FIRST = re.compile(rb'\{\s*+"([ !#-\[\]-~]{1,60}+)"\s*+:\s*+"[ !#-\[\]-~]{1,60}+"(?=\s*+[,}])')

Routing = Callable[[Event], Route]


@dataclass(frozen=True)
class Tools:
    """What does not change while a log is read: what rules need, and what helps to look for it."""

    needs: Callable[[], Sequence[Need]]
    routing: Routing | None = None
    origins: Origins | None = None
    store: Store | None = None
    module: ModuleType | None = field(default_factory=hyperscan)

    def index(self, needs: Mapping[int, Need], rows: Sequence[bytes], sample: Sample) -> Index:
        """An index whose choices rest on these rows, which the sample holds."""
        sample.see(rows)
        return Index(needs, sample, self.module, self.store)


@dataclass(frozen=True)
class Proof:
    """What the first key of a record proves, if it has this value."""

    key: str
    value: Any
    route: Route

    def holds(self, event: Event, rules: Rules) -> bool:
        """Whether these rules are tried on the event, whatever else it holds."""
        return event.get(self.key) == self.value and self.route.tries.issuperset(rules)


class Learned:
    """What was learned, in use. `index` is for records that are not odd, `narrow` only for them.

    With `crowds`, every record is decoded, and the index tells only which are odd.
    """

    def __init__(self, tools: Tools, frame: Frame, index: Index, *, narrow: bool = False) -> None:
        self.frame, self.index = frame, index
        self._lines = [engine(group, tools.module) for group in frame.odd()]
        self.crowds: Crowds | None = None
        self.proofs: dict[bytes, Proof] = {}
        self._latest: tuple[bytes, Proof | None] = b"", None
        self._tools = tools
        self._narrow = narrow
        self._whole = None if narrow else index
        self._odd = 0

    def odd(self, block: Block) -> list[int]:
        """The ends of what in the block may be no record as others are, or spelled otherwise."""
        data = block.data
        found = self.index.odd(data)
        if block.ends is not None:
            unproven = self._unproven(data, block.ends) if self._narrow else []
            return [*found, *odd_items(data, block.ends), *unproven]
        found += [end for lines in self._lines for end, _ in lines.scan(data)]
        return found if data.startswith(self.frame.begins) else [1, *found]

    def _unproven(self, data: bytes, ends: Sequence[int]) -> list[int]:
        """Where items end that do not begin as was proven, or hold the first key once more."""
        keys = {b'"%b"' % proof.key.encode() for proof in self.proofs.values()}
        found, start = list[int](), 0
        for end in ends:
            item = data[start:end].lstrip(GAP)
            if not item.startswith(self.frame.begins) or any(item.count(key) > 1 for key in keys):
                found.append(end)
            start = end
        return found

    def route(self, raw: bytes, event: Event, rules: Rules) -> Route | None:
        """What the beginning of this record proves that it is, if these rules are tried on it."""
        if not self.proofs:
            return None
        begin, proof = self._latest
        if proof is None or not raw.startswith(begin):
            found = _FIRST.match(raw)
            begin = found[0] if found else b""
            proof = self.proofs.get(begin)
            self._latest = begin, proof
        return proof.route if proof and proof.holds(event, rules) else None

    def rules_of(self, raw: bytes) -> Rules | None:
        """The rules that any record can match; None, for all, as long as few were asked for."""
        if self._whole is None:
            self._odd += 1
            if self._odd < _FEW:
                return None
            needs = dict(enumerate(self._tools.needs()))
            self._whole = self._tools.index(needs, (), Sample())
        return merged(self._whole.rules_of(raw), self._whole.always)


class Crowds:
    """An index for each log source, of the rules that are tried on its events."""

    def __init__(self, tools: Tools, rows: Iterable[tuple[bytes, Event]]) -> None:
        self._tools = tools
        self._needs = tools.needs()
        self._all = Route((), tuple(range(len(self._needs))))
        self._rows: dict[Known, list[tuple[bytes, Event]]] = {}
        self._indexes: dict[Known, Index] = {}
        self._routes: dict[int, Index] = {}
        self._kept = list[Route]()
        for raw, event in rows:
            kept = self._rows.setdefault(self.route(event).known, [])
            if len(kept) < _MOST:
                kept.append((raw, event))

    def settle(self) -> None:
        """Make the indexes of all log sources that were seen."""
        for _, event in [rows[0] for rows in self._rows.values()]:
            self.index(self.route(event))

    def route(self, event: Event) -> Route:
        """What the event is, and the rules for it."""
        return self._tools.routing(event) if self._tools.routing else self._all

    def index(self, route: Route) -> Index:
        """The index of the rules that are tried on such events."""
        known = self._indexes.get(route.known)
        if known is None:
            rows = self._rows.pop(route.known, [])
            needs = {number: self._needs[number] for number in route.rules}
            sample = _sample(event for _, event in rows)
            known = self._tools.index(needs, [raw for raw, _ in rows], sample)
            self._indexes[route.known] = known
        return known

    def rules(self, event: Event, raw: bytes) -> tuple[Rules, Route]:
        """The rules that this record, plainly spelled, can match, and what it is."""
        route = self.route(event)
        index = self._routes.get(id(route)) or self._index(route)
        hits = index.scan(raw)
        rules = index.rules(raw, hits) if hits else ()
        return merged(rules, index.always), route

    def _index(self, route: Route) -> Index:
        """By identity as well: to compare what is known takes longer than all else here."""
        if len(self._kept) >= _MOST_ROUTES:
            self._kept.clear()
            self._routes.clear()
        self._kept.append(route)
        return self._routes.setdefault(id(route), self.index(route))


def learned(tools: Tools, rows: Sequence[bytes], known: Iterable[bytes] = ()) -> Learned:
    """What these rows teach; `known` are beginnings of records that were learned before."""
    events = [(raw, value) for raw in rows if isinstance(value := decode(raw), dict)]
    needs, sample = dict(enumerate(tools.needs())), _sample(event for _, event in events)
    proofs = dict(_proofs(tools, rows))
    crowd = crowded(tools, [event for _, event in events])
    fewer = None if crowd else _narrowed(tools, proofs, rows, needs, sample)
    frame = Frame(rows, known, () if fewer is None else sorted(proofs))
    if crowd or (fewer is None and tools.routing and NOTHING in needs.values()):
        found = Learned(tools, frame, Index({}, module=tools.module))
        found.crowds = Crowds(tools, events)
        found.crowds.settle()
        return found
    index = tools.index(fewer or needs, rows, sample)
    found = Learned(tools, frame, index, narrow=fewer is not None)
    found.proofs = proofs
    return found


def crowded(tools: Tools, events: Sequence[Event]) -> bool:
    """Whether so many rules are tried on some records that nearly all would be candidates."""
    if tools.routing is None:
        return False
    return any(len(tools.routing(one).rules) > _CROWD for one in events)


def _narrowed(
    tools: Tools,
    proofs: Mapping[bytes, Proof],
    rows: Sequence[bytes],
    needs: Mapping[int, Need],
    sample: Sample,
) -> Mapping[int, Need] | None:
    """What rules need of records that are proven to be of one kind; None where it is no gain."""
    kinds = {(proof.key, proof.route.known) for proof in proofs.values()}
    proven = sum(_first(raw)[0] in proofs for raw in rows)
    if tools.origins is None or len(kinds) != 1 or 10 * proven < 9 * len(rows):
        return None
    ((_, known),) = kinds
    fewer = tools.origins.needs(known, list(needs.values()), sample)
    return dict(enumerate(fewer)) if fewer else None


def _proofs(tools: Tools, rows: Iterable[bytes]) -> Iterator[tuple[bytes, Proof]]:
    """Beginnings of which each record that has one is known for what it is."""
    for begin, event in map(_first, rows):
        route = tools.routing(event) if event and tools.routing else None
        if route is not None and route.known and AROUND.isdisjoint(event):
            ((key, value),) = event.items()
            yield begin, Proof(key, value, route)


def _first(raw: bytes) -> tuple[bytes, dict[str, Any]]:
    """The beginning of a record up to the end of its first value, and both as an event."""
    found = _FIRST.match(raw)
    return (found[0], decode(found[0] + b"}")) if found else (b"", {})


def _sample(events: Iterable[Event]) -> Sample:
    sample = Sample()
    for event in events:
        sample.add(event)
    return sample


def merged(rules: Rules, always: Rules) -> Rules:
    """Both, in order."""
    return tuple(sorted({*rules, *always})) if always else rules
