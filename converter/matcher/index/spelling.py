"""How text stands in a record of JSON: what of it is there byte for byte, whoever wrote it.

JSON lets a writer choose: any character as `\\uXXXX`, a slash as `\\/`. `plain` undoes the choice.
A text is also sought in objects, as their JSON without spaces, in which strings are escaped once
more and brackets, colons and commas stand between them; what is left of a text in all of these
spellings are its `pieces`.
"""

from __future__ import annotations

import re

_LONGEST = 64
_NOT_PLAIN = re.compile(r'[^ -~]+|["{}\[\],]+')
_PRINTABLE = re.compile(r"[ -~]*")
_NUMBER_PART = re.compile(r"[-+]?[0-9]*\.?[0-9]*(?:e[-+]?[0-9]*)?")
_CONSTANTS = ("true", "false")
_KEY = re.compile(r"[ !#-\[\]-~]+")

ODD = re.compile(rb"\\u[0-9a-fA-F]{4}|\\/|\xe2\x84\xaa|\xc5\xbf")
"""What `plain` may change."""

_KELVIN, _LONG_S = b"\xe2\x84\xaa", b"\xc5\xbf"
_ESCAPED = rb"\\u(?:00[0-7]|212[aA]|017[fF])"

_ESCAPE = re.compile(rb"\\(?:u([0-9a-fA-F]{4})|.)|\xe2\x84\xaa|\xc5\xbf", re.DOTALL)
_FOLDED = {0x212A: b"k", 0x17F: b"s"}
_SHORT = {
    0x22: b'\\"', 0x5C: b"\\\\", 0x08: b"\\b", 0x0C: b"\\f", 0x0A: b"\\n", 0x0D: b"\\r",
    0x09: b"\\t", **_FOLDED,
}  # fmt: skip
_RAW = {_KELVIN: b"k", _LONG_S: b"s", b"\\/": b"/"}


def plain(record: bytes) -> bytes:
    """The record with characters as they are where JSON lets them be, and short escapes elsewhere.

    The two letters outside of ASCII that fold to letters in it (Kelvin sign, long s) become those.
    """
    return _ESCAPE.sub(_plain, record)


def _plain(found: re.Match[bytes]) -> bytes:
    if found[1] is None:
        return _RAW.get(found[0], found[0])
    code = int(found[1], 16)
    if code in _SHORT:
        return _SHORT[code]
    return bytes((code,)) if 0x20 <= code < 0x7F else found[0].lower()


def odd_patterns(*, slash: bool) -> list[bytes]:
    """Regular expressions for what hides a text from who looks for it as it is.

    Other characters are not escaped in texts that are looked for, slashes are if so said.
    """
    return [_ESCAPED, _KELVIN, _LONG_S, *[rb"\\/"] * slash]


def odd_texts(*, slash: bool) -> list[bytes]:
    """The same as texts in any case."""
    escaped = [rb"\u00%d" % digit for digit in range(8)]
    return [*escaped, rb"\u212a", rb"\u017f", _KELVIN, _LONG_S, *[rb"\/"] * slash]


def pieces(text: str) -> list[str]:
    """The parts of a text, in lower case, that every record holds which holds the text in a value.

    Left out are what a number may spell in another way, and parts of one character.
    """
    found = (part for run in _NOT_PLAIN.split(text) for part in _unescaped(run))
    kept = (_cut(part.lstrip(":").lower()) for part in found)
    return [part for part in kept if len(part.strip("\\")) > 1 and not _is_number(part)]


def _unescaped(run: str) -> list[str]:
    r"""The parts between backslashes. Whether `\` or `\\` is written, one stands at either side."""
    parts = re.split(r"\\+", run)
    last = len(parts) - 1
    return [
        f"{chr(92) * (at > 0)}{part}{chr(92) * (at < last)}"
        for at, part in enumerate(parts)
        if part
    ]


def _cut(part: str) -> str:
    """The end of a long part, which tells as much."""
    return part[-_LONGEST:]


def beginning(text: str) -> str:
    """What of a text, in lower case, stands at the beginning of each string that begins with it."""
    found = _PRINTABLE.match(text[:_LONGEST])
    return found[0].lower() if found else ""


def is_bare(text: str, *, whole: bool) -> bool:
    """Whether a value that is this text, or begins with it, may stand without quotes."""
    if whole:
        return text in _CONSTANTS or _is_number(text)
    return _is_number(text) or any(word.startswith(text) for word in _CONSTANTS)


def _is_number(text: str) -> bool:
    return bool(text) and _NUMBER_PART.fullmatch(text) is not None


def key_of(path: str) -> str | None:
    """The end of the last key of a dotted path; None where JSON may spell it in several ways."""
    key = path.rpartition(".")[2]
    return key if _KEY.fullmatch(key) and "/" not in key else None
