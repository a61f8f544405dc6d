"""Splunk's words for a rule, from words.yml."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from string import Template
from typing import Any

import yaml

from converter.attack import Attack
from converter.packages.content import Entry
from converter.packages.threat import aims, techniques
from converter.rules import Rule


@cache
def _words() -> dict[str, Any]:
    text = files("converter.packages.splunk").joinpath("words.yml").read_text("utf-8")
    words: dict[str, Any] = yaml.load(text, yaml.CSafeLoader)
    return words


class _Template(Template):
    delimiter = "@"


def filled(name: str, /, **values: str) -> bytes:
    """A template file with its `@{words}` filled in."""
    text = files("converter.packages.splunk").joinpath("templates", name).read_text("utf-8")
    return _Template(text).substitute(values).encode()


def domain(entry: Entry) -> str:
    """The security domain of Enterprise Security."""
    words, logsource = _words()["domains"], _logsource(entry)
    by_category = words["categories"].get(logsource.get("category", ""))
    product = words["products"].get(logsource.get("product", ""))
    return str(by_category or product or words["otherwise"])


def category(entry: Entry) -> str:
    """The category of the rule's analytic story."""
    words = _words()["categories"]
    return str(words["products"].get(_logsource(entry).get("product", ""), words["otherwise"]))


def asset_type(entry: Entry) -> str:
    """What contentctl says is watched."""
    words = _words()["asset_types"]
    product = words["products"].get(_logsource(entry).get("product", ""))
    return str(product or words["domains"].get(domain(entry), words["otherwise"]))


def alert_severity(rule: Rule) -> int:
    """From 1 (info) to 5 (critical)."""
    return int(_words()["alert_severities"].get(rule.level.lower() or "low", 2))


def kill_chain(rule: Rule, attack: Attack) -> list[str]:
    """The phases of the kill chain that the rule's tactics belong to, each once."""
    phases = _words()["kill_chain"]
    found = (phases.get(aim.tactic.short) for aim in aims(rule, attack))
    return list(dict.fromkeys(phase for phase in found if phase))


def annotated(rule: Rule, attack: Attack, story: str) -> dict[str, list[str]]:
    """What `action.correlationsearch.annotations` holds; empty lists are left out."""
    found = {
        "analytic_story": [story],
        "kill_chain_phases": kill_chain(rule, attack),
        "mitre_attack": [technique.id for technique in techniques(rule, attack)],
        "sigma": [rule.id],
    }
    return {key: values for key, values in found.items() if values}


def story_title(entry: Entry) -> str:
    """The analytic story of a rule: the log source that it reads."""
    titles = sorted({source.title for source in entry.sources})
    if len(titles) > 1:
        return "Several log sources"
    words = " ".join(_logsource(entry).values())
    return titles[0] if titles else words or "Any log source"


def _logsource(entry: Entry) -> dict[str, str]:
    for rule in (entry.rule, *entry.bases):
        if rule.logsource:
            return rule.logsource
    return {}
