"""Comparing text without case: Unicode simple case folding (semantics: Sigma, strings)."""

from __future__ import annotations

from functools import cache, lru_cache

_LAST_CASED = 0x1E943  # the last letter with case in Unicode (Adlam)


@cache
def _table() -> dict[int, str]:
    pairs = ((code, _simple(chr(code))) for code in range(0x80, _LAST_CASED + 1))
    return {code: folded for code, folded in pairs if folded != chr(code)}


def _simple(char: str) -> str:
    """One character to one character: where full folding expands, the lower-case letter."""
    for folded in (char.casefold(), char.lower()):
        if len(folded) == 1:
            return folded
    return char


def fold(text: str) -> str:
    """The text as it is compared: folded character by character, so its length stays the same."""
    return _remembered(text) if len(text) < _LONG else _folded(text)


def _folded(text: str) -> str:
    lowered = text.lower() if text.isascii() else ""
    return lowered if lowered or not text else text.translate(_table()).translate(_ASCII)


_LONG = 4096
_remembered = lru_cache(2048)(_folded)


_ASCII = {code: chr(code).lower() for code in range(ord("A"), ord("Z") + 1)}
