"""What the first records teach makes a scan faster, and never changes what it finds."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_matcher_index import PREDICATES
from test_scan_sieve import ENDS, LINES, rule, tools

from converter import predicate as p
from converter.logs import Block, Record, read, read_blocks, runs
from converter.matcher.index import Sample, need
from converter.matcher.origins import Origins
from converter.matcher.routing import Recognition, Route, Routing
from converter.pipelines import Pipelines
from converter.pipelines.log_sources import LogSource
from converter.scan import CompiledRule, Sieve, Summary, crowds, learning, scan, sieve

SOURCES = Pipelines().log_sources
KINDS = [LogSource("x", frozenset({name})) for name in "uvw"]


def both(
    rules: list[CompiledRule],
    predicates: list[p.Predicate],
    raw: bytes,
    routing: Any,
    origins: Any = None,
    chunk: int = 150,
) -> tuple[Any, Any, Summary]:
    """Results with a sieve that learns from the first records, of so many bytes, and without one;
    counts of the first."""
    made = Sieve(tools(predicates, routing=routing, origins=origins), 1)
    blocks = made.sift(read_blocks(["-"], io.BytesIO(raw), chunk=chunk))
    summary = Summary()
    first = list(scan(rules, blocks, routing=routing, summary=summary))
    second = list(scan(rules, read(["-"], io.BytesIO(raw)), routing=routing))
    return first, second, summary


@pytest.mark.parametrize("routed", [True, False])
@given(
    predicates=st.lists(PREDICATES, min_size=1, max_size=4),
    lines=st.lists(st.tuples(LINES, ENDS), max_size=14),
)
@settings(max_examples=60)
def test_records_of_crowds_are_whole(
    routed: bool, predicates: list[p.Predicate], lines: list[tuple[str, str]]
) -> None:
    """Where the fields of each record tell its rules, no match is lost and none is made."""

    def route(event: Any) -> Route:
        kind = len(json.dumps(event.get("a"), default=str)) % 3
        mine = tuple(at for at in range(len(predicates)) if (at + kind) % 3)
        return Route((KINDS[kind],), mine, frozenset(mine))

    raw = "".join(line + end for line, end in lines).encode("utf-8", "replace")
    rules = [rule(number, one) for number, one in enumerate(predicates)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(crowds, "_CROWD", 0)
        patch.setattr(crowds, "_MANY", -1)
        first, second, counts = both(rules, predicates, raw, route if routed else None)
    assert first == second
    assert counts.records == sum(isinstance(one, Record) for one in read(["-"], io.BytesIO(raw)))


def test_escaped_slashes_by_log_source() -> None:
    """An index for each log source sees texts with slashes, however these are spelled."""
    raw = (
        b'{"a":"x"}\n' * 300 + b'{"a":"b \\/create c"}\n{"a":"b /create c"}\n' + b'{"a":"x"}\n' * 9
    )
    test = p.Glob("a", (p.Wildcard.MANY, " /create", p.Wildcard.MANY))
    route = Route((KINDS[0],), (0,), frozenset({0}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(crowds, "_CROWD", 0)
        first, second, _ = both([rule(0, test)], [test], raw, lambda event: route, chunk=4000)
    assert first == second
    assert [one.record for one in first] == [301, 302]


LOG_SOURCES = st.sampled_from([
    {"product": "aws", "service": "cloudtrail"}, {"product": "windows", "service": "security"},
    {"product": "windows", "category": "process_creation"}, {"category": "proxy"}, {},
    {"product": "zeek", "service": "rdp"}, {"category": "application"}, {"product": "okta"},
])  # fmt: skip
FIRST = st.sampled_from(['"eventVersion":"1.08"', '"eventVersion":"1.09"', '"eventVersion":"9"'])
LAST = st.sampled_from(["", "", ',"eventVersion":"9"', ', "b":{"eventVersion":1}'])
MORE = st.dictionaries(
    st.sampled_from([
        "Channel", "EventID", "eventSource", "Image", "a", "kind", "apiVersion", "ts", "eventType",
    ]),
    st.sampled_from(["Security", 4688, "1", "ec2.amazonaws.com", "x", "audit.k8s.io/v1", None]),
    max_size=4,
)  # fmt: skip
TESTS = st.one_of(
    st.builds(p.Equals, st.sampled_from(["a", "Image", "eventType"]), st.just("x")),
    st.just(p.Not(p.Equals("a", "x"))),
    st.builds(p.Keyword, st.just((p.Wildcard.MANY, "security", p.Wildcard.MANY))),
)


BEFORE = st.lists(
    st.sampled_from([
        '"awsRegion":"us-east-1"', '"errorMessage": "a \\"b\\" {"', '"more" : {"x":"}", "y":1}',
        '"eventVersio":null', '"eventVersions":"1.08"', '"o":{}', '"n":-1.5e3', '"readOnly":true',
        '"deep":{"a":{"eventVersion":"1.08"}}', '"list":["1.08"]', '"eventVersion":"9"',
        '"o":{"eventVersion":"1.08"}', '"e\\u0076entVersion":"1.09"', '"":"}"',
    ]),
    max_size=2,
)  # fmt: skip


@given(
    rules=st.lists(st.tuples(LOG_SOURCES, TESTS), min_size=1, max_size=5),
    lines=st.lists(st.tuples(BEFORE, FIRST, MORE, LAST), min_size=3, max_size=12),
    wrap=st.sampled_from([("", "\n", "\n"), ("[", ", ", "]"), ('{"Records":[', ",", "]}")]),
)
@settings(max_examples=400)
def test_proven_records_are_whole(
    rules: list[tuple[dict[str, str], p.Predicate]],
    lines: list[tuple[list[str], str, dict[str, Any], str]],
    wrap: tuple[str, str, str],
) -> None:
    """Records of which one member proves their log source give what decoding each of them gives."""
    head, between, tail = wrap
    records = [
        f"{{{','.join([*before, first])}{',' if more else ''}{json.dumps(more)[1:-1]}{last}}}"
        for before, first, more, last in lines
    ]
    raw = (head + between.join(records) + tail).encode()
    compiled = [rule(number, test) for number, (_, test) in enumerate(rules)]
    sources = [source for source, _ in rules]
    routing, predicates = Routing(sources, SOURCES), [test for _, test in rules]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runs, "SMALL", 1)
        patch.setattr(sieve, "_LEAST", 2)
        patch.setattr(learning, "_FEW_HITS", -1)
        patch.setattr(learning, "_PROVEN", 0.2)
        first, second, _ = both(compiled, predicates, raw, routing, Origins(sources, SOURCES))
    assert first == second


def test_rules_for_others_need_what_others_look_like() -> None:
    """Of a record proven to be CloudTrail's a rule for Windows needs a channel or the like."""
    sources = [{"product": "windows"}, {"product": "aws"}, {"product": "unheard of"}]
    known = Routing(sources, SOURCES)({"eventVersion": "1.08"}).known
    nothing = need(p.Not(p.Equals("a", "b")))
    found = Origins(sources, SOURCES).needs(known, [nothing] * 3, Sample())
    assert found is not None
    assert "Channel" in str(found[0])
    assert found[1] == nothing
    assert str(found[2]) == "Either(args=())"
    assert Origins(sources[1:2], SOURCES).needs(known, [nothing], Sample()) is None


