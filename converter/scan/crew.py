"""All parts of the logs, one after another or by several processes; results in the same order."""

from __future__ import annotations

import os
import struct
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from mmap import mmap
from typing import BinaryIO, cast

from converter.logs.parts import Part, parts
from converter.logs.records import Reject
from converter.matcher import Event
from converter.matcher.routing import Route
from converter.scan import Stage, finished
from converter.scan.meeting import kept
from converter.scan.results import Row, Summary
from converter.scan.sieve import LEARNED
from converter.scan.work import Before, Done, Found, Tally, Work

_KEPT = 16 << 20

Results = Sequence[Row | Reject]


class Crew:
    """A scan of parts. `before` and `done` tell how far it has come; a caller may go on from there.

    `done` counts the items (parts, and rejects between them) of which all results were taken,
    `bytes` what these hold; `behind` is called after each, `waiting` before standard input is
    read on, which may last.
    """

    def __init__(
        self, work: Work, stage: Stage | None, summary: Summary, jobs: int, stdin: BinaryIO | None
    ) -> None:
        self._work, self._stage, self._summary = work, stage, summary
        self._jobs = jobs if hasattr(os, "fork") else 1
        self._stdin = cast(BinaryIO, _Awaited(stdin, self)) if stdin else None
        self.waiting: Callable[[], None] = lambda: None
        self.before = Before()
        self.done = 0
        self.behind: Callable[[], None] = lambda: None
        self.bytes = 0
        shared = mmap(-1, (self._jobs + 1) * struct.calcsize("q"))
        self._shared = memoryview(shared).cast("q")
        self._tallies = [Tally(self._shared, place) for place in range(self._jobs + 1)]
        stateful = stage.rules.values() if stage else ()
        summary.expect((*(one.rule for one in work.compiled), *stateful))
        _keep_memory()

    @property
    def read(self) -> int:
        """How many bytes of the logs were read by now, by all processes."""
        return sum(self._shared)

    @property
    def routing(self) -> Callable[[Event], Route] | None:
        """What events are routed by."""
        return self._work.routing

    def go_on(self, done: int, size: int) -> None:
        """So many items, with so many bytes, were done in an earlier run."""
        self.done, self.bytes = done, size
        self._tallies[0].add(size)

    def items(self, places: Sequence[str]) -> list[Part | Reject]:
        """The parts of the logs at these places, and what of them cannot be read."""
        return list(parts(places, LEARNED))

    def scan(self, items: Iterable[Part | Reject]) -> Generator[Results, None, None]:
        """Everything found, in order; the matches of rules over several events as decided."""
        rest = deque(items)
        while rest and (self._jobs < 2 or len(rest) < 2 or not self._ready()):
            yield from self._here(rest.popleft())
        if rest:
            yield from self._elsewhere(rest)

    def finish(self) -> Iterator[Results]:
        """What is decided when there are no more records."""
        if self._stage is not None:
            for one in finished(self._stage, self._work.times, self._summary):
                yield [one.row()]

    def _ready(self) -> bool:
        """Whether other processes can go on: what there is to learn must be learned before."""
        sieve = self._work.sieve
        if sieve is not None and sieve.learned:
            sieve.settle()
        return sieve is None or sieve.learned

    def _here(self, item: Part | Reject) -> Iterator[Results]:
        if isinstance(item, Reject):
            yield from self._reject(item)
            return
        self.before.enter(item)
        done = Done(item)
        try:
            for found in self._work.run(item, done, self._stdin, self._tallies[0].add):
                yield from self._settled(found)
        finally:
            self._counted(done)
        self._tallies[0].settle(item)
        self._leave(done)

    def _elsewhere(self, items: Iterable[Part | Reject]) -> Iterator[Results]:
        """Parts by other processes; the rest, such as standard input, between them, by this one."""
        rest = list(items)
        sent = [one for one in rest if isinstance(one, Part) and not one.file.is_stdin]
        numbers = {id(part): number for number, part in enumerate(sent)}
        # Imported here: one process needs nothing of what several need.
        from converter.scan.hands import Hands  # noqa: PLC0415

        with Hands(self._work, sent, self._tallies[1:]) as hands:
            for item in rest:
                if isinstance(item, Part) and id(item) in numbers:
                    yield from self._taken(item, hands.found(numbers[id(item)]))
                else:
                    yield from self._here(item)

    def _taken(self, part: Part, results: Iterable[Found | Done]) -> Iterator[Results]:
        self.before.enter(part)
        done = Done(part)
        try:
            for found in results:
                if isinstance(found, Done):
                    done = found
                else:
                    done.take(found)
                    yield from self._settled(found)
        finally:
            self._counted(done)
        self._leave(done)

    def _settled(self, found: Found) -> Iterator[Results]:
        results, hits = self.before.placed(found)
        yield results
        if hits and self._stage is not None:
            found_later = kept(self._stage.take(hits), self._work.times, self._summary)
            yield [one.row() for one in found_later]

    def _reject(self, reject: Reject) -> Iterator[Sequence[Reject]]:
        self._summary.reject(reject)
        yield [reject]
        self.done += 1
        self.behind()

    def _counted(self, done: Done) -> None:
        done.count()
        for rejected in done.summary.rejects.values():
            rejected.first = self.before.reject(rejected.first)
        self._summary.add(done.summary)

    def _leave(self, done: Done) -> None:
        self.before.leave(done)
        self.done += 1
        self.bytes += done.part.size
        self.behind()


def _keep_memory() -> None:
    """Makes glibc keep what is freed, for blocks come and go by the megabyte.

    It takes the size of a block that is freed for one that comes again (mallopt(3), on
    M_MMAP_THRESHOLD). This one is never written to, so it takes up nothing.
    """
    bytes(_KEPT)


class _Awaited:
    """Standard input that says when it is read on."""

    def __init__(self, stream: BinaryIO, crew: Crew) -> None:
        self._stream, self._crew = stream, crew

    def read(self, size: int = -1) -> bytes:
        self._crew.waiting()
        return self._stream.read(size)

    def read1(self, size: int = -1) -> bytes:
        self._crew.waiting()
        read = getattr(self._stream, "read1", self._stream.read)
        return cast(bytes, read(size))

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)
