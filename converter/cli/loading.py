"""The rules of a scan, ready to run; those of the last scans are kept, and not read again.

Kept is what became of the rules, by the sizes and times of their files and of all they depend on. A
file of the cache that is not ours, or that cannot be read, counts for nothing. What reads rules and
pipelines is imported only where rules are read.
"""

from __future__ import annotations

import importlib
import os
import pickle
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from converter.cli.cache import code, digest, folder, seal, stamps, unsealed
from converter.errors import PolysigmaError
from converter.matcher import Event, EventTest, compile_predicate
from converter.matcher.correlation import Plan
from converter.matcher.fields import LastRead
from converter.matcher.index import Asked, Need
from converter.matcher.program import paths_read
from converter.paths import Path as FieldPath
from converter.places import pipeline_folders
from converter.predicate import Predicate
from converter.scan import RuleSummary

if TYPE_CHECKING:
    from converter.pipelines import LogSources, View

_KEPT = 4
_READING = "converter.cli.reading"

Shown = tuple[str, str, str | None, str]
"""Id, title, level and path of a rule."""


class Test(NamedTuple):
    """A rule ready to run on events of its log source; one of its tests, if it is a bundle."""

    rule: RuleSummary
    matches: EventTest
    time: tuple[str, ...]
    logsource: Mapping[str, str]
    bundle: bool
    paths: Callable[[], frozenset[FieldPath] | None]
    """What it reads; None for the whole event."""


@dataclass
class Loaded:
    """Tests of single events, what looks at several, and what is wrong with other rules."""

    tests: list[Test]
    plan: Plan
    errors: list[PolysigmaError]
    needs: Callable[[], list[Need]]
    asked: Callable[[], Asked]
    log_sources: Callable[[], LogSources]

    def only(self, wanted: Callable[[RuleSummary], bool]) -> Loaded:
        """The same without tests of other rules."""
        places = [at for at, one in enumerate(self.tests) if wanted(one.rule)]

        def needs() -> list[Need]:
            found = self.needs()
            return [found[at] for at in places]

        def asked() -> Asked:
            return self.asked().only(places)

        tests = [self.tests[at] for at in places]
        return Loaded(tests, self.plan, self.errors, needs, asked, self.log_sources)


def load(places: Sequence[str], names: Sequence[str], view: View) -> Loaded:
    """The rules at these places; `names` are those of the pipelines. Raises PipelineError."""
    file = _file(places, names, view)
    kept = _recalled(file)
    if kept is not None:
        return kept.loaded()
    packed = _read_apart(places, names, view)
    if not packed:
        loaded: Loaded = importlib.import_module(_READING).read(places, names, view)[0]
        return loaded
    if file is not None:
        seal(file, packed, _KEPT)
    return cast(Kept, pickle.loads(packed)).loaded()


def _read_apart(places: Sequence[str], names: Sequence[str], view: View) -> bytes:
    """The rules, packed, as another process reads them: what that takes of memory goes with it.

    Nothing where it cannot; who reads them here will know why.
    """
    # Imported here: a scan that knows its rules, and needs one process, does without.
    found = importlib.import_module("converter.cli.processes").begun(_pack, places, names, view)
    if found is None:
        return b""
    process, connection = found
    try:
        packed: bytes = connection.recv_bytes()
    except (EOFError, OSError):
        packed = b""
    process.join()
    return packed


def _pack(connection: Any, places: Sequence[str], names: Sequence[str], view: View) -> None:
    """Sends the rules, or nothing."""
    try:
        _, kept = importlib.import_module(_READING).read(places, names, view)
        connection.send_bytes(pickle.dumps(kept, pickle.HIGHEST_PROTOCOL) if kept else b"")
    except BaseException:  # noqa: BLE001  whatever it is, it is told by who reads them once more
        connection.close()


@dataclass
class Kept:
    """What is kept of rules: columns with a value for each test, and what is unpacked when used.

    `tests` holds what the tests ask, one behind the other, and `ends` where each ends. Of times and
    log sources each stands there once, with the number of its own for each test.
    """

    rules: list[Shown]
    times: tuple[list[tuple[str, ...]], list[int]]
    log_sources: tuple[list[tuple[tuple[str, str], ...]], list[int]]
    bundles: list[bool]
    ends: list[int]
    tests: bytes
    needs: bytes
    asked: bytes
    plan: bytes
    errors: bytes
    sources: bytes

    def loaded(self) -> Loaded:
        """The rules as they were."""
        times, sources = self.times[0], list(map(dict, self.log_sources[0]))
        columns = (self.rules, self.ends, self.times[1], self.log_sources[1], self.bundles)
        tests, start = list[Test](), 0
        for shown, end, time, source, bundle in zip(*columns, strict=True):
            later = Later(self.tests, start, end)
            summary, place = RuleSummary(*shown), sources[source]
            tests.append(Test(summary, later, times[time], place, bundle, later.paths))
            start = end
        return Loaded(
            tests,
            pickle.loads(self.plan),
            pickle.loads(self.errors),
            lambda: list(pickle.loads(self.needs)),
            lambda: pickle.loads(self.asked),
            lambda: pickle.loads(self.sources),
        )


class Paths(dict[str, tuple[FieldPath, ...]]):
    """The paths of a predicate's fields, as a function."""

    def __call__(self, name: str) -> tuple[FieldPath, ...]:
        return self[name]


_READERS = LastRead()
"""A scan changes no event."""


class Later:
    """A test that is compiled when it is run for the first time."""

    __slots__ = ("_end", "_packed", "_start", "_test")

    def __init__(self, packed: bytes, start: int, end: int) -> None:
        self._packed, self._start, self._end = packed, start, end
        self._test: EventTest | None = None

    def __call__(self, event: Event) -> bool:
        if self._test is None:
            self._test = compile_predicate(*self._unpacked(), _READERS)
        return self._test(event)

    def paths(self) -> frozenset[FieldPath] | None:
        """The paths that it reads; None for the whole event."""
        return paths_read(*self._unpacked())

    def _unpacked(self) -> tuple[Predicate, Paths | None]:
        predicate, paths = pickle.loads(self._packed[self._start : self._end])
        return predicate, paths


def _recalled(file: Path | None) -> Kept | None:
    raw = unsealed(file) if file else None
    try:
        kept = pickle.loads(raw) if raw else None
    except Exception:  # noqa: BLE001  whatever is wrong with it, it can be made anew
        return None
    return kept if isinstance(kept, Kept) else None


def _file(places: Sequence[str], names: Sequence[str], view: View) -> Path | None:
    """Where these rules are kept; None without a cache."""
    place = folder()
    if place is None:
        return None
    chosen = [name for name in names if os.path.exists(name)]
    read = [*places, *chosen, *map(str, pipeline_folders())]
    parts = [code(), os.getcwd(), view, *places, "", *names, "", *stamps(read)]
    return place / f"scan-{digest(parts)}.pickle"
