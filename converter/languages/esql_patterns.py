"""LIKE and RLIKE as tests of one text, compiled once."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from converter import predicate as p

_ANYTHING = re.compile(r"(?:\(*(?:\.\*|@)\)*)+")


@lru_cache(maxsize=4096)
def glob_matcher(pattern: p.Pattern) -> Callable[[str], bool]:
    """Whether a whole text fits the pattern, with case. The leftmost fit of each part serves."""
    first, *rest = _parts(pattern)
    if not rest:
        return lambda text: first.fullmatch(text) is not None
    *middle, last = rest
    end = re.compile(rf"(?:{last.pattern})\Z", re.DOTALL)

    def fits(text: str) -> bool:
        found = first.match(text)
        for part in middle:
            found = found and part.search(text, found.end())
        return found is not None and end.search(text, found.end()) is not None

    return fits


def _parts(pattern: p.Pattern) -> list[re.Pattern[str]]:
    """The pieces between the `*`, each of one length."""
    parts = [""]
    for piece in pattern:
        if piece is p.Wildcard.MANY:
            parts.append("")
        else:
            parts[-1] += "." if isinstance(piece, p.Wildcard) else re.escape(piece)
    return [re.compile(part, re.DOTALL) for part in parts]


def fits_anything(pattern: str, regexp: bool) -> bool:
    """Whether a pattern of LIKE or RLIKE fits every text: the engine then asks for existence."""
    if regexp:
        return _ANYTHING.fullmatch(pattern) is not None
    return bool(pattern) and not pattern.strip("*")


def only_wildcards(pattern: p.Pattern) -> bool:
    """Whether a pattern has `*` and no text: a wildcard field then asks for existence."""
    return p.Wildcard.MANY in pattern and not any(isinstance(piece, str) for piece in pattern)
