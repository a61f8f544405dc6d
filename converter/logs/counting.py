"""How often one byte stands in others."""

from __future__ import annotations

from collections.abc import Callable


def _left_out(data: bytes, what: bytes, start: int = 0, end: int | None = None) -> int:
    """To leave it out is Python's fastest way of counting."""
    part = data[start:end]
    return len(part) - len(part.replace(what, b""))


try:
    from stringzilla import count as _count
except ImportError:  # no wheel for this machine
    _count = _left_out

count: Callable[..., int] = _count
"""How often a byte stands in the data, or between two places of it."""
