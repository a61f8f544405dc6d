from __future__ import annotations

import re

import pytest
import re2
from hypothesis import given
from hypothesis import strategies as st

from converter.errors import Unsupported
from converter.languages.lucene_regexp import dot_matches_newline, from_glob, from_regex, has_case
from converter.predicate import Pattern, Wildcard

MANY, ONE = Wildcard.MANY, Wildcard.ONE
SPACE = "\t-\r "
WORD = "0-9A-Z_a-z"

SAID = [
    # anchors and open ends
    ("adm", "", ".*adm.*"),
    ("^adm", "", "adm.*"),
    ("adm$", "", ".*adm"),
    (r"\Aadm\z", "", "adm"),
    (r"^adm\Z", "", "adm"),
    ("^^adm$$", "", "adm"),
    ("", "", ".*"),
    ("^", "", ".*"),
    ("^$", "", ""),
    (".*adm.*", "", ".*adm.*"),
    ("^.*adm", "", ".*adm.*"),
    (".{150}", "", ".{150,}"),
    ("(.){2,5}x", "", ".{2,}x.*"),
    (".adm.", "", ".+adm.+"),
    ("^a.b$", "", "a.b"),
    ("^a..*b$", "", "a.+b"),
    ("^auth_fail[0-9]*$", "", "auth_fail[0-9]*"),
    # alternatives
    ("foo|bar", "", ".*(foo|bar).*"),
    ("^(foo|bar)$", "", "foo|bar"),
    ("^foo|bar$", "", "foo.*|.*bar"),
    ("(^foo$)|(^bar$)", "", "foo|bar"),
    ("a|b", "", ".*[ab].*"),
    ("^(a|)b$", "", "a?b"),
    ("^(ab|)c$", "", "(ab)?c"),
    ("^(ab|c|)d$", "", "(ab|c)?d"),
    (r"(^|/)foo", "", "(.*/)?foo.*"),
    (r"foo(/|$)", "", ".*foo(/.*)?"),
    (r"(^|\s|;)foo($|;)", "", f"(.*[{SPACE};])?foo(;.*)?"),
    ("(^a|bc|de)f", "", "(a|.*(bc|de))f.*"),
    ("(^a)?b", "", "(a|.*)b.*"),
    # quantifiers and groups
    ("^a{2}b{2,}c{2,3}d{0,1}e{1,}f{0,}$", "", "a{2}b{2,}c{2,3}d?e+f*"),
    ("^a*?b+?c??$", "", "a*b+c?"),
    ("^(?:ab)(?P<n>cd)(?<m>ef)(g)$", "", "abcdefg"),
    ("^(ab)+$", "", "(ab)+"),
    ("^((ab)+)?$", "", "((ab)+)?"),
    ("^(a|bc)*$", "", "(a|bc)*"),
    ("^a{,5}$", "", r"a\{,5\}"),
    ("^a{1}(){3}$", "", "a"),
    # operators of the dialect, and none besides
    (r"""^user@corp"#&<>~/-'!%$""", "", r"""user\@corp\"\#\&\<\>\~/-'!%"""),
    (r"^\.\?\+\*\|\{\}\[\]\(\)\\\^\$\-\/\:$", "", r"\.\?\+\*\|\{\}\[\]\(\)\\^$-/:"),
    ("^clipboard]::}$", "", r"clipboard\]::\}"),
    (r"^\x41\x{42}\t\n$", "", "AB\t\n"),
    (r"^\Qa.b\E+$", "", r"a\.b+"),
    (r"^\Qa.b", "", r"a\.b.*"),
    # classes
    (r"^\d\w\s$", "", f"[0-9][{WORD}][{SPACE}]"),
    (r"^\D\W\S$", "", f"[^0-9][^{WORD}][^{SPACE}]"),
    (r"^[\w.-]+$", "", rf"[{WORD}.\-]+"),
    (r"^[^\s\"*]$", "", f'[^{SPACE}"*]'),
    (r"^[\W_]$", "", "[^0-9A-Za-z]"),
    (r"^[^\W_]$", "", "[0-9A-Za-z]"),
    (r"^[\s\S]$", "", "."),
    (r"^[]\[^a-]$", "", r"[\]\[\^a\-]"),
    ("^[&~|][[][a&&b]$", "", r"[&~|]\[[a&b]"),
    ("^[s]?[^s]$", "", "s?[^s]"),
    ("^[a-c][ab][a-b]$", "", "[a-c][ab][ab]"),
    (r"^[\x{41}-\x43]$", "", "[A-C]"),
    # flags
    ("Adm1", "i", ".*[aA][dD][mM]1.*"),
    ("(?i)adm", "", ".*[aA][dD][mM].*"),
    ("^(?i:a)b(?-i:c)$", "", "[aA]bc"),
    ("^a(?-i:b)$", "i", "[aA]b"),
    ("^[a-z_][^b][Cc]$", "i", "[a-zA-Z_][^bB][Cc]"),
    (r"^[é\d]ß$", "i", "[éÉ0-9]ß"),
    (r"^\w\W$", "i", f"[{WORD}][^{WORD}]"),
    ("^ς$", "i", "[ςΣσ]"),
    ("^a.b$", "s", "a.b"),
    ("a b", "m", ".*a b.*"),
    (r"\Aa\z", "m", "a"),
]

