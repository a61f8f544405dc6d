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
"""Needles that are tried; of more it would take long to find out where to look for them."""

_LIKELY = 1 / 30

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


Spot = tuple[int, int, int, list[Hit] | None]
"""How many records stand between this and the last one, where it begins and ends, and its hits.

None where one of them says that the record may be anything.
"""


class Needles:
    """An engine for needles, `scan`; and `lines`, for records that are lines.

    That tells the lines to be looked at, with `ends` also those that begin or end otherwise; how
    many lines there are, and how many may be anything. It takes hits of other engines, too. It
    `pays` where regular expressions would be slower, in data such as the sample.
    """

    def __init__(
        self,
        module: ModuleType,
        needles: Sequence[Needle],
        sample: bytes = b"",
        ends: Ends = _NO_ENDS,
    ) -> None:
        made = module.Needles(tuple(needles), sample, *ends)
        self.pays = made.likely <= _LIKELY
        self.scan: Callable[[bytes], list[Hit]] = made.scan
        self.lines: Callable[[bytes, list[Hit]], tuple[list[Spot], int, int]] = made.lines


def needles_of(number: int, probes: Sequence[Probe]) -> list[Needle]:
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
