"""Predicates that are the same to Splunk are spelt in one way."""

from __future__ import annotations

import pytest

from converter import predicate as p
from converter.languages.spl_spelling import as_read

MANY = p.Wildcard.MANY


@pytest.mark.parametrize(
    ("predicate", "spelt"),
    [
        (p.Not(p.Or((p.Null("f"),))), p.Exists("f")),
        (p.Not(p.Exists("f")), p.Null("f")),
        (p.Glob("f", (MANY,)), p.Exists("f")),
        (p.Equals("f", 5), p.Equals("f", "5")),
        (p.Equals("f", True), p.Equals("f", "true")),
        (p.Equals("f", "1-2", cased=True), p.Equals("f", "1-2")),
        (p.Equals("f", "x", cased=True), p.Equals("f", "x", cased=True)),
        (p.Glob("f", ("1", MANY), cased=True), p.Glob("f", ("1", MANY))),
        (p.Regex("f", "^x$", "i"), p.Equals("f", "x")),
        (p.Regex("f", r"x\.y"), p.Glob("f", (MANY, "x.y", MANY), cased=True)),
        (p.Regex("f", "(?i)x|y"), p.Regex("f", "x|y", "i")),
        (p.Regex("f", "x(?=y)"), p.Regex("f", "x(?=y)")),
        (p.KeywordRegex("x", "i"), p.Keyword((MANY, "x", MANY))),
        (p.Keyword((MANY, "1", MANY), cased=True), p.Keyword((MANY, "1", MANY))),
        (p.And((p.Compare("f", ">", 5), p.TRUE)), p.Compare("f", ">", 5)),
    ],
)
def test_one_spelling(predicate: p.Predicate, spelt: p.Predicate) -> None:
    """Each predicate gets the spelling in which a search is read back."""
    assert as_read(predicate) == spelt
    assert as_read(spelt) == spelt
