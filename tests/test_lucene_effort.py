from __future__ import annotations

import pytest

from converter.languages.lucene_effort import too_complex
from converter.regexps.tree import Chars, Dot, Edge, Repeat, read


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        ("", False),
        ("a{9000}", False),
        ("a{9001}", True),
        ("(a{90}){101}", True),
        ("(a|b{3000}){3}", True),
        ("a{9000,}", True),
        ("(a|bc)*d?e+", False),
        (".*a.{1,8}b.*", False),
        (".*a.{1,16}b.*", True),
        ("a.{1,64}b", False),
        (".*[^/]{400}", False),
        (".*[^/]{500}", True),
        (r".*\sfoo{0,20}(bar|baz){3,}", False),
    ],
)
def test_the_work_of_lucene_is_foreseen(pattern: str, told: bool) -> None:
    """What Lucene 9.12 and 10.2 take and refuse by default is told in advance."""
    assert too_complex(read(pattern, "s")) is told


def test_optional_copies_can_each_be_the_last() -> None:
    """A bounded repetition of a nullable body stays small, and an anchor costs nothing."""
    body = (Repeat((Chars(((97, 97),)),), 0, 1), Repeat((Dot(),), 0, 1))
    assert not too_complex((Edge.START, Repeat(body, 0, 20)))
