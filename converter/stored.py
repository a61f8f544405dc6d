"""A mapped predicate over documents as the schema stores them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from converter import predicate as p
from converter.casing import fold
from converter.pipelines import Facts

_ANY = (p.Wildcard.MANY,)


def as_stored(predicate: p.Predicate, facts: Callable[[str], Facts]) -> p.Predicate:
    """What the predicate asks of stored documents.

    A null may be the text "null". What the raw event lacks may have a text of its own, or be
    missing where nothing puts that text there: a test for the one is a test for both. Times stand
    in UTC. Of two single values one differs where both are there and are not equal.
    """

    def change(test: p.Test) -> p.Predicate:
        if isinstance(test, p.Null):
            return _missing(test.field, facts(test.field))
        if isinstance(test, p.Equals) and _stands_for_nothing(test, facts(test.field)):
            return _missing(test.field, facts(test.field))
        if isinstance(test, p.TimePart) and test.zone == "UTC" and test.field != "_time":
            return replace(test, zone="")  # stores keep times in UTC, or as the event has them
        if isinstance(test, p.Exists) or (isinstance(test, p.Glob) and test.pattern == _ANY):
            absent = facts(test.field).absent
            return p.And((test, p.Not(p.Equals(test.field, absent)))) if absent else test
        if isinstance(test, p.FieldCompare) and test.relation == "differs":
            return test if facts(test.field).lists or facts(test.other).lists else _apart(test)
        return test

    return p.rebuild(predicate, change)


def _stands_for_nothing(test: p.Equals, known: Facts) -> bool:
    return bool(known.absent) and fold(str(test.value)) == fold(known.absent)


def _missing(field: str, known: Facts) -> p.Predicate:
    """The key, null, its text, or what stands in its place: whichever the store has made of it."""
    texts = [known.absent] * bool(known.absent) + ["null"] * known.null_text
    return p.Or((p.Null(field), *(p.Equals(field, text) for text in texts)))


def _apart(test: p.FieldCompare) -> p.Predicate:
    there = (p.Not(p.Null(test.field)), p.Not(p.Null(test.other)))
    return p.And((*there, p.Not(replace(test, relation="equals"))))
