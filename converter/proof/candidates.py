"""Values that a field might hold, guessed from what its tests ask for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from ipaddress import ip_network
from itertools import islice, pairwise, product
from typing import Any

from converter import predicate as p
from converter.errors import Unsupported
from converter.proof.automata import automaton, is_readable
from converter.proof.kinds import Kind
from converter.proof.search import TooLarge, find_text
from converter.regexps.tree import Alt, Chars, Dot, Items, Node, Repeat, cases, read
from converter.time_zones import time_zone

Wish = tuple[p.Test, bool]

_PLAIN = ("x", "0", "", "other", "1", "10.0.0.1")
_FILLERS = ("", "x", "0")
_MOST_FORMS = 64
_MOST_DATES = 1_000
_DATE = {"year": 2024, "month": 5, "day": 15, "hour": 12, "minute": 30}


def candidates(kind: Kind, wishes: Sequence[Wish]) -> Iterator[Any]:
    """Values worth a try, the likeliest first; each may come more than once."""
    if kind == "boolean":
        yield from (True, False)
    elif kind in ("integer", "decimal"):
        yield from _numbers(wishes, kind == "decimal")
    elif kind == "address":
        yield from _addresses(wishes)
    else:
        yield from _texts(wishes)


def forms(text: str) -> Iterator[str]:
    """The text in its usual spellings of case."""
    return iter(dict.fromkeys((text, text.lower(), text.upper(), text.swapcase(), text.title())))


def all_forms(text: str) -> list[str] | None:
    """The text in every spelling of case; None where these are too many."""
    choices = [cases(char) for char in text]
    found = list(islice(map("".join, product(*choices)), _MOST_FORMS + 1))
    return found if len(found) <= _MOST_FORMS else None


def thresholds(wishes: Sequence[Wish]) -> list[int | float]:
    """The numbers that tests compare with."""
    tests = [test for test, _ in wishes if isinstance(test, p.Compare | p.Equals)]
    numbers = [t.value for t in tests if isinstance(t.value, int | float)]
    return sorted({number for number in numbers if not isinstance(number, bool)})


def _numbers(wishes: Sequence[Wish], decimal: bool) -> Iterator[int | float]:
    """Each number named, each space between two of them, and beyond the first and last."""
    named = thresholds(wishes)
    for number in named or [0]:
        whole = int(number)
        yield from (whole, whole + 1, whole - 1)
        if decimal:
            yield from (number, number + 0.5, number - 0.5)
    if decimal:
        yield from ((low + high) / 2 for low, high in pairwise(named))


def _addresses(wishes: Sequence[Wish]) -> Iterator[str]:
    """Each address at which a test can change, on both sides."""
    for test, _ in wishes:
        if isinstance(test, p.Equals | p.Cidr):
            yield from _corners(str(test.value) if isinstance(test, p.Equals) else test.network)
    yield from ("10.0.0.1", "192.0.2.1", "2001:db8::1", "0.0.0.0", "::")


def _corners(network: str) -> Iterator[str]:
    """Addresses at the edges of a network, inside and outside."""
    try:
        net = ip_network(network, strict=False)
    except ValueError:
        return
    yield str(net[1] if net.num_addresses > 2 else net[0])
    yield from (str(net[0]), str(net[-1]))
    for number in (int(net[0]) - 1, int(net[-1]) + 1):
        if 0 <= number < 1 << net.max_prefixlen:
            yield str(type(net[0])(number))


def _texts(wishes: Sequence[Wish]) -> Iterator[Any]:
    wanted = [test for test, want in wishes if want]
    yield from _merged([test for test in wanted if isinstance(test, p.Glob)])
    yield from _dates([test for test, _ in wishes if isinstance(test, p.TimePart)])
    for test in wanted:
        yield from _samples(test)
    if not wanted:
        yield from _PLAIN
    denied = [test for test, want in wishes if not want and not is_readable(test)]
    for test in denied:
        yield from _samples(test)
    if wanted:
        yield from _PLAIN


def _samples(test: p.Test) -> Iterator[Any]:
    if isinstance(test, p.Equals):
        yield from forms(str(test.value))
    elif isinstance(test, p.Glob):
        yield from (form for filler in _FILLERS for form in forms(_filled(test.pattern, filler)))
    elif isinstance(test, p.Compare):
        yield from _around(test)
    elif isinstance(test, p.Cidr):
        yield from _corners(test.network)
    elif isinstance(test, p.Words):
        text = " ".join(test.words)
        yield from (*forms(text), f"x {text} x")
    elif isinstance(test, p.Regex):
        yield from _found(test)


def _filled(pattern: p.Pattern, filler: str) -> str:
    """The pattern with each wildcard filled in; `?` takes one character in any case."""
    return "".join(
        piece if isinstance(piece, str) else filler or ("x" if piece is p.Wildcard.ONE else "")
        for piece in pattern
    )


def _merged(globs: Sequence[p.Glob]) -> Iterator[str]:
    """Texts that fit several patterns at once: starts first, ends last, the rest between."""
    if len(globs) < 2:
        return
    starts = [one for one in globs if one.pattern[0] is not p.Wildcard.MANY]
    ends = [one for one in globs if one not in starts and one.pattern[-1] is not p.Wildcard.MANY]
    middle = [one for one in globs if one not in starts and one not in ends]
    for joint in ("", " ", "x"):
        text = joint.join(_filled(one.pattern, "") for one in (*starts, *middle, *ends))
        yield from forms(text)


def _around(test: p.Compare) -> Iterator[Any]:
    if isinstance(test.value, str):
        yield from (test.value, test.value + "x", test.value[:-1], "", "~")
    else:
        whole = int(test.value)
        yield from map(str, (whole, whole + 1, whole - 1))


def _dates(tests: Sequence[p.TimePart]) -> Iterator[str]:
    """Times with every mixture of the parts that tests name, and of their neighbours."""
    named: dict[str, dict[int, None]] = {}
    for test in tests:
        near = dict.fromkeys((test.value, test.value + 1, test.value - 1))
        named.setdefault(test.part, {}).update(near)
    zone = time_zone(tests[0].zone) if tests and tests[0].zone else UTC
    for week in named.pop("week", {}):
        yield from _in_week(week)
    days = named.pop("weekday", {})
    for values in islice(product(*named.values()), _MOST_DATES if named or days else 0):
        for day in days or (None,):
            yield from _date(_DATE | dict(zip(named, values, strict=True)), day, zone)


def _in_week(value: int) -> Iterator[str]:
    try:
        yield datetime.fromisocalendar(2024, value, 3).strftime("%Y-%m-%dT12:30:00Z")
    except ValueError:
        return


def _date(parts: dict[str, int], weekday: int | None, zone: tzinfo) -> Iterator[str]:
    """The moment of these parts, moved within its week to the weekday where one is named."""
    try:
        moment = datetime(**parts, tzinfo=zone)
        if weekday is not None:
            moment += timedelta(days=weekday - moment.isoweekday())
        yield moment.isoformat().replace("+00:00", "Z")
    except (ValueError, OverflowError):
        return


def _found(test: p.Regex) -> Iterator[str]:
    """Texts in which the expression is found: read off it, then searched for."""
    try:
        items = read(test.pattern, test.flags)
        for last in (False, True):
            yield from forms(_sample(items, last))
    except (Unsupported, RecursionError):
        return
    machine = automaton(test)
    try:
        text = find_text([(machine, True)]) if machine else None
    except TooLarge:
        return
    if text is not None:
        yield from forms(text)


def _sample(items: Items, last: bool) -> str:
    """A short text that the expression takes: of several options the first, or the last."""
    return "".join(_sample_of(node, last) for node in items)


def _sample_of(node: Node, last: bool) -> str:
    if isinstance(node, Alt):
        return _sample(node.options[-1 if last else 0], last)
    if isinstance(node, Repeat):
        return _sample(node.body, last) * (node.low or int(last))
    if isinstance(node, Chars):
        codes = [*(span[-1 if last else 0] for span in node.spans), *map(ord, "x0 -_")]
        return next((chr(code) for code in codes if node.holds(code)), "")
    return "x" if isinstance(node, Dot) else ""
