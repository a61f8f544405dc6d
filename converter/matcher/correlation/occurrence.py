"""What correlations work on: events that matched a rule, and matches of other correlations."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, cast

import orjson

from converter.matcher.fields import Event


class Place(NamedTuple):
    """Where something stands in time: microseconds since 1970, then the order of arrival."""

    time: int
    order: int


BEFORE_ALL = Place(-(2**63), 0)


@dataclass(frozen=True, slots=True, eq=False)
class Occurrence:
    """An event that matched rules, or the match of a correlation or first-seen rule.

    Of a match, `parts` are what it is made of in order, each with the step (the place in the rule's
    list) that it stands for, `key` the values of its group; all else is that of its last part.
    `stored` is the event, or its JSON, which takes less room. `written` is the time as the event
    states it. `before` is the match that began what still holds:
    this one is not new then, and its parts are only what came to it now.
    """

    place: Place
    stored: Event | bytes
    file: str
    record: int
    written: str | None
    parts: tuple[tuple[Occurrence, int], ...] = ()
    key: tuple[str, ...] = ()
    before: Occurrence | None = None

    @property
    def event(self) -> Event:
        """The event, or that of the last part."""
        stored = self.stored
        return cast(Event, orjson.loads(stored)) if isinstance(stored, bytes) else stored

    def events(self) -> list[Event]:
        """The events of a match, each once, in order of time."""
        return [one.event for one in sorted(self.single(), key=lambda one: one.place)]

    def single(self) -> Iterator[Occurrence]:
        """The events that a match is made of, each once, in no order."""
        found: dict[int, Occurrence] = {}
        stack = [self]
        while stack:
            one = stack.pop()
            if id(one) not in found:
                found[id(one)] = one
                stack.extend(part for part, _ in one.parts)
                stack.extend(() if one.before is None else (one.before,))
        return (one for one in found.values() if not one.parts)


Row = tuple[str, ...]
RowReader = Callable[[Occurrence], list[Row]]


def packed(event: Event) -> Event | bytes:
    """An event as JSON; itself where JSON would read otherwise, as numbers beyond 64 bits do."""
    try:
        return bytes(memoryview(orjson.dumps(event)))  # a copy, as orjson gives more room than used
    except orjson.JSONEncodeError:
        return event


@dataclass(frozen=True, slots=True)
class Entry:
    """What one moment adds to a group: occurrences, each with its step, and their values."""

    place: Place
    found: tuple[tuple[Occurrence, int], ...]
    rows: tuple[Row, ...]


def match_of(
    entries: list[Entry], key: Row, place: Place, before: Occurrence | None = None
) -> Occurrence:
    """The match made of these entries, completed at this place; `before` as in `Occurrence`."""
    parts = tuple(part for entry in entries for part in entry.found)
    last = parts[-1][0]
    return Occurrence(place, last.stored, last.file, last.record, last.written, parts, key, before)