REFUSED = [
    ("(?=a)b", "", "look-around"),
    ("a(?!b)", "", "look-around"),
    ("(?<=a)b", "", "look-around"),
    ("(?<!a)b", "", "look-around"),
    (r"(a)\1", "", "back-references"),
    ("(?P<n>a)(?P=n)", "", "back-references"),
    (r"(a)?(?(1)b|c)", "", "conditional groups"),
    (r"\bcmd\b", "", r"word boundaries (\b)"),
    (r"a\B", "", r"word boundaries (\B)"),
    ("(?>a)b", "", "atomic groups"),
    ("a++b", "", "possessive quantifiers"),
    ("a^b", "", "no anchors (^ or $) inside the pattern"),
    ("a$b", "", "no anchors (^ or $) inside the pattern"),
    ("(^a|b)+", "", "no anchors (^ or $) inside the pattern"),
    ("^a$", "m", "anchors at line breaks (flag m)"),
    ("(?m)a$", "", "anchors at line breaks (flag m)"),
    ("(?x)a b", "", "inline flags but i, m and s"),
    ("(?a:b)", "", "inline flags but i, m and s"),
    ("a", "x", "flag x"),
    (r"\pL", "", "Unicode property classes"),
    (r"[\P{Lu}]", "", "Unicode property classes"),
    ("[[:alpha:]]", "", "POSIX classes"),
    (r"[^\s\S]", "", "class that no character fits"),
    ("a(?i)b", "", "cannot be read (global flags not at the start of the expression)"),
    ("(a", "", "cannot be read (missing ), unterminated subpattern)"),
    ("a**", "", "cannot be read (multiple repeat)"),
    (r"\C", "", r"cannot be read (bad escape \C)"),
    ("a{99999999999}", "", "repetition of that size"),
    ("(?:(?:a{100}){100}){2}", "", "too many states"),
    ("a.{1,64}b", "", "too many states"),
    ("a" * 251, "i", "has 1008 characters, more than 1000"),
    ("(" * 5000 + "a" + ")" * 5000, "", "nested too deeply"),
]


@pytest.mark.parametrize(("pattern", "flags", "lucene"), SAID)
def test_a_regex_becomes_a_lucene_regex(pattern: str, flags: str, lucene: str) -> None:
    """Each pattern is said in Lucene's dialect, as short as it can be."""
    assert from_regex(pattern, flags) == lucene


@pytest.mark.parametrize(("pattern", "flags", "lucene"), SAID)
def test_a_lucene_regex_takes_what_the_regex_finds(pattern: str, flags: str, lucene: str) -> None:
    """The expected texts of the table above match the values that RE2 finds the pattern in."""
    if r"\Z" in pattern:
        return
    values = ["", "a", "ab", "b c", "x/foo", "foo", ";foo;bar", "ADM1", "adm", "[", "x" * 200]
    for value in [
        *values,
        "user@corp\"#&<>~/-'!%",
        "AB\t\n",
        "a\nb",
        "aabbccdef",
        "É",
        "foo/",
        "cf",
    ]:
        found = engine(pattern, flags).search(value) is not None
        assert backwards(lucene).fullmatch(value) is None or found or "\n" in value
        assert backwards(lucene).fullmatch(value) is not None or not found


@pytest.mark.parametrize(("pattern", "flags", "reason"), REFUSED)
def test_what_lucene_cannot_say_is_refused(pattern: str, flags: str, reason: str) -> None:
    """An error names the construct, the pattern and a next step, whoever asks."""
    for ask in (from_regex, dot_matches_newline):
        if ask is dot_matches_newline and ("states" in reason or "characters" in reason):
            continue
        with pytest.raises(Unsupported) as caught:
            ask(pattern, flags)
        assert reason in caught.value.what
        assert caught.value.what.endswith(f"in /{pattern}/")
        assert caught.value.next_step


@pytest.mark.parametrize(
    ("pattern", "flags", "told"),
    [
        ("a.b", "", True),
        ("a.b", "s", False),
        ("a(?s:.)b", "", False),
        ("(?s)a.b", "", False),
        ("(a.|b)*", "", True),
        (".*a.*", "", False),
        (".{3}", "", True),
        ("^.*a", "", True),
        (r"a\.b[.]", "", False),
        (r"a[^b]\s\Wc", "", False),
    ],
)
def test_a_dot_that_stops_at_line_breaks_is_told(pattern: str, flags: str, told: bool) -> None:
    """A dot without the flag s counts, unless it melts into the open end of the pattern."""
    assert dot_matches_newline(pattern, flags) is told


