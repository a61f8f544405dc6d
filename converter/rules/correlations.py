"""What a correlation and a filter say, and which rules they are about (specification 2.1)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from typing import Any, Literal

from converter.errors import RuleError
from converter.rules.model import Rule, RuleSet

Type = Literal[
    "event_count",
    "value_count",
    "temporal",
    "temporal_ordered",
    "value_sum",
    "value_avg",
    "value_median",
    "value_percentile",
]
TYPES: tuple[Type, ...] = (
    "event_count",
    "value_count",
    "temporal",
    "temporal_ordered",
    "value_sum",
    "value_avg",
    "value_median",
    "value_percentile",
)
_OPERATORS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<=", "eq": "==", "neq": "!="}
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_KEYS = ("type", "rules", "group-by", "timespan", "condition", "aliases", "generate")
_TIMESPAN = re.compile(r"([1-9][0-9]*)([smhdw])")


@dataclass(frozen=True)
class Correlation:
    """A correlation's body. `timespan` is in seconds; `aliases` map an alias to each rule's field.

    `conditions` are all to hold, each an operator (`>=`) and a number; temporal types have none.
    """

    type: Type
    rules: tuple[Rule, ...]
    group_by: tuple[str, ...]
    timespan: int
    conditions: tuple[tuple[str, int | float], ...]
    fields: tuple[str, ...]
    percentile: int | float | None
    aliases: Mapping[str, Mapping[str, str]]

    def field_of(self, name: str, rule: Rule) -> str:
        """The rule's own field behind a name of `group-by` or of the condition."""
        fields = self.aliases.get(name, {})
        return fields.get(rule.id, fields.get(rule.name, name))


def read_correlation(rule: Rule, rules: RuleSet) -> Correlation:
    """The body of a correlation. Raises RuleError where it does not say what it must."""
    body = rule.data["correlation"]
    _check_keys(rule, body)
    kind = body.get("type")
    if kind not in TYPES:
        step = f"use one of {', '.join(TYPES)}"
        raise rule.error(f"unknown correlation type {kind}", "correlation", next_step=step)
    condition = _condition(rule, body)
    bases = referenced(rule, rules)
    return Correlation(
        kind,
        bases,
        _names(rule, body.get("group-by"), "group-by"),
        _timespan(rule, body),
        _conditions(rule, condition),
        _names(rule, condition.get("field"), "condition", "field"),
        condition.get("percentile"),
        _aliases(rule, body, bases),
    )


def _check_keys(rule: Rule, body: dict[str, Any]) -> None:
    """A misspelt key would silently give another correlation."""
    for key in body:
        if key not in _KEYS:
            what = f"`{key}` is no key of a correlation"
            step = f"use {', '.join(_KEYS)}"
            raise rule.error(what, "correlation", key, next_step=step)
    if not isinstance(body.get("generate", False), bool):
        step = "write true or false"
        raise rule.error("`generate` is no boolean", "correlation", "generate", next_step=step)


def _names(rule: Rule, value: Any, *keys: str) -> tuple[str, ...]:
    names = value if isinstance(value, list) else [] if value is None else [value]
    if all(isinstance(name, str) and name for name in names):
        return tuple(names)
    step = "name a field, or list fields"
    raise rule.error(f"`{keys[-1]}` names no field", "correlation", *keys, next_step=step)


def seconds(text: object) -> int | None:
    """A timespan such as "5m" in seconds; None where it is none."""
    found = _TIMESPAN.fullmatch(str(text))
    return int(found[1]) * _UNITS[found[2]] if found else None


def _timespan(rule: Rule, body: dict[str, Any]) -> int:
    found = seconds(body.get("timespan"))
    if found is None:
        step = "write a number and one of s, m, h, d, w, such as 5m"
        raise rule.error("no readable timespan", "correlation", "timespan", next_step=step)
    return found


def _condition(rule: Rule, body: dict[str, Any]) -> dict[str, Any]:
    condition = body.get("condition")
    if condition is None and str(body.get("type")).startswith("temporal"):
        return {}
    if isinstance(condition, dict):
        return condition
    what = f"the condition {condition!r} is no map of operators"
    step = "write `condition: {gte: 10}`"
    raise rule.error(what, "correlation", "condition", next_step=step)


