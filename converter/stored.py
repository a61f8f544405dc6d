"""A mapped predicate over documents as the schema stores them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from converter import predicate as p
from converter.pipelines import Facts

_ANY = (p.Wildcard.MANY,)


def as_stored(predicate: p.Predicate, facts: Callable[[str], Facts]) -> p.Predicate:
    """What the predicate asks of stored documents.

    A null may be the text "null", and what the raw event lacks may have a text of its own. Times
    stand in UTC. Of two single values one differs where both are there and are not equal.
    """

    def change(test: p.Test) -> p.Predicate:
        if isinstance(test, p.Null):
            known = facts(test.field)
            texts = ["null"] * known.null_text + [known.absent] * bool(known.absent)
            return p.Or((test, *(p.Equals(test.field, text) for text in texts)))
        if isinstance(test, p.TimePart) and test.zone == "UTC" and test.field != "_time":
            return replace(test, zone="")  # stores keep times in UTC, or as the event has them
        if isinstance(test, p.Exists) or (isinstance(test, p.Glob) and test.pattern == _ANY):
            absent = facts(test.field).absent
            return p.And((test, p.Not(p.Equals(test.field, absent)))) if absent else test
        if isinstance(test, p.FieldCompare) and test.relation == "differs":
            return test if facts(test.field).lists or facts(test.other).lists else _apart(test)
        return test

    return p.rebuild(predicate, change)


def _apart(test: p.FieldCompare) -> p.Predicate:
    there = (p.Not(p.Null(test.field)), p.Not(p.Null(test.other)))
    return p.And((*there, p.Not(replace(test, relation="equals"))))
