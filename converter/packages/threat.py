"""A rule's ATT&CK tags, put together: each tactic with the rule's techniques that serve it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from converter.attack import Attack, Tactic, Technique, parse_tag
from converter.rules import Rule


@dataclass(frozen=True)
class Aim:
    """A tactic and its techniques by id, each with the rule's sub-techniques below it."""

    tactic: Tactic
    techniques: Mapping[Technique, tuple[Technique, ...]]


def aims(rule: Rule, attack: Attack) -> list[Aim]:
    """Tactics in the order of the tags, then those that only a technique brings along.

    A technique stands under each of its tactics that is tagged, or, where none is, under all that
    it serves. A tactic may stand alone. A revoked technique counts as its successor, and a
    sub-technique brings its technique.
    """
    tactics = {one.short: one for one in _tactics(rule, attack)}
    pairs: dict[str, list[Technique]] = {short: [] for short in tactics}
    for technique in techniques(rule, attack):
        serves = [short for short in technique.tactics if attack.tactic(short)]
        for short in [short for short in serves if short in tactics] or serves:
            pairs.setdefault(short, []).append(technique)
    found = ((attack.tactics[short], served) for short, served in pairs.items())
    return [Aim(tactic, _grouped(served, attack)) for tactic, served in found]


def techniques(rule: Rule, attack: Attack) -> list[Technique]:
    """The techniques that the rule's tags name, each once; unknown ones are left out."""
    found: dict[str, Technique] = {}
    for name in _tagged(rule, "technique"):
        technique = attack.technique(name)
        if technique and technique.replaced_by:
            technique = attack.technique(technique.replaced_by)
        if technique:
            found[technique.id] = technique
    return list(found.values())


def _tactics(rule: Rule, attack: Attack) -> Iterator[Tactic]:
    for name in _tagged(rule, "tactic"):
        short = name.lower().replace("_", "-")
        tactic = attack.tactic(short) or attack.tactic(attack.successor(short))
        if tactic:
            yield tactic


def _tagged(rule: Rule, kind: str) -> Iterator[str]:
    tags = rule.data.get("tags")
    for text in tags if isinstance(tags, list) else []:
        tag = parse_tag(str(text))
        if tag and tag.kind == kind:
            yield tag.name


def _grouped(served: list[Technique], attack: Attack) -> dict[Technique, tuple[Technique, ...]]:
    groups: dict[str, list[Technique]] = {}
    for technique in served:
        group = groups.setdefault(technique.parent, [])
        if technique.id != technique.parent:
            group.append(technique)
    found = ((attack.technique(parent), below) for parent, below in sorted(groups.items()))
    return {
        technique: tuple(sorted(below, key=lambda one: one.id))
        for technique, below in found
        if technique
    }
