"""Unpacking in a thread of its own, beside who takes what it gives.

What unpacks and what looks through plain bytes work without Python's lock, so that both go on at
once. Only the taker's thread reads packed bytes: nothing for which the other one waits can be late
when it is to end, and it has ended before the taker goes on.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from queue import SimpleQueue
from threading import Thread

ENOUGH = 3 << 18
"""Plain bytes up to which there is no thread; a first full piece of a MiB has as many."""

_ROOM = 8
"""Pieces that may wait for the taker; a large one counts for each MiB of it."""

Unpack = Callable[[Iterator[bytes]], Iterator[bytes]]


def beside(unpack: Unpack, chunks: Iterator[bytes], ready: Callable[[], bool]) -> Iterator[bytes]:
    """What `unpack` makes of these chunks, and what it raises, in order.

    It must take a chunk only when it has given all that came before. While `ready` says that the
    next chunk is there, it is read before it is needed; else when all before it has been taken.
    """
    feed = _Feed(chunks)
    pieces, size = unpack(feed), 0
    for piece in pieces:
        size += len(piece)
        if size >= ENOUGH and cores() > 1:
            yield from _Beside(pieces, feed).take(piece, chunks, ready)
            return
        yield piece


def cores() -> int:
    """How many cores this process may use. With one, a thread only costs."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Feed:
    """Chunks from one source, later from another."""

    def __init__(self, source: Iterator[bytes]) -> None:
        self.source = source

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        return next(self.source)


class _Wanted:
    """In the place of a piece: all that the chunks hold is given."""


_WANTED = _Wanted()


class _Beside:
    """A thread that goes through the pieces. No queue ever lets the taker's thread wait to put."""

    def __init__(self, pieces: Iterator[bytes], feed: _Feed) -> None:
        self._pieces, self._feed = pieces, feed
        self._packed = SimpleQueue[bytes | Exception | None]()
        self._given = SimpleQueue[bytes | _Wanted | BaseException | None]()
        self._room = SimpleQueue[None]()
        self._stopped = False

    def take(
        self, first: bytes, chunks: Iterator[bytes], ready: Callable[[], bool]
    ) -> Iterator[bytes]:
        """This piece and all others. When it is closed or raises, the thread has ended."""
        thread = Thread(target=self._run, daemon=True)
        self._feed.source = self._asked()
        self._allow(_ROOM)
        try:
            thread.start()
            yield first
            yield from self._taken(chunks, ready)
        finally:
            self._stopped = True
            self._packed.put(None)
            self._allow(_ROOM)
            if thread.ident is not None:
                thread.join()

    def _taken(self, chunks: Iterator[bytes], ready: Callable[[], bool]) -> Iterator[bytes]:
        unread, more = 1, True
        while True:
            while more and (not unread or (unread == 1 and ready())):
                more = self._feed_one(chunks)
                unread += 1
            piece = self._given.get()
            if isinstance(piece, bytes):
                self._allow(_shares(piece))
                yield piece
            elif isinstance(piece, _Wanted):
                unread -= 1
            elif piece is None:
                return
            else:
                raise piece

    def _feed_one(self, chunks: Iterator[bytes]) -> bool:
        """Gives the thread the next chunk, or what reading it raises; whether more may follow."""
        chunk: bytes | Exception | None
        try:
            chunk = next(chunks, None)
        except Exception as error:  # noqa: BLE001  it is raised again behind all that came before
            chunk = error
        self._packed.put(chunk)
        return isinstance(chunk, bytes)

    def _allow(self, shares: int) -> None:
        for _ in range(shares):
            self._room.put(None)

    def _run(self) -> None:
        try:
            for piece in self._pieces:
                for _ in range(_shares(piece)):
                    self._room.get()
                if self._stopped:
                    return
                self._given.put(piece)
            self._given.put(None)
        except BaseException as error:  # noqa: BLE001  the taker's thread raises it
            self._given.put(error)

    def _asked(self) -> Iterator[bytes]:
        while True:
            self._given.put(_WANTED)
            chunk = self._packed.get()
            if chunk is None:
                return
            if isinstance(chunk, Exception):
                raise chunk
            yield chunk


def _shares(piece: bytes) -> int:
    """How much of the room it takes up."""
    return min(_ROOM, 1 + (len(piece) >> 20))
