"""What fields tell of an event loses no rule that matches it, and leaves out most that do not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_matcher_index import PREDICATES, REGEXES, objects, patterns

from converter import predicate as p
from converter.logs.decoding import decode
from converter.matcher import compile_predicate
from converter.matcher.fields import Paths, reader
from converter.matcher.index import Masks, among, asked, columns, engines, shapes
from converter.matcher.index.shapes import Found, Shapes
from converter.paths import Path, Under

MANY, ONE = p.Wildcard.MANY, p.Wildcard.ONE
ROOTS = ("EventData", "Event.EventData", "UserData.*")
LISTS = ("EventData.Data", "Event.EventData.Data")


def under(name: str) -> Under:
    """A field as those of Windows events."""
    return Under(name, ROOTS, LISTS)


WINDOWS: dict[str, tuple[Path, ...]] = {
    "Image": ("Image", under("Image"), "NewProcessName", under("NewProcessName")),
    "User": ("User", under("User"), "winlog.user"),
    "Data": ("Data", "EventData.Data.#text", "EventData.Data", "Message"),
    "EventID": ("EventID", "EventID.#text", "Event.System.EventID", "winlog.event_id"),
    "a.b": ("a.b",),
}
SCALARS = st.sampled_from([
    "x", "X", "xy", "C:\\x.exe", "c:\\X.EXE", "\u212aelvin", "kelvin", "\u017fecret", "\u00b5m",
    "\u03bcm", "na\u00efve", "", 1, 1.0, True, False, "1", "1.0", "true", 0, 4688, "4688", None,
    2**53 + 1, float(2**53), 1e400, "x" * 500, "\x02x", "{}",
])  # fmt: skip
KEYS = st.sampled_from([
    "Image", "image", "User", "Data", "EventID", "NewProcessName", "EventData", "Event", "System",
    "UserData", "winlog", "user", "#text", "@Name", "Name", "Message", "event_id", "a", "b", "a.b",
    "EventData.Image",
])  # fmt: skip
NAMED = st.fixed_dictionaries(
    {"@Name": st.sampled_from(["Image", "User", None, 5])},
    optional={"#text": SCALARS, "Name": SCALARS, "Value": st.lists(SCALARS, max_size=1)},
) | st.fixed_dictionaries(
    {"#attributes": st.fixed_dictionaries({"Name": st.sampled_from(["Image", "User"])})},
    optional={"#text": SCALARS},
)
INNER = st.recursive(
    SCALARS | st.lists(SCALARS, max_size=2) | st.lists(NAMED, max_size=3) | NAMED,
    lambda inner: st.one_of(
        st.dictionaries(KEYS, inner, max_size=4),
        st.fixed_dictionaries({"EventData": st.dictionaries(KEYS, inner, max_size=3)}),
        st.fixed_dictionaries({"Data": inner}),
        st.lists(st.dictionaries(KEYS, inner, max_size=2), max_size=2),
    ),
    max_leaves=10,
)
EVENTS = st.dictionaries(KEYS, INNER, max_size=6)
FIELDS = st.sampled_from(sorted(WINDOWS))
TESTS: st.SearchStrategy[p.Predicate] = st.one_of(
    st.builds(p.Equals, FIELDS, SCALARS.filter(lambda one: one is not None), st.booleans()),
    st.builds(p.Glob, FIELDS, patterns(), st.booleans()),
    st.builds(
        p.Glob, FIELDS,
        st.sampled_from([
            (MANY, "\\x.exe"), ("c:", MANY), (MANY, "elv", MANY), (MANY,), (), (ONE, "y"),
            (MANY, ":", MANY), (MANY, "@Name", MANY), (MANY, "\u212aelvi", ONE), (MANY, "1"),
        ]),
    ),
    st.builds(p.Regex, FIELDS, REGEXES, st.sampled_from(["", "i"])),
    st.builds(p.Compare, FIELDS, st.sampled_from(["<", ">="]), st.integers(0, 5)),
    st.builds(p.FieldCompare, FIELDS, st.just("equals"), FIELDS),
    st.builds(p.Null, FIELDS), st.builds(p.Exists, FIELDS), st.builds(p.Single, FIELDS),
    st.builds(p.Words, FIELDS, st.just(("x", "exe"))),
)  # fmt: skip
RULES = st.recursive(
    TESTS,
    lambda inner: st.one_of(
        st.builds(p.Not, inner),
        st.lists(inner, max_size=4).map(lambda args: p.And(tuple(args))),
        st.lists(inner, max_size=4).map(lambda args: p.Or(tuple(args))),
    ),
    max_leaves=8,
)
BY = pytest.mark.parametrize("by", ["hyperscan", "re2"])


def missed(
    rules: list[p.Predicate], paths: Paths | None, events: list[dict[str, Any]], by: str
) -> list[tuple[int, Any]]:
    """Rules that match an event, and are not told to be candidates there."""
    module = engines.hyperscan() if by == "hyperscan" else None
    found: Masks[None] = Masks(asked((one, paths) for one in rules), module)
    tests = [compile_predicate(one, paths) for one in rules]
    mine = found.among(range(len(rules)))
    return [
        (number, event)
        for event in [*events, *events]
        for number in {*range(len(rules))} - {*mine(event, *found.look(event))}
        if tests[number](event)
    ]


@BY
@given(st.lists(PREDICATES, min_size=1, max_size=5), st.lists(objects(), min_size=1, max_size=4))
def test_no_match_is_lost(by: str, rules: list[p.Predicate], records: list[str]) -> None:
    """A rule that matches an event is a candidate there, whatever came before."""
    events = [decode(one.encode("utf-8", "replace")) for one in records]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(columns, "_FEW", 0)
        assert missed(rules, None, events, by) == []


@BY
@given(st.lists(RULES, min_size=1, max_size=6), st.lists(EVENTS, min_size=1, max_size=5))
@settings(max_examples=150)
def test_no_match_is_lost_below_roots(
    by: str, rules: list[p.Predicate], events: list[dict[str, Any]]
) -> None:
    """Nor where fields stand at one of several paths, below roots or in lists of named values."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(columns, "_FEW", 0)
        assert missed(rules, WINDOWS.__getitem__, events, by) == []


