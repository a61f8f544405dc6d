"""Processes that scan parts of logs and send what they find bit by bit, so that none holds much.

They end when the process that started them does, however it ended.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, cast

from converter.errors import LogError
from converter.logs import Reject
from converter.logs.parts import Part
from converter.scan.results import Row
from converter.scan.work import Done, Found, Tally, Work

_ROOM = 32 << 20
"""Bytes that may wait for their turn; parts behind the one that is wanted then stand still."""

_BATCH = 256 << 10
"""Bytes of events sent at once."""

_FOUND, _DONE = b"+", b"."
_ENDING = (signal.SIGINT, signal.SIGTERM)


class Hands:
    """So many processes for these parts; use it with `with`."""

    def __init__(self, work: Work, parts: Sequence[Part], tallies: Sequence[Tally]) -> None:
        self._work, self._tallies = work, tallies
        self._todo = deque(enumerate(parts))
        self._processes: list[BaseProcess] = []
        self._idle: list[Connection] = []
        self._busy: dict[Connection, int] = {}
        self._held: dict[int, deque[bytes]] = {}
        self._size = 0

    def __enter__(self) -> Hands:
        # A signal between the fork and _serve would run a handler of the first process in the new
        # one, where it can be lost: until then it waits.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
        try:
            try:
                for tally in self._tallies[: len(self._todo)]:
                    self._begin(tally, before)
            finally:
                signal.pthread_sigmask(signal.SIG_SETMASK, before)
        except BaseException:
            self.__exit__()
            raise
        return self

    def _begin(self, tally: Tally, mask: Iterable[int]) -> None:
        context: Any = multiprocessing.get_context("fork")
        ours, theirs = context.Pipe()
        mine = (*self._idle, ours)
        process = context.Process(target=_serve, args=(theirs, mine, self._work, tally, mask))
        process.daemon = True
        process.start()
        theirs.close()
        self._processes.append(process)
        self._idle.append(ours)

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.join()

    def found(self, number: int) -> Iterator[Found | Done]:
        """What is found in the part of this number, then its end; ask for one after another.

        Raises LogError where a process has ended early.
        """
        held = self._held.setdefault(number, deque())
        while True:
            self._hand_out(number)
            self._receive(number, patient=not held)
            if not held:
                continue
            message = held.popleft()
            self._size -= len(message)
            if message.startswith(_DONE):
                del self._held[number]
                yield cast(Done, pickle.loads(message[1:]))
                return
            yield from cast(list[Found], pickle.loads(message[1:]))

    def _hand_out(self, wanted: int) -> None:
        while self._idle and self._todo:
            number, part = self._todo[0]
            if number > wanted and self._size > _ROOM:
                return
            self._todo.popleft()
            connection = self._idle.pop(0)
            self._busy[connection] = number
            self._held.setdefault(number, deque())
            try:
                connection.send(part)
            except OSError:
                raise _ended() from None

    def _receive(self, wanted: int, *, patient: bool) -> None:
        """Takes what has been sent; while too much waits, only what is wanted."""
        full = self._size > _ROOM
        listened = [one for one, number in self._busy.items() if number == wanted or not full]
        for ready in cast(list[Connection], wait(listened, None if patient else 0)):
            try:
                message = ready.recv_bytes()
            except (EOFError, OSError):
                raise _ended() from None
            self._held[self._busy[ready]].append(message)
            self._size += len(message)
            if message.startswith(_DONE):
                del self._busy[ready]
                self._idle.append(ready)


def _ended() -> LogError:
    what = "a process that scans has ended early"
    return LogError(what, next_step="run with -j 1, and with more memory")


def _serve(
    connection: Connection,
    others: Sequence[Connection],
    work: Work,
    tally: Tally,
    mask: Iterable[int],
) -> None:
    """Scans what comes until nothing more does. Ctrl-C is for the first process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    for other in others:
        other.close()
    threading.Thread(target=_watch, daemon=True).start()
    try:
        while True:
            _scan(connection.recv(), work, tally, connection.send_bytes)
    except (EOFError, OSError):
        return


def _watch() -> None:
    """Ends this process when the first one has ended."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)


def _scan(part: Part, work: Work, tally: Tally, send: Callable[[bytes], object]) -> None:
    done, batch, size = Done(part), list[Found](), 0
    for found in work.run(part, done, count=tally.add):
        batch.append(found)
        size += _size(found)
        if size >= _BATCH:
            send(_FOUND + pickle.dumps(batch, pickle.HIGHEST_PROTOCOL))
            batch, size = [], 0
    if batch:
        send(_FOUND + pickle.dumps(batch, pickle.HIGHEST_PROTOCOL))
    tally.settle(part)
    send(_DONE + pickle.dumps(done, pickle.HIGHEST_PROTOCOL))


def _size(found: Found) -> int:
    """About how many bytes are sent for it."""
    rows, hits = found
    sizes = (len(one.event) if isinstance(one, Row) else _reject_size(one) for one in rows)
    return sum(sizes) + 1000 * len(hits) + 100


def _reject_size(reject: Reject) -> int:
    return len(reject.whole)