def test_rules_for_others_do_not_have_records_decoded() -> None:
    """A rule for another product that needs nothing does not make each record be decoded."""
    rows = [{"eventVersion": "1.08", "n": at, "a": "y"} for at in range(900)]
    rows[700] |= {"Channel": "Security", "EventID": 4688}
    raw = b"".join(json.dumps(row, separators=(",", ":")).encode() + b"\n" for row in rows)
    sources = [{"product": "windows", "service": "security"}]
    test = p.Not(p.Equals("a", "x"))
    routing, origins = Routing(sources, SOURCES), Origins(sources, SOURCES)
    first, second, counts = both([rule(0, test)], [test], raw, routing, origins)
    assert first == second
    assert [one.record for one in first] == [701]
    assert counts.passed > 400


SCALARS = st.sampled_from(
    ["Security", "security", "Sysmon", 1, 1.0, True, "1", 4688, None, "x" * 150]
)
KEYS = st.sampled_from([
    "Channel", "EventID", "winlog", "channel", "Event", "System", "winlog.channel", "Provider",
    "eventSource", "eventVersion", "Provider_Name", "event", "dataset", "event.dataset", "kind",
])  # fmt: skip
EVENTS = st.recursive(
    SCALARS | st.lists(SCALARS, max_size=2),
    lambda inner: st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=8,
)
RECOGNITION = Recognition(SOURCES.recognisers("native"))


