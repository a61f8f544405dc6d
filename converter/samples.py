"""Rules x their sample events: raw, as an Elastic document, as Splunk fields."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from converter.errors import LogError, PolysigmaError
from converter.ingest import to_ecs, to_splunk
from converter.matcher import Event, EventTest, compile_predicate
from converter.matcher.explain import explain, render
from converter.matcher.rules import Reading, readings
from converter.pipelines import Pipelines, View
from converter.rules import Rule, RuleSet
from converter.rules.correlations import referenced
from converter.rules.yaml_reader import read_documents

VIEWS: tuple[View, ...] = ("native", "ecs", "splunk")


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
class _Seen:
    """How one rule sees an event under one view."""

    reading: Reading
    test: EventTest
    document: Callable[[Event], Event]


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


def _outcomes(rule: Rule, sample: Sample, views: Mapping[View, list[_Seen]]) -> Iterator[Outcome]:
    for name, mine in views.items():
        passed = any(seen.test(seen.document(sample.event)) for seen in mine) is sample.match
        yield Outcome(rule, sample, name, passed, () if passed else tuple(_why(mine, sample)))


def _why(views: Sequence[_Seen], sample: Sample) -> Iterator[str]:
    for seen in views:
        reading, document = seen.reading, seen.document(sample.event)
        yield from render(explain(reading.predicate, document, reading.paths))


def _views(rule: Rule, rules: RuleSet, pipelines: Pipelines) -> dict[View, list[_Seen]]:
    for base in referenced(rule, rules) if rule.kind == "correlation" else (rule,):
        pipelines.require(base)
    return {
        view: [_seen(reading, view) for reading in readings(rule, rules, pipelines, view)]
        for view in VIEWS
    }


def _seen(reading: Reading, view: View) -> _Seen:
    test = compile_predicate(reading.predicate, reading.paths)
    if view == "native":
        return _Seen(reading, test, lambda event: event)
    store = to_ecs if view == "ecs" else to_splunk
    return _Seen(reading, test, lambda event: store(reading.source, event))


def missing_samples(rules: RuleSet, folder: Path) -> list[Rule]:
    """Rules without a samples file."""
    wanted: Mapping[str, Rule] = {r.stem: r for r in rules.rules if r.kind != "filter"}
    return [rule for stem, rule in wanted.items() if not (folder / f"{stem}.yml").is_file()]
