"""Checks of a rule's ATT&CK tags: each is known, and tactics and techniques belong together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from difflib import get_close_matches

from converter import attack
from converter.check.finding import Content, Fault, Keys
from converter.rules import Rule


def known(rule: Rule, content: Content) -> Iterator[Fault]:
    """Every tactic and technique is in force in the ATT&CK version shipped.

    Groups, software, campaigns, data sources and mitigations are not in the table and pass.
    """
    for keys, tag in _tags(rule):
        judge = _JUDGES.get(tag.kind)
        if judge:
            yield from judge(tag.name, keys)


def paired(rule: Rule, content: Content) -> Iterator[Fault]:
    """Each technique comes with one of its tactics, and each tactic with one of its techniques."""
    tags = list(_tags(rule))
    tactics = {tag.name for _, tag in tags if tag.kind == "tactic"}
    techniques = [found for _, tag in tags if (found := attack.technique(tag.name))]
    covered = {short for technique in techniques for short in technique.tactics}
    for keys, tag in tags:
        technique = attack.technique(tag.name)
        if technique and not technique.replaced_by and not tactics.intersection(technique.tactics):
            what = f"{tag.name} ({technique.name}) stands without its tactic"
            choice = " or ".join(f"attack.{short}" for short in technique.tactics)
            yield Fault(what, f"add {choice}", keys)
        if attack.tactic(tag.name) and tag.name not in covered:
            what = f"no technique of the tactic {tag.name} is tagged"
            yield Fault(what, "tag the technique that the rule sees, or remove the tactic", keys)


def _tags(rule: Rule) -> Iterator[tuple[Keys, attack.Tag]]:
    tags = rule.data.get("tags")
    for index, text in enumerate(tags if isinstance(tags, list) else []):
        tag = attack.parse_tag(str(text))
        if tag:
            yield ("tags", index), tag


def _judge_tactic(name: str, keys: Keys) -> Iterator[Fault]:
    if name in attack.tactics():
        return
    heir = attack.successor(name.replace("_", "-"))
    near = [heir] if heir else get_close_matches(name.replace("_", "-"), attack.tactics(), 1)
    what = f"ATT&CK {attack.VERSION} has no tactic {name}"
    known_ones = f"the tactics are: {', '.join(attack.tactics())}"
    yield Fault(what, f"write attack.{near[0]}" if near else known_ones, keys)


def _judge_technique(name: str, keys: Keys) -> Iterator[Fault]:
    found = attack.technique(name)
    if found is None:
        what = f"ATT&CK {attack.VERSION} has no technique {name}"
        yield Fault(what, "look it up at https://attack.mitre.org/techniques/enterprise/", keys)
    elif found.replaced_by:
        what = f"{name} ({found.name}) was revoked in ATT&CK"
        yield Fault(what, f"write attack.{found.replaced_by.lower()}", keys)
    elif found.deprecated:
        what = f"{name} ({found.name}) is deprecated in ATT&CK"
        yield Fault(what, "tag another technique", keys)


_JUDGES: dict[str, Callable[[str, Keys], Iterator[Fault]]] = {
    "tactic": _judge_tactic,
    "technique": _judge_technique,
}
