"""Records that are alike in all that their rules read, so that what matched one matches the others.

A record of which so much is seen at a glance is not decoded, and its rules are not run.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from converter.logs import Record
from converter.logs.decoding import decode
from converter.logs.glance import Glance, Seen, glance
from converter.logs.lines import one_line
from converter.matcher import Event
from converter.matcher.index import Rules
from converter.matcher.routing import Route

_ROOM = 4 << 20
_TRIES = 500
_FEW = 16


class Reads(NamedTuple):
    """The paths of an event on whose values a rule depends, and those of its time, in order."""

    paths: frozenset[str]
    time: tuple[str, ...]


Matched = tuple[Route | None, Rules]
"""What a record is, if that is proven, and the numbers of the rules that match it."""


@dataclass(slots=True)
class Alike:
    """For some rules what matched of them, by what records hold. It ends where few are alike."""

    rules: Rules
    route: Callable[[Event, Rules], Route | None]
    glance: Glance
    known: dict[Hashable, Matched] = field(default_factory=dict)
    _looks: int = 0
    _vain: int = 0
    _size: int = 0

    def look(self, raw: bytes) -> tuple[Hashable, Seen] | None:
        """What the record holds, as far as it matters here; None where it has to be decoded."""
        if len(raw) > _ROOM or (self._vain > _TRIES and 2 * self._vain > self._looks):
            return None
        self._looks += 1
        found = self.glance(raw)
        self._vain += found is None
        return found

    def remember(self, what: Hashable, matched: Matched, size: int) -> None:
        """What records match that are like one of this size, of which no more is held."""
        self._vain += 1
        self._size += size
        if self._size > _ROOM:
            self.known.clear()
            self._size = size
        self.known[what] = matched


@dataclass(slots=True)
class Glanced:
    """A line that is a record, and was only looked at; its event is decoded when it is wanted."""

    alike: Alike
    what: Hashable
    seen: Seen
    raw: bytes
    file: str
    number: int

    @property
    def event(self) -> dict[str, Any]:
        """Its event, decoded anew each time."""
        event: dict[str, Any] = decode(self.raw)
        return event

    @property
    def line(self) -> bytes:
        """As `Record.line`; that it is an object was seen."""
        return one_line(self.raw)

    def record(self) -> Record:
        """The same, decoded."""
        return Record(self.event, self.file, self.number, self.raw)

    @property
    def time(self) -> str | None:
        """Its time, as `time_reader` finds it in a record without numbers there."""
        return self.alike.glance.text(self.seen)


def alike(
    rules: Rules,
    reads: Callable[[int], Reads | None],
    route: Callable[[Event, Rules], Route | None],
    keys: Iterable[str],
) -> Alike | None:
    """For these rules, if they read little that is simple; what `route` says depends on `keys`."""
    if not 0 < len(rules) <= _FEW:
        return None
    found = [one for rule in rules if (one := reads(rule)) is not None]
    if len(found) < len(rules) or len({one.time for one in found}) > 1:
        return None
    made = glance({*keys}.union(*(one.paths for one in found)), found[0].time)
    return Alike(rules, route, made) if made else None
