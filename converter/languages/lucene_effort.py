"""How hard Lucene finds a regular expression.

Lucene makes an automaton deterministic before it runs it, and gives up when the work passes a
limit: the sizes of all sets of states that it meets, added up, against ten times
`max_determinized_states` (10,000 by default; Lucene, `Operations.determinize`). The same sum is
taken here, over the positions of the pattern.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from converter.regexps.tree import Alt, Chars, Dot, Edge, Items, Node, Repeat

_MOST_POSITIONS = 9_000
_MOST_WORK = 100_000


@lru_cache(maxsize=4096)
def too_complex(items: Items) -> bool:
    """Whether Elasticsearch, with its defaults, refuses a regular expression of these items."""
    if _positions(items) > _MOST_POSITIONS:
        return True
    builder = _Builder()
    builder.follow[0] = builder.sequence(items).first
    return _work(builder.follow, _moves(builder.places)) >= _MOST_WORK


def _positions(items: Items) -> int:
    return sum(_positions_of(node) for node in items)


def _positions_of(node: Node) -> int:
    if isinstance(node, Alt):
        return sum(_positions(option) for option in node.options)
    if isinstance(node, Repeat):
        return _positions(node.body) * (node.low + 1 if node.high is None else node.high)
    return 1


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece of the pattern: its first and last positions as bit sets, whether it can be empty."""

    first: int = 0
    last: int = 0
    empty: bool = True


@dataclass(slots=True)
class _Builder:
    """Which positions follow which; position 0 is the start, bit n stands for position n."""

    follow: list[int] = field(default_factory=lambda: [0])
    places: dict[Chars | Dot, int] = field(default_factory=dict)

    def sequence(self, items: Items) -> _Part:
        whole = _Part()
        for node in items:
            whole = self.join(whole, self.node(node))
        return whole

    def join(self, one: _Part, other: _Part) -> _Part:
        for position in _bits(one.last):
            self.follow[position] |= other.first
        return _Part(
            one.first | other.first if one.empty else one.first,
            one.last | other.last if other.empty else other.last,
            one.empty and other.empty,
        )

    def node(self, node: Node) -> _Part:
        if isinstance(node, Alt):
            return self.either([self.sequence(option) for option in node.options])
        if isinstance(node, Repeat):
            return self.repeat(node)
        return _Part() if isinstance(node, Edge) else self.place(node)

    def place(self, node: Chars | Dot) -> _Part:
        bit = 1 << len(self.follow)
        self.follow.append(0)
        self.places[node] = self.places.get(node, 0) | bit
        return _Part(bit, bit, empty=False)

    def either(self, parts: list[_Part]) -> _Part:
        first = last = 0
        for part in parts:
            first, last = first | part.first, last | part.last
        return _Part(first, last, any(part.empty for part in parts))

    def repeat(self, node: Repeat) -> _Part:
        whole = self.sequence(node.body * node.low)
        if node.high is None:
            loop = self.sequence(node.body)
            self.join(loop, loop)
            return self.join(whole, _Part(loop.first, loop.last))
        ends = whole.last
        for _ in range(node.low, node.high):
            copy = self.sequence(node.body)
            whole = self.join(whole, copy)
            ends |= copy.last
        return _Part(whole.first, ends | whole.last, whole.empty or node.low == 0)


def _bits(positions: int) -> Iterator[int]:
    while positions:
        lowest = positions & -positions
        yield lowest.bit_length() - 1
        positions ^= lowest


def _moves(places: dict[Chars | Dot, int]) -> list[int]:
    """For each kind of character the pattern tells apart: the positions that take it."""
    spans = [span for node in places if isinstance(node, Chars) for span in node.spans]
    codes = {0, *(low for low, _ in spans), *(high + 1 for _, high in spans)}
    return sorted({_takers(code, places) for code in codes})


def _takers(code: int, places: dict[Chars | Dot, int]) -> int:
    taken = 0
    for node, positions in places.items():
        if isinstance(node, Dot) or node.holds(code):
            taken |= positions
    return taken


def _work(follow: list[int], moves: list[int]) -> int:
    seen, waiting, spent = {1}, [1], 0
    while waiting and spent < _MOST_WORK:
        state = waiting.pop()
        spent += state.bit_count()
        reach = 0
        for position in _bits(state):
            reach |= follow[position]
        fresh = {reach & move for move in moves} - seen - {0}
        seen |= fresh
        waiting += fresh
    return spent
