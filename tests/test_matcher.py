"""Predicates on events: the tables under cases/matcher, one case a test.

The compact form: all, any: lists; not: one; eq, like, re, cidr, cmp, time: {field: wanted};
exists, null: a field; fields: [field, relation, other]; keyword, keyword_re: a pattern. `_cased`
may follow eq, like, fields, keyword; `flags` stands beside re and keyword_re. In a pattern `*` and
`?` are wildcards and a backslash takes the meaning from the next character.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
import yaml

from converter import predicate as tree
from converter.errors import RuleError
from converter.matcher import compile_predicate
from converter.matcher.explain import explain

CASES = Path(__file__).parent / "cases" / "matcher"
WILDCARDS = {"*": tree.Wildcard.MANY, "?": tree.Wildcard.ONE}


def pattern(text: str) -> tree.Pattern:
    """The pattern that a text with wildcards writes."""
    chars = iter(text)
    return tree.tidy(next(chars) if c == "\\" else WILDCARDS.get(c, c) for c in chars)


def ordered(kind: Callable[..., tree.Predicate]) -> Callable[..., tree.Predicate]:
    """A builder for `{field: "> 5"}`, `{field: "hour > 5"}` and `{field: "hour in UTC > 5"}`."""

    def build(field: str, wanted: str, **_: Any) -> tree.Predicate:
        *part, op, value = wanted.split()
        zone = part[2:] if part[1:2] == ["in"] else []
        return kind(field, *part[:1], op, yaml.safe_load(value), *zone)

    return build


TESTS: dict[str, Callable[..., tree.Predicate]] = {
    "eq": lambda field, value, cased, **_: tree.Equals(field, value, cased),
    "like": lambda field, text, cased, **_: tree.Glob(field, pattern(text), cased),
    "re": lambda field, text, flags, **_: tree.Regex(field, text, flags),
    "cidr": lambda field, network, **_: tree.Cidr(field, network),
    "cmp": ordered(tree.Compare),
    "time": ordered(tree.TimePart),
    "exists": lambda field, **_: tree.Exists(field),
    "null": lambda field, **_: tree.Null(field),
    "fields": lambda a, relation, b, cased, **_: tree.FieldCompare(a, relation, b, cased),
    "keyword": lambda text, cased, **_: tree.Keyword(pattern(text), cased),
    "keyword_re": lambda text, flags, **_: tree.KeywordRegex(text, flags),
}


def read(data: dict[str, Any]) -> tree.Predicate:
    """The predicate that the compact form says."""
    flags = data.get("flags", "")
    ((name, said),) = ((k, v) for k, v in data.items() if k != "flags")
    if name in ("all", "any"):
        args = tuple(read(part) for part in said)
        return tree.And(args) if name == "all" else tree.Or(args)
    if name == "not":
        return tree.Not(read(said))
    args = next(iter(said.items())) if isinstance(said, dict) else said
    given = [args] if isinstance(args, str) else args
    kind = name.removesuffix("_cased")
    return TESTS[kind](*given, cased=name.endswith("_cased"), flags=flags)


def cases() -> list[Any]:
    """Every case of every table, named by its file and its sentence."""
    return [
        pytest.param(case, id=f"{path.stem}: {case['name']}")
        for path in sorted(CASES.glob("*.yml"))
        for case in yaml.safe_load(path.read_text(encoding="utf-8"))
    ]


@pytest.mark.parametrize("case", cases())
def test_cases(case: dict[str, Any]) -> None:
    """Each predicate is true of its `match` events and false of its `miss` events."""
    predicate = read(case["predicate"])
    matches = compile_predicate(predicate)
    assert [event for event in case["match"] if not matches(event)] == []
    assert [event for event in case["miss"] if matches(event)] == []


@pytest.mark.parametrize("case", cases())
def test_cases_other_ways(case: dict[str, Any]) -> None:
    """The normal form, the negation and the explanation give the same verdicts."""
    predicate = read(case["predicate"])
    normal = compile_predicate(tree.normal(predicate))
    negated = compile_predicate(tree.Not(predicate))
    for wanted, events in ((True, case["match"]), (False, case["miss"])):
        for event in events:
            assert normal(event) is wanted, event
            assert negated(event) is not wanted, event
            assert explain(predicate, event).verdict is wanted, event


PATHS = {"op": ("op", "op.value"), "user": ("userName", "userIdentity.name"), "none": ()}


@pytest.mark.parametrize(
    ("field", "event", "wanted"),
    [
        ("op", {"op": "x"}, True),
        ("op", {"op": {"value": "x", "localized": "y"}}, True),
        ("op", {"op": ["y", {"value": "x"}]}, False),
        ("op", {"op": None}, False),
        ("op", {"op": {"localized": "x"}}, False),
        ("user", {"userName": "x", "userIdentity": {"name": "y"}}, True),
        ("user", {"userName": "y", "userIdentity": {"name": "x"}}, False),
        ("user", {"userName": [], "userIdentity": {"name": "x"}}, False),
        ("user", {"userIdentity": {"name": "x"}}, True),
        ("user", {"user": "x"}, False),
        ("none", {"none": "x"}, True),
    ],
)
def test_paths(field: str, event: dict[str, Any], wanted: bool) -> None:
    """The first native path that exists counts, and objects give way to a value."""
    matches = compile_predicate(tree.Equals(field, "x"), lambda name: PATHS[name])
    assert matches(event) is wanted


def test_paths_of_objects() -> None:
    """Where every path leads to objects only, the first one still exists and is searched."""
    paths = {"f": ("a", "b")}.__getitem__
    event = {"a": {"x": 1}, "b": {"y": 2}}
    assert compile_predicate(tree.Exists("f"), paths)(event)
    assert compile_predicate(tree.Glob("f", pattern('*"x":1*')), paths)(event)
    assert not compile_predicate(tree.Glob("f", pattern('*"y"*')), paths)(event)


@pytest.mark.parametrize(
    ("test", "value", "wanted"),
    [
        (tree.Equals("f.g", 1), MappingProxyType({"g": 1}), True),
        (tree.Glob("f", pattern('*"g":1}}')), {"h": MappingProxyType({"g": 1})}, True),
        (tree.Keyword(("x",)), MappingProxyType({"g": ("x",)}), True),
        (tree.Equals("f", 1), (2, (1,)), True),
        (tree.Equals("f", "1.50"), Decimal("1.50"), True),
        (tree.Compare("f", ">", 2**60), Decimal(2**60 + 1), True),
        (tree.Compare("f", ">", 1), Decimal("1.5"), True),
        (tree.Compare("f", ">", 1), Decimal("Infinity"), True),
        (tree.Compare("f", "<", 1), Decimal("sNaN"), False),
        (tree.Equals("f", "2024-01-01T00:00:00Z"), datetime(2024, 1, 1, tzinfo=UTC), True),
        (tree.Equals("f", "2024-01-01"), date(2024, 1, 1), True),
        (tree.Glob("f", pattern("*")), b"bytes", False),
        (tree.Glob("f", pattern("*")), {1, 2}, False),
        (tree.Glob("f", pattern("*")), {(1, 2): "x"}, False),
        (tree.Exists("f"), {(1, 2): "x"}, True),
    ],
)
def test_other_python_values(test: tree.Test, value: Any, wanted: bool) -> None:
    """Mappings, tuples, decimals and dates are read as what they hold; the rest has no text."""
    assert compile_predicate(test)({"f": value}) is wanted


@pytest.mark.parametrize(
    ("test", "words"),
    [
        (tree.Cidr("ip", "10.0.0.0/33"), ("'10.0.0.0/33'", "10.0.0.0/8")),
        (tree.Cidr("ip", "10.*"), ("'10.*'", "10.0.0.0/8")),
        (tree.TimePart("when", "quarter", "==", 1), ("'quarter'", "hour")),
        (tree.Regex("f", "a", "ix"), ("'x'", "use i, m or s")),
    ],
)
def test_refused_tests(test: tree.Test, words: tuple[str, ...]) -> None:
    """A test that cannot be run is refused before any event is seen, with a next step."""
    with pytest.raises(RuleError) as caught:
        compile_predicate(tree.And((tree.Exists("x"), test)))
    assert all(word in str(caught.value) for word in words)
    assert caught.value.next_step
