"""What a rule must hold before anything can be done with it: one function per kind.

A fault raises RuleError at its line. What is merely unwise is `lint`'s business.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from converter.rules.model import Rule

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_SELECTOR = re.compile(r"\b(?:1|any|all)\s+of\s+([A-Za-z0-9_*-]+)")
_WORDS = {"and", "or", "not"}


def _check_header(rule: Rule) -> None:
    if not rule.title:
        raise rule.error("the rule has no title", next_step="add `title:`")
    if not rule.id and rule.kind != "filter":
        raise rule.error("the rule has no id", next_step="add `id:` with a new UUID")
    if rule.id and not _UUID.fullmatch(rule.id):
        what = f"the id {rule.id} is no UUID"
        raise rule.error(what, "id", next_step="give it a new UUID (version 4)")


def _check_rule(rule: Rule) -> None:
    _check_header(rule)
    if not rule.logsource:
        step = "add `logsource:` with product, category or service"
        raise rule.error("the rule has no log source", next_step=step)
    detection = rule.data.get("detection")
    if not isinstance(detection, dict):
        raise rule.error("the rule has no detection", next_step="add `detection:`")
    _check_detection(rule, detection, "detection")


def _check_correlation(rule: Rule) -> None:
    _check_header(rule)
    if not isinstance(rule.data["correlation"], dict):
        step = "give it type, rules and timespan"
        raise rule.error("`correlation:` is no map", "correlation", next_step=step)


def _check_filter(rule: Rule) -> None:
    _check_header(rule)
    body = rule.data["filter"]
    if not isinstance(body, dict):
        step = "give it rules, a selection and a condition"
        raise rule.error("`filter:` is no map", "filter", next_step=step)
    names = {key: value for key, value in body.items() if key != "rules"}
    _check_detection(rule, names, "filter")


CHECKS = {"rule": _check_rule, "correlation": _check_correlation, "filter": _check_filter}


def _check_detection(rule: Rule, detection: dict[str, Any], place: str) -> None:
    names = [name for name in detection if name not in ("condition", "timeframe")]
    if not names:
        raise rule.error("the detection holds no selection", place, next_step="add a selection")
    for name in names:
        _check_filled(rule, detection[name], (place, name))
    conditions = detection.get("condition")
    for text in conditions if isinstance(conditions, list) else [conditions]:
        if not isinstance(text, str) or not text.strip():
            step = "add `condition: selection`"
            raise rule.error("the detection has no condition", place, next_step=step)
        _check_condition(rule, text, names, place)


def _check_filled(rule: Rule, value: Any, keys: tuple[str | int, ...]) -> None:
    if value in ([], {}):
        what = f"{keys[-1]} is an empty {'list' if value == [] else 'map'}"
        raise rule.error(what, *keys, next_step="give it a value or remove the key")
    items: Iterable[tuple[str | int, Any]] = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for key, part in items:
        _check_filled(rule, part, (*keys, key))


def _check_condition(rule: Rule, condition: str, names: list[str], place: str) -> None:
    public = [name for name in names if not name.startswith("_")]
    for selector in _SELECTOR.findall(condition):
        wanted = names if selector.startswith("_") else public
        if selector != "them" and not any(_selects(selector, name) for name in wanted):
            what = f"the condition's `{selector}` names no selection"
            raise rule.error(what, place, "condition", next_step=_nearest(selector, names))
    for word in re.findall(r"[A-Za-z0-9_-]+", _SELECTOR.sub(" ", condition)):
        if word not in _WORDS and word not in names:
            what = f"the condition's `{word}` names no selection"
            raise rule.error(what, place, "condition", next_step=_nearest(word, names))


def _selects(selector: str, name: str) -> bool:
    return re.fullmatch(re.escape(selector).replace(r"\*", ".*"), name) is not None


def _nearest(word: str, names: list[str]) -> str:
    return f"the selections are: {', '.join(names)}"
