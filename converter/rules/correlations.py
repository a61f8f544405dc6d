"""Which rules a correlation or a filter is about (specification: correlations, filters)."""

from __future__ import annotations

from typing import Any

from converter.rules.model import Rule, RuleSet


def referenced(correlation: Rule, rules: RuleSet) -> tuple[Rule, ...]:
    """The rules a correlation names by id or name, in its order. Raises RuleError."""
    names = correlation.data["correlation"].get("rules")
    names = [names] if isinstance(names, str) else names
    if not isinstance(names, list) or not names:
        step = "list the rules by id or name"
        raise correlation.error("the correlation names no rules", "correlation", next_step=step)
    return tuple(_find(correlation, str(name), rules) for name in names)


def _find(correlation: Rule, name: str, rules: RuleSet) -> Rule:
    for rule in rules.rules:
        if name.lower() == rule.id or (name and name == rule.name):
            if rule is correlation:
                break
            return rule
    what = f"the correlation's rule {name} is not among the rules read"
    step = "give its id or `name:`, and read its file too"
    raise correlation.error(what, "correlation", "rules", next_step=step)


def is_any_of(correlation: Rule) -> bool:
    """Whether one event of any rule suffices: event_count of at least 1, not grouped."""
    body = correlation.data["correlation"]
    if body.get("type") != "event_count" or body.get("group-by"):
        return False
    return body.get("condition") in ({"gte": 1}, {"gt": 0})


def filtered(rule: Rule, rules: RuleSet) -> tuple[Rule, ...]:
    """What filters demand besides of this rule's events: each as a rule of the same log source."""
    found = []
    for one in rules.of_kind("filter"):
        body: dict[str, Any] = one.data["filter"]
        names = body.get("rules", [])
        wanted = [str(name).lower() for name in (names if isinstance(names, list) else [names])]
        named = "any" in wanted or rule.id in wanted or (rule.name and rule.name.lower() in wanted)
        same = all(rule.logsource.get(key) == value for key, value in one.logsource.items())
        if named and same:
            found.append(_as_rule(one, rule, body))
    return tuple(found)


def _as_rule(one: Rule, rule: Rule, body: dict[str, Any]) -> Rule:
    detection = {key: value for key, value in body.items() if key != "rules"}
    data = {"title": one.title, "id": one.id, "logsource": rule.data["logsource"]}
    return Rule(one.path, one.stem, one.index, "rule", data | {"detection": detection}, one.text)
