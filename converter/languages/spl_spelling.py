"""One spelling for predicates that are the same to Splunk."""

from __future__ import annotations

from converter import predicate as p
from converter.languages.lucene_regexp import has_case
from converter.languages.spl_regex import found, found_raw, text_test
from converter.languages.spl_search_meaning import negated


def as_read(predicate: p.Predicate) -> p.Predicate:
    """The predicate as `parse` would spell it, for the same events of Splunk's; in normal form.

    All values are text there and none is null; case is said only of letters; an expression that is
    no more than a pattern is a Glob. Two predicates of one search compare best in this spelling.
    """
    return p.normal(_spelt(p.normal(predicate)))


def _spelt(predicate: p.Predicate) -> p.Predicate:
    if isinstance(predicate, p.And | p.Or):
        return type(predicate)(tuple(_spelt(arg) for arg in predicate.args))
    if isinstance(predicate, p.Not):
        return negated(_spelt(predicate.arg))
    if isinstance(predicate, p.Keyword | p.KeywordRegex):
        return _keyword(predicate)
    match predicate:
        case p.Equals(name, bool(value)):
            return p.Equals(name, "true" if value else "false")
        case p.Equals(name, value, cased):
            return text_test(name, (str(value),), cased)
        case p.Glob(name, pattern, cased):
            return text_test(name, pattern, cased)
        case p.Regex(name, expression, flags):
            return found(name, _flagged(expression, flags))
        case _:
            return predicate


def _keyword(test: p.Keyword | p.KeywordRegex) -> p.Predicate:
    if isinstance(test, p.KeywordRegex):
        return found_raw(_flagged(test.pattern, test.flags))
    letters = any(has_case(piece) for piece in test.pattern if isinstance(piece, str))
    return p.Keyword(test.pattern, test.cased and letters)


def _flagged(expression: str, flags: str) -> str:
    return f"(?{flags}){expression}" if flags else expression
