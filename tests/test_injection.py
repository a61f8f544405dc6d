"""A value, a field name or a pattern of a rule never leaves its literal, whatever it holds."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converter import predicate as p
from converter.errors import Unsupported
from converter.languages import EMITTERS
from converter.languages.parsing import READABLE
from converter.pipelines import Facts
from converter.proving import Meaning, proved

LANGUAGES_READ = [name for name in EMITTERS if name in READABLE]
HOSTILE = st.text(
    alphabet=st.sampled_from(
        list("abzAZ09 \t\n\r\\\"'`|[](){}<>*?/:=!&#@~^$%,;.+-_\u00e4\u00df\u0130\u2028\U0001f600")
    )
    | st.characters(blacklist_categories=("Cs", "Cc")),
    max_size=12,
)
FRAGMENTS = st.sampled_from(
    [
        '" or true or x:"',
        "` is null or true or `b",
        'x" | delete | where "y',
        "``` comment ```",
        "`macro`",
        "*:* OR a:b",
        "/.*/",
        "a\\",
        "\\\\",
        "$token$",
        "[stanza]",
        "AND",
        "not",
        "TO",
        "{a TO b}",
        "%{x}",
    ]
)
TEXTS = HOSTILE | FRAGMENTS
PIECES = st.lists(TEXTS.filter(bool) | st.sampled_from(p.Wildcard), min_size=1, max_size=4)
NAMES = TEXTS.filter(lambda name: name.strip() != "" and name == name.strip())


def made_tests() -> st.SearchStrategy[p.Predicate]:
    """Random tests of text, with plain and with hostile field names."""
    names = st.just("f") | NAMES
    return st.one_of(
        st.builds(p.Equals, names, TEXTS, st.booleans()),
        st.builds(p.Glob, names, PIECES.map(p.tidy), st.booleans()),
    )


PREDICATES = st.recursive(
    made_tests(),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda args: p.And(tuple(args))),
        st.lists(inner, min_size=1, max_size=3).map(lambda args: p.Or(tuple(args))),
        inner.map(p.Not),
    ),
    max_leaves=4,
)


def keyword(name: str) -> Facts:
    """Every field is a keyword field in free spelling."""
    return Facts(name, "keyword")


@pytest.mark.parametrize("language", LANGUAGES_READ)
@settings(max_examples=300, deadline=None)
@given(predicate=PREDICATES)
def test_what_is_said_is_read_back(language: str, predicate: p.Predicate) -> None:
    """A query says exactly the predicate, or there is no query."""
    try:
        query = EMITTERS[language](keyword).emit(predicate)
    except Unsupported:
        return
    done = proved(query, [Meaning(predicate, keyword, ())])
    assert done.fidelity in ("proved", "partial"), (query.text, done.notes)
