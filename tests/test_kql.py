"""KQL as it is written: in Kibana's own style, or refused where it cannot say the test."""

from __future__ import annotations

import pytest

from converter import predicate as p
from converter.errors import Unsupported
from converter.languages.kql import Kql
from converter.pipelines import Facts

MANY, ONE = p.Wildcard.MANY, p.Wildcard.ONE
TYPES = {"n": "long", "b": "boolean", "a": "ip", "t": "text", "x": "flattened", "c": "keyword"}

SAID = {
    'c:"two words"': p.Equals("c", "two words", cased=True),
    'c:"or"': p.Equals("c", "or", cased=True),
    'c:"a\\\\b\\"c"': p.Equals("c", 'a\\b"c', cased=True),
    "c:(a or b)": p.Or((p.Equals("c", "a", cased=True), p.Equals("c", "b", cased=True))),
    "c:*a*": p.Glob("c", (MANY, "a", MANY), cased=True),
    "c:*": p.Exists("c"),
    "not c:*": p.Null("c"),
    "not (c:a and n:1)": p.Not(p.And((p.Equals("c", "a", cased=True), p.Equals("n", 1)))),
    "n:5": p.Equals("n", 5),
    "n >= 5": p.Compare("n", ">=", 5),
    "b:true": p.Equals("b", True),
    'a:"10.0.0.1"': p.Equals("a", "10.0.0.1"),
    'a:("10.0.0.0/8" or "fe80::/10")': p.Or((p.Cidr("a", "10.0.0.0/8"), p.Cidr("a", "fe80::/10"))),
    "x:a": p.Equals("x", "a", cased=True),
}
REFUSED = {
    "free spelling": p.Equals("c", "Word"),
    "one character": p.Glob("c", ("a", ONE), cased=True),
    "stars beside blanks": p.Glob("c", (MANY, "a b", MANY), cased=True),
    "stars beside backslashes": p.Glob("c", (MANY, "a\\b", MANY), cased=True),
    "stars in flattened keys": p.Glob("x", ("a", MANY), cased=True),
    "expressions": p.Regex("c", "a+"),
    "analysed text": p.Equals("t", "a", cased=True),
    "words anywhere": p.Keyword((MANY, "a", MANY)),
    "two fields": p.FieldCompare("c", "d", "equals"),
    "odd names": p.Equals("c d", "a", cased=True),
    "times": p.TimePart("c", "hour", "==", 3),
}


def facts(name: str) -> Facts:
    return Facts(name, TYPES.get(name, "keyword"))


@pytest.mark.parametrize("text", SAID)
def test_what_kql_says(text: str) -> None:
    """Each test is written as Kibana's own rules write it."""
    assert Kql(facts).emit(SAID[text]).text == text


@pytest.mark.parametrize("what", REFUSED)
def test_what_kql_cannot_say_is_refused(what: str) -> None:
    """What KQL has no words for is Unsupported, never near."""
    with pytest.raises(Unsupported, match="KQL"):
        Kql(facts).emit(REFUSED[what])
