"""Regular expressions that the linear-time engine cannot run are refused by name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_languages import a_rule

from converter.errors import RuleError
from converter.lower import lower, tree
from converter.matcher import compile_predicate
from converter.matcher.rules import compile_rules
from converter.pipelines import Pipelines
from converter.predicate import And, KeywordRegex, Not, Regex
from converter.rules import read_rules

ID = "00000000-0000-4000-8000-000000000003"


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
        (r"a(?R)?b", "a recursion", "RE2"),
        (r"(a)(?1)", "a recursion", "RE2"),
        (r"(a)(?-1)", "a recursion", "RE2"),
        (r"(?&n)", "a recursion", "RE2"),
        (r"(?P<n>a)(?P>n)", "a recursion", "RE2"),
        (r"(?x) a b", "free spacing", "blanks"),
        (r"(?ix) a b", "free spacing", "blanks"),
        (r"(*UTF8)a", "a control verb", "RE2"),
        (r"a\Gb", r"the escape \G", "RE2"),
        (r"a\Kb", r"the escape \K", "RE2"),
        (r"\u0041", r"the escape \u", "RE2"),
        (r"a\Rb", r"the escape \R", "RE2"),
        (r"a\Xb", r"the escape \X", "RE2"),
        (r"a{1001}", "a repetition of more than 1000 times", "upper bound"),
        (r"a{2,65535}", "a repetition of more than 1000 times", "upper bound"),
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
    ("pattern", "place"),
    [
        (r"(?=a)", 1),
        (r"é\(\[[(?=](?<!b)", 11),
        (r"[[:alpha:]]\Q(?=\E(?#(?=)a++", 27),
        (r"(?i)a\x41\o{101}\G", 17),
    ],
)
def test_the_place_of_a_construct(pattern: str, place: int) -> None:
    """The error counts characters of the expression from 1."""
    with pytest.raises(RuleError, match=rf" at character {place}, which the engine RE2 lacks"):
        compile_predicate(Regex("f", pattern))


def test_the_line_of_a_construct(tmp_path: Path) -> None:
    """A rule is refused at the line of the very value."""
    lines = ["title: t", f"id: {ID}", "logsource: {product: p}", "detection:", "  a:"]
    lines += ["    f|re:", "      - abc", "      - 'a(?=b)'", "  condition: a", ""]
    (tmp_path / "r.yml").write_text("\n".join(lines), "utf-8")
    tests, (error,) = compile_rules(read_rules([str(tmp_path)]), Pipelines())
    assert tests == []
    assert (error.path, error.line) == (str(tmp_path / "r.yml"), 8)
    assert "a look-ahead at character 2" in error.what


@pytest.mark.parametrize("pattern", ["(?:a{1000}){1000}", r"\pL{1000}" * 50])
def test_too_large_expressions(pattern: str) -> None:
    """What the engine cannot hold in its memory is refused, shortened in the message."""
    with pytest.raises(RuleError, match="cannot be used: ") as caught:
        compile_predicate(Regex("f", pattern))
    assert len(caught.value.what) < 400


@pytest.mark.parametrize(
    "pattern", ["(", "a)", "[a", "a{2,1}", "*a", "a**", "\\", "[z-a]", r"\p{Nope}"]
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
        (r"\(?<=a", "<=a"),
        (r"[(]?=a", "=a"),
    ],
)
def test_look_alikes(pattern: str, text: str) -> None:
    """Text that only looks like a refused construct is matched as the text it is."""
    assert compile_predicate(Regex("f", pattern))({"f": text})


SAME = [
    (r"a$", ["a", "a\n"], ["a\nb", "a\n\n"]),
    (r"(?m)a$", ["a\nb", "xa\n"], ["ab"]),
    (r"(?m:a$)|b$", ["a\nx", "xb\n"], ["b\nx"]),
    (r"(?m)(?-m)a$", ["a", "a\n"], ["a\nb"]),
    (r"(?m)(?-m:a$)|b$", ["b\nx", "a\n"], ["a\nx"]),
    (r"((?m)a$)|b$", ["a\nx", "b"], ["b\nx"]),
    (r"a(?i)b", ["aB", "ab"], ["Ab"]),
    (r"(?i)straße|σ|k", ["STRAßE", "ς", "\u212a"], ["STRASSE"]),
    (r"^.$", ["\r", "\u2028", "é", "\U0001f600"], ["\n", "ab"]),
    (r"^\w\W\d\D$", ["aé1٣"], ["éa11"]),
    (r"^[\S]$", ["\x00", "é", "a"], ["\v", "\f", " ", "\n"]),
    (r"^[^\S]$", ["\v", "\f", " "], ["a", "\u00a0"]),
    (r"^[\h\v]$", ["\u00a0", "\u2029", "\v", "\t"], ["a"]),
    (r"^\H\V\N$", ["\na\r"], ["\u3000aa", "a\x85a", "aa\n"]),
    (r"^[\b\e]$", ["\x08", "\x1b"], ["b", "e"]),
    (r"^\cA\cz\c[$", ["\x01\x1a\x1b"], ["Az["]),
    (r"^\o{101}\101\x4\x\x41\x{1F600}\0$", ["AA\x04\x00A\U0001f600\x00"], ["AA"]),
    (r"^[\x4\o{102}-\x{44}]$", ["\x04", "C"], ["A"]),
    (r"^\N{U+e9}\é\_$", ["éé_"], ["e"]),
    (r"a(?#b)c(?#(?=)+$", ["acc"], ["abc"]),
    (r"(?'n'a)(?<m>b)(?P<o>c)", ["abc"], ["ab"]),
    (r"^[[:alpha:]]+[[:^digit:]][[:word:]]$", ["ab-_"], ["a1"]),
    (r"^\p{Lu}\P{Lu}\pN\p{Greek}$", ["ÉéⅫλ"], ["eeee"]),
    (r"^(?U)a+", ["aa"], ["b"]),
    (r"a{,2}", ["a{,2}"], ["aa"]),
    (r"a{1000}", ["a" * 1000], ["a" * 999]),
    (r"\ba\B", ["ab"], ["a b"]),
    (r"\Aa\z", ["a"], ["a\n"]),
]


@pytest.mark.parametrize(("pattern", "found", "missed"), SAME, ids=[row[0] for row in SAME])
def test_the_meaning_is_that_of_pcre(pattern: str, found: list[str], missed: list[str]) -> None:
    """What RE2 spells otherwise, or means otherwise by the same words, is put into its words."""
    matches = compile_predicate(Regex("f", pattern))
    assert [text for text in found if not matches({"f": text})] == []
    assert [text for text in missed if matches({"f": text})] == []


@pytest.mark.parametrize("pattern", [row[0] for row in SAME] + [r"\Ga", "(?R)?", "a{70000}"])
def test_a_rule_may_hold_any_expression_of_pcre(pattern: str) -> None:
    """Reading a rule refuses no expression that Python's flavour alone lacks, and warns of none."""
    rule = a_rule({"detection": {"f|re": pattern}})
    assert lower(rule, tree(rule)) == Regex("f", pattern)


