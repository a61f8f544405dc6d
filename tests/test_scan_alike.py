"""Records that are alike in all that their rules read are matched by one of them, and only they."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from test_scan_sieve import rule, tools

from converter import predicate as p
from converter.logs import read, read_blocks
from converter.logs.decoding import decode
from converter.logs.glance import Glance, glance
from converter.logs.shapes import WRAPPER_KEYS
from converter.matcher.program import paths_read
from converter.matcher.routing import Route
from converter.paths import Under
from converter.pipelines.log_sources import LogSource
from converter.scan import CompiledRule, Sieve, Summary, alike, learning, scan, time_reader
from converter.scan.alike import Reads

_MADE = glance(["kind", "who.type", "who.at.place"], ["time"])
assert _MADE is not None
GLANCE: Glance = _MADE


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('{"kind":"a"}', '{"kind":"a","more":[{"kind":"b"}]}'),
        ('{"kind":"a","time":"1"}', '{"time":"2","kind":"a"}'),
        ('{"kind":"a","who":{"type":"x"}}', '{ "who": {"n": 1, "type": "x"}, "kind": "a" }'),
        ('{"kind":"b"}', '{"kind":"a","kind":"b"}'),
        ('{"who":{"type":"y"}}', '{"who":{"type":"x"},"who":{"type":"y"}}'),
        ('{"kind":"/"}', '{"k\\u0069nd":"\\/"}'),
        ('{"kind":"é"}', '{"kind":"\\u00e9"}'),
    ],
)
def test_seen_the_same(one: str, other: str) -> None:
    """What stands at the paths decides, however the record is written."""
    first, second = GLANCE(one.encode()), GLANCE(other.encode())
    assert first is not None
    assert second is not None
    assert first[0] == second[0]


def test_seen_different() -> None:
    """Every difference at a path is seen, also between null, a text, true and no key."""
    records = [
        '{"kind":"a"}', '{"kind":"A"}', '{"kind":null}', '{"kind":""}', '{}', '{"kind":true}',
        '{"kind":"true"}', '{"kind":false}', '{"who":null}', '{"who":{}}', '{"who":{"type":null}}',
        '{"who":{"at":null}}', '{"who":{"at":{}}}', '{"who":{"at":{"place":"a"}}}',
    ]  # fmt: skip
    seen = [found[0] for one in records if (found := GLANCE(one.encode()))]
    assert len(seen) == len(set(seen)) == len(records)


@pytest.mark.parametrize(
    "record",
    [
        b'{"kind":1}', b'{"kind":1.0}', b'{"kind":["a"]}', b'{"kind":{"a":1}}', b'{"who":"x"}',
        b'{"who":[{"type":"x"}]}', b'{"who.type":"x"}', b'{"who.at.place":null}', b'{"time":5}',
        b'{"who.at":{"place":"x"}}', b'{"who":{"at.place":"x"}}', b'{"time":null}',
        *(b'{"kind":"a","%b":null}' % key.encode() for key in sorted(WRAPPER_KEYS)),
        b'[{"kind":"a"}]', b'"a"', b'{"kind":"a"', b'{"kind":"a"} {}', b'{"kind":"a",}', b"",
        b'{"kind":"\xff"}', b'{"x":"\xff"}', b'{"x\xff":1}', b'{"x":"\xed\xa0\x80"}',
        b'{"x":"\\ud800"}', b'{"x":NaN}', b'{"x":01}', b'{"x":"\\q"}', b'{"x":"\n"}',
        b'{"x":' + b"[" * 5000 + b"]" * 5000 + b"}",
    ],
)  # fmt: skip
def test_not_seen(record: bytes) -> None:
    """What is not so simple is decoded instead."""
    assert GLANCE(record) is None


@pytest.mark.parametrize("raw", [b'{"n":1e999}', b'{"n":%b}' % (b"1" * 5000), b'{"n":1.10}'])
def test_what_is_seen_can_be_decoded(raw: bytes) -> None:
    """A record that was only looked at is an event when one is asked for."""
    assert GLANCE(raw) is not None
    assert list(decode(raw)) == ["n"]


@pytest.mark.parametrize(
    ("paths", "apart"),
    [
        (["a", "a.b"], []), (["a.b", "a.b.c"], []), ([], ["time"]), (["a"], ["a"]),
        (["a.b"], ["a"]), (["a.b"], ["a.b"]), (["Records"], []), (["Records.a"], []),
        (["a", 'b"'], []), (["a\\"], []), (["é"], []), ([""], []), (["a"], ["t\n"]),
    ],
)  # fmt: skip
def test_too_much_to_glance_at(paths: list[str], apart: list[str]) -> None:
    """Of paths that lead through others, and keys that mean more, there is no glance."""
    assert glance(paths, apart) is None


@pytest.mark.parametrize(
    "event", [{"time": "2024"}, {"time": "", "at": "2023"}, {"at": "x", "time": "y"}, {"k": "a"}]
)
def test_times(event: dict[str, str]) -> None:
    """A time is the same at a glance and in the event."""
    made = glance(["k"], ["time", "at"])
    assert made is not None
    found = made(json.dumps(event).encode())
    assert found is not None
    assert made.text(found[1]) == time_reader(("time", "at"))(event)


def test_paths_read() -> None:
    """A predicate depends on all its fields, by the paths that they stand for; a keyword on all."""
    one = p.And(
        (p.Equals("a", "x"), p.Not(p.Or((p.Exists("b.c"), p.FieldCompare("d", "eq", "e")))))
    )
    assert paths_read(one) == {"a", "b.c", "d", "e"}
    under = Under("a", ("Event",))
    known = {"a": ("x", under), "b.c": ("y",)}
    assert paths_read(one, lambda name: known.get(name, ())) == {"x", under, "y", "d", "e"}
    assert paths_read(p.Or((p.Equals("a", "x"), p.Keyword(("k",))))) is None


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning, "_OFTEN", 0)


KIND = LogSource("x", frozenset({"u"}))


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The records that are looked at; few tries are enough to give up."""
    seen = list[bytes]()
    look = Glance.__call__

    def spy(self: Glance, raw: bytes) -> Any:
        seen.append(raw)
        return look(self, raw)

    monkeypatch.setattr(Glance, "__call__", spy)
    monkeypatch.setattr(alike, "_TRIES", 20)
    return seen


