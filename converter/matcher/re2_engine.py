"""RE2, the linear-time engine for regular expressions, behind one typed function."""

from __future__ import annotations

from typing import Any

import re2

from converter.errors import RuleError
from converter.matcher.globs import TextTest
from converter.matcher.pcre import refused, to_re2

_FLAGS = frozenset("ims")


def searcher(pattern: str, flags: str = "") -> TextTest:
    """A test whether the expression is found anywhere in a text (semantics: Sigma, point 6).

    Flags are letters of "ims"; without `i` case counts. Raises RuleError for a construct that a
    linear-time engine cannot have, and for one that is no regular expression.
    """
    if not _FLAGS.issuperset(flags):
        wrong = "".join(sorted(set(flags) - _FLAGS))
        raise RuleError(f"unknown regular expression flag '{wrong}'", next_step="use i, m or s")
    search = _compiled(pattern, "".join(sorted(set(flags)))).search
    # Bytes, because lone surrogates (from JSON escapes) have no UTF-8 of their own.
    return lambda text: search(text.encode("utf-8", "surrogatepass")) is not None


def _compiled(pattern: str, flags: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    options.never_capture = True
    source = f"(?{flags})" * bool(flags) + to_re2(pattern, flags)
    try:
        return re2.compile(source.encode("utf-8", "surrogatepass"), options)
    except re2.error as error:
        raise _refusal(pattern, error) from None


def _refusal(pattern: str, error: Exception) -> RuleError:
    construct, step = refused(pattern)
    if construct:
        what = f"the regular expression '{pattern}' has {construct}, which the engine RE2 lacks"
        return RuleError(what, next_step=step)
    said = error.args[0] if error.args else ""
    reason = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    what = f"the regular expression '{pattern}' cannot be used: {reason}"
    return RuleError(what, next_step="correct it, or use only what RE2 knows")
