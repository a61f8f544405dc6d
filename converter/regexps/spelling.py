"""RE2's spelling of a regular expression in the words of Python's parser."""

from __future__ import annotations

import re

from converter.errors import Unsupported


def in_python_words(pattern: str) -> str:
    """The pattern as Python reads it, with the meaning RE2 gives it.

    Re-spelt are `\\z`, `\\x{41}`, `\\Q…\\E`, `(?<n>…)`, a literal `{,5}`, brackets in classes.
    Raises Unsupported for POSIX and Unicode classes. What neither knows is left to the parser.
    """
    return _TOKEN.sub(_python_words, pattern)


def lacking(thing: str, next_step: str = "rewrite the pattern without it") -> Unsupported:
    """The error for a construct that Lucene does not have."""
    return Unsupported(f"Lucene's regular expressions have no {thing}", next_step=next_step)


_TOKEN = re.compile(
    r"\\Q(?P<quoted>.*?)(?:\\E|\Z)|\\x\{(?P<code>[0-9A-Fa-f]{1,8})\}|\\(?P<escape>.)"
    r"|(?P<name>\(\?<)(?=[A-Za-z_])|(?P<brace>\{)(?=,\d*\})"
    r"|(?P<set>\[\^?\]?(?:\\.|[^\]\\])*\])",
    re.DOTALL,
)
_IN_SET = re.compile(
    r"\\x\{(?P<code>[0-9A-Fa-f]{1,8})\}|\\(?P<escape>.)|(?P<posix>\[:\^?\w+:\])|(?P<bare>[\[&~|])",
    re.DOTALL,
)


def _python_words(match: re.Match[str]) -> str:
    """RE2's spelling of one token in the words of Python's parser."""
    text = match[0]
    if match.lastgroup == "set":
        return text[0] + _IN_SET.sub(_python_set_words, text[1:])
    if match.lastgroup == "quoted":
        return re.escape(match["quoted"])
    plain = {"name": "(?P<", "brace": r"\{"}.get(match.lastgroup or "")
    return plain or _python_escape(match)


def _python_set_words(match: re.Match[str]) -> str:
    if match["posix"]:
        raise lacking("POSIX classes", "write the characters out")
    return "\\" + match["bare"] if match["bare"] else _python_escape(match)


def _python_escape(match: re.Match[str]) -> str:
    if match["code"]:
        return f"\\U{int(match['code'], 16):08x}"
    if match["escape"] in "pP":
        raise lacking("Unicode property classes", "write the characters out")
    return r"\Z" if match["escape"] == "z" else match[0]
