"""Why no single value can grant some wishes: a few of them that exclude each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from itertools import islice

from converter import predicate as p
from converter.proof.automata import automaton, is_readable
from converter.proof.candidates import Wish, all_forms, candidates
from converter.proof.kinds import Kind
from converter.proof.search import TooLarge, find_text

Wishes = tuple[Wish, ...]
Grants = Callable[[object, Sequence[Wish]], bool]

_AT_ONCE = 3
_PARTS = {"minute": 60, "hour": 24, "day": 32, "week": 54, "weekday": 8, "month": 13}
_ORDERS: dict[str, Callable[[int, int], bool]] = {
    "==": lambda one, other: one == other,
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
}


def conflict(kind: Kind, wishes: Wishes, grants: Grants) -> Wishes | None:
    """Some of the wishes that no value of this kind grants together; None where none is known.

    `grants` tells whether a value grants wishes. What automata can read is `settled` before.
    """
    if kind == "text":
        for find in (_numeric, _networks, _times, _words):
            core = find(wishes, grants)
            if core is not None:
                return core
        return _spellings(wishes, grants)
    if not _is_complete(kind, wishes):
        return None
    return _shrunk(wishes, lambda some: not any(grants(v, some) for v in candidates(kind, some)))


def _is_complete(kind: Kind, wishes: Wishes) -> bool:
    """Whether the candidates of this kind show every mixture of truth values."""
    tests = [test for test, _ in wishes]
    if kind == "address":
        return all(isinstance(test, p.Equals | p.Cidr) for test in tests)
    return kind == "boolean" or all(
        isinstance(test, p.Equals | p.Compare) and not isinstance(test.value, str | bool)
        for test in tests
    )


def _shrunk(wishes: Wishes, is_conflict: Callable[[Wishes], bool]) -> Wishes | None:
    """As few of the wishes as still exclude each other."""
    if not is_conflict(wishes):
        return None
    kept = wishes
    for wish in wishes:
        less = tuple(one for one in kept if one != wish)
        if is_conflict(less):
            kept = less
    return kept


def settled(wishes: Wishes, breaks: bool, grants: Grants) -> str | Wishes | None:
    """Equals, patterns, regular expressions, orders of text: a text, or a conflict; None: unknown.

    Wishes come in as they turn out to matter: those that the last text does not grant.
    """
    known = tuple(wish for wish in wishes if is_readable(wish[0]))
    chosen = tuple(wish for wish in known if wish[1])
    try:
        while True:
            text = _found(chosen, breaks)
            if text is None:
                return _shrunk(chosen, lambda some: _found(some, breaks) is None)
            refused = (wish for wish in known if not grants(text, (wish,)))
            more = tuple(islice((wish for wish in refused if wish not in chosen), _AT_ONCE))
            if not more:
                return text
            for pair in ((wish, one) for one in more for wish in chosen if wish[1]):
                if _is_pair(*pair, breaks, grants):
                    return pair
            chosen = (*chosen, *more)
    except TooLarge:
        return None


def _is_pair(one: Wish, other: Wish, breaks: bool, grants: Grants) -> bool:
    """Whether these two exclude each other; a text for the one alone mostly says no at once."""
    text = _found((one,), breaks)
    return text is None or (not grants(text, (other,)) and _found((one, other), breaks) is None)


@lru_cache(maxsize=16384)
def _found(wishes: Wishes, breaks: bool) -> str | None:
    machines = [(automaton(test), want) for test, want in wishes]
    return find_text([(machine, want) for machine, want in machines if machine], breaks)


def _numeric(wishes: Wishes, grants: Grants) -> Wishes | None:
    """Orders of numbers, one of which is to be true: the text is a number then."""
    some = tuple(
        wish
        for wish in wishes
        if isinstance(wish[0], p.Compare) and not isinstance(wish[0].value, str)
    )
    return _with_true(
        some, lambda few: not any(grants(number, few) for number in candidates("decimal", few))
    )


def _with_true(wishes: Wishes, is_conflict: Callable[[Wishes], bool]) -> Wishes | None:
    """A conflict of which one wish is to be true; without one, other texts are possible."""

    def excluded(some: Wishes) -> bool:
        return any(want for _, want in some) and is_conflict(some)

    return _shrunk(wishes, excluded)


def _times(wishes: Wishes, grants: Grants) -> Wishes | None:
    """Parts of a time, each for itself: one true test means that the text is a time."""
    tests = [wish for wish in wishes if isinstance(wish[0], p.TimePart)]
    if not any(want for _, want in tests):
        return None
    first = next(wish for wish in tests if wish[1])
    for part in sorted({_part(wish) for wish in tests}):
        core = _shrunk(tuple(w for w in tests if _part(w) == part), _no_such_part)
        if core is not None:
            return core if any(want for _, want in core) else (first, *core)
    return None


def _part(wish: Wish) -> str:
    return f"{wish[0].part} {wish[0].zone}" if isinstance(wish[0], p.TimePart) else ""


def _no_such_part(wishes: Wishes) -> bool:
    tests = [(test, want) for test, want in wishes if isinstance(test, p.TimePart)]
    if not tests:
        return False
    part = tests[0][0].part
    low = 0 if part in ("minute", "hour") else 1
    high = _PARTS.get(part, 10_000)
    return not any(
        all(_ORDERS[test.op](value, test.value) == want for test, want in tests)
        for value in range(low, high)
    )


def _networks(wishes: Wishes, grants: Grants) -> Wishes | None:
    """Two networks: apart and both wanted, or one inside the other and the larger one not."""
    nets = [(wish, _network(wish[0])) for wish in wishes if isinstance(wish[0], p.Cidr)]
    for one, net in nets:
        for other, wider in nets:
            if one is other or not one[1] or net is None or wider is None:
                continue
            if _inside(net, wider) and not other[1]:
                return (one, other)
            if other[1] and net.version == wider.version and not net.overlaps(wider):
                return (one, other)
    return None


def _network(test: p.Test) -> IPv4Network | IPv6Network | None:
    try:
        return ip_network(test.network, strict=False) if isinstance(test, p.Cidr) else None
    except ValueError:
        return None


def _inside(one: IPv4Network | IPv6Network, other: IPv4Network | IPv6Network) -> bool:
    if isinstance(one, IPv4Network) and isinstance(other, IPv4Network):
        return one.subnet_of(other)
    return isinstance(one, IPv6Network) and isinstance(other, IPv6Network) and one.subnet_of(other)


def _words(wishes: Wishes, grants: Grants) -> Wishes | None:
    """Words within longer words: where the longer stand, the shorter do."""
    tests = [(wish, wish[0].words) for wish in wishes if isinstance(wish[0], p.Words)]
    for one, long in tests:
        for other, short in tests:
            within = any(long[n : n + len(short)] == short for n in range(len(long)))
            if one[1] and not other[1] and within:
                return (one, other)
    return None


def _spellings(wishes: Wishes, grants: Grants) -> Wishes | None:
    """Text that one test fixes up to case: all its spellings are tried."""
    for wish in wishes:
        test, want = wish
        if not (want and isinstance(test, p.Equals)):
            continue
        texts = [str(test.value)] if test.cased else all_forms(str(test.value))
        if texts is not None:
            kept = _failing(wish, wishes, texts, grants)
            if kept is not None:
                return kept
    return None


def _failing(wish: Wish, wishes: Wishes, texts: Sequence[str], grants: Grants) -> Wishes | None:
    rest = tuple(one for one in wishes if one != wish)

    def is_conflict(some: Wishes) -> bool:
        return not any(grants(text, (wish, *some)) for text in texts)

    core = _shrunk(rest, is_conflict)
    return None if core is None else (wish, *core)
