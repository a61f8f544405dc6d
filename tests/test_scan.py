"""scan: events meet rules, matches are printed, everything is counted."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converter.errors import LogError
from converter.logs import Record, Reject, read
from converter.matcher import Event, compile_predicate
from converter.predicate import Equals
from converter.scan import (
    CompiledRule,
    Match,
    RuleSummary,
    Summary,
    scan,
    time_reader,
    window,
)

SESSION = RuleSummary("11111111-0000-4000-8000-000000000001", "Session", "high", "aws/session.yml")
ANY = RuleSummary(None, "Any", None, "correlations/any.yml")
LOG = (
    b'{"eventName":"CreateTrafficMirrorSession","eventTime":"2024-05-01T10:00:00Z"}\n'
    b'{"eventName":"DescribeInstances","eventTime":"2024-05-02T10:00:00Z"}\n'
    b"broken\n"
    b'{"eventName":"createtrafficmirrorsession","eventTime":"2024-05-03T10:00:00Z"}\n'
    b'{"eventName":"CreateTrafficMirrorSession"}\n'
)


def compiled(rule: RuleSummary = SESSION, *, correlation: bool = False) -> CompiledRule:
    test = compile_predicate(Equals("eventName", "CreateTrafficMirrorSession"))
    return CompiledRule(rule, test, time_reader(["eventTime"]), correlation)


def run(
    *rules: CompiledRule, since: str | None = None, until: str | None = None
) -> tuple[list[Match | Reject], Summary]:
    summary = Summary()
    records = read(["-"], io.BytesIO(LOG))
    return list(scan(rules, records, times=window(since, until), summary=summary)), summary


def numbers(found: list[Match | Reject]) -> list[int]:
    return [one.record for one in found if isinstance(one, Match)]


def test_matches_come_in_the_order_of_records_then_rules() -> None:
    """Each record meets every rule; rejects stand where their record stood."""
    found, _ = run(compiled(), compiled(ANY, correlation=True))
    assert [
        (one.rule.title, one.record) if isinstance(one, Match) else one.kind for one in found
    ] == [
        ("Session", 1),
        ("Any", 1),
        "json",
        ("Session", 4),
        ("Any", 4),
        ("Session", 5),
        ("Any", 5),
    ]


def test_everything_is_counted() -> None:
    """The summary counts records, matches by rule, and rejects with the first of each kind."""
    rules = [compiled(), CompiledRule(ANY, lambda _: False, lambda _: None)]
    _, summary = run(*rules)
    assert summary.records == 4
    assert summary.matches == {SESSION: 3, ANY: 0}
    assert [(kind, seen.count) for kind, seen in summary.rejects.items()] == [("json", 1)]
    assert (summary.rejects["json"].first.file, summary.rejects["json"].first.position) == (
        "-",
        "line 3",
    )


def test_a_match_is_one_line_of_json() -> None:
    """A match is printed with its rule, source, time and event, in this order."""
    found, _ = run(compiled())
    first = found[0]
    assert isinstance(first, Match)
    assert first.line() == (
        b'{"rule":{"id":"11111111-0000-4000-8000-000000000001","title":"Session","level":"high",'
        b'"path":"aws/session.yml"},"source":{"file":"-","record":1},'
        b'"time":"2024-05-01T10:00:00Z",'
        b'"event":{"eventName":"CreateTrafficMirrorSession","eventTime":"2024-05-01T10:00:00Z"}}\n'
    )
    assert set(json.loads(first.line(with_event=False))) == {"rule", "source", "time"}


def test_a_correlation_carries_its_events() -> None:
    """The match of a bundle has a list of events in place of the event."""
    found, _ = run(compiled(ANY, correlation=True))
    last = found[-1]
    assert isinstance(last, Match)
    assert last.document() == {
        "rule": {"id": None, "title": "Any", "level": None, "path": "correlations/any.yml"},
        "source": {"file": "-", "record": 5},
        "time": None,
        "events": [{"eventName": "CreateTrafficMirrorSession"}],
    }
    assert set(last.document(with_event=False)) == {"rule", "source", "time"}


@pytest.mark.parametrize(
    ("since", "until", "kept", "outside"),
    [
        (None, None, [1, 4, 5], 0),
        ("2024-05-02", None, [4, 5], 1),
        (None, "2024-05-03T10:00:00Z", [1, 5], 1),
        ("2024-05-03T10:00:00Z", None, [4, 5], 1),
        ("2024-05-03T12:00:00+02:00", "2024-05-03T12:00:00.000001+02:00", [4, 5], 1),
        ("1714557600", "1714557601000", [1, 5], 1),
        ("2030-01-01", None, [5], 2),
    ],
)
def test_times_limit_what_counts(
    since: str | None, until: str | None, kept: list[int], outside: int
) -> None:
    """A match counts from `since` on and before `until`; one without a time always counts."""
    found, summary = run(compiled(), since=since, until=until)
    assert numbers(found) == kept
    assert summary.matches == {SESSION: len(kept)}
    assert summary.outside == outside
    assert summary.undated == (0 if since is None and until is None else 1)


@pytest.mark.parametrize("written", ["", "yesterday", "2024-13-01", "12"])
def test_a_bound_that_is_no_time_is_an_error(written: str) -> None:
    """What `--since` cannot read is told with what it reads."""
    with pytest.raises(LogError, match=r"--since .* is no time; write it as 2024-05-31"):
        window(written, None)


@pytest.mark.parametrize(
    ("event", "time"),
    [
        ({"eventTime": "2024-05-01T10:00:00.1234567Z"}, "2024-05-01T10:00:00.1234567Z"),
        ({"event": {"at": "x"}}, "x"),
        ({"event.at": "y"}, "y"),
        ({"eventTime": None, "event": {"at": 1714557600}}, "1714557600"),
        ({"eventTime": "", "event.at": "z"}, "z"),
        ({"eventTime": {"a": 1}}, None),
        ({"eventTime": True}, None),
        ({"eventTime": ["2024-05-01", "2024-05-02"]}, "2024-05-01"),
        ({}, None),
    ],
)
def test_the_time_is_what_the_event_says(event: Event, time: str | None) -> None:
    """The first path that holds a time gives it, as written."""
    assert time_reader(["eventTime", "event.at"])(event) == time


def test_a_rule_that_fails_ends_nothing() -> None:
    """A rule that raises is a reject for each event, and the other rules still run."""

    def fail(event: Event) -> bool:
        raise RecursionError("too deep")

    found, summary = run(CompiledRule(ANY, fail, lambda _: None), compiled())
    assert numbers(found) == [1, 4, 5]
    assert summary.rejects["matcher"].count == 4
    first = summary.rejects["matcher"].first
    assert first.why == "the rule correlations/any.yml fails on it: RecursionError: too deep"
    assert first.raw.startswith(b'{"eventName":"CreateTrafficMirrorSession"')


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(st.dictionaries(st.text(), VALUES, max_size=4))
def test_events_are_printed_as_they_are(event: dict[str, Any]) -> None:
    """Printing a match and reading it again gives the same event, large integers included."""
    line = Match(SESSION, "a", 1, None, event).line()
    assert line.count(b"\n") == 1
    assert json.loads(line)["event"] == event


def test_large_integers_reach_the_output() -> None:
    """An integer beyond 64 bits goes from the log to the printed match unchanged."""
    log = b'{"eventName":"CreateTrafficMirrorSession","n":123456789012345678901234567890}'
    (match,) = scan([compiled()], read(["-"], io.BytesIO(log)))
    assert isinstance(match, Match)
    assert b'"n":123456789012345678901234567890' in match.line()


def test_records_are_taken_as_they_come() -> None:
    """The scan gives a match before it asks for the next record."""

    def records() -> Any:
        yield Record({"eventName": "CreateTrafficMirrorSession"}, "a", 1)
        raise AssertionError("the second record was asked for")

    assert isinstance(next(scan([compiled()], records())), Match)
