"""Streams of the library face: rules over several events, fed one event at a time."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from pathlib import Path

import pytest
from test_cli import run

from converter import CompiledRules, Match, compile_rules, load_rules
from converter.errors import StateError

RULES = """
title: Stopped
name: stopped
id: 11111111-0000-4000-8000-000000000001
logsource: {product: aws, service: cloudtrail}
detection: {x: {eventName: StopLogging}, condition: x}
---
title: Often
id: 11111111-0000-4000-8000-000000000002
correlation:
  type: event_count
  rules: [stopped]
  group-by: [awsRegion]
  timespan: 5m
  condition: {gte: 2}
---
title: New Region
id: 11111111-0000-4000-8000-000000000003
logsource: {product: aws, service: cloudtrail}
detection: {x: {eventName: RunInstances}, condition: x}
polysigma: {new_terms: {fields: [awsRegion], history: 1d}}
---
title: Started
id: 11111111-0000-4000-8000-000000000004
logsource: {product: aws, service: cloudtrail}
detection: {x: {eventName: StartLogging}, condition: x}
"""
Event = dict[str, str]


def event(name: str, minute: int, region: str = "a") -> Event:
    time = f"2024-05-01T10:{minute:02}:00Z"
    source = "cloudtrail.amazonaws.com"
    return {"eventSource": source, "eventName": name, "eventTime": time, "awsRegion": region}


EVENTS = [
    event("StopLogging", 1), event("RunInstances", 1), event("StopLogging", 2, "b"),
    event("StartLogging", 3), event("RunInstances", 3), event("StopLogging", 4),
    event("RunInstances", 5, "b"), event("StopLogging", 20), event("StopLogging", 3, "b"),
]  # fmt: skip


@pytest.fixture
def compiled(tmp_path: Path) -> CompiledRules:
    (tmp_path / "rules.yml").write_text(RULES, "utf-8")
    return compile_rules(load_rules(tmp_path / "rules.yml"))


def told(matches: list[Match]) -> list[tuple[str, int]]:
    return [(match.rule.title, len(match.events)) for match in matches]


def test_a_stream_gives_what_scan_gives(compiled: CompiledRules, tmp_path: Path) -> None:
    """The matches of a stream are those of `polysigma scan` over the same events, in its order."""
    stream = compiled.stream()
    matches = [match for one in EVENTS for match in stream.feed(one)] + stream.finish()
    (tmp_path / "log.ndjson").write_text("\n".join(map(json.dumps, EVENTS)), "utf-8")
    lines = run("scan", "--rules", "rules.yml", "log.ndjson", cwd=tmp_path).stdout.splitlines()
    scanned = [json.loads(line) for line in io.StringIO("\n".join(lines))]
    assert [(m.rule.title, m.time, list(m.events)) for m in matches] == [
        (one["rule"]["title"], one["time"], one.get("events") or [one["event"]]) for one in scanned
    ]
    assert {title for title, _ in told(matches)} == {"Often", "New Region", "Started"}


def test_matches_come_as_soon_as_nothing_can_change_them(compiled: CompiledRules) -> None:
    """With a lateness, a match comes when it is past, and what comes later still is counted."""
    stream = compiled.stream(lateness=timedelta(minutes=1))
    fed = [told(stream.feed(one)) for one in EVENTS]
    assert fed[:4] == [[], [], [("New Region", 1)], [("Started", 1)]]
    assert fed[6:8] == [[("Often", 2)], [("New Region", 1)]]
    assert stream.left_out == {"late": 1}


def test_a_later_run_goes_on_from_a_state(compiled: CompiledRules) -> None:
    """Two runs with a state between them give the matches of one."""
    whole = compiled.stream()
    wanted = [match for one in EVENTS for match in whole.feed(one)] + whole.finish()
    first = compiled.stream()
    found = [match for one in EVENTS[:4] for match in first.feed(one)] + first.finish(more=True)
    second = compiled.stream(state=first.state())
    found += [match for one in EVENTS[4:] for match in second.feed(one)] + second.finish()
    assert sorted(told(found)) == sorted(told(wanted))


def test_a_state_that_is_none_is_refused(compiled: CompiledRules) -> None:
    """Bytes that are no state are an error that says what to do."""
    with pytest.raises(StateError, match="no state of a scan"):
        compiled.stream(state=b"{}")


def test_single_events_match_without_a_stream(compiled: CompiledRules) -> None:
    """`match` tells base rules of a correlation; rules over several events are left to streams."""
    assert [rule.title for rule in compiled.match(EVENTS[0])] == ["Stopped"]
    assert compiled.match(EVENTS[1]) == []
    assert len(compiled) == 4
    assert compiled.errors == ()