@given(st.lists(RULES, min_size=1, max_size=3), st.lists(EVENTS, min_size=2, max_size=8))
def test_what_is_forgotten_does_no_harm(
    rules: list[p.Predicate], events: list[dict[str, Any]]
) -> None:
    """Where little is remembered, and many values are new, no match is lost either."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(columns, "_VALUES", 2)
        patch.setattr(columns, "_MASKS", 1)
        patch.setattr(among, "_MOST", 1)
        patch.setattr(among, "_WAYS", 1)
        patch.setattr(among, "_WATCHED", 2)
        patch.setattr(among, "_USUAL", 1)
        patch.setattr(shapes, "_SHAPES", 2)
        assert missed(rules, WINDOWS.__getitem__, events, "re2") == []


@given(st.lists(EVENTS, min_size=1, max_size=6))
@settings(max_examples=400)
def test_a_shape_tells_where_fields_stand(events: list[dict[str, Any]]) -> None:
    """What stands at the place of a field is what its reader reads; no other field is there."""
    fields = list(WINDOWS.values())
    readers = [reader(one) for one in fields]
    look: Shapes[Found] = Shapes(fields, readers, lambda found: found)
    for event in [*events, *events]:
        found, visited = look(event)
        for number, read in enumerate(readers):
            values = read(event)
            if number in found.places:
                at, key = found.places[number]
                value = visited[at][key]
                assert isinstance(value, list | dict) or values in ((value,), [value])
            elif number not in found.others:
                assert values is None


class Told:
    """Rules, all of which are asked about."""

    def __init__(
        self, rules: list[p.Predicate], paths: Paths | None = None, among: Any = None
    ) -> None:
        self.masks: Masks[None] = Masks(asked((one, paths) for one in rules), engines.hyperscan())
        self.among = self.masks.among(range(len(rules)) if among is None else among)

    def __call__(self, event: dict[str, Any]) -> tuple[int, ...]:
        return self.among(event, *self.masks.look(event))


def left(rules: list[p.Predicate], event: dict[str, Any], paths: Paths | None = None) -> set[int]:
    """The rules that can match the event."""
    return set(Told(rules, paths)(event))


def matches(rule: p.Predicate, value: Any) -> bool:
    """Whether the rule matches an event with this value."""
    return compile_predicate(rule)({"a": value})


def contains(field: str, text: str) -> p.Glob:
    return p.Glob(field, (MANY, text, MANY))


@pytest.mark.parametrize(
    ("event", "wanted"),
    [
        ({"a": "X.exe", "b": "-enc 1"}, {0, 1, 2}),
        ({"a": "x.exe", "b": "-dec"}, {1}),
        ({"a": "y.exe", "b": "-enc"}, set()),
        ({"a": "y.exe", "c": "X.EXE", "b": "-ENC"}, {2}),
        ({"b": "-enc"}, set()),
        ({"a": ["y", ["x.exe"]], "b": ["-en", "c"]}, {1}),
        ({"a": ["y", "x.exe"], "b": ["-en", "-ENCODED"]}, {0, 1, 2}),
        ({"a": None, "b": "-enc"}, set()),
        ({"a": [], "b": "-enc"}, set()),
        ({}, set()),
    ],
)
def test_rules_are_left_out(event: dict[str, Any], wanted: set[int]) -> None:
    """A rule is no candidate where one of its fields is missing, or holds nothing that it needs."""
    program = p.Equals("a", "x.exe")
    either = p.Or((program, p.Equals("c", "x.exe")))
    rules = [
        p.And((program, contains("b", "-enc"))),
        program,
        p.And((either, contains("b", "-enc"))),
    ]
    assert left([*rules], event) == wanted


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (1, {"1", "int", "float"}), (1.0, {"1.0", "int", "float"}), (True, {"true", "bool"}),
        ("1", {"1", "int"}), ("1.0", {"1.0", "float"}), ("TRUE", {"true", "bool"}),
        (2, set()), (None, set()), ({"1": 1}, {"object"}), ([2, [1]], {"1", "int", "float"}),
    ],
)  # fmt: skip
def test_values_that_are_equal_are_kept_apart_by_tests(value: Any, wanted: set[str]) -> None:
    """1, 1.0, true and "1" may be remembered together, and no rule that matches one is lost."""
    values: dict[str, Any] = {
        "1": "1", "1.0": "1.0", "true": "true", "int": 1, "float": 1.0, "bool": True,
        "object": '{"1":1}',
    }  # fmt: skip
    rules: list[p.Predicate] = [p.Equals("a", one) for one in values.values()]
    found = Told(rules)
    for before in (1, 1.0, True, "1", [True], {"1": 1}):
        found({"a": before})
    told = {name for at, name in enumerate(values) if at in found({"a": value})}
    assert wanted == {name for name, one in values.items() if matches(p.Equals("a", one), value)}
    assert told >= wanted
    assert value in (1, True) or told <= wanted | {"float"}


@pytest.mark.parametrize(
    ("event", "wanted"),
    [
        ({"Image": "x"}, True),
        ({"EventData": {"Image": "x"}}, True),
        ({"Image": "y", "EventData": {"Image": "x"}}, False),
        ({"image": "x"}, False),
        ({"Event": {"EventData": {"NewProcessName": "x"}}}, True),
        ({"UserData": {"any": {"Image": "x"}}}, True),
        ({"UserData": {"any": {"Image": "y"}, "other": {"Image": "x"}}}, False),
        ({"EventData": {"Data": [{"@Name": "Image", "#text": "x"}]}}, True),
        ({"EventData": {"Data": [{"@Name": "User", "#text": "x"}]}}, False),
        ({"EventData": {"Data": {"@Name": "Image", "#text": "x"}}}, True),
        ({"EventData": {"Data": ["x"]}}, False),
        ({"EventData": [{"Image": "x"}]}, False),
        ({"EventData": None, "Event": 5}, False),
        ({"Image": {"x": 1}, "EventData": {"Image": "x"}}, True),
    ],
)
def test_places_below_roots(event: dict[str, Any], wanted: bool) -> None:
    """A field is looked for where its reader finds it, and only there."""
    rule = p.Equals("Image", "x")
    assert compile_predicate(rule, WINDOWS.__getitem__)(event) is wanted
    assert left([rule], event, WINDOWS.__getitem__) == ({0} if wanted else set())


@pytest.mark.parametrize(
    ("event", "wanted"),
    [({}, True), ({"a": None}, True), ({"a": "-"}, True), ({"a": "x"}, False), ({"a": []}, False),
     ({"a": ["x", None]}, True), ({"a": {"b": None}}, False), ({"a": 0}, False)],
)  # fmt: skip
def test_null_or_a_value(event: dict[str, Any], wanted: bool) -> None:
    """A rule that takes a field that is missing or null is left out where there is a value."""
    rule = p.Or((p.Null("a"), p.Equals("a", "-")))
    assert compile_predicate(rule)(event) is wanted
    assert left([rule], event) == ({0} if wanted else set())


def test_a_list_in_the_place_of_a_value() -> None:
    """Events of one shape may hold a list where others hold a value; both are looked at."""
    rule = p.And((p.Equals("a", "x"), contains("b", "yy")))
    found = Told([rule])
    rows: list[Any] = ["x", ["z", "x"], ["z"], {"x": "x"}, "x", [], None]
    told = [found({"a": row, "b": "xyyx"}) for row in rows]
    assert told == [(0,), (0,), (), (), (0,), (), ()]


def test_only_some_of_the_rules() -> None:
    """Rules that are not asked about are no candidates, and of fewer rules the numbers are new."""
    rules = [p.Equals("a", "x"), p.Equals("a", "y"), p.Or((p.Equals("a", "x"), p.Exists("b")))]
    assert Told(rules, among=[1, 2])({"a": "x"}) == (2,)
    found: Masks[None] = Masks(asked((one, None) for one in rules).only([2, 1]))
    fewer = found.among(range(2))
    event = {"a": "x", "b": 1}
    assert fewer(event, *found.look(event)) == (0,)
    assert found.rules == (0, 1)


def test_rules_without_a_field() -> None:
    """Of a rule that asks nothing of fields it is told what it needs of bytes; or it is tried."""
    rules = [contains("a", "xy"), p.Keyword((MANY, "secret", MANY)), p.Not(p.Exists("b"))]
    found = Told(rules)
    assert found.masks.needs.keys() == {1}
    assert found({"a": "y"}) == (1, 2)
    found.among.leave_out(found.masks.needs)
    assert found({"a": "y"}) == found.among.whole()[1:] == (2,)


@BY
@pytest.mark.parametrize("newline", [False, True])
def test_texts_are_no_expressions(by: str, newline: bool) -> None:
    """What rules look for is found as it is, whatever its characters mean elsewhere."""
    odd = ["x\0y", "\udc80z", "(.*", "[a", "\u00e9\u2028", "a b", "c\\d", "#!"]
    words = [*odd, "one\ntwo"] if newline else odd
    module = engines.hyperscan() if by == "hyperscan" else None
    rules = (contains("a", word) for word in words)
    found: Masks[None] = Masks(asked((one, None) for one in rules), module)
    told = found.among(range(len(words)))
    for number, word in enumerate(words):
        event = {"a": f"<{word}>"}
        assert told(event, *found.look(event)) == (number,)
    ends = contains("a", "\x02\x03"), p.Regex("a", "\x02x\x03"), p.Glob("a", ("\x02x\x03", MANY))
    assert left([*ends, p.Equals("a", "\x02x\x03")], {"a": "\x02x\x03"}) == {0, 1, 2, 3}
    assert told({"a": "none"}, *found.look({"a": "none"})) == ()
