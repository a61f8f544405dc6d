"""Text as Elasticsearch's standard analyzer splits it: Unicode word boundaries, lower case."""

from __future__ import annotations

import re

_LONGEST = 255
_HAN = "\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3041-\u3096\u309d-\u309f\u3400-\u4dbf\u4e00-\u9fff"
_HAN_FAR = "\uf900-\ufaff\U00020000-\U0003ffff"
_LETTER = rf"(?:(?![{_HAN}{_HAN_FAR}])[^\W\d_])[\u0300-\u036f\u200d]*"
_WORD = re.compile(
    rf"[{_HAN}{_HAN_FAR}]"
    rf"|(?:{_LETTER}|\d|_+(?=[^\W{_HAN}]))"
    rf"(?:{_LETTER}|\d|_|(?<=[^\W\d_])['.:·’․‧]{_LETTER}|(?<=\d)['.,;’․]\d)*"
)


def words(text: str) -> list[str]:
    """The lower-case words of a text in order.

    `.` and `'` bind letters or digits, `:` letters only, `,` and `;` digits only, `_` anything.
    """
    found = [lower(match[0]) for match in _WORD.finditer(text)]
    return [part for word in found for part in _cut(word)]


def _cut(word: str) -> list[str]:
    return [word[start : start + _LONGEST] for start in range(0, len(word), _LONGEST)]


def lower(text: str) -> str:
    """The text in lower case, character by character, as the lowercase normalizer writes it."""
    return text.lower() if text.isascii() else "".join(char.lower()[0] for char in text)
