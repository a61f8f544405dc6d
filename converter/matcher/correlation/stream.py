"""A few events given at once, and what a rule over several events makes of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from converter.matcher.correlation.engine import Engine, Found
from converter.matcher.correlation.node import Counts, Node
from converter.matcher.fields import Event
from converter.matcher.program import EventTest, compile_predicate
from converter.matcher.rules import Reading
from converter.matcher.times import TimeReader, time_reader


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
