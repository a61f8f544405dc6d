"""The faults of pySigma 1.x that are mended where a rule is read."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Any

import pytest
import sigma.modifiers as stock
from hypothesis import given
from hypothesis import strategies as st
from sigma.modifiers import modifier_mapping
from sigma.processing.pipeline import ProcessingPipeline
from sigma.types import type_map
from test_languages import a_rule

from converter import predicate as p
from converter.errors import RuleError
from converter.lower import lower, tree
from converter.predicate import (
    And,
    Equals,
    FieldCompare,
    Glob,
    KeywordRegex,
    Not,
    Or,
    Predicate,
    Regex,
    TimePart,
    Wildcard,
)
from converter.upstream import mend

MANY = Wildcard.MANY


def lowered(detection: Any, pipeline: str = "", **more: Any) -> Predicate:
    """The predicate of a detection of one selection, after a pipeline."""
    rule = a_rule({"detection": detection} | more)
    read = tree(rule)
    if pipeline:
        ProcessingPipeline.from_yaml(pipeline).apply(read)
    return lower(rule, read)


def cased(*texts: str) -> Predicate:
    return Or(tuple(Equals("f", text, cased=True) for text in texts))


VALUES: list[tuple[Any, Predicate]] = [
    ({"f|base64": r"http://x/\?a=1"}, Equals("f", "aHR0cDovL3gvP2E9MQ==")),
    ({"f|cased|base64": "a"}, Equals("f", "YQ==", cased=True)),
    ({"f|utf16le|base64": "für"}, Equals("f", "ZgD8AHIA")),
    ({"f|wide|base64": "cmd"}, Equals("f", "YwBtAGQA")),
    ({"f|utf16be|base64": "cmd"}, Equals("f", "AGMAbQBk")),
    ({"f|utf16|base64": "cmd"}, Equals("f", "//5jAG0AZAA=")),
    ({"f|cased|windash": "-a"}, cased("-a", "/a", "–a", "—a", "―a")),
    (
        {"f|windash|contains": "x -a -b -c -d?"},
        Regex("f", "x [-/–—―]a [-/–—―]b [-/–—―]c [-/–—―]d.", "is"),
    ),
    (
        {"f|cased|windash": "x.y -a -b -c -d"},
        Regex("f", r"^x\.y [-/–—―]a [-/–—―]b [-/–—―]c [-/–—―]d$", "s"),
    ),
    ({"|windash": "-a -b -c -d"}, KeywordRegex("[-/–—―]a [-/–—―]b [-/–—―]c [-/–—―]d", "is")),
    ({"f|fieldref|contains": "g"}, FieldCompare("f", "contains", "g")),
    ({"f|fieldref|neq": "g"}, Not(FieldCompare("f", "equals", "g"))),
    ({"f|fieldref|cased": "g"}, FieldCompare("f", "equals", "g", cased=True)),
    ({"f|cased|fieldref|endswith": "g"}, FieldCompare("f", "endswith", "g", cased=True)),
    ({"f|fieldref": r"a\*b"}, FieldCompare("f", "equals", "a*b")),
    ({"f|re|startswith": "a|b"}, Regex("f", "^(?:a|b)")),
    ({"f|re|endswith|i": "a|b"}, Regex("f", "(?:a|b)$", "i")),
    ({"f|re|contains": ""}, Regex("f", "")),
    ({"f|re": 5}, Regex("f", "5")),
    ({"f|hour": [3, 4]}, Or((TimePart("f", "hour", "==", 3), TimePart("f", "hour", "==", 4)))),
    ({"f|weekday": 7}, TimePart("f", "weekday", "==", 7)),
    ({"f|hour|neq": 3}, Not(TimePart("f", "hour", "==", 3))),
]


@pytest.mark.parametrize(("detection", "wanted"), VALUES, ids=[str(v[0]) for v in VALUES])
def test_values(detection: Any, wanted: Predicate) -> None:
    """Modifiers do what the specification says where pySigma's own do not."""
    assert lowered(detection) == wanted


REFUSED = [
    ({"f|wide": "cmd"}, "UTF-16 bytes, not text"),
    ({"f|utf16le|contains": "cmd"}, "contains` does not take"),
    ({"f|base64": "a*"}, "wildcards"),
    ({"f|re": None}, "`|re` does not take null"),
    ({"f|re": True}, "`|re` does not take True"),
    ({"f|hour": 3.5}, "whole number"),
    ({"f|weekday": 0}, "no day of the week"),
    ({"f|expand|windash": "%a%"}, "placeholder"),
]