def _conditions(rule: Rule, condition: dict[str, Any]) -> tuple[tuple[str, int | float], ...]:
    found = []
    for word, number in condition.items():
        if word in ("field", "percentile"):
            continue
        real = isinstance(number, int | float) and not isinstance(number, bool)
        if word not in _OPERATORS or not real or not abs(number) < inf:
            what = f"`{word}: {number}` is no condition"
            step = f"use one of {', '.join(_OPERATORS)} with a number"
            raise rule.error(what, "correlation", "condition", next_step=step)
        found.append((_OPERATORS[word], number))
    return tuple(found)


def _aliases(
    rule: Rule, body: dict[str, Any], bases: tuple[Rule, ...]
) -> dict[str, dict[str, str]]:
    aliases = body.get("aliases") or {}
    if not isinstance(aliases, dict) or not all(isinstance(one, dict) for one in aliases.values()):
        step = "write `aliases: {name: {rule: field}}`"
        raise rule.error("`aliases:` is no map of maps", "correlation", "aliases", next_step=step)
    known = {name for base in bases for name in (base.id, base.name)}
    for alias, fields in aliases.items():
        for name in fields:
            if not {str(name), str(name).lower()} & known:
                what = f"the alias {alias} names {name}, which is none of the correlation's rules"
                step = "name a rule of `rules:`"
                raise rule.error(what, "correlation", "aliases", alias, name, next_step=step)
    ids = {base.id for base in bases}
    return {
        str(alias): {
            str(name).lower() if str(name).lower() in ids else str(name): str(field)
            for name, field in fields.items()
        }
        for alias, fields in aliases.items()
    }


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
            if rule.kind == "filter":
                what = f"the correlation's rule {name} is a filter"
                step = "name rules and correlations only; filters apply by themselves"
                raise correlation.error(what, "correlation", "rules", next_step=step)
            return rule
    what = f"the correlation's rule {name} is not among the rules read"
    step = "give its id or `name:`, and read its file too"
    raise correlation.error(what, "correlation", "rules", next_step=step)


def chained(rule: Rule, rules: RuleSet) -> tuple[Rule, ...]:
    """All rules that a rule rests on at any depth, each after those it refers to; itself last.

    Raises RuleError where a correlation refers to itself, directly or through others.
    """
    done: dict[str, Rule] = {}
    above: dict[str, Rule] = {}
    stack = [(rule, False)]
    while stack:
        one, entered = stack.pop()
        if entered:
            done[one.id] = above.pop(one.id)
        elif one.id in above:
            raise _circle(one, list(above.values()))
        elif one.id not in done:
            above[one.id] = one
            stack.append((one, True))
            bases = referenced(one, rules) if one.kind == "correlation" else ()
            stack.extend((base, False) for base in reversed(bases))
    return tuple(done.values())


def _circle(rule: Rule, above: list[Rule]) -> RuleError:
    names = [one.name or one.id for one in above]
    circle = [*names[above.index(rule) :], rule.name or rule.id]
    what = f"the correlation refers to itself: {' -> '.join(circle)}"
    step = "take one of these references out"
    return above[-1].error(what, "correlation", "rules", next_step=step)


def is_any_of(correlation: Rule) -> bool:
    """Whether one event of any rule suffices: event_count of at least 1, not grouped."""
    body = correlation.data["correlation"]
    if body.get("type") != "event_count" or body.get("group-by"):
        return False
    return body.get("condition") in ({"gte": 1}, {"gt": 0})


def is_stateful(rule: Rule, rules: RuleSet) -> bool:
    """Whether the rule looks at more than one event; a bundle of tests of one event does not."""
    if rule.kind != "correlation":
        return "new_terms" in rule.extra
    return any(
        "new_terms" in one.extra or (one.kind == "correlation" and not is_any_of(one))
        for one in chained(rule, rules)
    )


def filtered(rule: Rule, rules: RuleSet) -> tuple[Rule, ...]:
    """What filters demand besides of this rule's events: each as a rule of the same log source."""
    found = []
    for one in rules.filters:
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
    named = {"title": one.title, **({"id": one.id} if one.id else {})}
    data = named | {"logsource": rule.data["logsource"], "detection": detection}
    return Rule(one.path, one.stem, one.index, "rule", data, one.text)
