"""What the first records of a log teach: how records begin, which probes are rare, what they are.

Records are looked at in one of two ways. Where few rules are tried on a record, an index says which
records of a whole block are candidates. Where many are, or one that needs nothing, nearly every
record would be: then each is decoded, its log source recognised, and its fields tell which of the
rules for that log source are tried.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from converter.logs import Block, Frame
from converter.logs.blocks import AROUND, GAP, odd_items
from converter.logs.decoding import decode
from converter.matcher import Event
from converter.matcher.index import NOTHING, Index, Need, Rules, Sample
from converter.matcher.index.engines import engine
from converter.matcher.routing import Route
from converter.scan.crowds import Crowds
from converter.scan.tools import Tools, merged

ROWS = 300
"""Records from which is learned."""

_FEW = 2_000
_FIRST = re.compile(rb'\{\s*+"([ !#-\[\]-~]{1,60}+)"\s*+:\s*+"[ !#-\[\]-~]{1,60}+"(?=\s*+[,}])')


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

    With `crowds`, every record is decoded; the index is for rules that ask nothing of fields.
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

    def widen(self) -> None:
        """Have the index tell what the crowds lack."""
        if self.crowds is not None and self.crowds.lacks:
            self.index = self._whole = self.crowds.index()

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


def learned(tools: Tools, rows: Sequence[bytes], known: Iterable[bytes] = ()) -> Learned:
    """What these rows teach; `known` are beginnings of records that were learned before."""
    events = [value for raw in rows if isinstance(value := decode(raw), dict)]
    crowds = Crowds(tools)
    if crowds.crowded(events):
        return _crowd(tools, crowds, events, Frame(rows, known))
    needs, sample = dict(enumerate(tools.needs())), _sample(events)
    proofs = dict(_proofs(tools, rows))
    fewer = _narrowed(tools, proofs, rows, needs, sample)
    if fewer is None and tools.routing and NOTHING in needs.values():
        return _crowd(tools, crowds, events, Frame(rows, known))
    frame = Frame(rows, known, () if fewer is None else sorted(proofs))
    index = tools.index(fewer or needs, rows, sample)
    found = Learned(tools, frame, index, narrow=fewer is not None)
    found.proofs = proofs
    return found


def _crowd(tools: Tools, crowds: Crowds, events: Iterable[Event], frame: Frame) -> Learned:
    found = Learned(tools, frame, Index({}, module=tools.module))
    found.crowds = crowds
    for event in events:
        crowds.rules(event)
    found.widen()
    return found


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
