"""LIKE and RLIKE as tests of one text, compiled once."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from converter import predicate as p

_WILDCARDS = {p.Wildcard.MANY: ".*", p.Wildcard.ONE: "."}
_ANYTHING = re.compile(r"(?:\(*(?:\.\*|@)\)*)+")


@lru_cache(maxsize=4096)
def glob_matcher(pattern: p.Pattern) -> Callable[[str], bool]:
    """Whether a whole text fits the pattern, with case."""
    source = "".join(
        _WILDCARDS[piece] if isinstance(piece, p.Wildcard) else re.escape(piece)
        for piece in pattern
    )
    fullmatch = re.compile(source, re.DOTALL).fullmatch
    return lambda text: fullmatch(text) is not None


def fits_anything(pattern: str, regexp: bool) -> bool:
    """Whether a pattern of LIKE or RLIKE fits every text: the engine then asks for existence."""
    if regexp:
        return _ANYTHING.fullmatch(pattern) is not None
    return bool(pattern) and not pattern.strip("*")


def only_wildcards(pattern: p.Pattern) -> bool:
    """Whether a pattern has `*` and no text: a wildcard field then asks for existence."""
    return p.Wildcard.MANY in pattern and not any(isinstance(piece, str) for piece in pattern)
