"""Sigma's regular expressions are PCRE; the engine is RE2. This module says where they differ.

Sources: the PCRE2 pattern manual and RE2's syntax page. What both have, but with another meaning,
is rewritten exactly; what RE2 lacks is named, so that an error can say it.
"""

from __future__ import annotations

import re

_TOKEN = re.compile(
    r"""\\Q.*?(?:\\E|\Z)                                    # quoted text
      | \\.                                                 # escape
      | \[\^?\]?(?:\[:\^?\w+:\]|\\.|[^\]\\])*\]             # character class
      | \(\?(?:<[=!]|P[=>]|[a-zA-Z]+(?=[-:)])|.)?           # special group
      | \(\*                                                # verb
      | (?:[*+?]|\{[0-9]+(?:,[0-9]*)?\})\+                  # possessive quantifier
      | .""",
    re.DOTALL | re.VERBOSE,
)
_INLINE_M = re.compile(r"\(\?[a-zA-Z]*m")
_END = r"(?:\n?\z)"
_REWRITTEN = {
    "$": _END,
    r"\Z": _END,
    r"\s": r"[\s\v]",
    r"\S": r"[^\s\v]",
    r"\v": r"[\n\v\f\r\x{85}\x{2028}\x{2029}]",
    r"\h": r"[\t \x{a0}\x{1680}\x{180e}\x{2000}-\x{200a}\x{202f}\x{205f}\x{3000}]",
    r"\e": r"\x1b",
}
_PLAIN = "use only what RE2 knows (github.com/google/re2/wiki/Syntax)"
_LOOK = "write it without, for example as a second selection that the condition joins with 'not'"
_BACK = "spell the repeated text out, or compare two fields with the modifier fieldref"
_GIVE = "use the plain quantifier or group; this engine needs no such guard against slow patterns"
_PACK = "write the expression without blanks and comments"
_REFUSED: tuple[tuple[re.Pattern[str], str, str], ...] = tuple(
    (re.compile(opening, re.DOTALL), name, step)
    for opening, name, step in (
        (r"\(\?=", "a look-ahead", _LOOK),
        (r"\(\?!", "a negative look-ahead", _LOOK),
        (r"\(\?<=", "a look-behind", _LOOK),
        (r"\(\?<!", "a negative look-behind", _LOOK),
        (r"\\[1-9kg]|\(\?P=", "a back-reference", _BACK),
        (r"\(\?>", "an atomic group", _GIVE),
        (r".+\+", "a possessive quantifier", _GIVE),
        (r"\(\?\(", "a conditional group", _PLAIN),
        (r"\(\?\|", "a branch reset group", _PLAIN),
        (r"\(\?\#", "a comment group", "leave the comment out"),
        (r"\(\?(?:P>|[R&0-9+-])", "a recursion", _PLAIN),
        (r"\(\?[a-zA-Z]*x[a-zA-Z]*", "free spacing (flag x)", _PACK),
        (r"\(\*", "a control verb", _PLAIN),
        (r"\\[A-Za-z]", "the escape", _PLAIN),
    )
)


def to_re2(pattern: str, flags: str) -> str:
    """The same expression for RE2: `$`, `\\Z`, `\\s`, `\\v`, `\\h` in PCRE's meaning.

    PCRE's `$` also stands before a newline that ends the text, and its `\\s` has vertical tab.
    """
    tokens = _TOKEN.findall(pattern)
    multiline = "m" in flags or any(_INLINE_M.match(t) for t in tokens)
    return "".join(_rewritten(token, multiline) for token in tokens)


def _rewritten(token: str, multiline: bool) -> str:
    if token.startswith("[") and len(token) > 1:
        return re.sub(r"\\(.)", _in_class, token, flags=re.DOTALL)
    return token if token == "$" and multiline else _REWRITTEN.get(token, token)


def _in_class(escape: re.Match[str]) -> str:
    return r"\v\s" if escape[1] == "s" else escape[0]


def refused(pattern: str) -> tuple[str, str]:
    """The first construct that RE2 lacks, and what to do instead; empty texts if none is known."""
    for token in _TOKEN.findall(pattern):
        for opening, name, step in _REFUSED:
            if len(token) > 1 and token[0] != "[" and opening.fullmatch(token):
                known = name != "the escape"
                if known or token[1] in "GKXRNclLuUHV":
                    return (name if known else f"{name} {token}"), step
    return "", ""