@pytest.mark.parametrize(
    ("pattern", "cased", "lucene"),
    [
        ((), False, ""),
        (("adm-1",), False, "[aA][dD][mM]-1"),
        (("adm-1",), True, "adm-1"),
        ((MANY, "a*b", ONE, "?"), True, r".*a\*b.\?"),
        ((MANY, ONE, MANY), True, "..*"),
        (("C:\\", MANY, '".@'), False, r"[cC]:\\.*\"\.\@"),
        (("日本é",), False, "日本[éÉ]"),
    ],
)
def test_a_glob_becomes_a_lucene_regex(pattern: Pattern, cased: bool, lucene: str) -> None:
    """Text is escaped, wildcards become dots, letters take both cases unless cased."""
    assert from_glob(pattern, cased) == lucene


@pytest.mark.parametrize(
    "pattern", [("a" * 1001,), (MANY, "a", *[ONE] * 40, "b")], ids=["long", "complex"]
)
def test_a_glob_that_elasticsearch_refuses_is_refused(pattern: Pattern) -> None:
    """A glob too long or too complex for a regular expression is an error, not a failing query."""
    with pytest.raises(Unsupported):
        from_glob(pattern, cased=True)


@pytest.mark.parametrize(
    ("text", "told"),
    [("", False), ("123-_.", False), ("日本ß", False), ("a", True), ("1É", True), ("ǆ", True)],
)
def test_letters_with_another_case_are_told(text: str, told: bool) -> None:
    """Only letters that have another case of one character count."""
    assert has_case(text) is told


_ATOMS = st.sampled_from(
    [
        *'abAB01 _é-."@',
        *(r"\d", r"\w", r"\s", r"\D", r"\W", r"\S", r"\.", r"\*", r"\\", r"\x{41}"),
        *("[ab]", "[^a]", "[A-Z0]", r"[\w-]", r"[^\s@]", r"[\W_]", r"[]\[]", "[&~|<>#]"),
    ]
)
_BOUNDS = st.sampled_from(["*", "+", "?", "*?", "+?", "??", "{2}", "{1,3}", "{0,2}", "{2,}"])


def _larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    joined = st.lists(inner, min_size=1, max_size=3).map("".join)
    return st.one_of(
        joined,
        st.tuples(joined, _BOUNDS).map(lambda pair: f"(?:{pair[0]}){pair[1]}"),
        st.lists(joined | st.just(""), min_size=2, max_size=3).map(lambda o: f"({'|'.join(o)})"),
        joined.map(lambda text: f"(?i:{text})"),
    )


_BODIES = st.recursive(_ATOMS, _larger, max_leaves=6)
_STARTS = st.sampled_from(["", "^", r"\A", r"(^|\s)", "(?:^|[ab]|b)", "(^a|b)", "(^)?", "b|^"])
_ENDS = st.sampled_from(["", "$", r"\z", r"($|\s)", "(?:[ab]|$)", "(b|a$)", "($|a)?", "$|b"])
_PATTERNS = st.tuples(_STARTS, _BODIES, _ENDS).map("".join)
_VALUES = st.lists(
    st.text(st.sampled_from('abAB01 _éÉ-.*\\"@[]&~|<>#\t\n'), max_size=8), min_size=5, max_size=20
)


@given(_PATTERNS, st.sampled_from(["", "i", "s", "is"]), _VALUES)
def test_lucene_and_re2_agree(pattern: str, flags: str, values: list[str]) -> None:
    """The whole-value regex matches exactly the values in which RE2 finds the pattern."""
    text = within_limits(pattern, flags)
    if text is None:
        return
    lucene = backwards(text)
    one_line = dot_matches_newline(pattern, flags)
    search = engine(pattern, flags)
    for value in values:
        read = value.replace("\n", "") if one_line else value
        assert (lucene.fullmatch(read) is None) == (search.search(read) is None)


def within_limits(pattern: str, flags: str) -> str | None:
    try:
        return from_regex(pattern, flags)
    except Unsupported as error:
        if "too many states" not in error.what and "more than 1000" not in error.what:
            raise
        return None


def engine(pattern: str, flags: str) -> re2._Regexp:
    return re2.compile(f"(?{flags}){pattern}" if flags else pattern)


_LUCENE_TOKEN = re.compile(
    r"\\(?P<escaped>.)|(?P<set>\[(?:\\.|[^\]\\])+\])|(?P<bounds>\{\d+(?:,\d*)?\})"
    r"|(?P<operator>[.()|*+?])|(?P<forbidden>[\"\[\]{}@#&<>~])|(?P<text>.)",
    re.DOTALL,
)


def backwards(lucene: str) -> re2._Regexp:
    """The emitted part of Lucene's dialect as an RE2 pattern for whole values."""
    return re2.compile("(?s)" + _LUCENE_TOKEN.sub(_re2_token, lucene))


def _re2_token(match: re.Match[str]) -> str:
    kind, text = match.lastgroup, match[0]
    assert kind != "forbidden", "an operator of the dialect is not escaped"
    if kind == "escaped":
        assert not text[1].isalnum(), "Lucene reads an escaped letter as a class"
        return re.escape(text[1])
    return re.escape(text) if kind == "text" else text
