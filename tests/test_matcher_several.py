"""Values that are looked through together give what each gives alone."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converter.matcher.globs import held
from converter.matcher.tests import any_like, like
from converter.predicate import Glob, Keyword, Pattern, Wildcard

MANY = Wildcard.MANY
TEXTS = st.text("aB\0\u212aKß%", max_size=4)
VALUES = st.one_of(TEXTS, st.integers(-5, 50), st.booleans(), st.none(), st.just({"a": "B"}))


@given(words=st.lists(TEXTS, min_size=1, max_size=3), values=st.lists(VALUES, max_size=6))
def test_together_is_each_alone(words: list[str], values: list[Any]) -> None:
    """A text stands in one of many values if it stands in one of them, not across two."""
    tests = [Keyword((MANY, one, MANY)) for one in words]
    alone = any(like(test)([value]) for test in tests for value in values)
    assert any_like(tests)(values) is alone


@pytest.mark.parametrize(
    ("patterns", "texts"),
    [
        ([(MANY, "a", MANY), (MANY, "b", MANY)], ("a", "b")),
        ([(MANY, "a", MANY), (MANY, "b")], ()),
        ([(MANY, "a\0b", MANY)], ()),
        ([(MANY,)], ()),
        ([(MANY, "a", Wildcard.ONE, MANY)], ()),
    ],
)
def test_texts_that_are_held(patterns: list[Pattern], texts: tuple[str, ...]) -> None:
    """Only patterns that a text inside is all of are looked for in many values at once."""
    assert held(patterns) == texts


def test_of_one_field_as_of_all() -> None:
    """Lists in a field are looked through in the same way."""
    test = any_like([Glob("f", (MANY, "needle", MANY)), Glob("f", (MANY, "pin", MANY))])
    assert test(["x", 5, "A Needle here", None])
    assert not test(["nee", "dle", 5, None])
