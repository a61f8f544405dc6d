"""Lucene's regular expressions, read and matched."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converter.errors import QueryError, Unsupported
from converter.languages.lucene_regexp import from_glob
from converter.languages.lucene_regexp_match import regexp_matcher
from converter.languages.lucene_regexp_parse import regexp_test
from converter.predicate import Equals, Glob, Predicate, Regex, Wildcard, normal, tidy

MANY, ONE = Wildcard.MANY, Wildcard.ONE


@pytest.mark.parametrize(
    ("regexp", "fits", "fails"),
    [
        ("a.b", ["axb", "a\nb"], ["ab", "axbx"]),
        ("a@b", ["ab", "axxb"], ["b"]),
        ("a~b", ["a", "ax", "abb"], ["ab", "b"]),
        ("~(foo.*)", ["", "bar"], ["foo", "foobar"]),
        ("a.*&.*b", ["ab", "axb"], ["a", "b"]),
        ("a<1-3>b", ["a2b"], ["a4b", "a02b"]),
        ("<1-12>", ["7", "012"], ["13", "0"]),
        ("<7-65535>", ["7", "80", "0080", "65535", "9999"], ["6", "65536", "70000", ""]),
        ("<008-120>", ["008", "100", "120"], ["8", "121", "007"]),
        ("a{1001}", ["a" * 1001], ["a"]),
        ("a#b", [], ["ab", "a#b"]),
        ('"a.b"', ["a.b"], ["axb"]),
        ("(?i)cmd", ["?icmd"], ["CMD", "cmd"]),
        ("*a|b", ["*a", "b"], ["a"]),
        ("()", [""], ["a"]),
        ("[]a]+", ["]a"], ["b"]),
        (r"[\]-]", ["]", "-"], ["\\"]),
        (r"\d\D\w\W\s", ["1a_. "], ["11_. "]),
        ("^a$", ["^a$"], ["a"]),
        ("a{2}b{1,}c{0,1}", ["aab", "aabbc"], ["ab", "aabcc"]),
    ],
)
def test_expressions_match_whole_values(regexp: str, fits: list[str], fails: list[str]) -> None:
    """Each text fits or fails as Lucene has it."""
    matcher = regexp_matcher(regexp)
    assert [text for text in fits + fails if matcher(text)] == fits


@pytest.mark.parametrize(
    "regexp", ["(", "a(b", "[a", "a{", "a)", "a|", r"\b", r"\x61", "a<b", '"a']
)
def test_what_lucene_refuses_is_refused(regexp: str) -> None:
    """An expression that Lucene cannot read is a QueryError."""
    with pytest.raises(QueryError):
        regexp_matcher(regexp)


@pytest.mark.parametrize(
    ("regexp", "test"),
    [
        ("foo", Equals("f", "foo", True)),
        ("[fF][Oo]1.?*", Regex("f", "^(?:[fF][Oo]1(?:.?)*)$", "s")),
        ("[fF][Oo]1.*", Glob("f", ("fo1", MANY), False)),
        (r"5\.0", Equals("f", "5.0", False)),
        ("a..+b", Glob("f", ("a", ONE, ONE, MANY, "b"), True)),
        ("[fF]o", Regex("f", "^(?:[fF]o)$", "s")),
        ("(a|b)c", Regex("f", "^(?:(?:a|b)c)$", "s")),
    ],
)
def test_plain_expressions_become_plain_tests(regexp: str, test: Predicate) -> None:
    """Text, wildcards and two-case letters become Equals or Glob, all else a Regex."""
    assert regexp_test("f", regexp) == test


def test_without_case_letters_take_all_forms() -> None:
    """A match without case folds literals, ranges and strings."""
    matcher = regexp_matcher('[a-c]"x"É', cased=False)
    assert matcher("BXé")
    assert not matcher("dXé")


@pytest.mark.parametrize("regexp", ["a~b", "a&b", "a{2000}"])
def test_what_no_predicate_says_is_named(regexp: str) -> None:
    """Complement, intersection and long repetitions are unsupported, by name."""
    with pytest.raises(Unsupported, match=r"~|&|repetition"):
        regexp_test("f", regexp)


texts = st.text("aBk.*\\/[]é1", max_size=6)


@given(st.lists(st.one_of(texts, st.sampled_from(Wildcard)), max_size=5), st.booleans())
def test_emitted_globs_come_back(pieces: list[str | Wildcard], cased: bool) -> None:
    """What the emitter writes for a glob is read as that glob."""
    pattern = tidy(pieces)
    text = "".join(piece for piece in pattern if isinstance(piece, str))
    counts = cased and text.lower() != text.upper()
    wanted = normal(normal(Glob("f", pattern, counts)))
    assert normal(regexp_test("f", from_glob(pattern, cased))) == wanted


@given(st.text('ab|.*+?()[]{}^-\\~&@#"<>1', max_size=8), st.text("ab1-", max_size=4))
def test_predicate_and_matcher_agree(regexp: str, text: str) -> None:
    """Where an expression becomes a Regex, that finds what the matcher finds."""
    try:
        test = regexp_test("f", regexp)
        matches = regexp_matcher(regexp)(text)
    except (QueryError, Unsupported):
        return
    if isinstance(test, Regex) and r"\x{" not in test.pattern:
        assert bool(re.compile(test.pattern[:-1] + r"\Z", re.DOTALL).match(text)) == matches
    elif isinstance(test, Equals):
        assert (test.value == text) == matches
