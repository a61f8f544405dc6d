"""What kind of detection a rule is, told from what it says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from converter.pipelines import Pipelines
from converter.rules import Rule
from converter.rules.correlations import is_any_of

PLAIN = "plain"

# A kind is told by one of these modifiers on a field.
_MODIFIERS: Mapping[str, frozenset[str]] = {
    "time of day": frozenset({"minute", "hour"}),
    "day of the week": frozenset({"weekday"}),
    "date": frozenset({"day", "week", "month", "year"}),
    "allow list": frozenset({"expand"}),
    "field comparison": frozenset({"fieldref"}),
    "network": frozenset({"cidr"}),
    "regular expression": frozenset({"re"}),
}


def kinds(rule: Rule, pipelines: Pipelines) -> list[str]:
    """The kinds of a rule; `plain` where it is none of the special ones.

    `lists of objects` are fields whose way leads through a list, by the field catalogue; `several
    shapes` are alternatives within one selection that look at different fields.
    """
    if rule.kind == "correlation":
        return ["bundle" if is_any_of(rule) else str(rule.data["correlation"].get("type"))]
    words = {word for key in _keys(rule) for word in key.split("|")[1:]}
    found = [kind for kind, told in _MODIFIERS.items() if words & told]
    found += [kind for kind, holds in _OTHERS.items() if holds(rule, pipelines)]
    return found or [PLAIN]


def _is_first_seen(rule: Rule, pipelines: Pipelines) -> bool:
    return "new_terms" in rule.extra


def _has_lists(rule: Rule, pipelines: Pipelines) -> bool:
    source = pipelines.source(rule.logsource)
    entries = [source.find(key.split("|")[0]) for key in _keys(rule)] if source else []
    return any("{}." in entry.schemas["splunk"].name for entry in entries if entry)


def _has_shapes(rule: Rule, pipelines: Pipelines) -> bool:
    parts = rule.data.get("detection")
    lists = [one for one in parts.values() if isinstance(one, list)] if parts else []
    fields = [[frozenset(m) for m in one if isinstance(m, dict)] for one in lists]
    return any(len(set(alternatives)) > 1 for alternatives in fields)


_OTHERS: Mapping[str, Callable[[Rule, Pipelines], bool]] = {
    "several shapes": _has_shapes,
    "lists of objects": _has_lists,
    "first seen": _is_first_seen,
}


def _keys(rule: Rule) -> Iterator[str]:
    """The fields of all selections, with their modifiers."""
    detection = rule.data.get("detection")
    parts = detection.items() if isinstance(detection, dict) else ()
    return (key for name, part in parts if name != "condition" for key in _inner(part))


def _inner(part: Any) -> Iterator[str]:
    for item in part if isinstance(part, list) else [part]:
        if isinstance(item, dict):
            yield from map(str, item)