ATOMS = st.sampled_from(
    [
        *r"a b B \n . \s \S \d \w \W \t [ab] [^a] [^\S] [\s\d] [\S] \b \B 1 \. \x61 [a-b_]".split(),
        " ",
    ]
)
PIECES = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: f"(?:{'|'.join(parts)})"),
        st.tuples(inner, st.sampled_from("* + ? {1,2} *? +? ??".split())).map(
            lambda pair: f"({pair[0]}){pair[1]}"
        ),
    ),
    max_leaves=6,
)
BRANCHES = st.tuples(st.sampled_from(["", "^", r"\A"]), PIECES, st.sampled_from(["", "$"])).map(
    "".join
)
SUBJECTS = st.text(alphabet="aAbB1_. \t\n\v\f\r", min_size=1, max_size=8)


@given(
    st.lists(BRANCHES, min_size=1, max_size=3).map("|".join),
    st.sampled_from(["", "i", "m", "s", "im", "ms", "ims"]),
    SUBJECTS,
)
def test_the_common_ground_of_engines(pattern: str, flags: str, text: str) -> None:
    """Where Python's engine means what PCRE means, in ASCII, the verdicts are the same."""
    bits = re.ASCII
    for flag in flags:
        bits |= re.RegexFlag[flag.upper()]
    wanted = re.search(pattern, text, bits) is not None
    assert compile_predicate(Regex("f", pattern, flags))({"f": text}) is wanted
