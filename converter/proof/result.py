"""What comes out of a comparison, and how it is told to people."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Event = Mapping[str, Any]
Verdict = Literal["proved", "widens", "narrows", "both", "undecided"]

_TITLES: dict[Verdict, str] = {
    "proved": "The query means the same as the rule.",
    "widens": "The query matches events that the rule does not.",
    "narrows": "The query misses events that the rule matches.",
    "both": "The query matches events that the rule does not, and misses some that it matches.",
    "undecided": "Neither a proof nor a counterexample was found.",
}


@dataclass(frozen=True)
class Proof:
    """The verdict, seen from the query: `widens` when it can match more than the rule does.

    `assumptions` are those a proof needs. `counterexamples` are flat events that one side alone
    matches, each confirmed by evaluating both sides; first what only the query matches, then what
    only the rule does. `explanation` says for people which tests and values make the difference.
    """

    verdict: Verdict
    assumptions: tuple[str, ...] = ()
    counterexamples: tuple[Event, ...] = ()
    explanation: tuple[str, ...] = ()


def describe(proof: Proof) -> list[str]:
    """The proof as lines for people: the verdict, then assumptions or events with their reasons."""
    lines = [_TITLES[proof.verdict]]
    lines += [f"Assumed: {text}." for text in proof.assumptions]
    return lines + list(proof.explanation)


def event_text(event: Event) -> str:
    """An event as one line of JSON."""
    return json.dumps(dict(event), ensure_ascii=False)
