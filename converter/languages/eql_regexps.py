"""Regular expressions of EQL, with case and without (`regex~`).

Without case, single characters have two forms and ranges such as `[a-z]` do not (observed).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

import re2

from converter.errors import Unsupported
from converter.languages.lucene_regexp_grammar import (
    Both,
    Complement,
    Either,
    Part,
    Run,
    Times,
    parse_regexp,
)
from converter.languages.lucene_regexp_match import regexp_matcher
from converter.languages.lucene_regexp_parse import regexp_test, to_re2
from converter.predicate import Equals, Glob, Predicate, Regex
from converter.regexps.tree import Chars, Dot, cases

_ASCII = 0x7F
_tree = lru_cache(maxsize=4096)(parse_regexp)
_test = lru_cache(maxsize=4096)(regexp_test)


@lru_cache(maxsize=4096)
def matcher_of(regexp: str, cased: bool) -> Callable[[str], bool]:
    """Whether a whole text fits. Raises QueryError where Lucene refuses the expression."""
    part = _tree(regexp)
    if cased or not _has_range(part):
        return regexp_matcher(regexp, cased)
    found = re2.compile(f"(?s){to_re2(_folded(part), regexp)}").fullmatch
    return lambda text: found(text) is not None


def test_of(field: str, regexp: str, cased: bool) -> Predicate:
    """The regular expression as a test.

    Raises Unsupported for `~` and `&`, and without case for letters beyond ASCII that do not
    stand in both cases: whether Elasticsearch folds them is unsettled.
    """
    part = _tree(regexp)
    if not cased and any(map(_folds, _walk(part))):
        what = f"EQL: letters beyond ASCII in /{regexp}/, compared without case"
        raise Unsupported(what, next_step="write both cases, such as [Ää]")
    if cased or not _has_range(part):
        return _named(_test("", regexp, cased), field)
    return Regex(field, f"^(?:{to_re2(_folded(part), regexp)})$", "s")


def has_complement(regexp: str) -> bool:
    """Whether the operator `~` stands in it."""
    return any(isinstance(part, Complement) for part in _walk(_tree(regexp)))


def plain_test(regexp: str) -> Predicate | None:
    """The expression with case as a test of a field without name; None where there is none."""
    return None if has_complement(regexp) else _test("", regexp, True)


def _named(test: Predicate, field: str) -> Predicate:
    return replace(test, field=field) if isinstance(test, Equals | Glob | Regex) else test


def _folds(part: Part) -> bool:
    """Characters beyond ASCII of which one case is missing."""
    if not isinstance(part, Chars):
        return False
    letters = (chr(low) for low, high in part.spans if low == high > _ASCII)
    return any(not part.holds(ord(form)) for letter in letters for form in cases(letter))


def _inner(part: Part) -> tuple[Part, ...]:
    if isinstance(part, Both | Run | Either):
        return part.parts
    return (part.body,) if isinstance(part, Complement | Times) else ()


def _walk(part: Part) -> list[Part]:
    return [part, *(deeper for inner in _inner(part) for deeper in _walk(inner))]


def _has_range(part: Part) -> bool:
    spans = [span for item in _walk(part) if isinstance(item, Chars) for span in item.spans]
    return any(low != high for low, high in spans)


def _folded(part: Part) -> Part:
    """The tree with both forms of each single character."""
    if isinstance(part, Dot):
        return part
    if isinstance(part, Chars):
        single = [low for low, high in part.spans if low == high]
        forms = {ord(form) for code in single for form in cases(chr(code))} - set(single)
        return Chars((*part.spans, *((form, form) for form in sorted(forms))), part.negated)
    if isinstance(part, Times):
        return Times(_folded(part.body), part.low, part.high)
    if isinstance(part, Run | Either):
        return type(part)(tuple(map(_folded, part.parts)))
    what = "EQL: `~` and `&` beside a range such as [a-z] in a regular expression without case"
    raise Unsupported(what, next_step="write both cases of each letter, and regex")
