"""Correlations and first-seen rules over scripted streams (tests/cases/correlation)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

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
