"""A text that some automata accept and others do not, or the certainty that there is none.

Best first: what is tried next is nearest to acceptance, each automaton's distance added up. A text
is therefore found fast, though it need not be the shortest; "none" is said only when every state
that can be reached has been seen.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterable, Sequence
from functools import lru_cache
from heapq import heappop, heappush

from converter.proof.automata import Automaton

Wanted = Sequence[tuple[Automaton, bool]]
Distances = dict[int, int]
_State = tuple[int, ...]
_Came = dict[_State, tuple[_State, int] | None]

_MOST_STEPS = 20_000
_MOST_STATES = 1_000
_NICE = "xyzabcdefghijklmnopqrstuvw0123456789XYZABCDEFGHIJKLMNOPQRSTUVW-_./\\ :"
_BREAK = 10


class TooLarge(Exception):
    """The search was given up: nothing is known."""


def find_text(wanted: Wanted, breaks: bool = True) -> str | None:
    """A text accepted exactly where wanted; None when there is none at all.

    `breaks` tells whether the text may hold line breaks. Raises TooLarge past a fixed effort.
    """
    machines = [machine for machine, _ in wanted]
    codes = [code for code in _alphabet(machines) if breaks or code != _BREAK]
    ways = [(machine, _distances(machine, want)) for machine, want in wanted]
    start = tuple(machine.start() for machine in machines)
    came: _Came = {start: None}
    far = _distance(ways, start)
    todo = [] if far is None else [(far, 0, start)]
    steps = 0
    while todo:
        _, length, here = heappop(todo)
        if _fits(wanted, here):
            return _text(came, here)
        steps += len(codes) * len(machines)
        if steps > _MOST_STEPS:
            raise TooLarge
        for code in codes:
            there = tuple([m.step(s, code) for m, s in zip(machines, here, strict=True)])
            if there in came:
                continue
            came[there] = (here, code)
            far = _distance(ways, there)
            if far is not None:
                heappush(todo, (far, length + 1, there))
    return None


def _fits(wanted: Wanted, state: _State) -> bool:
    return all(m.accepts(s) == want for (m, want), s in zip(wanted, state, strict=True))


def _distance(ways: Iterable[tuple[Automaton, Distances | None]], state: _State) -> int | None:
    """How many characters are lacking, counted for each apart; None if all hope is gone."""
    total = 0
    for (_, distances), one in zip(ways, state, strict=True):
        if distances is not None:
            if one not in distances:
                return None
            total += distances[one]
    return total


@lru_cache(maxsize=4096)
def _distances(machine: Automaton, want: bool) -> Distances | None:
    """From each state, the least number of characters to one that answers as wanted.

    States from which there is no way are left out. None when the states are too many.
    """
    codes = _alphabet([machine])
    back: dict[int, list[int]] = {machine.start(): []}
    todo = deque(back)
    while todo:
        here = todo.popleft()
        for code in codes:
            there = machine.step(here, code)
            if there not in back:
                back[there] = []
                todo.append(there)
            back[there].append(here)
        if len(back) > _MOST_STATES:
            return None
    return _backwards(back, [state for state in back if machine.accepts(state) == want])


def _backwards(back: dict[int, list[int]], ends: list[int]) -> Distances:
    found = dict.fromkeys(ends, 0)
    todo = deque(ends)
    while todo:
        here = todo.popleft()
        for there in back[here]:
            if there not in found:
                found[there] = found[here] + 1
                todo.append(there)
    return found


def _text(came: _Came, end: _State) -> str:
    codes, link = [], came[end]
    while link is not None:
        codes.append(link[1])
        link = came[link[0]]
    return "".join(map(chr, reversed(codes)))


def _alphabet(machines: Sequence[Automaton]) -> list[int]:
    """One character for each way in which all the automata treat characters, usual ones first."""
    cuts = {cut for machine in machines for cut in machine.cuts()} | {0x100}
    usable = [cut for cut in sorted(cuts) if cut <= 0x10FFFF and not 0xD800 <= cut <= 0xDFFF]
    known: dict[Hashable, int] = {}
    for code in [*map(ord, _NICE), *usable, 0x20, 0x1, 0x0, 0xE000]:
        known.setdefault(tuple(machine.kind_of(code) for machine in machines), code)
    return list(known.values())
