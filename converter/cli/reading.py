"""The rules of a scan from their files, and what is kept of them."""

from __future__ import annotations

import io
import pickle
from collections.abc import Sequence
from dataclasses import fields, is_dataclass, replace
from functools import cache, partial
from itertools import accumulate
from pathlib import Path
from typing import Any, TypeVar

from converter import predicate as p
from converter.cli.loading import Kept, Loaded, Paths, Shown, Test
from converter.errors import PolysigmaError
from converter.logs.opening import shown
from converter.matcher.correlation import Plan, prepare
from converter.matcher.fields import Paths as FieldPaths
from converter.matcher.index import Need, asked
from converter.matcher.index.needs import Either, Every
from converter.matcher.program import paths_read
from converter.matcher.rules import Reading, RuleTest
from converter.paths import Path as FieldPath
from converter.pipelines import Pipelines, View
from converter.rules import Rule, RuleSet, read_rules
from converter.scan import RuleSummary

T = TypeVar("T")

_SHOWN = ("id", "title", "name", "level", "status", "logsource", "correlation", "polysigma")


def read(places: Sequence[str], names: Sequence[str], view: View) -> tuple[Loaded, Kept | None]:
    """The rules at these places, and what to keep of them; None where that cannot be said.

    `names` are those of pipelines. Raises PipelineError.
    """
    pipelines, rules = Pipelines(names), read_rules(places)
    tests, made, refused = prepare(rules, pipelines, view)
    loaded = _loaded(tests, made, [*rules.errors, *refused], pipelines)
    try:
        return loaded, _kept(tests, loaded, view)
    except (PolysigmaError, TypeError, AttributeError, pickle.PicklingError):
        return loaded, None


def prepared(rules: RuleSet, pipelines: Pipelines, view: View) -> Loaded:
    """These rules, ready to run."""
    tests, made, refused = prepare(rules, pipelines, view)
    return _loaded(tests, made, [*rules.errors, *refused], pipelines)


def _loaded(
    tests: Sequence[RuleTest], made: Plan, errors: list[PolysigmaError], pipelines: Pipelines
) -> Loaded:
    ready = [
        Test(
            _summary(one.rule),
            one.matches,
            one.time,
            one.logsource,
            _is_bundle(one.rule),
            partial(_paths, one),
        )
        for one in tests
    ]
    needs = cache(lambda: [one.need for one in tests])
    ask = cache(lambda: asked(map(_asking, tests)))
    return Loaded(ready, made, errors, needs, ask, lambda: pipelines.log_sources)


def _paths(test: RuleTest) -> frozenset[FieldPath] | None:
    """What it reads; None for the whole event."""
    return paths_read(test.reading.predicate, test.reading.paths) if test.reading else None


def _asking(test: RuleTest) -> tuple[p.Predicate, FieldPaths | None]:
    return (test.reading.predicate, test.reading.paths) if test.reading else (p.TRUE, None)


def _summary(rule: Rule) -> RuleSummary:
    return RuleSummary(*_shown(rule))


def _shown(rule: Rule) -> Shown:
    return rule.id, rule.title, rule.level or None, shown(Path(rule.path))


def _is_bundle(rule: Rule) -> bool:
    return rule.kind == "correlation"


def _kept(tests: Sequence[RuleTest], loaded: Loaded, view: View) -> Kept | None:
    asked = [_packed(one.reading) for one in tests if one.reading is not None]
    if len(asked) < len(tests):
        return None
    return Kept(
        rules=[_shown(one.rule) for one in tests],
        times=numbered([one.time for one in tests]),
        log_sources=numbered([tuple(one.logsource.items()) for one in tests]),
        bundles=[_is_bundle(one.rule) for one in tests],
        ends=list(accumulate(map(len, asked))),
        tests=b"".join(asked),
        needs=_dumped(_each_once(loaded.needs())),
        asked=_dumped(loaded.asked()),
        plan=_dumped(_slim(loaded.plan)),
        errors=_dumped(loaded.errors),
        sources=_dumped(loaded.log_sources().only(view)),
    )


def numbered(values: Sequence[T]) -> tuple[list[T], list[int]]:
    """The values, each once, and for each of all its number among them."""
    known: dict[T, int] = {}
    numbers = [known.setdefault(value, len(known)) for value in values]
    return list(known), numbers


class _Pickler(pickle.Pickler):
    """Objects with slots are to be made again by their class, three times as fast as by state."""

    def reducer_override(self, value: Any) -> Any:
        kind = type(value)
        if not (is_dataclass(kind) and hasattr(kind, "__slots__")):
            return NotImplemented
        parts = fields(kind)
        if any(part.kw_only or not part.init for part in parts):
            return NotImplemented
        return kind, tuple(getattr(value, part.name) for part in parts)


def _dumped(value: Any) -> bytes:
    out = io.BytesIO()
    _Pickler(out, pickle.HIGHEST_PROTOCOL).dump(value)
    return out.getvalue()


def _packed(reading: Reading) -> bytes:
    predicate, paths = reading.predicate, reading.paths
    known = Paths({name: paths(name) for name in p.fields(predicate)}) if paths else None
    return _dumped((predicate, known))


def _each_once(needs: Sequence[Need]) -> list[Need]:
    """The same needs with one object in the place of those that are equal."""
    known: dict[Need, Need] = {}

    def once(need: Need) -> Need:
        if isinstance(need, Every | Either):
            need = type(need)(tuple(map(once, need.args)))
        return known.setdefault(need, need)

    return list(map(once, needs))


def _slim(made: Plan) -> Plan:
    """The plan with what a scan shows of its rules."""
    nodes = (replace(node, rule=_slim_rule(node.rule)) for node in made.nodes)
    return replace(made, nodes=tuple(nodes))


def _slim_rule(rule: Rule) -> Rule:
    data = {key: value for key, value in rule.data.items() if key in _SHOWN}
    return replace(rule, data=data, text="")
