"""Rules -> nodes: which correlations and first-seen rules there are, and what they read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from converter import predicate as p
from converter.errors import PolysigmaError
from converter.matcher.correlation.fields import field_texts
from converter.matcher.correlation.node import Kind, Limits, Node, Plan, Step
from converter.matcher.correlation.occurrence import RowReader
from converter.matcher.correlation.rows import Combined, OfMatch, Texts, no_rows, one_empty_row
from converter.matcher.rules import RuleTest, base_reading, compile_rules
from converter.pipelines import Pipelines, View
from converter.rules import Rule, RuleSet
from converter.rules.correlations import (
    Correlation,
    chained,
    is_any_of,
    is_stateful,
    read_correlation,
    referenced,
    seconds,
)

_MEANING = 1  # counts up when the same rule comes to mean something else here
_SECOND = 10**6


def prepare(
    rules: RuleSet, pipelines: Pipelines, view: View = "native", limits: Limits | None = None
) -> tuple[list[RuleTest], Plan, list[PolysigmaError]]:
    """All rules ready to run: tests of single events, what looks at several, and what cannot run.

    The tests of first-seen rules say what they look at, not what they match.
    """
    tests, refused = compile_rules(rules, pipelines, view, inputs=True)
    made, errors = plan(rules, pipelines, view, {test.rule.id for test in tests}, limits)
    nodes = {node.rule.id for node in made.nodes}
    kept = [one for one in tests if "new_terms" not in one.rule.extra or one.rule.id in nodes]
    return kept, made, list({str(error): error for error in (*refused, *errors)}.values())


def plan(
    rules: RuleSet,
    pipelines: Pipelines,
    view: View,
    tests: Collection[str],
    limits: Limits | None = None,
) -> tuple[Plan, list[PolysigmaError]]:
    """The nodes of all rules that need one, and what could not be made into one.

    `tests` are the ids of the rules that can be run; a correlation fails with any rule below it
    that cannot. The base rules of one that fails are not held back.
    """
    planner = _Planner(rules, pipelines, view, limits or Limits())
    errors: list[PolysigmaError] = []
    held: set[str] = set()
    for rule in rules.rules:
        if rule.kind == "filter" or (rule.kind == "rule" and rule.id not in tests):
            continue
        try:
            _check_inputs(rule, rules, tests)
            if is_stateful(rule, rules):
                planner.add(rule)
            held |= _held(rule, rules)
        except PolysigmaError as error:
            errors.append(error.at(rule.path))
    return Plan(tuple(planner.nodes.values()), frozenset(held)), errors


def _check_inputs(rule: Rule, rules: RuleSet, tests: Collection[str]) -> None:
    for one in chained(rule, rules):
        if one.kind == "rule" and one.id not in tests:
            what = f"its rule {one.name or one.id} cannot run"
            step = f"mend {one.path} first"
            raise rule.error(what, "correlation", "rules", next_step=step)


def plan_of(rule: Rule, rules: RuleSet, pipelines: Pipelines, view: View) -> Plan:
    """The nodes that one rule needs, its own last. Raises RuleError, PipelineError."""
    planner = _Planner(rules, pipelines, view, Limits())
    planner.add(rule)
    return Plan(tuple(planner.nodes.values()), frozenset())


def _held(rule: Rule, rules: RuleSet) -> set[str]:
    if rule.kind != "correlation" or rule.data["correlation"].get("generate") is True:
        return set()
    return {base.id for base in referenced(rule, rules)}


class _Planner:
    def __init__(self, rules: RuleSet, pipelines: Pipelines, view: View, limits: Limits) -> None:
        self._rules, self._pipelines, self._view = rules, pipelines, view
        self._most = limits.combinations + 1
        self.nodes: dict[str, Node] = {}
        self._bodies: dict[str, Correlation] = {}

    def add(self, rule: Rule) -> None:
        """The nodes of the rule and of all below it that need one; all of them or none."""
        fresh = dict(self.nodes)
        for one in chained(rule, self._rules):
            stateful = one.kind == "correlation" or "new_terms" in one.extra
            if stateful and one.id not in fresh:
                fresh[one.id] = self._node(one, fresh)
        self.nodes = fresh

    def _node(self, rule: Rule, known: dict[str, Node]) -> Node:
        if rule.kind == "rule":
            return self._first_seen(rule)
        body = self._bodies[rule.id] = read_correlation(rule, self._rules)
        _check(rule, body)
        steps = tuple(
            Step(
                self._rows(base, [body.field_of(name, base) for name in body.group_by]),
                self._rows(base, [body.field_of(name, base) for name in body.fields]),
            )
            for base in body.rules
        )
        below = [known[base.id] for base in body.rules if base.id in known]
        conditions = body.conditions
        if not conditions and body.type.startswith("temporal"):
            conditions = ((">=", len(body.rules)),)
        kind: Kind = "any" if is_any_of(rule) else "window"
        return Node(
            rule,
            kind,
            tuple(base.id for base in body.rules),
            steps,
            body.timespan * _SECOND,
            self._digest(rule, body.rules, known),
            body.type,
            conditions,
            0 if body.percentile is None else body.percentile,
            max((one.known_after for one in below), default=0),
            is_stateful(rule, self._rules),
        )

    def _first_seen(self, rule: Rule) -> Node:
        terms = rule.extra["new_terms"]
        terms = terms if isinstance(terms, dict) else {}
        history, names = seconds(terms.get("history")), terms.get("fields")
        if history is None or not isinstance(names, list) or not names:
            step = "write `new_terms: {fields: [...], history: 14d}`"
            raise rule.error("unreadable new_terms", "polysigma", "new_terms", next_step=step)
        rows = self._rows(rule, [str(name) for name in names])
        digest = self._digest(rule, (), {})
        span = history * _SECOND
        return Node(rule, "first_seen", (rule.id,), (Step(no_rows, rows),), span, digest)

    def _rows(self, rule: Rule, names: Sequence[str]) -> RowReader:
        """What an occurrence of the rule has in these fields; several values give several rows.

        The match of a correlation has the values of its group under the names of its `group-by`,
        and under other names those of each of its events.
        """
        if not names:
            return one_empty_row
        if rule.kind == "correlation":
            return self._match_rows(self._bodies[rule.id], names)
        reads = tuple(self._texts(rule, name) for name in names)
        return Combined(reads, self._most, "new_terms" in rule.extra)

    def _texts(self, rule: Rule, name: str) -> Texts:
        return field_texts(rule, name, self._rules, self._pipelines, self._view)

    def _match_rows(self, body: Correlation, names: Sequence[str]) -> RowReader:
        grouped = tuple(
            body.group_by.index(name) if name in body.group_by else -1 for name in names
        )
        others = [name for name, at in zip(names, grouped, strict=True) if at < 0]
        inner = (
            self._rows(base, [body.field_of(name, base) for name in others]) for base in body.rules
        )
        return OfMatch(grouped, tuple(inner) if others else ())

    def _digest(self, rule: Rule, bases: Iterable[Rule], known: dict[str, Node]) -> str:
        """A name for all that the rule's matches depend on."""
        body: Any = rule.data["correlation"] if rule.kind == "correlation" else self._meaning(rule)
        below = [
            known[one.id].digest if one.id in known else [one.id, self._meaning(one)]
            for one in bases
        ]
        text = json.dumps([_MEANING, self._view, rule.id, body, below], sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()

    def _meaning(self, rule: Rule) -> list[Any]:
        reading = base_reading(rule, self._rules, self._pipelines, self._view)
        fields = p.fields(reading.predicate)
        paths = [reading.paths(name) for name in fields] if reading.paths else []
        return [repr(reading.predicate), paths, reading.time, rule.extra.get("new_terms")]


def _check(rule: Rule, body: Correlation) -> None:
    if not body.conditions and not body.type.startswith("temporal"):
        step = "write `condition: {gte: 10}`"
        raise rule.error("the condition names no number", "correlation", next_step=step)
    if body.type.startswith("value_") and not body.fields:
        step = "add `field:` to the condition"
        raise rule.error(f"{body.type} without a field", "correlation", next_step=step)
    share = body.percentile
    if body.type == "value_percentile" and not (
        isinstance(share, int | float) and not isinstance(share, bool) and 0 <= share <= 100
    ):
        step = "add `percentile: 95` to the condition"
        raise rule.error("no percentile between 0 and 100", "correlation", next_step=step)
