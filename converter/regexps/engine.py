"""RE2, the linear-time engine for regular expressions, behind typed functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import re2

from converter.errors import RuleError
from converter.regexps.pcre import refused, to_re2

_FLAGS = frozenset("ims")
_LONGEST = 200  # characters of an expression in a message


def searcher(pattern: str, flags: str = "") -> Callable[[str], bool]:
    """A test whether the expression is found anywhere in a text (semantics: Sigma, point 6).

    Flags are letters of "ims"; without `i` case counts. Raises RuleError for a construct that a
    linear-time engine cannot have, and for one that is no regular expression.
    """
    if not _FLAGS.issuperset(flags):
        wrong = "".join(sorted(set(flags) - _FLAGS))
        raise RuleError(f"unknown regular expression flag '{wrong}'", next_step="use i, m or s")
    try:
        search = _compiled(pattern, "".join(sorted(set(flags)))).search
    except re2.error as error:
        raise _refusal(pattern, error).of(pattern) from None
    # Bytes, because lone surrogates (from JSON escapes) have no UTF-8 of their own.
    return lambda text: search(text.encode("utf-8", "surrogatepass")) is not None


def readable(pattern: str) -> bool:
    """Whether it is a regular expression: RE2 runs it, or lacks a construct of PCRE that it has."""
    try:
        _compiled(pattern, "")
    except re2.error:
        return refused(pattern) is not None
    return True


def _compiled(pattern: str, flags: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    options.never_capture = True
    source = f"(?{flags})" * bool(flags) + to_re2(pattern, flags)
    return re2.compile(source.encode("utf-8", "surrogatepass"), options)


def _refusal(pattern: str, error: Exception) -> RuleError:
    shown = pattern if len(pattern) <= _LONGEST else f"{pattern[:_LONGEST]}…"
    found = refused(pattern)
    if found:
        has = f"has {found.construct} at character {found.place}"
        what = f"the regular expression '{shown}' {has}, which the engine RE2 lacks"
        return RuleError(what, next_step=found.next_step)
    said = error.args[0] if error.args else ""
    reason = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    what = f"the regular expression '{shown}' cannot be used: {reason}"
    step = "correct it, or use only what RE2 knows"
    if "too large" in reason:
        step = "shorten it, count fewer repetitions, or make several values of it"
    return RuleError(what, next_step=step)
