"""What one member of a record proves of its log source, and which records of a block lack it.

CloudTrail writes `"eventVersion":"1.08"` first, who sorts keys somewhere behind others. A record is
proven where it has the member among its first, before which there are only texts, numbers, words
and objects of such; and where its key stands nowhere else in it, as the last of a key counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from types import ModuleType

from converter.logs import Block
from converter.logs.blocks import AROUND, GAP
from converter.logs.counting import count
from converter.matcher import Event
from converter.matcher.index import Rules
from converter.matcher.index.engines import Engine, engine
from converter.matcher.routing import Known, Route
from converter.scan.tools import Routing

_PLAIN = re.compile(r"[ !#-\[\]-~]{1,60}")
_FEW = 10
_MOST = 50

_CHAR = rb'(?:[^"\\\n]|\\[^\n])'
_TEXT = rb'"%b*"' % _CHAR
_VALUE = rb"(?:%b|[-+.0-9A-Za-z]+)" % _TEXT
_MEMBER = rb"%b\s*:\s*%b" % (_TEXT, _VALUE)
_OBJECT = rb"\{\s*(?:%b\s*(?:,\s*%b\s*)*)?\}" % (_MEMBER, _MEMBER)


@dataclass(frozen=True)
class Proof:
    """A key that proves with each of these values that a record is what all their routes know.

    `begins` are beginnings of records that have it first.
    """

    key: str
    routes: Mapping[str, Route]
    begins: tuple[bytes, ...] = ()
    module: ModuleType | None = field(default=None, compare=False)

    @property
    def known(self) -> Known:
        """What such records are known to be."""
        return next(iter(self.routes.values())).known

    def route(self, event: Event, rules: Rules) -> Route | None:
        """What the event is, if that is proven and these rules are tried on it, whatever else."""
        value = event.get(self.key)
        route = self.routes.get(value) if type(value) is str else None
        return route if route is not None and route.tries.issuperset(rules) else None

    def proves(self, record: bytes) -> bool:
        """Whether the record is proven to be of the log source."""
        return self._begins.match(record) is not None and record.count(self._quoted) == 1

    def unproven(self, block: Block) -> list[int]:
        """The ends of records that are not proven."""
        data = block.data
        if block.ends is not None:
            items = pairwise((0, *block.ends))
            return [end for at, end in items if not self.proves(data[at:end].lstrip(GAP))]
        end = data.rfind(b"\n") + 1
        lines, told = count(data, b"\n"), count(data, self._quoted, 0, end)
        first = sum(count(data, b"\n" + begin, 0, end) for begin in self.begins)
        if first + data.startswith(self.begins) == lines == told:
            return []
        hits = sorted(hit for hit, _ in self._engine.scan(data) if hit < end)
        if len(hits) == lines == told:
            return []
        return self._search(data, end, hits, several=told != len(hits))

    def _search(self, data: bytes, end: int, hits: Sequence[int], *, several: bool) -> list[int]:
        """Behind which line ends are lines that are not hit, or hold the key more than once."""
        found, at, hit = list[int](), 0, iter([*hits, end])
        following = next(hit)
        while at < end:
            stop = data.find(b"\n", at)
            told = following < stop
            if told:
                following = next(hit)
            if not told or (several and count(data, self._quoted, at, stop) > 1):
                found.append(stop + 1)
            at = stop + 1
        return found

    @cached_property
    def _quoted(self) -> bytes:
        return b'"%b"' % self.key.encode()

    @cached_property
    def _values(self) -> bytes:
        return b"|".join(re.escape(value.encode()) for value in self.routes)

    @cached_property
    def _begins(self) -> re.Pattern[bytes]:
        """How records begin; possessive, as Python's expressions try again otherwise."""
        quoted = re.escape(self._quoted)
        other = (rb"%b\s*:\s*(?:%b|%b)\s*,\s*" % (_TEXT, _VALUE, _OBJECT)).replace(b"*", b"*+")
        told = rb'%b\s*:\s*"(?:%b)"' % (quoted, self._values)
        return re.compile(rb"\{\s*(?:(?!%b\s*:)%b)*+%b" % (quoted, other, told))

    @cached_property
    def _engine(self) -> Engine:
        """The same at the beginnings of lines, in the words of all engines."""
        other = rb"%b\s*:\s*(?:%b|%b)\s*,\s*" % (_unlike(self.key), _VALUE, _OBJECT)
        told = rb'%b\s*:\s*"(?:%b)"' % (re.escape(self._quoted), self._values)
        pattern = rb"(?m)^\{\s*(?:%b)*%b" % (other, told)
        return engine([pattern.replace(rb"\s*", rb"[ \t]*")], self.module)


def proof(
    routing: Routing, rows: Sequence[bytes], events: Sequence[Event], module: ModuleType | None
) -> tuple[Proof | None, int]:
    """What proves most of these rows, and how many; the events are theirs."""
    best, most = None, 0
    for key in _keys(routing, events[:_FEW]):
        routes = dict(_routes(routing, key, events))
        if len({route.known for route in routes.values()}) == 1:
            one = Proof(key, routes, _beginnings(key, routes, rows), module)
            proven = sum(map(one.proves, rows))
            if proven > most:
                best, most = one, proven
    return best, most


def _keys(routing: Routing, events: Sequence[Event]) -> list[str]:
    """The keys that with their values alone say what some of the events are."""
    pairs = ((key, value) for event in events for key, value in event.items())
    found = (key for key, value in pairs if _tells(key, value) and routing({key: value}).known)
    return list(dict.fromkeys(found))


def _routes(routing: Routing, key: str, events: Sequence[Event]) -> Iterator[tuple[str, Route]]:
    values = dict.fromkeys(
        event[key] for event in events if key in event and _tells(key, event[key])
    )
    for value in [*values][:_MOST]:
        route = routing({key: value})
        if route.known:
            yield value, route


def _tells(key: str, value: object) -> bool:
    """Whether key and value are plain text, and such an object wraps nothing."""
    plain = type(value) is str and _PLAIN.fullmatch(value) and _PLAIN.fullmatch(key)
    return bool(plain) and key not in AROUND


def _beginnings(key: str, values: Iterable[str], rows: Sequence[bytes]) -> tuple[bytes, ...]:
    """How records with these values begin, as those of the rows do that have the key first."""
    begins = re.compile(rb'(\{\s*+"%b"\s*+:\s*+)"' % re.escape(key.encode()))
    found = {begin[1] for row in rows if (begin := begins.match(row))}
    return tuple(sorted(b'%b"%b"' % (one, value.encode()) for one in found for value in values))


def _unlike(key: str) -> bytes:
    """An expression for every quoted key but this one."""
    rest = rb'%b+"' % _CHAR
    for char in reversed(key.encode()):
        one = re.escape(b"%c" % char)
        rest = rb'(?:"|[^%b"\\\n]%b*"|\\[^\n]%b*"|%b%b)' % (one, _CHAR, _CHAR, one, rest)
    return b'"' + rest
