"""What a full-text query language of Elasticsearch asks of fields, and how answers are joined.

Lucene and KQL are written once against it; one implementation finds documents, one makes
predicates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Bounds:
    """The two ends of a range as text; an end that is None is open."""

    low: str | None
    high: str | None
    with_low: bool = True
    with_high: bool = True


class Algebra(Protocol[T]):
    """Answers of type T. Where all fields are asked at once the name of the field may be empty.

    An answer None is "nothing was asked": analysis left no word. Tests raise QueryError where the
    field's type does not take the text.
    """

    def all_of(self, parts: Sequence[T]) -> T:
        """What fits every part; everything, where there is none."""

    def any_of(self, parts: Sequence[T]) -> T:
        """What fits some part; nothing, where there is none."""

    def negate(self, part: T) -> T:
        """What does not fit."""

    def targets(self, field: str | None) -> Sequence[str]:
        """The fields that a name, perhaps with `*`, stands for; None stands for all."""

    def match(self, field: str, text: str, every: bool) -> T | None:
        """A whole value, or on analysed text some (`every`: each) of the words."""

    def phrase(self, field: str, text: str, slop: int) -> T | None:
        """A whole value, or on analysed text the words in sequence."""

    def prefix(self, field: str, text: str) -> T:
        """The start of a value or word."""

    def analysed_prefix(self, field: str, text: str, every: bool) -> T | None:
        """As `match`, the last word of analysed text being the start of one."""

    def wildcard(self, field: str, pattern: str) -> T:
        """A value or word by `*`, `?` and backslash escapes."""

    def regexp(self, field: str, regexp: str) -> T:
        """A value or word by a regular expression of Lucene."""

    def fuzzy(self, field: str, text: str, edits: int) -> T:
        """A value or word within so many edits."""

    def range(self, field: str, bounds: Bounds) -> T:
        """A value or word in an order."""

    def exists(self, field: str) -> T:
        """Any value, also of a field below."""
