"""The rules of a scan, ready to run; those of the last scans are kept, and not read again.

Kept is what became of the rules, by the sizes and times of their files and of all they depend on. A
file of the cache that is not ours, or that cannot be read, counts for nothing.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from converter import predicate as p
from converter.cli.cache import code, digest, folder, own, write
from converter.errors import PolysigmaError
from converter.matcher import Event, EventTest, compile_predicate
from converter.matcher.correlation import Plan, plan, prepare
from converter.matcher.index import Need
from converter.matcher.rules import Reading, RuleTest
from converter.paths import Path as FieldPath
from converter.pipelines import Pipelines, View
from converter.places import pipeline_folders
from converter.rules import Rule, RuleSet, read_rules
from converter.rules.correlations import chained

_KEPT = 4
_SHOWN = ("id", "title", "name", "level", "status", "logsource", "correlation", "polysigma")


@dataclass
class Loaded:
    """Tests of single events, what looks at several, what is wrong with other rules."""

    tests: list[RuleTest]
    plan: Plan
    errors: list[PolysigmaError]
    needs: Callable[[], list[Need]]

    def only(self, wanted: Callable[[Rule], bool]) -> Loaded:
        """The same without tests of other rules."""
        places = [at for at, one in enumerate(self.tests) if wanted(one.rule)]

        def needs() -> list[Need]:
            found = self.needs()
            return [found[at] for at in places]

        return Loaded([self.tests[at] for at in places], self.plan, self.errors, needs)


def load(places: Sequence[str], pipelines: Pipelines, names: Sequence[str], view: View) -> Loaded:
    """The rules at these places; `names` are those of the pipelines."""
    file = _file(places, names, view)
    kept = _recalled(file)
    if kept is not None:
        tests = [_test(*one) for one in kept["tests"]]
        made, _ = plan(kept["stateful"], pipelines, view, {one.rule.id for one in tests})
        return Loaded(tests, made, kept["errors"], lambda: list(pickle.loads(kept["needs"])))
    rules = read_rules(places)
    loaded = prepared(rules, pipelines, view)
    if file is not None:
        _keep(file, rules, loaded.tests, loaded.errors, loaded.needs())
    return loaded


def prepared(rules: RuleSet, pipelines: Pipelines, view: View) -> Loaded:
    """These rules, ready to run."""
    tests, made, refused = prepare(rules, pipelines, view)
    needs = cache(lambda: [one.need for one in tests])
    return Loaded(tests, made, [*rules.errors, *refused], needs)


class _Paths(dict[str, tuple[FieldPath, ...]]):
    """The paths of a predicate's fields, as a function."""

    def __call__(self, name: str) -> tuple[FieldPath, ...]:
        return self[name]


@dataclass
class _Later:
    """A test that is compiled when it is run for the first time."""

    packed: bytes
    test: EventTest | None = field(default=None)

    def __call__(self, event: Event) -> bool:
        if self.test is None:
            predicate, paths = pickle.loads(self.packed)
            self.test = compile_predicate(predicate, paths)
        return self.test(event)


def _test(rule: Rule, time: tuple[str, ...], source: Mapping[str, str], packed: bytes) -> RuleTest:
    return RuleTest(rule, _Later(packed), time, source)


def _packed(reading: Reading) -> bytes:
    predicate, paths = reading.predicate, reading.paths
    known = _Paths({name: paths(name) for name in p.fields(predicate)}) if paths else None
    return pickle.dumps((predicate, known), pickle.HIGHEST_PROTOCOL)


def _keep(
    file: Path,
    rules: RuleSet,
    tests: Sequence[RuleTest],
    errors: Sequence[PolysigmaError],
    needs: Sequence[Need],
) -> None:
    known = {id(one.rule): _slim(one.rule) for one in tests}
    rows = [
        (known[id(one.rule)], one.time, dict(one.logsource), _packed(one.reading))
        for one in tests
        if one.reading is not None
    ]
    if len(rows) < len(tests):
        return
    kept = {
        "tests": rows,
        "stateful": RuleSet(tuple(_stateful(rules)), ()),
        "errors": list(errors),
        "needs": pickle.dumps(list(needs), pickle.HIGHEST_PROTOCOL),
    }
    try:
        packed = pickle.dumps(kept, pickle.HIGHEST_PROTOCOL)
    except (TypeError, AttributeError, pickle.PicklingError):
        return
    write(file, packed, _KEPT)


def _slim(rule: Rule) -> Rule:
    """The rule with what a scan shows of it."""
    data = {key: value for key, value in rule.data.items() if key in _SHOWN}
    return replace(rule, data=data, text="")


def _stateful(rules: RuleSet) -> Iterator[Rule]:
    """The rules that look at several events, all they rest on, and filters, in their order."""
    wanted: set[int] = set()
    for rule in rules.rules:
        if rule.kind == "correlation" or "new_terms" in rule.extra:
            try:
                wanted |= {id(one) for one in chained(rule, rules)} | {id(rule)}
            except PolysigmaError:
                continue
    return (one for one in rules.rules if wanted and (id(one) in wanted or one.kind == "filter"))


def _recalled(file: Path | None) -> dict[str, Any] | None:
    raw = own(file) if file else None
    try:
        kept = pickle.loads(raw) if raw else None
    except Exception:  # noqa: BLE001  whatever is wrong with it, it can be made anew
        return None
    return kept if isinstance(kept, dict) else None


def _file(places: Sequence[str], names: Sequence[str], view: View) -> Path | None:
    """Where these rules are kept; None without a cache."""
    place = folder()
    if place is None:
        return None
    read = [
        *places,
        *(name for name in names if os.path.exists(name)),
        *map(str, pipeline_folders()),
    ]
    parts = [code(), os.getcwd(), view, *places, "", *names, "", *_stamps(read)]
    return place / f"scan-{digest(parts)}.pickle"


def _stamps(places: Iterable[str]) -> Iterator[str]:
    """A line for each file at these places, which changes when the file does."""
    for place in places:
        yield place
        if os.path.isdir(place):
            for here, folders, files in os.walk(place):
                folders.sort()
                yield from (_stamp(os.path.join(here, name)) for name in sorted(files))
        else:
            yield _stamp(place)


def _stamp(file: str) -> str:
    try:
        found = os.stat(file)
    except OSError:
        return f"{file} -"
    return f"{file} {found.st_size} {found.st_mtime_ns} {found.st_ino}"
