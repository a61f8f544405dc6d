"""Where an event can hold a field."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Under:
    """A field by its own name below any of several objects of the event.

    `roots` are paths to these objects, tried in order; a step `*` stands for every key. `named` are
    paths to lists of named values, such as `{"@Name": "Image", "#text": "a.exe"}`, tried last.
    """

    name: str
    roots: tuple[str, ...]
    named: tuple[str, ...] = ()


Path = str | Under
"""A path of the event, dotted; or a field below roots."""
