"""Backslashes in SPL: every place that holds text reads them in its own way."""

from __future__ import annotations

import re

from converter.errors import Unsupported

_SPECIAL = re.compile(r'\\(["\\|*])')
_ESCAPE = re.compile(r'\\(["\\tnr])')
_SLASHES = re.compile(r'(\\+)("?)')
_CONTROLS = {"t": "\t", "n": "\n", "r": "\r"}


def unescape_search(body: str) -> str:
    """A value of `search`: only quote, backslash and pipe are escaped (semantics: SPL 5, 6)."""

    def one(found: re.Match[str]) -> str:
        if found[1] == "*":
            what = "SPL: a backslash before a star: what `\\*` matches is not documented"
            raise Unsupported(what, next_step="use `where match(...)`")
        return found[1]

    return _SPECIAL.sub(one, body)


def unescape_eval(body: str) -> str:
    """A string of `eval`: `\\t` is a tab; an unknown sequence stays as it is (semantics: SPL 7)."""
    return _ESCAPE.sub(lambda found: _CONTROLS.get(found[1], found[1]), body)


def unescape_regex(body: str) -> str:
    """A pattern of `regex` and `rex`: one backslash escapes in the pattern, four are a literal."""

    def one(found: re.Match[str]) -> str:
        count = len(found[1])
        if found[2]:
            count -= 1
        if count % 4 > 1:
            what = "SPL: two backslashes in a pattern of `regex` or `rex` are read in two ways"
            raise Unsupported(what, next_step="write four for a literal backslash")
        return "\\" * (count // 4 * 2 + count % 4) + found[2]

    return _SLASHES.sub(one, body)
