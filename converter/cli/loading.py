"""The rules of a scan, ready to run; those of the last scans are kept, and not read again.

Kept is what became of the rules, by the sizes and times of their files and of all they depend on. A
file of the cache that is not ours, or that cannot be read, counts for nothing. What reads rules and
pipelines is imported only where rules are read.
"""

from __future__ import annotations

import importlib
import os
import pickle
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from converter.cli.cache import code, digest, folder, own, stamps, write
from converter.errors import PolysigmaError
from converter.matcher import Event, EventTest, compile_predicate
from converter.matcher.correlation import Plan
from converter.matcher.index import Need
from converter.paths import Path as FieldPath
from converter.places import pipeline_folders
from converter.scan import RuleSummary

if TYPE_CHECKING:
    from converter.pipelines import LogSources, View

_KEPT = 4


class Test(NamedTuple):
    """A rule ready to run on events of its log source; one of its tests, if it is a bundle."""

    rule: RuleSummary
    matches: EventTest
    time: tuple[str, ...]
    logsource: Mapping[str, str]
    bundle: bool


@dataclass
class Loaded:
    """Tests of single events, what looks at several, and what is wrong with other rules."""

    tests: list[Test]
    plan: Plan
    errors: list[PolysigmaError]
    needs: Callable[[], list[Need]]
    log_sources: Callable[[], LogSources]

    def only(self, wanted: Callable[[RuleSummary], bool]) -> Loaded:
        """The same without tests of other rules."""
        places = [at for at, one in enumerate(self.tests) if wanted(one.rule)]

        def needs() -> list[Need]:
            found = self.needs()
            return [found[at] for at in places]

        tests = [self.tests[at] for at in places]
        return Loaded(tests, self.plan, self.errors, needs, self.log_sources)


def load(places: Sequence[str], names: Sequence[str], view: View) -> Loaded:
    """The rules at these places; `names` are those of the pipelines. Raises PipelineError."""
    file = _file(places, names, view)
    kept = _recalled(file)
    if kept is not None:
        return kept.loaded(names, view)
    read = importlib.import_module("converter.cli.reading")
    loaded: Loaded
    loaded, kept = read.read(places, names, view)
    if file is not None and kept is not None:
        write(file, pickle.dumps(kept, pickle.HIGHEST_PROTOCOL), _KEPT)
    return loaded


@dataclass
class Kept:
    """What is kept of rules: columns with a value for each test, and what is unpacked when used.

    `tests` and `ends` hold the predicates and where each ends; `times` and `sources` are numbers of
    `known`, which holds each only once.
    """

    rules: list[tuple[str, str, str | None, str]]
    times: list[int]
    sources: list[int]
    bundles: list[bool]
    known: list[Any]
    tests: bytes
    ends: list[int]
    needs: bytes
    plan: bytes
    several: bytes
    errors: list[PolysigmaError]
    log_sources: bytes

    def loaded(self, names: Sequence[str], view: View) -> Loaded:
        """The rules as they were."""
        summaries: dict[tuple[str, str, str | None, str], RuleSummary] = {}
        tests, start = [], 0
        columns = zip(
            self.rules, self.ends, self.times, self.sources, self.bundles, strict=True
        )
        for rule, end, time, source, bundle in columns:
            summary = summaries.get(rule) or summaries.setdefault(rule, RuleSummary(*rule))
            later = Later(self.tests, start, end)
            tests.append(Test(summary, later, self.known[time], self.known[source], bundle))
            start = end
        return Loaded(
            tests,
            self._planned(names, view),
            self.errors,
            lambda: list(pickle.loads(self.needs)),
            lambda: pickle.loads(self.log_sources),
        )

    def _planned(self, names: Sequence[str], view: View) -> Plan:
        if not self.plan:
            return Plan((), frozenset())
        read = importlib.import_module("converter.cli.reading")
        made: Plan = read.planned(self, names, view)
        return made
