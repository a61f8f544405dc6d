"""Where an event can hold a field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Under:
    """A field by its own name below any of several objects of the event.

    `roots` are paths to these objects, tried in order; a step `*` stands for every key. `named` are
    paths to lists of named values, such as `{"@Name": "Image", "#text": "a.exe"}`, tried last.
    """

    NAMES: ClassVar = ("@Name", "Name", "name", "#attributes")
    VALUES: ClassVar = ("#text", "text", "Value", "value", "$")

    name: str
    roots: tuple[str, ...]
    named: tuple[str, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        """The paths at the end of which the value stands, whatever is above them."""
        return (self.name, *self.VALUES) if self.named else (self.name,)


Path = str | Under
"""A path of the event, dotted; or a field below roots."""
