"""A shortest text that some automata accept and others do not, or the certainty of none."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Sequence

from converter.proof.automata import Automaton

Wanted = Sequence[tuple[Automaton, bool]]
_State = tuple[int, ...]

_MOST_STEPS = 150_000
_NICE = "xyzabcdefghijklmnopqrstuvw0123456789XYZABCDEFGHIJKLMNOPQRSTUVW-_./\\ :"
_BREAK = 10


class TooLarge(Exception):
    """The search was given up: nothing is known."""


def find_text(wanted: Wanted, breaks: bool = True) -> str | None:
    """A shortest text accepted exactly where wanted; None when there is none at all.

    `breaks` tells whether the text may hold line breaks. Raises TooLarge past a fixed effort.
    """
    machines = [machine for machine, _ in wanted]
    codes = [code for code in _alphabet(machines) if breaks or code != _BREAK]
    start = tuple(machine.start() for machine in machines)
    came: dict[_State, tuple[_State, int] | None] = {start: None}
    todo = deque([start] if _hopeful(wanted, start) else [])
    steps = 0
    while todo:
        here = todo.popleft()
        if _fits(wanted, here):
            return _text(came, here)
        steps += len(codes) * len(machines)
        if steps > _MOST_STEPS:
            raise TooLarge
        for code in codes:
            there = tuple([m.step(s, code) for m, s in zip(machines, here, strict=True)])
            if there not in came and _hopeful(wanted, there):
                came[there] = (here, code)
                todo.append(there)
    return None


def _fits(wanted: Wanted, state: _State) -> bool:
    return all(m.accepts(s) == want for (m, want), s in zip(wanted, state, strict=True))


def _hopeful(wanted: Wanted, state: _State) -> bool:
    for (machine, want), one in zip(wanted, state, strict=True):
        if one == 0 if want else machine.always(one):
            return False
    return True


def _text(came: dict[_State, tuple[_State, int] | None], end: _State) -> str:
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
