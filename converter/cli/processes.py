"""A process that does one thing for this one, and a connection to it."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any


def begun(does: Callable[..., None], *what: object) -> tuple[BaseProcess, Connection] | None:
    """A process that does this, given its end of a connection and what follows; ours beside it.

    None where the system lends no processes. It ends with this one at the latest.
    """
    ways = multiprocessing.get_all_start_methods()
    try:
        context: Any = multiprocessing.get_context("fork" if "fork" in ways else None)
        ours, theirs = context.Pipe()
        process = context.Process(target=does, args=(theirs, *what), daemon=True)
        process.start()
    except (ImportError, NotImplementedError, OSError):
        return None
    theirs.close()
    return process, ours
