"""Patterns of text: pieces of text and wildcards in order."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum


class Wildcard(Enum):
    """What a pattern may hold besides text: any run of characters, or exactly one."""

    MANY = "*"
    ONE = "?"

    def __repr__(self) -> str:
        return f"Wildcard.{self.name}"


Pattern = tuple[str | Wildcard, ...]


def tidy(pattern: Iterable[str | Wildcard]) -> Pattern:
    """The pattern with neighbouring texts joined, runs of `*` shortened, `?` before `*`."""
    pieces = tuple(pattern)
    if _is_tidy(pieces):
        return pieces
    out: list[str | Wildcard] = []
    for piece in pieces:
        if piece == "" or (piece is Wildcard.MANY and out and out[-1] is Wildcard.MANY):
            continue
        if isinstance(piece, str) and out and isinstance(out[-1], str):
            out[-1] += piece
        elif piece is Wildcard.ONE and out and out[-1] is Wildcard.MANY:
            out.insert(-1, piece)
        else:
            out.append(piece)
    return tuple(out)


def _is_tidy(pieces: Pattern) -> bool:
    """Whether texts and wildcards alternate, and no text is empty: most patterns do."""
    before: bool | None = None
    for piece in pieces:
        text = isinstance(piece, str)
        if text is before or piece == "":
            return False
        before = text
    return True
