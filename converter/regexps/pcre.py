"""Sigma's regular expressions are PCRE; the engine is RE2. This module says where they differ.

Sources: the PCRE2 pattern manual and RE2's syntax page. What both have with another meaning, and
what RE2 only spells otherwise, is rewritten exactly; what RE2 lacks is named, with its place.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_NUMBERED = r"\\x\{[0-9A-Fa-f]*\}|\\x[0-9A-Fa-f]{0,2}|\\o\{[0-7]+\}|\\c[ -~]|\\N\{U\+[0-9A-Fa-f]+\}"
_TOKEN = re.compile(
    rf"""\\Q.*?(?:\\E|\Z)                                   # quoted text
      | {_NUMBERED} | \\.                                    # escape
      | \[\^?\]?(?:\[:\^?\w+:\]|\\.|[^\]\\])*\]             # character class
      | \(\?\#[^)]*\)                                       # comment
      | \(\?[a-zA-Z-]*[:)]                                  # flags
      | \(\?'[A-Za-z_]\w*' | \(\?(?:<[=!]|P[=><]|.)?        # special group
      | \(\*                                                # verb
      | (?:[*+?]|\{{[0-9]+(?:,[0-9]*)?\}})[+]?              # quantifier
      | .""",
    re.DOTALL | re.VERBOSE,
)
_ESCAPE = re.compile(rf"{_NUMBERED}|\\.", re.DOTALL)
_FLAGS = re.compile(r"\(\?([a-zA-Z]*)-?([a-zA-Z]*)[:)]")
_END = r"(?:\n?\z)"
_LINES = r"\n\x0b\f\r\x{85}\x{2028}\x{2029}"
_BLANKS = r"\t \x{a0}\x{1680}\x{180e}\x{2000}-\x{200a}\x{202f}\x{205f}\x{3000}"
_REWRITTEN = {
    "$": _END,
    r"\Z": _END,
    r"\s": r"[\s\v]",
    r"\S": r"[^\s\v]",
    r"\v": f"[{_LINES}]",
    r"\V": f"[^{_LINES}]",
    r"\h": f"[{_BLANKS}]",
    r"\H": f"[^{_BLANKS}]",
    r"\N": r"[^\n]",
}
_IN_CLASS = {
    r"\s": r"\v\s",
    r"\S": r"\x00-\x08\x0e-\x1f\x21-\x{10ffff}",
    r"\v": _LINES,
    r"\h": _BLANKS,
    r"\b": r"\x08",
}
_MOST = 1000  # repetitions that RE2 can count
_PLAIN = "use only what RE2 knows (github.com/google/re2/wiki/Syntax)"
_LOOK = "write it without, for example as a second selection that the condition joins with 'not'"
_BACK = "spell the repeated text out, or compare two fields with the modifier fieldref"
_GIVE = "use the plain quantifier or group; this engine needs no such guard against slow patterns"
_PACK = "write the expression without blanks and comments"
_FEWER = f"repeat at most {_MOST} times, or leave the upper bound out"
_REFUSED: tuple[tuple[re.Pattern[str], str, str], ...] = tuple(
    (re.compile(opening, re.DOTALL), name, step)
    for opening, name, step in (
        (r"\(\?=", "a look-ahead", _LOOK),
        (r"\(\?!", "a negative look-ahead", _LOOK),
        (r"\(\?<=", "a look-behind", _LOOK),
        (r"\(\?<!", "a negative look-behind", _LOOK),
        (r"\\[1-9kg]|\(\?P=", "a back-reference", _BACK),
        (r"\(\?>", "an atomic group", _GIVE),
        (r"(?:[*+?]|\{.+\})\+", "a possessive quantifier", _GIVE),
        (r"\(\?\(", "a conditional group", _PLAIN),
        (r"\(\?\|", "a branch reset group", _PLAIN),
        (r"\(\?(?:P>|&|R\)|[0-9+-])", "a recursion", _PLAIN),
        (r"\(\?[a-zA-Z]*x[a-zA-Z-]*[:)]", "free spacing (flag x)", _PACK),
        (r"\(\*", "a control verb", _PLAIN),
    )
)


class Refusal(NamedTuple):
    """A construct that RE2 lacks: its name, its place (characters from 1), what to do instead."""

    construct: str
    place: int
    next_step: str


def to_re2(pattern: str, flags: str) -> str:
    """The same expression for RE2, in PCRE's meaning.

    Said in other words are `$` and `\\Z` (they also stand before a newline that ends the text),
    `\\s` (it has vertical tab), `\\h`, `\\v`, `\\N`, `\\e`, `\\cA`, `\\o{101}`, and comments.
    """
    lines = ["m" in flags]  # of each open group: whether `$` stands at the end of every line
    return "".join([_rewritten(found[0], lines) for found in _TOKEN.finditer(pattern)])


def _rewritten(token: str, lines: list[bool]) -> str:
    if token[0] in "()":
        return _parenthesis(token, lines)
    if token[0] == "[" and len(token) > 1:
        return "[" + _ESCAPE.sub(lambda escape: _escape(escape[0], _IN_CLASS), token[1:])
    if token[0] == "\\" and not token.startswith("\\Q"):
        return _escape(token, _REWRITTEN)
    return token if token == "$" and lines[-1] else _REWRITTEN.get(token, token)


def _parenthesis(token: str, lines: list[bool]) -> str:
    if token.startswith("(?#"):
        return ""
    if token == ")":
        lines[:] = lines[:-1] or lines
        return token
    flags = _FLAGS.fullmatch(token)
    now = lines[-1] if flags is None else ("m" in flags[1] or lines[-1]) and "m" not in flags[2]
    if flags and token.endswith(")"):
        lines[-1] = now
    else:
        lines.append(now)
    return f"(?P<{token[3:-1]}>" if token.startswith("(?'") else token


def _escape(escape: str, words: dict[str, str]) -> str:
    """A character by its number, a word of `words`, or the escape as it is."""
    if escape in words:
        return words[escape]
    kind, digits = escape[1:2], escape[2:].strip("{}")
    if kind == "c" and digits:
        return f"\\x{{{ord(digits.upper()) ^ 0x40:x}}}"
    if kind == "N":
        return f"\\x{{{digits[2:]}}}"
    if kind == "o" and digits:
        return f"\\x{{{int(digits, 8):x}}}"
    if kind == "x" and "{" not in escape:
        return f"\\x{{{digits or 0}}}"
    if kind == "e":
        return r"\x1b"
    return escape if kind.isascii() else kind


def refused(pattern: str) -> Refusal | None:
    """The first construct that RE2 lacks; None if none is known."""
    for found in _TOKEN.finditer(pattern):
        named = _named(found[0])
        if named:
            return Refusal(named[0], found.start() + 1, named[1])
    return None


def _named(token: str) -> tuple[str, str] | None:
    if token[0] == "[" or len(token) < 2:
        return None
    for opening, name, step in _REFUSED:
        if opening.fullmatch(token):
            return name, step
    if token[0] == "{" and max(map(int, re.findall("[0-9]+", token))) > _MOST:
        return f"a repetition of more than {_MOST} times", _FEWER
    lacking = token[0] == "\\" and len(token) == 2 and token[1] in "GKXRcglLuUo"
    return (f"the escape {token}", _PLAIN) if lacking else None
