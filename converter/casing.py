"""Comparing text without case: Unicode simple case folding (semantics: Sigma, strings)."""

from __future__ import annotations

from functools import lru_cache


class _Table(dict[int, str]):
    """What each character folds to, found out when it is asked for."""

    def __missing__(self, code: int) -> str:
        found = self[code] = _simple(chr(code))
        return found


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
    if text.isascii():
        return text.lower()
    try:
        narrow = text.encode("latin-1")
    except UnicodeEncodeError:
        narrow = _MICRO
    if _MICRO in narrow:
        return text.translate(_TABLE)
    return narrow.translate(_LATIN).decode("latin-1")


_LONG = 4096
_remembered = lru_cache(2048)(_folded)


_TABLE = _Table()
_MICRO = b"\xb5"  # the only letter of Latin-1 that folds to one outside of it
_LATIN = bytes(ord(_simple(chr(code))) if code != 0xB5 else code for code in range(256))
