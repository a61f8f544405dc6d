"""Correlations on random streams: by definition, cut anywhere, in any arrival, within bounds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from converter.matcher.correlation import Engine, Limits, Node, packed, unpacked
from converter.matcher.correlation.node import Step
from converter.matcher.correlation.occurrence import Occurrence, Row
from tests.correlation_oracle import Asked, Seen, chained, matches
from tests.streams import identifier, rule

TYPES = (
    "event_count value_count temporal temporal_ordered value_sum value_avg value_median "
    "value_percentile".split()
)
SIGNS = [">", ">=", "<", "<=", "==", "!="]
Event = dict[str, Any]

conditions = st.lists(st.tuples(st.sampled_from(SIGNS), st.integers(0, 6)), min_size=1, max_size=2)
asked = st.builds(
    lambda kind, steps, span, tests, share: Asked(kind, steps, span, tuple(tests), share),
    st.sampled_from(TYPES),
    st.integers(1, 3),
    st.integers(1, 4),
    conditions,
    st.integers(0, 100),
)


def events_of(most: int = 14) -> st.SearchStrategy[list[Event]]:
    event = st.fixed_dictionaries(
        {
            "time": st.integers(0, 12),
            "steps": st.lists(st.integers(0, 2), min_size=1, max_size=3, unique=True),
            "keys": st.lists(st.sampled_from("ab"), max_size=2, unique=True),
            "values": st.lists(st.sampled_from("1 2 3 9 x".split()), max_size=2),
        }
    )
    return st.lists(event, max_size=most)


def node_of(asks: Asked) -> Node:
    """A node that reads the events of these tests."""

    def keys(one: Occurrence) -> list[Row]:
        return [(key,) for key in one.event["keys"]]

    def values(one: Occurrence) -> list[Row]:
        return [(value,) for value in one.event["values"]]

    return Node(
        rule(9, "asked"),
        "window",
        tuple(identifier(n) for n in range(asks.steps)),
        (Step(keys, values),) * asks.steps,
        asks.span * 10**6,
        "digest",
        asks.type,
        asks.conditions,
        asks.percentile,
    )


def add(engine: Engine, event: Event, number: int) -> list[Occurrence]:
    ids = [identifier(step) for step in event["steps"]]
    return [one.match for one in engine.add(event, ids, str(10**9 + event["time"]), "", number)]


def told(found: list[Occurrence]) -> list[tuple[str, int, tuple[int, ...]]]:
    """The matches as the oracle tells them."""
    return sorted(
        (one.key[0], one.record, tuple(sorted(part.record for part in one.single())))
        for one in found
    )


def by_definition(asks: Asked, events: list[Event]) -> list[tuple[str, int, tuple[int, ...]]]:
    seen = [
        Seen(event["time"], number, steps, tuple(event["keys"]), tuple(event["values"]))
        for number, event in enumerate(events)
        if (steps := tuple(step for step in event["steps"] if step < asks.steps))
    ]
    return sorted((key, last, tuple(sorted(all_))) for key, last, all_ in matches(asks, seen))


@given(asked, events_of())
def test_matches_are_those_of_the_definition(asks: Asked, events: list[Event]) -> None:
    """Each match has the group and last event that looking at every window anew finds."""
    engine = Engine([node_of(asks)])
    found = [one for number, event in enumerate(events) for one in add(engine, event, number)]
    found += [one.match for one in engine.finish()]
    wanted = by_definition(asks, events)
    assert [one[:2] for one in told(found)] == [one[:2] for one in wanted]
    for (_, _, shown), (_, _, window) in zip(told(found), wanted, strict=True):
        assert set(shown) <= set(window)
        if not asks.type.startswith("temporal"):
            assert shown == window


inner_asked = st.builds(
    lambda span, tests: Asked("event_count", 1, span, tuple(tests)), st.integers(1, 4), conditions
)
outer_asked = st.one_of(
    st.builds(
        lambda kind, span: Asked(kind, 2, span, ((">=", 2),)),
        st.sampled_from(["temporal", "temporal_ordered"]),
        st.integers(1, 4),
    ),
    st.builds(
        lambda span, tests: Asked("event_count", 1, span, tuple(tests)),
        st.integers(1, 4),
        conditions,
    ),
)


def chain_of(inner: Asked, outer: Asked) -> list[Node]:
    """Two nodes; the first step of the second is the first."""

    def own_keys(one: Occurrence) -> list[Row]:
        return [one.key]

    below = node_of(inner)
    above = node_of(outer)
    first = Step(own_keys, lambda one: [])
    return [
        replace(below, rule=rule(8, "below"), digest="below", inputs=(identifier(0),)),
        replace(
            above,
            inputs=(identifier(8), identifier(1))[: outer.steps],
            steps=(first, *above.steps[1:]),
            delay=below.known_after,
        ),
    ]


@given(inner_asked, outer_asked, events_of(), st.sampled_from([None, 0]))
def test_chains_are_those_of_the_definition(
    inner: Asked, outer: Asked, events: list[Event], lateness: int | None
) -> None:
    """A correlation over a correlation matches where the definition says, streamed or sorted."""
    events = [event | {"steps": [one for one in event["steps"] if one < 2]} for event in events]
    if lateness is not None:
        events.sort(key=lambda event: event["time"])
    nodes = chain_of(inner, outer)
    engine, found = Engine(nodes, None, lateness), []
    for number, event in enumerate(events):
        ids = [identifier(step) for step in event["steps"]]
        found += engine.add(event, ids, str(10**9 + event["time"]), "", number)
    found += engine.finish()
    seen = [
        Seen(event["time"], number, steps, tuple(event["keys"]), ())
        for number, event in enumerate(events)
        if (steps := tuple(step for step in event["steps"] if step < outer.steps))
    ]
    got = sorted((one.match.key[0], one.match.record) for one in found if one.node is nodes[1])
    assert got == sorted(chained(inner, outer, seen))


@given(asked, events_of(), st.data())
def test_a_run_can_end_and_go_on_anywhere(asks: Asked, events: list[Event], data: Any) -> None:
    """A stream cut at any places, the state saved as bytes between, gives the same matches."""
    lateness = data.draw(st.sampled_from([0, 3, 20])) * 10**6
    cuts = data.draw(st.sets(st.integers(0, len(events)), max_size=3))
    whole, parts = Engine([node_of(asks)], None, lateness), Engine([node_of(asks)], None, lateness)
    left, right, late = [], [], 0
    for number, event in enumerate(events):
        left += add(whole, event, number)
        if number in cuts:
            right += [one.match for one in parts.finish(more=True)]
            saved = packed(parts.state())
            late += parts.counts.late
            parts = Engine([node_of(asks)], None, lateness)
            assert parts.restore(unpacked(saved)) == []
        right += add(parts, event, number)
    left += [one.match for one in whole.finish()]
    right += [one.match for one in parts.finish()]
    assert told(left) == told(right)
    assert whole.counts.late == late + parts.counts.late


@given(asked, events_of(), st.randoms())
def test_arrival_does_not_matter(asks: Asked, events: list[Event], random: Any) -> None:
    """Events with different times give the same matches in whatever order they come."""
    events = list({event["time"]: event for event in events}.values())
    order = list(range(len(events)))
    random.shuffle(order)
    results = []
    for numbers in (range(len(events)), order):
        engine = Engine([node_of(asks)])
        found = [one for number in numbers for one in add(engine, events[number], number)]
        results.append(told(found + [one.match for one in engine.finish()]))
    assert results[0] == results[1]


@given(asked, events_of(30), st.integers(1, 4))
def test_memory_is_bounded_and_what_goes_is_counted(
    asks: Asked, events: list[Event], most: int
) -> None:
    """No more groups and events are kept than the limits say, and the state stays loadable."""
    limits = Limits(pending=most, events=most, group_events=most, groups=most, terms=most)
    engine, found = Engine([node_of(asks)], limits), []
    for number, event in enumerate(events):
        found += add(engine, event, number)
        state = unpacked(packed(engine.state()))
        kept = state["rules"]["digest"]["kept"]
        assert len(kept) <= most
        room = max(most, *(number + 2 for _, number in asks.conditions))
        assert sum(len(group[1]) for group in kept) <= room
        assert len(state["pending"]) <= most
    found += [one.match for one in engine.finish()]
    gone = engine.counts.as_data().keys() - {"ungrouped"}
    assert gone or told(found) == without_limits(asks, events)


def without_limits(asks: Asked, events: list[Event]) -> list[tuple[str, int, tuple[int, ...]]]:
    """What an engine without narrow limits finds."""
    engine = Engine([node_of(asks)])
    for number, event in enumerate(events):
        add(engine, event, number)
    return told([one.match for one in engine.finish()])


@given(events_of(), st.integers(1, 5))
def test_what_is_first_seen(events: list[Event], span: int) -> None:
    """An event shows something new if no earlier one within the history had one of its values."""
    step = node_of(Asked("event_count", 1, 1, ())).steps[0]
    node = Node(rule(9, "new"), "first_seen", (identifier(9),), (step,), span * 10**6, "digest")
    engine = Engine([node])
    for number, event in enumerate(events):
        engine.add(event, [identifier(9)], str(10**9 + event["time"]), "", number)
    order = sorted(range(len(events)), key=lambda n: (events[n]["time"], n))
    wanted = [
        number
        for place, number in enumerate(order)
        if any(
            all(
                value not in events[other]["values"]
                or events[other]["time"] < events[number]["time"] - span
                for other in order[:place]
            )
            for value in events[number]["values"]
        )
    ]
    assert [one.match.record for one in engine.finish()] == wanted
