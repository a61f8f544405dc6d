"""What pySigma's tree becomes, and the faults of pySigma 1.x that are mended on the way."""

from __future__ import annotations

from typing import Any

import pytest
from sigma.rule import SigmaRule
from test_languages import a_rule

from converter.errors import RuleError
from converter.lower import as_stored, lower, tree
from converter.pipelines import Facts
from converter.predicate import (
    And,
    Cidr,
    Compare,
    Equals,
    Exists,
    FieldCompare,
    Glob,
    Keyword,
    Not,
    Null,
    Or,
    Predicate,
    Regex,
    TimePart,
    Wildcard,
)

MANY, ONE = Wildcard.MANY, Wildcard.ONE


def lowered(detection: Any, **more: Any) -> Predicate:
    """The predicate of a detection of one selection."""
    rule = a_rule({"detection": detection} | more)
    return lower(rule, tree(rule))


VALUES: list[tuple[Any, Predicate]] = [
    ({"f": "Foo"}, Equals("f", "Foo")),
    ({"f": "a*b?"}, Glob("f", ("a", MANY, "b", ONE))),
    ({"f": r"a\*b\?\\c"}, Equals("f", "a*b?\\c")),
    ({"f|contains": "x"}, Glob("f", (MANY, "x", MANY))),
    ({"f|startswith": "x"}, Glob("f", ("x", MANY))),
    ({"f|endswith": "x"}, Glob("f", (MANY, "x"))),
    ({"f|cased": "Foo"}, Equals("f", "Foo", cased=True)),
    ({"f": 5}, Equals("f", 5)),
    ({"f": 2.5}, Equals("f", 2.5)),
    ({"f": True}, Equals("f", True)),
    ({"f": None}, Null("f")),
    ({"f": ["a", "b"]}, Or((Equals("f", "a"), Equals("f", "b")))),
    (
        {"f|contains|all": ["a", "b"]},
        And((Glob("f", (MANY, "a", MANY)), Glob("f", (MANY, "b", MANY)))),
    ),
    ({"f": "a", "g": "b"}, And((Equals("f", "a"), Equals("g", "b")))),
    ([{"f": "a"}, {"g": "b"}], Or((Equals("f", "a"), Equals("g", "b")))),
    ({"f|exists": True}, Exists("f")),
    ({"f|exists": False}, Not(Exists("f"))),
    ({"f|re": r"a.*b\?[0-9]+"}, Regex("f", r"a.*b\?[0-9]+")),
    ({"f|re|i|s": "x"}, Regex("f", "x", "is")),
    ({"f|cidr": "10.0.0.0/8"}, Cidr("f", "10.0.0.0/8")),
    ({"f|gt": 5}, Compare("f", ">", 5)),
    ({"f|lte": 5}, Compare("f", "<=", 5)),
    ({"f|neq": 5}, Not(Equals("f", 5))),
    ({"f|fieldref": "g"}, FieldCompare("f", "equals", "g")),
    ({"f|fieldref|startswith": "g"}, FieldCompare("f", "startswith", "g")),
    ({"f|hour": 3}, TimePart("f", "hour", "==", 3)),
    ({"f|hour|gte": 3}, TimePart("f", "hour", ">=", 3)),
    (["word"], Keyword((MANY, "word", MANY))),
]


@pytest.mark.parametrize(("detection", "wanted"), VALUES, ids=[str(v[0]) for v in VALUES])
def test_values(detection: Any, wanted: Predicate) -> None:
    """Each word of the specification becomes the test it names."""
    assert lowered(detection) == wanted


def test_a_big_whole_number_keeps_its_digits() -> None:
    """pySigma 1.x alone makes a float of it."""
    number = 12345678901234567891
    assert lowered({"f": number}) == Equals("f", number)
    assert lowered({"f|gt": number}) == Compare("f", ">", number)


def test_a_selection_may_begin_with_not() -> None:
    """pySigma 1.x alone cannot parse the name `notepad`, or takes it for `not epad`."""
    case = {"selections": {"notepad": {"f": "a"}, "android": {"g": "b"}}}
    rule = a_rule(case | {"condition": "notepad and not android"})
    assert lower(rule, tree(rule)) == And((Equals("f", "a"), Not(Equals("g", "b"))))
    with pytest.raises(Exception, match=r"not defined|Expected"):
        _ = [c.parsed for c in SigmaRule.from_dict(rule.data).detection.parsed_condition]


def test_selectors_and_several_conditions() -> None:
    """Selectors leave out names beginning with an underscore; several conditions are ORed."""
    case = {"selections": {"a1": {"f": "1"}, "a2": {"f": "2"}, "_b": {"f": "3"}}}
    rule = a_rule(case | {"condition": ["1 of a*", "all of them"]})
    one, two = Equals("f", "1"), Equals("f", "2")
    assert lower(rule, tree(rule)) == Or((Or((one, two)), And((one, two))))


REFUSED = [
    ({"f|unknown": "x"}, "nknown"),
    ({"f|expand": "%users%"}, "users"),
    ({"f|re|expand": "a%users%"}, "users"),
    ({"f|windash|expand": "-a -b -c -d %users%"}, "users"),
    ({"f|cidr": "300.0.0.0/8"}, "300.0.0.0/8"),
    ({"f|gt": "x"}, "does not take x"),
    ({"f|re": "("}, "Regular expression"),
]


@pytest.mark.parametrize(("detection", "words"), REFUSED, ids=[str(r[0]) for r in REFUSED])
def test_what_is_no_test_is_refused(detection: Any, words: str) -> None:
    """A modifier or value that means nothing is an error with the rule's place and a next step."""
    with pytest.raises(RuleError, match=words) as caught:
        lowered(detection)
    assert caught.value.path == "case.yml"
    assert caught.value.next_step


def test_the_pipe_of_old_sigma_is_refused() -> None:
    """Aggregations after a pipe are refused with the way to write them today."""
    rule = a_rule({"selections": {"a": {"f": "1"}}, "condition": "a | count() > 5"})
    with pytest.raises(RuleError, match="pipe"):
        lower(rule, tree(rule))


def test_a_null_may_be_stored_as_text() -> None:
    """Where a schema keeps JSON null as the text "null", a null test asks for both."""
    stored = as_stored(Not(Null("f")), lambda name: Facts(name, null_text=True))
    assert stored == Not(Or((Null("f"), Equals("f", "null"))))


def test_what_is_absent_may_be_stored_as_text() -> None:
    """A text for a missing key and the missing key are one, and existence excludes the text."""

    def facts(name: str) -> Facts:
        return Facts(name, absent="success")

    is_absent = Equals("f", "success")
    assert as_stored(Null("f"), facts) == Or((Null("f"), is_absent))
    assert as_stored(Equals("f", "SUCCESS"), facts) == Or((Null("f"), is_absent))
    assert as_stored(Equals("f", "AccessDenied"), facts) == Equals("f", "AccessDenied")
    assert as_stored(Exists("f"), facts) == And((Exists("f"), Not(is_absent)))
    assert as_stored(Glob("f", (MANY,)), facts) == And((Glob("f", (MANY,)), Not(is_absent)))
    assert as_stored(Glob("f", ("x", MANY)), facts) == Glob("f", ("x", MANY))