def _counted(predicate: p.Predicate, calls: list[Any]) -> CompiledRule:
    made = rule(0, predicate)

    def matches(event: Any) -> bool:
        calls.append(event)
        return made.matches(event)

    return CompiledRule(made.rule, matches, time_reader(("time",)))


def _scanned(
    predicate: p.Predicate, rows: list[dict[str, Any]], **more: Any
) -> tuple[list[Any], list[Any], int]:
    """Matches as the sieve and as decoding finds them, and how often the rule was run on hits."""
    raw = b"".join(json.dumps(row).encode() + b"\n" for row in rows)
    calls = list[Any]()
    paths = paths_read(predicate)
    assert paths is not None
    reads = Reads(frozenset(map(str, paths)), ("time",))
    counted = _counted(predicate, calls)
    made = tools([predicate], **{"reads": lambda number: reads, **more})
    routing = more.get("routing")
    blocks = Sieve(made, 1).sift(read_blocks(["-"], io.BytesIO(raw)))
    first = list(scan([counted], blocks, routing=routing, summary=Summary()))
    run = len(calls)
    second = list(scan([counted], read(["-"], io.BytesIO(raw)), routing=routing))
    return first, second, run


def test_alike_records_are_decided_once() -> None:
    """A rule runs once on records that are alike to it; each has its own number, time and event."""
    rows: list[dict[str, Any]] = [{"a": "y", "n": at} for at in range(300)]
    rows += [{"a": "x", "b": at % 3 == 0, "n": at, "time": f"t{at}"} for at in range(200)]
    test = p.And((p.Equals("a", "x"), p.Not(p.Equals("b", False))))
    first, second, run = _scanned(test, rows)
    assert first == second
    assert [one.time for one in first] == [f"t{at}" for at in range(0, 200, 3)]
    assert [one.record for one in first] == [at + 301 for at in range(0, 200, 3)]
    assert run == 2