@given(st.lists(st.dictionaries(KEYS, EVENTS, max_size=5), min_size=1, max_size=6))
@settings(max_examples=400)
def test_what_is_remembered_is_what_is_seen(events: list[dict[str, Any]]) -> None:
    """An event is taken for the same whether or not another of the same clues came before."""
    for event in [*events, *events]:
        assert RECOGNITION(event) == RECOGNITION._look(event)


@given(st.integers(0, 80), st.booleans())
def test_a_block_is_cut_between_records(size: int, listed: bool) -> None:
    """Both parts of a block hold its records, the first all that begin in so many bytes."""
    records = [b'{"a":%d}' % at for at in range(7)]
    gap = b", " if listed else b"\n"
    data = gap.join(records) + (b"" if listed else gap)
    ends = [len(gap.join(records[: at + 1])) for at in range(7)] if listed else None
    first, rest = Block(data, None, ends).cut(size)  # type: ignore[arg-type]
    assert [*first.rows(), *(rest.rows() if rest else [])] == records
    assert len(gap.join(first.rows())) >= min(size, len(data)) - len(gap)


def test_another_kind_of_log_is_learned_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a log goes on in another way, few of its records meet every rule."""
    kinds = [{"eventVersion": "1.08", "a": "y"}, {"Channel": "Security", "EventID": 4688, "a": "y"}]
    rows = [kinds[at // 900 % 2] | {"n": at} for at in range(2700)]
    raw = b"".join(json.dumps(row, separators=(",", ":")).encode() + b"\n" for row in rows)
    sources = [{"product": "windows", "service": "security"}, {"product": "aws"}]
    tests: list[p.Predicate] = [p.Equals("n", 1500), p.Equals("n", 2400)]
    taught = []
    learn = sieve.learned

    def spy(*args: Any) -> Any:
        taught.append(len(args[1]))
        return learn(*args)

    monkeypatch.setattr(sieve, "learned", spy)
    monkeypatch.setattr(learning, "_FEW_HITS", -1)
    routing, origins = Routing(sources, SOURCES), Origins(sources, SOURCES)
    rules = [rule(at, test) for at, test in enumerate(tests)]
    first, second, counts = both(rules, tests, raw, routing, origins, 8192)
    assert first == second
    assert [one.record for one in first] == [1501, 2401]
    assert len(taught) == 2  # what the second block taught, where both kinds stand, fits the rest
    assert counts.passed > 1500


def test_crowds_read_wrappers_and_what_follows_is_learned_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Among a crowd's lines a wrapper's records meet every rule; other logs are learned anew."""
    inner = json.dumps({"eventVersion": "1.08", "a": "root"})
    wrapper = json.dumps({
        "messageType": "DATA_MESSAGE", "logEvents": [{"id": "1", "message": inner}]
    })  # fmt: skip
    rows = [json.dumps({"Channel": "Security", "n": at}) for at in range(600)]
    rows[400] = wrapper
    rows += [json.dumps({"eventVersion": "1.08", "n": at}) for at in range(900)]
    raw = "".join(f"{row}\n" for row in rows).encode()
    tests: list[p.Predicate] = [
        p.Keyword((p.Wildcard.MANY, "root", p.Wildcard.MANY)),
        p.Equals("n", 899),
        p.Equals("n", 5),
    ]
    crowd = Route((KINDS[0],), (0, 1, 2), frozenset({0, 1, 2}))
    other = Route((KINDS[1],), (0, 1), frozenset({0, 1}))
    rules = [rule(at, test) for at, test in enumerate(tests)]
    taught = []
    learn = sieve.learned

    def spy(*args: Any) -> Any:
        taught.append(args[1][-1][:11])
        return learn(*args)

    monkeypatch.setattr(sieve, "learned", spy)
    monkeypatch.setattr(crowds, "_CROWD", 2)
    first, second, counts = both(
        rules, tests, raw, lambda event: crowd if "Channel" in event else other, chunk=8192
    )
    assert first == second
    assert [match.record for match in first] == [6, 401, 1500]
    assert counts.records == 1500
    assert taught == [b'{"Channel":', b'{"eventVers']
