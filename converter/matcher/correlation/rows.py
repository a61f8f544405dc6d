"""What correlations group and count by: rows of texts that an occurrence has in some fields.

All that reads them can be pickled, so that a plan can be kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice, product
from typing import Any

from converter.matcher.correlation.occurrence import Occurrence, Row, RowReader
from converter.matcher.fields import Event, reader
from converter.matcher.text import wide_text
from converter.paths import Path


class Texts:
    """The values of a field as text, none for null, a missing key and what stands for `absent`."""

    def __init__(self, paths: tuple[Path, ...], absent: frozenset[str] = frozenset()) -> None:
        self._paths, self._absent = paths, absent
        self._read = reader(paths)

    def __call__(self, event: Event) -> list[str]:
        """The texts of one event, in order."""
        found = (wide_text(value) for value in self._read(event) or ())
        return [text for text in found if text is not None and text not in self._absent]

    def __reduce__(self) -> tuple[Any, ...]:
        return Texts, (self._paths, self._absent)


@dataclass(frozen=True, slots=True)
class Combined:
    """Rows of an event's fields, each value with each, at most so many.

    `first`: what comes are matches of a first-seen rule, and the event is the one they are made of.
    """

    reads: tuple[Texts, ...]
    most: int
    first: bool

    def __call__(self, one: Occurrence) -> list[Row]:
        """The rows of one occurrence."""
        event = one.parts[0][0].event if self.first and one.parts else one.event
        return list(islice(product(*(read(event) for read in self.reads)), self.most))


@dataclass(frozen=True, slots=True)
class OfMatch:
    """Rows of a correlation's match.

    `grouped` says for each field which part of the key holds it; where none does (-1), `inner` has
    for each rule what reads the fields of its events.
    """

    grouped: tuple[int, ...]
    inner: Sequence[RowReader]

    def __call__(self, one: Occurrence) -> list[Row]:
        """The rows of one match."""
        if not self.inner:
            return [tuple(one.key[at] for at in self.grouped)]
        found = (row for part, step in one.parts for row in self.inner[step](part))
        return [self._filled(one.key, row) for row in found]

    def _filled(self, key: Row, row: Row) -> Row:
        rest = iter(row)
        return tuple(key[at] if at >= 0 else next(rest) for at in self.grouped)


def one_empty_row(one: Occurrence) -> list[Row]:
    """Without fields all occurrences are alike."""
    return [()]


def no_rows(one: Occurrence) -> list[Row]:
    """What is not asked for."""
    return []