def test_where_few_are_alike_records_are_decoded(looks: list[bytes]) -> None:
    """A glance that tells nothing of the next record is soon given up."""
    rows: list[dict[str, Any]] = [{"a": "y", "n": at} for at in range(300)]
    rows += [{"a": "x", "b": f"v{at}"} for at in range(200)]
    test = p.And((p.Equals("a", "x"), p.Glob("b", ("v", p.Wildcard.MANY))))
    first, second, run = _scanned(test, rows)
    assert first == second
    assert run == 200
    assert len(looks) < 30


def test_where_fields_hold_what_is_not_simple_records_are_decoded(looks: list[bytes]) -> None:
    """A glance that sees lists is soon given up, too."""
    rows: list[dict[str, Any]] = [{"a": "y", "b": []} for _ in range(300)]
    rows += [{"a": "x", "b": ["v", "w"]} for _ in range(200)]
    test = p.And((p.Equals("a", "x"), p.Not(p.Equals("b", "u"))))
    first, second, run = _scanned(test, rows)
    assert first == second
    assert run == len(first) == 200
    assert len(looks) < 30


def test_little_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is remembered has bounds, and is found anew where it was given up."""
    monkeypatch.setattr(alike, "_ROOM", 100)
    rows: list[dict[str, Any]] = [{"a": "y", "n": at} for at in range(300)]
    rows += [{"a": "x", "b": f"v{at % 7}", "time": str(at)} for at in range(70)]
    test = p.And((p.Equals("a", "x"), p.Not(p.Equals("b", "v3"))))
    first, second, run = _scanned(test, rows)
    assert first == second
    assert len(first) == 60
    assert run > 7


def test_what_is_long_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """A record that is longer than all that may be remembered is decoded."""
    monkeypatch.setattr(alike, "_ROOM", 100)
    rows: list[dict[str, Any]] = [{"a": "y"} for _ in range(300)]
    rows += [{"a": "x", "long": "l" * 100} for _ in range(5)]
    first, second, run = _scanned(p.Equals("a", "x"), rows)
    assert first == second
    assert run == len(first) == 5


def test_what_is_seldom_asked_for_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rules that few records are candidates for are run on each."""
    monkeypatch.setattr(learning, "_OFTEN", 20)
    rows: list[dict[str, Any]] = [{"a": "x" if at > 280 else "y"} for at in range(320)]
    _, _, run = _scanned(p.Equals("a", "x"), rows)
    assert 20 < run < 25


def test_a_rule_that_fails_is_asked_again() -> None:
    """What a failing rule would have said is not remembered."""
    raw = b'{"a":"y"}\n' * 300 + b'{"a":"x"}\n' * 3
    calls = list[Any]()

    def matches(event: Any) -> bool:
        calls.append(event)
        raise ZeroDivisionError

    test = p.Equals("a", "x")
    failing = CompiledRule(rule(0, test).rule, matches, time_reader(("time",)))
    blocks = Sieve(tools([test]), 1).sift(read_blocks(["-"], io.BytesIO(raw)))
    found = list(scan([failing], blocks))
    assert [one.kind for one in found] == ["matcher"] * 3  # type: ignore[union-attr]
    assert len(calls) == 3


def test_alike_records_have_one_log_source() -> None:
    """Events that are recognised by other fields than a rule reads are recognised each."""
    rows: list[dict[str, Any]] = [{"a": "y", "s": "u"} for _ in range(300)]
    rows += [{"a": "x", "s": "u" if at % 2 else "v", "time": str(at)} for at in range(20)]
    mine, none = Route((KIND,), (0,), frozenset({0})), Route((), (), frozenset())
    first, second, _ = _scanned(
        p.Equals("a", "x"), rows, routing=lambda event: mine if event.get("s") == "u" else none
    )
    assert first == second
    assert [one.time for one in first] == [str(at) for at in range(1, 20, 2)]
