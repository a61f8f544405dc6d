"""Rules x their sample events: raw, as an Elastic document, as Splunk fields.

A sample is one event, or a stream of events (`events:`). A correlation or first-seen rule matches a
sample if the stream makes it match at least once; one event is a stream of one. What stands under
`before:` went on before the stream: it is seen, but a match that it completes does not count.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from converter.errors import LogError, PolysigmaError
from converter.ingest import to_ecs, to_splunk
from converter.matcher.correlation import Input, Node, input_of, matches_of, plan_of
from converter.matcher.explain import explain
from converter.matcher.rules import Reading, readings
from converter.matcher.telling import render
from converter.pipelines import Pipelines, View
from converter.rules import Rule, RuleSet
from converter.rules.correlations import chained, is_stateful
from converter.rules.yaml_reader import read_documents

VIEWS: tuple[View, ...] = ("native", "ecs", "splunk")


@dataclass(frozen=True)
class Sample:
    """Events in the order in which they come, and whether the rule must match them.

    The first `before` of them are there to be remembered only.
    """

    name: str
    why: str
    events: tuple[dict[str, Any], ...]
    match: bool
    before: int = 0


@dataclass(frozen=True)
class Outcome:
    """One sample under one view of its event; `reasons` explain a failure, line by line."""

    rule: Rule
    sample: Sample
    view: str
    passed: bool
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class _View:
    """All base rules of one rule under one view; `nodes` where it looks at several events."""

    inputs: Sequence[Input]
    nodes: Sequence[Node] = ()


def read_samples(path: Path) -> list[Sample]:
    """The samples of one file. Raises LogError where it is none."""
    try:
        documents = read_documents(path.read_text("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        what = f"not YAML: {str(error).splitlines()[0]}"
        raise LogError(what, path=str(path), next_step="mend the YAML") from None
    data = documents[0].value if documents else None
    for flaw in documents[0].flaws if documents else ():
        raise LogError(flaw.what, path=str(path), line=flaw.line, next_step=flaw.next_step)
    if not isinstance(data, dict) or not any(data.get(key) for key in ("match", "miss")):
        step = "write `match:` and `miss:`, lists of {name, why, event}"
        raise LogError("no samples in this file", path=str(path), next_step=step)
    base = data.get("base") or {}
    return [
        _sample(path, key == "match", entry, base)
        for key in ("match", "miss")
        for entry in data.get(key) or []
    ]


def _sample(path: Path, match: bool, entry: Any, base: dict[str, Any]) -> Sample:
    known = entry if isinstance(entry, dict) else {}
    events = [known["event"]] if "event" in known else known.get("events")
    if not isinstance(events, list) or not events or ("events" in known and "event" in known):
        step = "give each sample a name and either an event or a list of events"
        raise LogError("a sample has no event", path=str(path), next_step=step)
    before = known.get("before", [])
    if not isinstance(before, list) or not all(isinstance(one, dict) for one in (*before, *events)):
        step = "write the keys of each event below it"
        raise LogError("an event of a sample is no map", path=str(path), next_step=step)
    merged = tuple(_merged(base, event) for event in (*before, *events))
    name, why = (str(known.get(key, "")) for key in ("name", "why"))
    return Sample(name, why, merged, match, len(before))


def _merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    out = dict(base)
    for key, value in over.items():
        deeper = isinstance(value, dict) and isinstance(out.get(key), dict)
        out[key] = _merged(out[key], value) if deeper else value
    return out


def run_samples(
    rules: RuleSet, pipelines: Pipelines, folder: Path
) -> Iterator[Outcome | PolysigmaError]:
    """Every sample of every rule under every view; what cannot be run is an error in its place."""
    for rule in rules.rules:
        path = folder / f"{rule.stem}.yml"
        if rule.kind == "filter" or not path.is_file():
            continue
        try:
            samples = read_samples(path)
            views = _views(rule, rules, pipelines)
        except PolysigmaError as error:
            yield error.at(rule.path)
            continue
        for sample in samples:
            yield from _outcomes(rule, sample, views)


def _outcomes(rule: Rule, sample: Sample, views: Mapping[View, _View]) -> Iterator[Outcome]:
    for name, view in views.items():
        found = _matches(view, sample)
        passed = found is sample.match
        yield Outcome(rule, sample, name, passed, () if passed else tuple(_why(view, sample)))


def _matches(view: _View, sample: Sample) -> bool:
    if view.nodes:
        found = matches_of(view.nodes, view.inputs, sample.events)[0]
        return any(one.match.record > sample.before for one in found)
    asked = sample.events[sample.before :]
    return any(one.test(one.document(event)) for one in view.inputs for event in asked)


def _why(view: _View, sample: Sample) -> Iterator[str]:
    several = len(sample.events) > 1
    for number, event in enumerate(sample.events, 1):
        for one in view.inputs:
            reading, document = one.reading, one.document(event)
            if several or view.nodes:
                yield f"event {number} at {one.time(document)}: {reading.rule.title}"
            names = reading.names()
            yield from render(explain(reading.predicate, document, reading.paths, names))
    if view.nodes:
        yield from _why_stream(view, sample)


def _why_stream(view: _View, sample: Sample) -> Iterator[str]:
    found, counts = matches_of(view.nodes, view.inputs, sample.events)
    for one in found:
        yield f"match of {len(one.match.events())} events, completed by event {one.match.record}"
    for name, count in counts.as_data().items():
        yield f"left out: {count} {name}"


def _views(rule: Rule, rules: RuleSet, pipelines: Pipelines) -> dict[View, _View]:
    for base in chained(rule, rules):
        if base.kind == "rule":
            pipelines.require(base)
    return {view: _view(rule, rules, pipelines, view) for view in VIEWS}


def _view(rule: Rule, rules: RuleSet, pipelines: Pipelines, view: View) -> _View:
    inputs = [_input(reading, view) for reading in readings(rule, rules, pipelines, view)]
    stateful = is_stateful(rule, rules)
    return _View(inputs, plan_of(rule, rules, pipelines, view).nodes if stateful else ())


def _input(reading: Reading, view: View) -> Input:
    if view == "native":
        return input_of(reading)
    store = to_ecs if view == "ecs" else to_splunk
    return input_of(reading, lambda event: store(reading.source, event))


def missing_samples(rules: RuleSet, folder: Path) -> list[Rule]:
    """Rules without a samples file."""
    wanted: Mapping[str, Rule] = {r.stem: r for r in rules.rules if r.kind != "filter"}
    return [rule for stem, rule in wanted.items() if not (folder / f"{stem}.yml").is_file()]
