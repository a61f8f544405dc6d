"""All parts of the logs, one after another or by several processes; results in the same order."""

from __future__ import annotations

import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from typing import BinaryIO

from converter.logs.parts import Part, parts
from converter.logs.records import Reject
from converter.scan import Stage, finished, kept
from converter.scan.results import Match, Row, Summary
from converter.scan.sieve import LEARNED
from converter.scan.work import Before, Done, Found, Work

_AHEAD = 3
"""Parts for each process that may be done before their turn has come."""

_work: list[Work] = []


class Crew:
    """A scan of parts. `before` and `done` tell how far it has come; a caller may go on from there.

    `done` counts the items (parts, and rejects between them) of which all results were taken;
    `behind` is called after each.
    """

    def __init__(
        self, work: Work, stage: Stage | None, summary: Summary, jobs: int, stdin: BinaryIO | None
    ) -> None:
        self._work, self._stage, self._summary = work, stage, summary
        self._jobs = jobs if "fork" in multiprocessing.get_all_start_methods() else 1
        self._stdin = stdin
        self.before = Before()
        self.done = 0
        self.behind: Callable[[], None] = lambda: None
        self.bytes = 0
        stateful = stage.rules.values() if stage else ()
        summary.expect((*(one.rule for one in work.compiled), *stateful))

    def items(self, places: Sequence[str]) -> list[Part | Reject]:
        """The parts of the logs at these places, and what of them cannot be read."""
        return list(parts(places, LEARNED))

    def scan(self, items: Iterable[Part | Reject]) -> Iterator[Row | Reject]:
        """Everything found, in order; the matches of rules over several events as decided."""
        rest = deque(items)
        while rest and (self._jobs < 2 or len(rest) < 2 or not self._ready()):
            yield from self._here(rest.popleft())
        if rest:
            with _processes(self._jobs, self._work) as pool:
                yield from self._elsewhere(pool, rest)

    def finish(self) -> Iterator[Row | Reject]:
        """What is decided when there are no more records."""
        if self._stage is not None:
            for one in finished(self._stage, self._work.times, self._summary):
                yield one.row()

    def _ready(self) -> bool:
        """Whether other processes can go on: what there is to learn must be learned before."""
        sieve = self._work.sieve
        if sieve is not None and sieve.learned:
            sieve.settle()
        return sieve is None or sieve.learned

    def _here(self, item: Part | Reject) -> Iterator[Row | Reject]:
        if isinstance(item, Reject):
            yield from self._reject(item)
            return
        self.before.enter(item)
        done = Done(item)
        try:
            for found in self._work.run(item, done, self._stdin):
                yield from self._settled(found)
        finally:
            self._counted(done)
        self._leave(done)

    def _elsewhere(
        self, pool: ProcessPoolExecutor, items: Iterable[Part | Reject]
    ) -> Iterator[Row | Reject]:
        waiting: deque[Future[Done] | Reject | Part] = deque()
        for item in items:
            sent = isinstance(item, Part) and not item.file.is_stdin
            waiting.append(pool.submit(_done, item) if sent and isinstance(item, Part) else item)
            if len(waiting) > self._jobs * _AHEAD:
                yield from self._taken(waiting.popleft())
        while waiting:
            yield from self._taken(waiting.popleft())

    def _taken(self, item: Future[Done] | Reject | Part) -> Iterator[Row | Reject]:
        if not isinstance(item, Future):
            yield from self._here(item)
            return
        done = item.result()
        self.before.enter(done.part)
        for found in done.found:
            yield from self._settled(found)
        self._counted(done)
        self._leave(done)

    def _settled(self, found: Found) -> Iterator[Row | Reject]:
        rows, hits = self.before.placed(found)
        yield from rows
        if hits and self._stage is not None:
            for one in kept(self._stage.take(hits), self._work.times, self._summary):
                yield one.row() if isinstance(one, Match) else one

    def _reject(self, reject: Reject) -> Iterator[Reject]:
        self._summary.reject(reject)
        yield reject
        self.done += 1
        self.behind()

    def _counted(self, done: Done) -> None:
        for rejected in done.summary.rejects.values():
            rejected.first = self.before.reject(rejected.first)
        self._summary.add(done.summary)

    def _leave(self, done: Done) -> None:
        self.before.leave(done)
        self.done += 1
        self.bytes += done.part.size
        self.behind()


def _done(part: Part) -> Done:
    done = Done(part)
    done.found = list(_work[0].run(part, done))
    return done


@contextmanager
def _processes(jobs: int, work: Work) -> Iterator[ProcessPoolExecutor]:
    """So many processes, which know the work already."""
    _work[:] = [work]
    pool = ProcessPoolExecutor(jobs, multiprocessing.get_context("fork"), _patient)
    try:
        yield pool
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        _work.clear()


def _patient() -> None:
    """Ctrl-C is for the first process, which ends the others."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
