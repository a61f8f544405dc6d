"""Saved state of correlations: what is no state is refused, whatever it is."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converter.cli.state import load_state, save_state
from converter.errors import StateError
from converter.matcher.correlation import Engine, packed, unpacked
from tests.streams import Run, rules_of, stream_of

CASE = {
    "others": {
        "many": {
            "type": "event_count",
            "rules": ["fail"],
            "group-by": ["user"],
            "timespan": "1h",
            "condition": {"gte": 2, "lt": 9},
        }
    },
    "correlation": {
        "type": "temporal_ordered",
        "rules": ["many", "good"],
        "group-by": ["user"],
        "timespan": "1h",
    },
    "events": [
        {"t": f"10:00:{second:02}", "does": does, "user": "u"}
        for second, does in enumerate(["fail", "fail", "good", "fail", "good"])
    ],
}
DATA = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


def saved() -> dict[str, Any]:
    """A state that holds events, windows, and matches that wait for their time."""
    run = Run(rules_of(CASE), lateness=2_000_000)
    run.add(stream_of(CASE))
    run.engine.finish(more=True)
    return unpacked(packed(run.engine.state()))


def test_the_state_holds_everything() -> None:
    """What waits, what is open and what was told apart by the order of arrival come back."""
    state = saved()
    run = Run(rules_of(CASE), lateness=2_000_000)
    assert run.engine.restore(state) == []
    assert unpacked(packed(run.engine.state())) == state
    assert run.engine.waiting() == (3, 1)
    assert run.end() == [[1, 2, 4, 5]]


def places(data: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in JSON data but the text of events."""
    found = [at] if at else []
    if isinstance(data, dict | list):
        for key, value in data.items() if isinstance(data, dict) else enumerate(data):
            found += places(value, (*at, key))
    return found


@given(st.data(), DATA)
def test_other_data_in_a_state_is_refused_or_harmless(data: Any, other: Any) -> None:
    """Any part of a state replaced by anything is refused as no state, or read without a fault."""
    state = saved()
    *before, last = data.draw(st.sampled_from(places(state)))
    node: Any = state
    for key in before:
        node = node[key]
    node[last] = other
    with suppress(StateError):
        assert isinstance(Run(rules_of(CASE)).engine.restore(state), list)


@pytest.mark.parametrize("raw", [b"", b"{}", b"[1]", b"\xff", b"[" * 100_000, b"null\n{}"])
def test_what_is_no_file_of_a_state(raw: bytes) -> None:
    """Bytes that are no state are refused with a next step."""
    with pytest.raises(StateError, match="no state of a scan; name another file"):
        unpacked(raw)


def test_a_state_that_another_scan_wrote_is_kept(tmp_path: Path) -> None:
    """Of two scans with one state file the slower one fails, and what the other saved stays."""
    file = str(tmp_path / "state")
    slow, fast = Engine(()), Engine(())
    begun = load_state(file, slow)
    save_state(file, fast, load_state(file, fast))
    saved = Path(file).read_bytes()
    with pytest.raises(StateError, match="another scan has written it"):
        save_state(file, slow, begun)
    assert Path(file).read_bytes() == saved
    save_state(file, slow, load_state(file, slow))
