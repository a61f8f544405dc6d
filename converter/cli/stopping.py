"""Ctrl-C and SIGTERM end a scan between two of its results, so that none is written in part."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TypeVar

Result = TypeVar("Result")


class Stop:
    """What was asked for: `signal` is 0, or the number of the signal that asks for an end."""

    def __init__(self) -> None:
        self.signal = 0
        self._busy = False

    @property
    def exit_code(self) -> int:
        """As a shell shows the end by this signal."""
        return 128 + (self.signal or signal.SIGINT)

    @contextmanager
    def noticed(self) -> Iterator[None]:
        """While this lasts, the signals raise KeyboardInterrupt. In a thread they go their way."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {one: signal.signal(one, self._take) for one in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)

    def each(self, results: Iterable[Result], take: Callable[[Result], None]) -> None:
        """Takes one result after another; a signal raises between two of them."""
        for result in results:
            self._busy = True
            take(result)
            self._busy = False
            if self.signal:
                raise KeyboardInterrupt

    def _take(self, number: int, _frame: FrameType | None) -> None:
        self.signal = self.signal or number
        if not self._busy:
            raise KeyboardInterrupt
