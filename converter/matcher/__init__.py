"""The native matcher: a predicate becomes a function from an event to true or false."""

from __future__ import annotations

from converter.matcher.fields import Event, Paths
from converter.matcher.program import EventTest, compile_predicate

__all__ = ["Event", "EventTest", "Paths", "compile_predicate"]
