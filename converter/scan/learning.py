"""What the first records of a log teach: how records begin, which probes are rare, what they are.

Records are looked at in one of two ways. Where few rules are tried on a record, an index says which
records of a whole block are candidates. Where many are, or one that needs nothing, nearly every
record would be: then each is decoded, its log source recognised, and its fields tell which of the
rules for that log source are tried.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from converter.logs import Block, Frame
from converter.logs.blocks import odd_items
from converter.logs.decoding import decode
from converter.matcher import Event
from converter.matcher.index import NOTHING, Hit, Index, Need, Rules, Sample
from converter.matcher.routing import Route
from converter.scan.alike import Alike, alike
from converter.scan.crowds import Crowds
from converter.scan.proofs import Proof, proof
from converter.scan.sight import Found, sight
from converter.scan.spots import ODD
from converter.scan.tools import Tools, merged

ROWS = 300
"""Records from which is learned."""

_FEW = 2_000
_PROVEN = 0.75
_FEW_HITS = 0.05
_OFTEN = 20
_ALIKE = 100
_MOST_ASKED = 5_000


class Learned:
    """What was learned, in use. `index` is for records that are not odd, `narrow` only for them.

    With `crowds`, every record is decoded; the index is for rules that ask nothing of fields.
    """

    def __init__(
        self,
        tools: Tools,
        frame: Frame,
        index: Index,
        proof: Proof | None = None,
        crowds: Crowds | None = None,
        *,
        narrow: bool = False,
    ) -> None:
        self.frame, self.index, self.crowds = frame, index, crowds
        self._sight = sight(index, frame, tools, lines=crowds is None)
        self._tools, self._proof = tools, proof
        self._narrow = proof if narrow else None
        self._whole = None if narrow else index
        self._odd = 0
        self._alike: dict[Rules, Alike | None] = {}
        self._asked = Counter[Rules]()

    def widen(self) -> None:
        """Have the index tell what the crowds lack."""
        if self.crowds is not None and self.crowds.lacks:
            self.index = self._whole = self.crowds.index()
            self._sight = sight(self.index, self.frame, self._tools, lines=False)

    def look(self, block: Block) -> Found:
        """What is found in a block; `ODD` is what may be no record as others are.

        It may be spelled otherwise, too. With crowds, lines that begin otherwise are not odd.
        """
        more: list[Hit] = []
        if self._narrow is not None:
            more += [(end, ODD) for end in self._narrow.unproven(block)]
        if block.ends is not None:
            more += [(end, ODD) for end in odd_items(block.data, block.ends)]
        return self._sight.look(block, more)

    def alike(self, rules: Rules) -> Alike | None:
        """For these rules what is known of records that are alike, None where that is no help.

        It is worth its making only for some rules, which are asked for often.
        """
        found = self._alike.get(rules)
        if found is None and rules not in self._alike and len(self._alike) < _ALIKE:
            if len(self._asked) >= _MOST_ASKED:
                self._asked.clear()
            self._asked[rules] += 1
            if self._asked[rules] > _OFTEN:
                found = self._alike[rules] = self._made(rules)
        return found

    def _made(self, rules: Rules) -> Alike | None:
        if self._tools.routing is not None and self._proof is None:
            return None
        keys = (self._proof.key,) if self._proof else ()
        return alike(rules, self._tools.reads, self.route, keys)

    def route(self, event: Event, rules: Rules) -> Route | None:
        """What the event is, if it is proven to be that, and these rules are tried on it."""
        return self._proof.route(event, rules) if self._proof else None

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
    pairs = [(raw, value) for raw in rows if isinstance(value := decode(raw), dict)]
    events, frame, crowds = [event for _, event in pairs], Frame(rows, known), Crowds(tools)
    if crowds.crowded(events):
        return _crowd(tools, crowds, events, frame)
    needs, sample = dict(enumerate(tools.needs())), _sample(events)
    found, proven = None, 0
    if tools.routing is not None:
        found, proven = proof(tools.routing, [raw for raw, _ in pairs], events, tools.module)
    index = None if NOTHING in needs.values() else tools.index(needs, rows, sample)
    if index is not None and index.share < _FEW_HITS:
        return Learned(tools, frame, index, found)
    fewer = _narrowed(tools, found, needs, sample) if _PROVEN * len(rows) <= proven else None
    if fewer is not None:
        return Learned(tools, frame, tools.index(fewer, rows, sample), found, narrow=True)
    if index is None and tools.routing:
        return _crowd(tools, crowds, events, frame)
    return Learned(tools, frame, index or tools.index(needs, rows, sample), found)


def _crowd(tools: Tools, crowds: Crowds, events: Iterable[Event], frame: Frame) -> Learned:
    found = Learned(tools, frame, tools.index({}, (), Sample()), crowds=crowds)
    for event in events:
        crowds.rules(event)
    found.widen()
    return found


def _narrowed(
    tools: Tools, found: Proof | None, needs: Mapping[int, Need], sample: Sample
) -> Mapping[int, Need] | None:
    """What rules need of records that are proven to be of one kind; None where it is no gain."""
    if tools.origins is None or found is None:
        return None
    fewer = tools.origins.needs(found.known, list(needs.values()), sample)
    return dict(enumerate(fewer)) if fewer else None


def _sample(events: Iterable[Event]) -> Sample:
    sample = Sample()
    for event in events:
        sample.add(event)
    return sample
