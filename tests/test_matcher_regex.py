"""Regular expressions that the linear-time engine cannot run are refused by name."""

from __future__ import annotations

import pytest

from converter.errors import RuleError
from converter.matcher import compile_predicate
from converter.predicate import And, KeywordRegex, Not, Regex


@pytest.mark.parametrize(
    ("pattern", "named", "step"),
    [
        (r"a(?=b)", "a look-ahead", "second selection"),
        (r"a(?!b)", "a negative look-ahead", "second selection"),
        (r"(?<=a)b", "a look-behind", "second selection"),
        (r"(?<!a)b", "a negative look-behind", "second selection"),
        (r"(a)\1", "a back-reference", "fieldref"),
        (r"(?P<x>a)(?P=x)", "a back-reference", "fieldref"),
        (r"(?<x>a)\k<x>", "a back-reference", "fieldref"),
        (r"(a)\g{1}", "a back-reference", "fieldref"),
        (r"(?>a+)b", "an atomic group", "plain"),
        (r"a++b", "a possessive quantifier", "plain"),
        (r"a{2,3}+b", "a possessive quantifier", "plain"),
        (r"[ab]?+b", "a possessive quantifier", "plain"),
        (r"(a)?(?(1)b|c)", "a conditional group", "RE2"),
        (r"(?|a|b)", "a branch reset group", "RE2"),
        (r"a(?#note)b", "a comment group", "leave"),
        (r"a(?R)?b", "a recursion", "RE2"),
        (r"(a)(?1)", "a recursion", "RE2"),
        (r"(?P<n>a)(?P>n)", "a recursion", "RE2"),
        (r"(?x) a b", "free spacing", "blanks"),
        (r"(?ix) a b", "free spacing", "blanks"),
        (r"(*UTF8)a", "a control verb", "RE2"),
        (r"a\Gb", r"the escape \G", "RE2"),
        (r"a\Kb", r"the escape \K", "RE2"),
        (r"\u0041", r"the escape \u", "RE2"),
    ],
)
def test_refused_constructs(pattern: str, named: str, step: str) -> None:
    """The error says which construct, in which expression, and what to do instead."""
    with pytest.raises(RuleError) as caught:
        compile_predicate(And((Not(Regex("f", pattern)),)))
    assert named in caught.value.what
    assert pattern in caught.value.what
    assert step in caught.value.next_step


@pytest.mark.parametrize(
    "pattern", ["(", "a)", "[a", "a{2,1}", "*a", "a**", "\\", "[z-a]", r"\p{Nope}", "a{1001}"]
)
def test_broken_expressions(pattern: str) -> None:
    """What is no regular expression at all is an error with the engine's reason."""
    with pytest.raises(RuleError, match=r"cannot be used: .+; correct it"):
        compile_predicate(KeywordRegex(pattern))


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"\(\?=", "(?="),
        (r"[(?=]+", "(?="),
        (r"\Q(?=a)++\E", "(?=a)++"),
        (r"[\]*+]+", "]*+"),
        (r"[]a]+", "]"),
        (r"[^]a]", "b"),
        (r"[[:alpha:]$]+$", "a$"),
        (r"\\1", r"\1"),
        (r"a\+\+", "a++"),
        (r"(?<name>a)(?:b)(?i:C)", "abc"),
        (r"\x41\t\x{e9}\pL\d{2,}", "A\téx12"),
        (r"a{,2}", "a{,2}"),
        (r"a{x}", "a{x}"),
    ],
)
def test_look_alikes(pattern: str, text: str) -> None:
    """Text that only looks like a refused construct is matched as the text it is."""
    assert compile_predicate(Regex("f", pattern))({"f": text})
