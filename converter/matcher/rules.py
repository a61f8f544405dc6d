"""Rules -> tests of events, raw or as a schema stores them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Literal

from converter import predicate as p
from converter.errors import PolysigmaError
from converter.lower import as_stored, lower, tree
from converter.matcher.explain import Names
from converter.matcher.fields import Paths
from converter.matcher.index import NOTHING, Need, need
from converter.matcher.program import EventTest, compile_predicate
from converter.pipelines import Pipelines, View
from converter.rules import Rule, RuleSet
from converter.rules.correlations import chained, filtered, is_stateful
from converter.upstream import names_of

_TIMES = {"ecs": ("@timestamp",), "splunk": ("_time",)}
_ANYWHERE = ("eventTime", "@timestamp", "time", "timestamp")


@dataclass(frozen=True)
class Reading:
    """What one rule asks of events under one view, and where its fields stand in them.

    `source` is the catalogue's name of the log source, empty where it has none. `names` gives the
    rule's names by their way down the predicate.
    """

    rule: Rule
    predicate: p.Predicate
    paths: Paths | None
    time: tuple[str, ...]
    source: str = ""
    names: Callable[[], Names] = field(default=dict, compare=False)


@dataclass(frozen=True)
class RuleTest:
    """A rule ready to run on events of its log source.

    A correlation here is a bundle of which any rule suffices: it has a test for each of its rules,
    one after the other. `reading` is what the test asks.
    """

    rule: Rule
    matches: EventTest
    time: tuple[str, ...]
    logsource: Mapping[str, str] = field(default_factory=dict)
    reading: Reading | None = None

    @property
    def need(self) -> Need:
        """What the bytes of an event must hold for a match."""
        return need(self.reading.predicate, self.reading.paths) if self.reading else NOTHING


def readings(
    rule: Rule, rules: RuleSet, pipelines: Pipelines, view: View = "native"
) -> list[Reading]:
    """The rule's reading; of a correlation, those of all rules it rests on, each once.

    What is looked at over several events is not part of them. Raises RuleError, PipelineError.
    """
    bases = [one for one in chained(rule, rules) if one.kind == "rule"]
    return [base_reading(base, rules, pipelines, view) for base in bases]


def base_reading(rule: Rule, rules: RuleSet, pipelines: Pipelines, view: View) -> Reading:
    """What a rule, not a correlation, asks of one event, filters included."""
    parts = (rule, *filtered(rule, rules))
    return _native(parts, pipelines) if view == "native" else _stored(parts, pipelines, view)


def _native(parts: Sequence[Rule], pipelines: Pipelines) -> Reading:
    source = pipelines.source(parts[0].logsource)
    trees = [pipelines.expand(tree(part)) for part in parts]
    lowered = _all([lower(part, one) for part, one in zip(parts, trees, strict=True)])
    predicate = p.in_zone(lowered, pipelines.zone(parts[0]))
    names = partial(names_of, parts, trees)
    if source is None:
        return _shaped(parts[0], predicate, pipelines, names)
    return Reading(parts[0], predicate, source.native, source.time, source.stem, names)


def _shaped(
    rule: Rule, predicate: p.Predicate, pipelines: Pipelines, names: Callable[[], Names]
) -> Reading:
    """Without a field catalogue: where the shape of the log source's events has each field."""
    shape = pipelines.log_sources.shape(rule.logsource)
    if shape is None:
        return Reading(rule, predicate, None, _ANYWHERE, names=names)
    times = (*shape.time, *_ANYWHERE)
    return Reading(rule, predicate, shape.reader_of(rule.logsource), times, names=names)


def _stored(parts: Sequence[Rule], pipelines: Pipelines, view: Literal["ecs", "splunk"]) -> Reading:
    source = pipelines.source(parts[0].logsource)
    mapped = [(part, pipelines.map(part, tree(part), view)) for part in parts]
    lowered = _all([lower(part, one.rule) for part, one in mapped])
    predicate = p.in_zone(lowered, pipelines.zone(parts[0]))
    stored = as_stored(predicate, mapped[0][1].facts)
    # Splunk sets _time from the event's own time, which extracted fields still hold.
    times = _TIMES[view] + (source.time if source and view == "splunk" else ())
    names = partial(names_of, parts, [one.rule for _, one in mapped])
    return Reading(parts[0], stored, None, times, source.stem if source else "", names)


def _all(parts: Sequence[p.Predicate]) -> p.Predicate:
    return parts[0] if len(parts) == 1 else p.And(tuple(parts))


def compile_rules(
    rules: RuleSet, pipelines: Pipelines, view: View = "native", *, inputs: bool = False
) -> tuple[list[RuleTest], list[PolysigmaError]]:
    """Every rule and bundle as a test of one event, and what could not be made into one.

    Correlations and first-seen rules are errors here. With `inputs` they are not, being left to
    `converter.matcher.correlation`, and first-seen rules are tests of what they look at.
    """
    tests: list[RuleTest] = []
    errors: list[PolysigmaError] = []
    for rule in rules.rules:
        if rule.kind == "filter":
            continue
        try:
            if is_stateful(rule, rules) and not inputs:
                raise _over_several(rule)
            if rule.kind == "rule" or not is_stateful(rule, rules):
                tests += _compile(rule, readings(rule, rules, pipelines, view))
        except PolysigmaError as error:
            errors.append(rule.place(error))
    return tests, errors


def _over_several(rule: Rule) -> PolysigmaError:
    keys = ("correlation",) if rule.kind == "correlation" else ("polysigma", "new_terms")
    step = "run it over a stream of events, as `polysigma scan` does"
    return rule.error("the rule is no test of one event", *keys, next_step=step)


def _compile(rule: Rule, parts: Sequence[Reading]) -> list[RuleTest]:
    return [
        RuleTest(
            rule,
            compile_predicate(part.predicate, part.paths),
            part.time,
            part.rule.logsource,
            part,
        )
        for part in parts
    ]
