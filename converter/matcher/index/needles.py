"""Probes as needles: texts that native code looks for in one pass, without regular expressions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import product
from types import ModuleType
from typing import Any, NamedTuple

from converter.matcher.index.engines import Hit
from converter.matcher.index.expressions import spelled
from converter.matcher.index.needs import Key, Member, Probe, Text, Value

MOST = 48
"""Needles; more of them would be likely at too many places."""

_LONGEST = 250
_MOST_SLASHES = 3
_BEGINS, _WHOLE, _BARE = range(3)

Values = tuple[tuple[bytes, int], ...]


class Needle(NamedTuple):
    """A number and its text, as the native module wants it (see its stub)."""

    number: int
    text: bytes
    fold: bool = True
    key: bool = False
    values: Values | None = None


class Ends(NamedTuple):
    """How lines begin, whether they end in a return, and the number of those that do not so."""

    begins: tuple[bytes, ...]
    returns: bool
    odd: int


_NO_ENDS = Ends((), False, 0)


class Needles:
    """An engine for needles; it looks at where lines end, too, if it is said how."""

    def __init__(
        self,
        module: ModuleType,
        needles: Sequence[Needle],
        sample: bytes = b"",
        ends: Ends = _NO_ENDS,
    ) -> None:
        self._scan = module.Needles(tuple(needles), sample, *ends).scan

    def scan(self, data: bytes) -> list[Hit]:
        """As Engine says; every needle at every place."""
        found: list[Hit] = self._scan(data, False)[0]
        return found

    def scan_lines(self, data: bytes) -> tuple[list[Hit], int]:
        """The same with what is odd about lines, and how many of them end."""
        found: tuple[list[Hit], int] = self._scan(data, True)
        return found


def needles(number: int, probes: Sequence[Probe]) -> list[Needle]:
    """Needles with this number for the probes of one expression; none where they do not suffice."""
    made = _OF.get(type(probes[0]))
    found = [Needle(number, *one) for one in made(probes)] if made else []
    texts = [text for one in found for text in (one.text, *dict(one.values or ()))]
    return found if all(0 < len(text) <= _LONGEST for text in texts) else []


def _of_text(probes: Sequence[Any]) -> Iterator[tuple[bytes]]:
    yield (probes[0].text.encode(),)


def _of_value(probes: Sequence[Any]) -> Iterator[tuple[bytes]]:
    """A whole string, each of its slashes written in two ways."""
    parts = spelled(probes[0].text).split(b"/")
    if len(parts) <= _MOST_SLASHES + 1:
        for slashes in product((b"/", rb"\/"), repeat=len(parts) - 1):
            pairs = zip(parts, (*slashes, b""), strict=True)
            yield (b'"%b"' % b"".join(part + slash for part, slash in pairs),)


def _of_key(probes: Sequence[Any]) -> Iterator[tuple[bytes, bool, bool]]:
    yield b'%b"' % probes[0].key.encode(), False, True


def _of_members(probes: Sequence[Any]) -> Iterator[tuple[bytes, bool, bool, Values]]:
    values = tuple(dict.fromkeys(one for probe in probes for one in _values(probe)))
    yield b'%b"' % probes[0].key.encode(), False, True, values


def _values(member: Member) -> Iterator[tuple[bytes, int]]:
    text = spelled(member.value)
    if not member.whole:
        yield text, _BEGINS
        return
    yield text + b'"', _WHOLE
    if member.bare:
        yield text, _BARE


_OF: Mapping[type, Callable[[Sequence[Any]], Iterable[tuple[Any, ...]]]] = {
    Text: _of_text,
    Value: _of_value,
    Key: _of_key,
    Member: _of_members,
}
