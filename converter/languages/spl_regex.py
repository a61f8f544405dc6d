"""Regular expressions of SPL as tests: globs and plain texts where they are no more than that."""

from __future__ import annotations

import re

from converter import predicate as p
from converter.errors import Unsupported
from converter.languages.lucene_regexp import has_case
from converter.languages.spl_values import pcre
from converter.predicate import Pattern, Wildcard, tidy

_FLAGS = re.compile(r"\(\?([ims]+)\)")
_PIECE = re.compile(
    r"""\\(?P<escaped>[^A-Za-z0-9])
      | \[(?P<boxed>[^\]\\^])\]
      | (?P<many>\.\*)(?![?+*{])
      | (?P<one>\.)(?![?+*{])
      | (?P<plain>[^\\.\[\](){}*+?|^$])(?![?+*{])""",
    re.DOTALL | re.VERBOSE,
)


def text_test(field: str, pattern: Pattern, cased: bool) -> p.Predicate:
    """The field's whole text fits the pattern; `cased` only where letters make a difference."""
    pattern = tidy(pattern) or ("",)
    cased = cased and any(has_case(piece) for piece in pattern if isinstance(piece, str))
    if pattern == (Wildcard.MANY,):
        return p.Exists(field)
    if len(pattern) == 1 and isinstance(pattern[0], str):
        return p.Equals(field, pattern[0], cased)
    return p.Glob(field, pattern, cased)


def found(field: str, expression: str) -> p.Predicate:
    """The field's text holds a match of the PCRE: Exists, Equals, Glob, else Regex.

    `$` is taken for the end of the text, as our own queries mean it; PCRE's also stands before a
    last line break. Unsupported for what is no regular expression.
    """
    _check(expression)
    glob = as_glob(expression)
    if glob is None:
        flags, body = split_flags(expression)
        return p.Regex(field, body, flags)
    return text_test(field, *glob)


def found_raw(expression: str) -> p.Predicate:
    """The same for the raw text of the event: Keyword, else KeywordRegex."""
    _check(expression)
    glob = as_glob(expression)
    if glob and len(glob[0]) > 2 and glob[0][0] is glob[0][-1] is Wildcard.MANY:
        pattern, cased = glob
        letters = any(has_case(piece) for piece in pattern if isinstance(piece, str))
        return p.Keyword(pattern, cased and letters)
    flags, body = split_flags(expression)
    return p.KeywordRegex(body, flags)


def _check(expression: str) -> None:
    """Look-around and back-references may stand in a test, even if nothing here can run it."""
    try:
        pcre(expression)
    except Unsupported:
        try:
            re.compile(expression)
        except re.error:
            pass
        else:
            return
        raise


def split_flags(expression: str) -> tuple[str, str]:
    """The flags that stand first, and the rest."""
    opening = _FLAGS.match(expression)
    return (opening[1], expression[opening.end() :]) if opening else ("", expression)


def as_glob(expression: str) -> tuple[Pattern, bool] | None:
    """The expression as a pattern of a whole value and its case rule, where it is one."""
    flags, body = split_flags(expression)
    if "m" in flags:
        return None
    first, last = body.startswith("^"), _ends(body)
    body = body[1:] if first else body
    body = body[: len(body) - last] if last else body
    pieces = _pieces(body)
    if pieces is None:
        return None
    if not first:
        pieces = [Wildcard.MANY, *_without(pieces, 0)]
    if not last:
        pieces = [*_without(pieces, -1), Wildcard.MANY]
    inner = pieces[0 if first else 1 : None if last else -1]
    if "s" not in flags and any(isinstance(piece, Wildcard) for piece in inner):
        return None
    return tidy(pieces), "i" not in flags


def _ends(body: str) -> int:
    """How many characters say that the text ends there."""
    found = re.search(r"(?<!\\)(?:\\\\)*(\$|\\z)$", body)
    return len(found[1]) if found else 0


def _without(pieces: list[str | Wildcard], place: int) -> list[str | Wildcard]:
    """The pieces without a `.*` at an end that is open anyway."""
    if pieces and pieces[place] is Wildcard.MANY:
        return pieces[1:] if place == 0 else pieces[:-1]
    return pieces


def _pieces(body: str) -> list[str | Wildcard] | None:
    pieces: list[str | Wildcard] = []
    at = 0
    while at < len(body):
        piece = _PIECE.match(body, at)
        if piece is None:
            return None
        at = piece.end()
        kind = piece.lastgroup
        if kind == "many":
            pieces.append(Wildcard.MANY)
        elif kind == "one":
            pieces.append(Wildcard.ONE)
        else:
            pieces.append(piece[piece.lastindex or 0])
    return pieces