@pytest.mark.parametrize(("detection", "words"), REFUSED, ids=[str(r[0]) for r in REFUSED])
def test_what_pysigma_takes_without_sense_is_refused(detection: Any, words: str) -> None:
    """Values that pySigma reads as something else are errors."""
    with pytest.raises(RuleError) as caught:
        lowered(detection)
    assert words in caught.value.what


@given(text=st.text(min_size=2), before=st.binary(max_size=5), after=st.binary(max_size=5))
def test_base64offset_finds_the_bytes_anywhere(text: str, before: bytes, after: bytes) -> None:
    """One of the three texts stands in the Base64 of whatever holds the value's bytes."""
    escaped = text.replace("\\", "\\\\").replace("*", "\\*").replace("?", "\\?")
    found = [str(one.value) for one in p.tests(lowered({"f|base64offset": escaped}))]  # type: ignore[union-attr]
    whole = b64encode(before + text.encode() + after).decode()
    assert found[len(before) % 3] in whole


@given(st.text())
def test_base64_holds_the_text(text: str) -> None:
    """The encoded value is decoded to the value's own bytes, whatever is escaped in it."""
    escaped = text.replace("\\", "\\\\").replace("*", "\\*").replace("?", "\\?")
    test = lowered({"f|base64": escaped})
    assert isinstance(test, Equals)
    assert b64decode(str(test.value)) == text.encode()


LISTS = """
transformations: [{type: value_placeholders}]
vars: {a: ['1', '2'], b: ['3', '4*']}
"""
EXPANDED: list[tuple[Any, Predicate]] = [
    ({"f|expand": "x%a%"}, Or((Equals("f", "x1"), Equals("f", "x2")))),
    ({"f|cased|expand": "%a%"}, cased("1", "2")),
    ({"f|expand|cased": "%a%"}, cased("1", "2")),
    (
        {"f|expand|all": ["%a%", "%b%"]},
        And(
            (
                Or((Equals("f", "1"), Equals("f", "2"))),
                Or((Equals("f", "3"), Glob("f", ("4", MANY)))),
            )
        ),
    ),
]


@pytest.mark.parametrize(("detection", "wanted"), EXPANDED, ids=[str(v[0]) for v in EXPANDED])
def test_placeholders(detection: Any, wanted: Predicate) -> None:
    """The values of a list are alternatives, under `|all` too, and keep the case rule."""
    assert lowered(detection, LISTS) == wanted


def test_dashes_and_placeholders_go_together() -> None:
    """A placeholder is found among the texts that `windash` makes."""
    found = list(p.tests(lowered({"f|windash|expand": "-%a%"}, LISTS)))
    assert len(found) == 2
    assert len(list(p.tests(lowered({"f|windash|expand": "-u %a%"}, LISTS)))) == 10


def test_a_field_mapping_keeps_how_fields_are_compared() -> None:
    """Case rule and side of a field reference stay when a pipeline renames the field."""
    mapping = "transformations: [{type: field_name_mapping, mapping: {f: a.f, g: a.g}}]"
    found = lowered({"f|cased|fieldref|contains": "g"}, mapping)
    assert found == FieldCompare("a.f", "contains", "a.g", cased=True)


def test_selectors_may_hold_hyphens() -> None:
    """pySigma alone cannot read `1 of sel-*`."""
    case = {"selections": {"sel-1": {"f": "1"}, "sel-2": {"f": "2"}}, "condition": "1 of sel-*"}
    assert lowered(None, **case) == Or((Equals("f", "1"), Equals("f", "2")))


def test_a_timeframe_is_no_selection() -> None:
    """pySigma alone searches every event for the text 5m."""
    case = {"selections": {"a": {"f": "1"}, "timeframe": "5m"}, "condition": "all of them"}
    assert lowered(None, **case) == Equals("f", "1")


def test_mending_twice_changes_nothing() -> None:
    """`mend` may be called as often as one likes."""
    mend()
    before = dict(modifier_mapping), dict(type_map)
    mend()
    assert (dict(modifier_mapping), dict(type_map)) == before


def test_validators_meet_the_modifiers_they_know() -> None:
    """The rule that is read names pySigma's own modifiers."""
    read = tree(a_rule({"detection": {"f|base64offset|contains": "ab"}}))
    item = read.detection.detections["a"].detection_items[0]
    assert item.modifiers == [stock.SigmaBase64OffsetModifier, stock.SigmaContainsModifier]
