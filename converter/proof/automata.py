"""Text tests as automata, and the exact search for a text that fits some and not others.

A state is a number: a set of positions in the pattern, one bit each. Case means a letter's lower
and upper form, as the emitted queries have it; the few further characters that fold to a letter
(the Kelvin sign) stand in no text that is tried.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from functools import cached_property, lru_cache
from typing import Protocol

from converter.errors import Unsupported
from converter.predicate import Compare, Equals, Glob, Pattern, Regex, Test, Wildcard
from converter.regexps.tree import Alt, Chars, Dot, Edge, Items, Node, Repeat, letter, read

_MOST_POSITIONS = 2_000
_ALL = 1
_ANYTHING = Repeat((Dot(),), 0, None)
_ANY: Items = (_ANYTHING,)


class Automaton(Protocol):
    """Reads a text character by character; 0 is the state from which nothing is accepted."""

    def __hash__(self) -> int:
        """Automata are told apart by identity."""

    def start(self) -> int:
        """The state before the first character."""

    def step(self, state: int, code: int) -> int:
        """The state after one more character."""

    def accepts(self, state: int) -> bool:
        """Whether the text may end here."""

    def cuts(self) -> Iterable[int]:
        """Code points at which characters begin to be treated differently."""

    def kind_of(self, code: int) -> Hashable:
        """Characters of one kind are treated alike."""


def is_readable(test: Test) -> bool:
    """Whether there is an automaton for the test."""
    if isinstance(test, Equals | Compare):
        return isinstance(test.value, str)
    return isinstance(test, Glob) or (isinstance(test, Regex) and automaton(test) is not None)


@lru_cache(maxsize=4096)
def automaton(test: Test) -> Automaton | None:
    """The texts for which a test is true; None where they are no such language."""
    if isinstance(test, Equals) and isinstance(test.value, str):
        return Positions(_items((test.value,), test.cased))
    if isinstance(test, Glob):
        return Positions(_items(test.pattern, test.cased))
    if isinstance(test, Compare) and isinstance(test.value, str):
        return Ordered(test.op, test.value)
    return _searched(test) if isinstance(test, Regex) else None


def _searched(test: Regex) -> Automaton | None:
    try:
        items = (_ANYTHING, *read(test.pattern, test.flags), _ANYTHING)
        return Positions(items) if _size(items) <= _MOST_POSITIONS else None
    except (Unsupported, RecursionError):
        return None


def _items(pattern: Pattern, cased: bool) -> Items:
    out: list[Node] = []
    for piece in pattern:
        if isinstance(piece, str):
            out += [letter(char, cased) for char in piece]
        else:
            out.append(_ANYTHING if piece is Wildcard.MANY else Dot())
    return tuple(out)


def _size(items: Items) -> int:
    return sum(_size_of(node) for node in items)


def _size_of(node: Node) -> int:
    if isinstance(node, Alt):
        return sum(_size(option) + 1 for option in node.options)
    if isinstance(node, Repeat):
        return (_size(node.body) + 1) * (node.low + 1 if node.high is None else node.high)
    return 1


class Positions:
    """The automaton of a regular expression that the whole text must fit.

    Bit 0 stands for "accepted, whatever follows", bit 1 for "no character read yet".
    """

    def __init__(self, items: Items) -> None:
        self.free: list[list[int]] = [[], []]
        self.edges: list[list[tuple[Edge, int]]] = [[], []]
        self.moves: list[tuple[Chars | Dot, int] | None] = [None, None]
        self.first = self._place()
        self.endless = 0
        self.last = self._whole(items)
        self._steps: dict[tuple[int, Hashable], int] = {}
        self._kinds: dict[int, Hashable] = {}
        self._closures: dict[int, int] = {}

    def _whole(self, items: Items) -> int:
        """The last place; where anything may follow at the end, `endless` are the places of it."""
        if not items or items[-1] != _ANYTHING:
            return self._sequence(items, self.first)
        loop = self._branch(self._sequence(items[:-1], self.first))
        last = self._node(_ANYTHING, loop)
        self.endless = self._closed(1 << loop, frozenset()) & ~(1 << loop)
        return last

    def _place(self) -> int:
        self.free.append([])
        self.edges.append([])
        self.moves.append(None)
        return len(self.free) - 1

    def _sequence(self, items: Items, at: int) -> int:
        for node in items:
            at = self._node(node, at)
        return at

    def _node(self, node: Node, at: int) -> int:
        if isinstance(node, Repeat):
            return self._repeat(node, at)
        after = self._place()
        if isinstance(node, Alt):
            for option in node.options:
                self.free[self._sequence(option, self._branch(at))].append(after)
        elif isinstance(node, Edge):
            self.edges[at].append((node, after))
        else:
            self.moves[self._branch(at)] = (node, after)
        return after

    def _branch(self, at: int) -> int:
        place = self._place()
        self.free[at].append(place)
        return place

    def _repeat(self, node: Repeat, at: int) -> int:
        for _ in range(node.low):
            at = self._sequence(node.body, at)
        if node.high is None:
            loop = self._branch(at)
            self.free[self._sequence(node.body, loop)].append(loop)
            return self._branch(loop)
        after = self._place()
        self.free[at].append(after)
        for _ in range(node.high - node.low):
            at = self._sequence(node.body, at)
            self.free[at].append(after)
        return after

    def _closed(self, mask: int, edges: frozenset[Edge]) -> int:
        todo, seen = list(_bits(mask)), mask
        while todo:
            place = todo.pop()
            ways = self.free[place] + [to for edge, to in self.edges[place] if edge in edges]
            for to in ways:
                if not seen >> to & 1:
                    seen |= 1 << to
                    todo.append(to)
        return seen

    def start(self) -> int:
        return self._shortened(self._closed(1 << self.first, frozenset({Edge.START})) | 2)

    def _shortened(self, mask: int) -> int:
        return _ALL if self.endless and mask & self.endless == self.endless else mask

    def step(self, state: int, code: int) -> int:
        if state in (0, _ALL):
            return state
        key = (state, self.kind_of(code))
        if key not in self._steps:
            mask = 0
            for place in _bits(state):
                move = self.moves[place]
                if move and _holds(move[0], code):
                    mask |= self._closure(move[1])
            self._steps[key] = self._shortened(mask)
        return self._steps[key]

    def _closure(self, place: int) -> int:
        if place not in self._closures:
            self._closures[place] = self._closed(1 << place, frozenset())
        return self._closures[place]

    def accepts(self, state: int) -> bool:
        if state in (0, _ALL):
            return state == _ALL
        edges = {Edge.END, Edge.START} if state & 2 else {Edge.END}
        return bool(self._closed(state & ~2, frozenset(edges)) >> self.last & 1)

    @cached_property
    def _nodes(self) -> tuple[Chars | Dot, ...]:
        return tuple(dict.fromkeys(move[0] for move in self.moves if move and move[0] != Dot()))

    def cuts(self) -> Iterable[int]:
        for node in self._nodes:
            for low, high in node.spans if isinstance(node, Chars) else ((10, 10),):
                yield from (low, high + 1)

    def kind_of(self, code: int) -> Hashable:
        if code not in self._kinds:
            self._kinds[code] = tuple(n for n, node in enumerate(self._nodes) if _holds(node, code))
        return self._kinds[code]


def _holds(node: Chars | Dot, code: int) -> bool:
    return node.holds(code) if isinstance(node, Chars) else node.breaks or code != 10


def _bits(mask: int) -> Iterator[int]:
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


class Ordered:
    """Texts before or after a text, by code points. State n + 1: the first n characters agree."""

    def __init__(self, op: str, text: str) -> None:
        self.codes = [ord(char) for char in text]
        self.less, self.more = op in ("<", "<="), op in (">", ">=")
        self.same = op in ("<=", ">=")
        self._below, self._above = len(self.codes) + 2, len(self.codes) + 3

    def start(self) -> int:
        return 1

    def step(self, state: int, code: int) -> int:
        if state >= self._below or state == 0:
            return state
        if state == len(self.codes) + 1 or code > self.codes[state - 1]:
            return self._above if self.more else 0
        if code < self.codes[state - 1]:
            return self._below if self.less else 0
        return state + 1

    def accepts(self, state: int) -> bool:
        if state == len(self.codes) + 1:
            return self.same
        return state >= self._below or (state > 0 and self.less)

    def cuts(self) -> Iterable[int]:
        for code in self.codes:
            yield from (code, code + 1)

    def kind_of(self, code: int) -> Hashable:
        return tuple((code > one) - (code < one) for one in self.codes)
