"""Rules x their sample events: raw, as an Elastic document, as Splunk fields."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from converter import predicate as p
from converter.errors import LogError, PolysigmaError
from converter.ingest import to_ecs, to_splunk
from converter.lower import as_stored, lower, tree
from converter.matcher import Event, compile_predicate
from converter.matcher.explain import explain, render
from converter.pipelines import Pipelines, Source
from converter.rules import Rule, RuleSet
from converter.rules.correlations import filtered, is_any_of, referenced

Predicate = p.Predicate
VIEWS = ("native", "ecs", "splunk")


@dataclass(frozen=True)
class Sample:
    """One event and whether its rule must match it."""

    name: str
    why: str
    event: dict[str, Any]
    match: bool


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
    """How one rule of one log source sees an event."""

    name: str
    predicate: Predicate
    document: Callable[[Event], Event]
    paths: Callable[[str], tuple[str, ...]] | None


def read_samples(path: Path) -> list[Sample]:
    """The samples of one file. Raises LogError where it is none."""
    try:
        data = yaml.load(path.read_text("utf-8"), yaml.CSafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        what = f"not YAML: {str(error).splitlines()[0]}"
        raise LogError(what, path=str(path), next_step="mend the YAML") from None
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
    if not isinstance(entry, dict) or not isinstance(entry.get("event"), dict):
        step = "give each sample a name and an event"
        raise LogError("a sample has no event", path=str(path), next_step=step)
    event = _merged(base, entry["event"])
    return Sample(str(entry.get("name", "")), str(entry.get("why", "")), event, match)


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


def _outcomes(rule: Rule, sample: Sample, views: Sequence[_View]) -> Iterator[Outcome]:
    for name in VIEWS:
        mine = [view for view in views if view.name == name]
        hits = [
            compile_predicate(view.predicate, view.paths)(view.document(sample.event))
            for view in mine
        ]
        passed = any(hits) is sample.match
        yield Outcome(rule, sample, name, passed, () if passed else tuple(_why(mine, sample)))


def _why(views: Sequence[_View], sample: Sample) -> Iterator[str]:
    for view in views:
        document = view.document(sample.event)
        yield from render(explain(view.predicate, document, view.paths))


def _views(rule: Rule, rules: RuleSet, pipelines: Pipelines) -> list[_View]:
    if rule.kind == "correlation":
        if not is_any_of(rule):
            step = "samples of a correlation need `any of these rules`"
            raise rule.error("samples hold single events", "correlation", next_step=step)
        bases = referenced(rule, rules)
        return [view for base in bases for view in _views(base, rules, pipelines)]
    source = pipelines.require(rule)
    parts = (rule, *filtered(rule, rules))
    native = _View("native", _all([lower(part, tree(part)) for part in parts]), _raw, source.native)
    return [native, _ecs(parts, pipelines, source), _splunk(parts, pipelines, source)]


def _raw(event: Event) -> Event:
    return event


def _ecs(parts: Sequence[Rule], pipelines: Pipelines, source: Source) -> _View:
    mapped = [(part, pipelines.map(part, tree(part), "ecs")) for part in parts]
    predicate = _all([lower(part, one.rule) for part, one in mapped])
    stored = as_stored(predicate, mapped[0][1].facts)
    return _View("ecs", stored, lambda event: to_ecs(source.stem, event), None)


def _splunk(parts: Sequence[Rule], pipelines: Pipelines, source: Source) -> _View:
    mapped = [(part, pipelines.map(part, tree(part), "splunk")) for part in parts]
    predicate = _all([lower(part, one.rule) for part, one in mapped])
    stored = as_stored(predicate, mapped[0][1].facts)
    return _View("splunk", stored, lambda event: to_splunk(source.stem, event), None)


def _all(parts: Sequence[Predicate]) -> Predicate:
    return parts[0] if len(parts) == 1 else p.And(tuple(parts))


def missing_samples(rules: RuleSet, folder: Path) -> list[Rule]:
    """Rules without a samples file."""
    wanted: Mapping[str, Rule] = {r.stem: r for r in rules.rules if r.kind != "filter"}
    return [rule for stem, rule in wanted.items() if not (folder / f"{stem}.yml").is_file()]
