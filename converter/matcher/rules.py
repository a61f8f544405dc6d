"""Rules -> tests of events, raw or as a schema stores them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from converter import predicate as p
from converter.errors import PolysigmaError
from converter.lower import as_stored, lower, tree
from converter.matcher.fields import Event, Paths
from converter.matcher.program import EventTest, compile_predicate
from converter.pipelines import Pipelines, View
from converter.rules import Rule, RuleSet
from converter.rules.correlations import filtered, is_any_of, referenced

_TIMES = {"ecs": ("@timestamp",), "splunk": ("_time",)}
_ANYWHERE = ("eventTime", "@timestamp", "time", "timestamp")


@dataclass(frozen=True)
class Reading:
    """What one rule asks of events under one view, and where its fields stand in them.

    `source` is the catalogue's name of the log source, empty where it has none.
    """

    rule: Rule
    predicate: p.Predicate
    paths: Paths | None
    time: tuple[str, ...]
    source: str = ""


@dataclass(frozen=True)
class RuleTest:
    """A rule ready to run; a correlation here is a bundle of which any rule suffices.

    `logsources` are those of its rules.
    """

    rule: Rule
    matches: EventTest
    time: tuple[str, ...]
    logsources: tuple[Mapping[str, str], ...] = ()


def readings(
    rule: Rule, rules: RuleSet, pipelines: Pipelines, view: View = "native"
) -> list[Reading]:
    """One reading, or one for each rule of a bundle. Raises RuleError, PipelineError."""
    if rule.kind == "correlation":
        if not is_any_of(rule):
            what = f"correlations of type {rule.data['correlation'].get('type')} do not run yet"
            step = "only `event_count` of at least one event does"
            raise rule.error(what, "correlation", next_step=step)
        bases = referenced(rule, rules)
        return [one for base in bases for one in readings(base, rules, pipelines, view)]
    if "new_terms" in rule.extra:
        step = "scan for the base condition with a rule of its own"
        what = "first-seen rules do not run yet"
        raise rule.error(what, "polysigma", "new_terms", next_step=step)
    parts = (rule, *filtered(rule, rules))
    return [_native(parts, pipelines) if view == "native" else _stored(parts, pipelines, view)]


def _native(parts: Sequence[Rule], pipelines: Pipelines) -> Reading:
    source = pipelines.source(parts[0].logsource)
    lowered = _all([lower(part, pipelines.expand(tree(part))) for part in parts])
    predicate = p.in_zone(lowered, pipelines.zone(parts[0]))
    if source is None:
        return _shaped(parts[0], predicate, pipelines)
    return Reading(parts[0], predicate, source.native, source.time, source.stem)


def _shaped(rule: Rule, predicate: p.Predicate, pipelines: Pipelines) -> Reading:
    """Without a field catalogue: where the shape of the log source's events has each field."""
    shape = pipelines.log_sources.shape(rule.logsource)
    if shape is None:
        return Reading(rule, predicate, None, _ANYWHERE)
    return Reading(rule, predicate, shape.reader_of(rule.logsource), (*shape.time, *_ANYWHERE))


def _stored(parts: Sequence[Rule], pipelines: Pipelines, view: Literal["ecs", "splunk"]) -> Reading:
    source = pipelines.source(parts[0].logsource)
    mapped = [(part, pipelines.map(part, tree(part), view)) for part in parts]
    lowered = _all([lower(part, one.rule) for part, one in mapped])
    predicate = p.in_zone(lowered, pipelines.zone(parts[0]))
    stored = as_stored(predicate, mapped[0][1].facts)
    return Reading(parts[0], stored, None, _TIMES[view], source.stem if source else "")


def _all(parts: Sequence[p.Predicate]) -> p.Predicate:
    return parts[0] if len(parts) == 1 else p.And(tuple(parts))


def compile_rules(
    rules: RuleSet, pipelines: Pipelines, view: View = "native"
) -> tuple[list[RuleTest], list[PolysigmaError]]:
    """Every rule and bundle as a test of one event, and what could not be made into one."""
    tests: list[RuleTest] = []
    errors: list[PolysigmaError] = []
    for rule in rules.rules:
        if rule.kind == "filter":
            continue
        try:
            tests.append(_compile(rule, readings(rule, rules, pipelines, view)))
        except PolysigmaError as error:
            errors.append(rule.place(error))
    return tests, errors


def _compile(rule: Rule, parts: Sequence[Reading]) -> RuleTest:
    compiled = [compile_predicate(part.predicate, part.paths) for part in parts]
    logsources = tuple(part.rule.logsource for part in parts)
    times = tuple(dict.fromkeys(path for part in parts for path in part.time))
    if len(compiled) == 1:
        return RuleTest(rule, compiled[0], times, logsources)

    def matches(event: Event) -> bool:
        return any(test(event) for test in compiled)

    return RuleTest(rule, matches, times, logsources)
