"""Concrete events from the values found for single fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from converter import predicate as p
from converter.proof.result import Event
from converter.proof.theory import MISSING, Theory


def events(
    values: Mapping[str, Any], wanted: Mapping[p.Test, bool], theories: Mapping[str, Theory]
) -> Iterator[Event]:
    """The event of these values, then variants in which compared fields are alike or differ."""
    event = {name: value for name, value in values.items() if value is not MISSING}
    yield event
    compared = [(test, want) for test, want in wanted.items() if isinstance(test, p.FieldCompare)]
    for test, want in compared:
        for change in _changes(test, want, event):
            if all(_granted(name, change[name], wanted, theories) for name in change):
                yield event | change
    if len(compared) > 1:
        changed = dict(event)
        for test, want in compared:
            for change in _changes(test, want, changed):
                if all(_granted(name, change[name], wanted, theories) for name in change):
                    changed |= change
                    break
        yield changed


def _changes(test: p.FieldCompare, want: bool, event: Event) -> Iterator[dict[str, Any]]:
    """Values for one of two compared fields, taken from the other."""
    left, right = event.get(test.field), event.get(test.other)
    for text in dict.fromkeys((str(left), str(right), "x", "5")):
        if want:
            yield {test.field: text, test.other: text}
            yield {test.field: text + "x", test.other: text}
            yield {test.field: "x" + text, test.other: text}
            yield {test.field: "4", test.other: "5"}
            yield {test.field: "5", test.other: "4"}
            yield {test.field: text.upper(), test.other: text.lower()}
        else:
            yield {test.field: text, test.other: text + "y"}
            yield {test.field: text, test.other: "y" + text}
            yield {test.field: text.upper(), test.other: text.lower()}
            yield {test.field: "5", test.other: "4"}
            yield {test.field: "4", test.other: "5"}


def _granted(
    name: str, value: Any, wanted: Mapping[p.Test, bool], theories: Mapping[str, Theory]
) -> bool:
    """Whether the field's own tests keep their truth values with this value."""
    own = [
        (test, want)
        for test, want in wanted.items()
        if not isinstance(test, p.FieldCompare | p.Opaque | p.Keyword | p.KeywordRegex)
        and test.field == name
    ]
    return theories[name].grants(value, own)
