"""Fields that correlations group and count by: their values as text, as a view stores them."""

from __future__ import annotations

from dataclasses import replace

from converter import predicate as p
from converter.lower import lower, tree
from converter.matcher.correlation.rows import Texts
from converter.matcher.fields import paths_of
from converter.matcher.rules import base_reading
from converter.pipelines import Pipelines, View
from converter.rules import Rule, RuleSet


def field_texts(rule: Rule, name: str, rules: RuleSet, pipelines: Pipelines, view: View) -> Texts:
    """A reader of one of the rule's fields: each value as text, none for null and a missing key.

    Numbers and booleans are as in JSON, so 5 and "5" are one value; case counts, as it does for
    every emitted query. Raises RuleError for a field that the view's schema does not have.
    """
    if view == "native":
        paths = base_reading(rule, rules, pipelines, view).paths
        return Texts(paths_of(name, paths))
    asking = {"detection": {"a": {f"{name}|exists": True}, "condition": "a"}}
    asked = replace(rule, data=rule.data | asking)
    mapped = pipelines.map(asked, tree(asked), view)
    facts = mapped.facts(p.fields(lower(asked, mapped.rule))[-1])
    if facts.none:
        what = f"the field {name} does not exist there: {facts.none}"
        raise rule.error(what, next_step="group by another field")
    absent = {facts.absent} if facts.absent else set()
    absent |= {"null"} if facts.null_text else set()
    return Texts((facts.name,), frozenset(absent))
