"""A few events given at once, and what a rule over several events makes of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import ceil, floor

from converter.matcher.correlation.engine import Engine, Found
from converter.matcher.correlation.node import Counts, Node
from converter.matcher.fields import Event
from converter.matcher.program import EventTest, compile_predicate
from converter.matcher.rules import Reading
from converter.matcher.times import TimeReader, time_reader

_COUNTING = ("event_count", "value_count", "temporal", "temporal_ordered")


def _as_it_is(event: Event) -> Event:
    return event


@dataclass(frozen=True)
class Input:
    """A base rule at work: its test and its time of what `document` makes of an event."""

    reading: Reading
    test: EventTest
    time: TimeReader
    document: Callable[[Event], Event] = _as_it_is


def input_of(reading: Reading, document: Callable[[Event], Event] = _as_it_is) -> Input:
    """The base rule with this reading. Raises RuleError for a test that cannot be run."""
    test = compile_predicate(reading.predicate, reading.paths)
    return Input(reading, test, time_reader(reading.time), document)


def matches_of(
    nodes: Sequence[Node], inputs: Sequence[Input], events: Sequence[Event]
) -> tuple[list[Found], Counts]:
    """The matches of the last node over these events, and what was left out.

    The events are records 1, 2 and so on. Rules of one log source see one document of an event.
    """
    engine = Engine(nodes)
    found: list[Found] = []
    for number, event in enumerate(events, 1):
        hits: dict[str, list[tuple[Input, Event]]] = {}
        for one in inputs:
            document = one.document(event)
            if one.test(document):
                source = "" if document is event else one.reading.source
                hits.setdefault(source, []).append((one, document))
        for mine in hits.values():
            first, document = mine[0]
            rules = [one.reading.rule.id for one, _ in mine]
            found += engine.add(document, rules, first.time(document), record=number)
    found += engine.finish()
    return [one for one in found if one.node is nodes[-1]], engine.counts


@dataclass(frozen=True)
class Nearest:
    """How near events come to a count: what they reach of what is wanted, and their numbers."""

    count: int
    wanted: int
    events: tuple[int, ...] = ()


def nearest(
    nodes: Sequence[Node], inputs: Sequence[Input], events: Sequence[Event]
) -> Nearest | None:
    """The highest count that these events reach where the last node, which wants more, has none.

    None where the node wants something else than at least a number of events, values or rules.
    """
    node = nodes[-1]
    if node.type not in _COUNTING or [one for one, _ in node.conditions] not in ([">="], [">"]):
        return None
    operator, number = node.conditions[0]
    wanted = floor(number) + 1 if operator == ">" else ceil(number)
    best, low, high = Nearest(0, wanted), 1, wanted - 1
    while low <= high:
        count = (low + high) // 2
        asked = (*nodes[:-1], replace(node, conditions=((">=", count),)))
        found, _ = matches_of(asked, inputs, events)
        if found:
            best, low = Nearest(count, wanted, numbers_of(found[0])), count + 1
        else:
            high = count - 1
    return best


def numbers_of(found: Found) -> tuple[int, ...]:
    """The numbers of the events of a match, in order."""
    return tuple(sorted(one.record for one in found[1].single()))
