"""Correlations and first-seen rules over scripted streams (tests/cases/correlation)."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from converter.matcher.correlation import Limits
from converter.matcher.correlation.occurrence import Occurrence, Place, packed
from converter.matcher.times import instant
from converter.rules.correlations import is_stateful
from tests.streams import Run, rules_of, stream_of

CASES = [
    pytest.param(case, id=f"{path.stem}: {case['name']}")
    for path in sorted((Path(__file__).parent / "cases" / "correlation").glob("*.yml"))
    for case in yaml.safe_load(path.read_text("utf-8"))
]
DAY = 86_400_000_000


@pytest.mark.parametrize("case", CASES)
def test_stream(case: dict[str, Any]) -> None:
    """The stream gives exactly these matches, and what took no part is counted."""
    rules = rules_of(case)
    assert is_stateful(rules.rules[-1], rules) is not case.get("stateless", False)
    if case.get("stateless"):
        return
    run = Run(rules)
    run.add(stream_of(case))
    assert run.end() == case["match"]
    assert run.engine.counts.as_data() == case.get("left_out", {})


@pytest.mark.parametrize("case", [case for case in CASES if "match" in case.values[0]])
def test_pickled_nodes_match_the_same(case: dict[str, Any]) -> None:
    """Nodes that were pickled and unpickled, as a kept plan's are, give the same matches."""
    run = Run(rules_of(case))
    run.nodes = pickle.loads(pickle.dumps(run.nodes))
    run.engine = run._engine()
    run.add(stream_of(case))
    assert run.end() == case["match"]


@pytest.mark.parametrize("case", [case for case in CASES if "match" in case.values[0]])
def test_a_stream_cut_anywhere(case: dict[str, Any]) -> None:
    """Cut in two runs at any place, the state saved between, the stream gives the same matches."""
    events = stream_of(case)
    times = [time for event in events if (time := instant(event.get("time"))) is not None]
    lateness = None if times == sorted(times) else DAY
    for cut in range(len(events) + 1):
        run = Run(rules_of(case), lateness=lateness)
        run.add(events[:cut])
        run.pause()
        run.add(events[cut:], cut + 1)
        assert sorted(run.end()) == sorted(case["match"])


@pytest.mark.parametrize("case", [case for case in CASES if "match" in case.values[0]])
def test_a_stream_as_it_comes(case: dict[str, Any]) -> None:
    """Matches given as soon as they are decided are those given at the end."""
    events = sorted(
        (event for event in stream_of(case) if instant(event.get("time")) is not None),
        key=lambda event: instant(event["time"]) or 0,
    )
    runs = [Run(rules_of(case)), Run(rules_of(case), lateness=0)]
    for run in runs:
        run.add(events)
    assert sorted(runs[0].end()) == sorted(runs[1].end())


def test_windows_long_past_make_room() -> None:
    """Groups whose windows are over do not count towards the limit, and none is evicted."""
    case = {
        "correlation": {
            "type": "event_count",
            "rules": ["fail"],
            "group-by": ["user"],
            "timespan": "10s",
            "condition": {"gte": 2},
        },
        "events": [
            {"t": f"10:{minute:02}:0{second}", "does": "fail", "user": f"u{minute}"}
            for minute in range(20)
            for second in (0, 1)
        ],
    }
    run = Run(rules_of(case), Limits(groups=1, events=2, group_events=2))
    run.add(stream_of(case))
    assert run.end() == [[n, n + 1] for n in range(1, 40, 2)]
    assert run.engine.counts.as_data() == {}


def test_beyond_the_limits_the_longest_quiet_group_goes() -> None:
    """A third group drives out the first; that is counted, and the others still match."""
    users = ["u", "v", "w", "v", "w", "u"]
    case = {
        "correlation": {
            "type": "event_count",
            "rules": ["fail"],
            "group-by": ["user"],
            "timespan": "1m",
            "condition": {"gte": 2},
        },
        "events": [
            {"t": f"10:00:0{second}", "does": "fail", "user": user}
            for second, user in enumerate(users)
        ],
    }
    run = Run(rules_of(case), Limits(groups=2))
    run.add(stream_of(case))
    assert run.end() == [[2, 4], [3, 5]]
    assert run.engine.counts.as_data() == {"evicted_groups": 2}


def test_when_too_many_wait_the_oldest_are_judged() -> None:
    """Beyond the limit events are decided early, and what comes for an earlier time is late."""
    case = {
        "correlation": {
            "type": "event_count",
            "rules": ["fail"],
            "timespan": "1m",
            "condition": {"gte": 3},
        },
        "events": [
            {"t": f"10:00:{second:02}", "does": "fail"} for second in (5, 9, 7, 8, 1, 6, 10)
        ],
    }
    run = Run(rules_of(case), Limits(pending=3))
    run.add(stream_of(case))
    assert run.end() == [[1, 3, 6]]
    assert run.engine.counts.as_data() == {"crowded": 1}


@pytest.mark.parametrize(
    ("written", "micros"),
    [
        ("1970-01-01T00:00:01Z", 1_000_000),
        ("1970-01-01T01:00:00.0000019+01:00", 1),
        ("1969-12-31T23:59:59.999999", -1),
        (1_767_261_600, 1_767_261_600_000_000),
        (1_767_261_600_250, 1_767_261_600_250_000),
        ("1767261600250001", 1_767_261_600_250_001),
        (1_767_261_600_250_001_999, 1_767_261_600_250_001),
        (" 1767261600.5 ", 1_767_261_600_500_000),
        ("10:00", None),
        (float("inf"), None),
        ("9" * 21, None),
        (None, None),
        ({}, None),
    ],
)
def test_instants(written: object, micros: int | None) -> None:
    """Times of any form and unit are microseconds of one clock; what is no time is none."""
    assert instant(written) == micros


@pytest.mark.parametrize("event", [{"a": [1, {"b": "ü"}], "c": None}, {"big": 2**70}, {}])
def test_an_event_kept_as_json_is_the_same(event: dict[str, Any]) -> None:
    """An event that waits takes the room of its text, and comes back as it was."""
    stored = packed(event)
    assert Occurrence(Place(1, 2), stored, "f", 3, None).event == event
    assert isinstance(stored, dict) == ("big" in event)
    assert not isinstance(stored, bytes) or sys.getsizeof(stored) < len(stored) + 64
