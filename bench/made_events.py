"""Events made of rules: what the prover says a rule matches, and what it only just misses."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from converter import load_rules
from converter import predicate as p
from converter.errors import PolysigmaError
from converter.lower import lower, tree
from converter.matcher import compile_predicate
from converter.pipelines import Facts, Pipelines
from converter.proof import prove
from converter.rules import Rule

Event = dict[str, Any]


def events_of(rules: Path, most: int, seed: int) -> Iterator[bytes]:
    """Lines of JSON: for each rule an event it matches, and others that show about `most` of its
    tests at work; after each, the same with one value changed."""
    rng, lists, seen = random.Random(seed), Pipelines(), set[bytes]()
    for rule in load_rules(rules).rules:
        for event in _events(rule, lists, most):
            for one in (nested(event), nested(changed(event, rng))):
                line = orjson.dumps(one)
                if line not in seen:
                    seen.add(line)
                    yield line + b"\n"


def _events(rule: Rule, lists: Pipelines, most: int) -> Iterator[Event]:
    if rule.kind != "rule":
        return
    try:
        predicate = p.normal(lower(rule, lists.expand(tree(rule))))
        for other in (p.FALSE, *_mutants(predicate, most)):
            proof = prove(predicate, other, Facts, compile_predicate)
            yield from map(dict, proof.counterexamples)
    except PolysigmaError:
        return


def _mutants(predicate: p.Predicate, most: int) -> Iterator[p.Predicate]:
    """The predicate with one of its tests always true, then always false."""
    count = sum(1 for _ in p.tests(predicate))
    for place in range(0, count, max(1, count // most)):
        for constant in (p.TRUE, p.FALSE):
            places = iter(range(count))
            yield p.rebuild(
                predicate,
                lambda test, at=places, wanted=place, put=constant: (  # type: ignore[misc]
                    put if next(at) == wanted else test
                ),
            )


def nested(event: Event) -> Event:
    """The event with objects in the place of dotted names."""
    found: Event = {}
    for name, value in event.items():
        *above, last = name.split(".")
        place = found
        for key in above:
            below = place.setdefault(key, {})
            place = below if isinstance(below, dict) else place
        place[last] = value
    return found


def changed(event: Event, rng: random.Random) -> Event:
    """The event with one value in another case, shape or length, or with null for it."""
    if not event:
        return event
    name = rng.choice(sorted(event))
    value = event[name]
    text = str(value[0] if isinstance(value, list) and value else value)
    longer = (text + " ", text + "x", "x" + text, text.replace("s", "\u017f"))
    shaped: tuple[Any, ...] = ([value, "x"], ["x", value], [], None, "", True, {"object": value})
    others = (text.upper(), text.swapcase(), *longer, *shaped)
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 15 else text
    return event | {name: rng.choice((*others, number))}
