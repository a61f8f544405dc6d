"""Which rules are tried on an event: its log source is recognised, and decides.

`Recognition` is a pure function from an event to what it is known to be, `Routing` the table from
there to rules. The policy stands in `converter.pipelines.log_sources`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from converter.casing import fold
from converter.matcher.clues import Clues
from converter.matcher.fields import Event, Reader, reader
from converter.matcher.text import text
from converter.paths import Path, Under
from converter.pipelines.log_sources import LogSource, LogSources, Recogniser, View, stated, written

Known = tuple[LogSource, ...]
"""What an event is known to be: one log source per product that claims it, none if unrecognised."""

_SHAPES = 1000
"""Sets of top-level keys that are remembered; real logs have a few hundred."""
_ROUTES = 1000
"""Kinds of events that are remembered; a catalogue of all log sources knows a few hundred."""
_CLUES = 10_000
"""Combinations of values that give a log source away; real logs have a few hundred."""
_LONGEST = 500
"""Characters of a value that can give a log source away; no channel or dataset comes near."""


@dataclass(slots=True)
class _Node:
    """What is known here, and which fields tell more."""

    hits: set[int] = field(default_factory=set)
    forks: dict[tuple[Path, ...], _Fork] = field(default_factory=dict)


@dataclass(slots=True)
class _Fork:
    """One field: its values, any, exact or as patterns, and what each leads to."""

    read: Reader
    anything: _Node | None = None
    exact: dict[str, _Node] = field(default_factory=dict)
    patterns: dict[str, tuple[Callable[[str], object], _Node]] = field(default_factory=dict)

    def child(self, value: str) -> _Node:
        """The node behind a value as an entry writes it."""
        if value == "*":
            self.anything = self.anything or _Node()
            return self.anything
        if "*" not in value:
            return self.exact.setdefault(fold(value), _Node())
        pattern = ".*".join(map(re.escape, fold(value).split("*")))
        test = re.compile(pattern, re.DOTALL).fullmatch
        return self.patterns.setdefault(value, (test, _Node()))[1]

    def children(self, event: Event) -> Iterator[_Node]:
        """The nodes behind what the event holds in this field."""
        values = self.read(event)
        if values is None:
            return
        if self.anything is not None:
            yield self.anything
        for value in values:
            words = text(value)
            if words is None or len(words) > _LONGEST:
                continue
            folded = fold(words)
            if folded in self.exact:
                yield self.exact[folded]
            for test, node in self.patterns.values():
                if test(folded):
                    yield node


class Recognition:
    """What events of one view are: call it with an event. It looks at `fields` only."""

    def __init__(self, recognisers: Sequence[Recogniser]) -> None:
        self._recognisers = tuple(recognisers)
        self._root = _Node()
        for number, one in enumerate(recognisers):
            _plant(self._root, [(one.shape.clue(n), v) for n, v in one.selection], number)
        names = ((one.shape, name) for one in recognisers for name, _ in one.selection)
        self.fields = tuple(dict.fromkeys(shape.clue(name) for shape, name in names))
        self._forks = [(_first_keys(paths), fork) for paths, fork in self._root.forks.items()]
        self._by_keys: dict[tuple[str, ...], tuple[_Fork, ...]] = {}
        self._merged = lru_cache(_ROUTES)(self._merge)
        self._clues = Clues(path for paths in self.fields for path in paths)
        self._seen: dict[tuple[Any, ...], Known] = {}

    def __call__(self, event: Event) -> Known:
        """One log source for each product that recognises the event."""
        clues = self._clues(event)
        if clues is None:
            return self._look(event)
        known = self._seen.get(clues)
        if known is None:
            if len(self._seen) >= _CLUES:
                self._seen.clear()
            known = self._seen[clues] = self._look(event)
        return known

    def _look(self, event: Event) -> Known:
        keys = tuple(event)
        forks = self._by_keys.get(keys)
        if forks is None:
            forks = self._remember(keys)
        hits: set[int] = set()
        for fork in forks:
            _follow(fork, event, hits)
        return self._merged(frozenset(hits)) if hits else ()

    def _remember(self, keys: tuple[str, ...]) -> tuple[_Fork, ...]:
        """The forks whose fields an event with these keys can hold."""
        if len(self._by_keys) >= _SHAPES:
            self._by_keys.clear()
        found = tuple(fork for first, fork in self._forks if not first.isdisjoint(keys))
        return self._by_keys.setdefault(keys, found)

    def _merge(self, hits: frozenset[int]) -> Known:
        products: dict[str, list[LogSource]] = {}
        found = [self._recognisers[hit] for hit in sorted(hits)]
        for one in [one for one in found if not one.last] or found:
            products.setdefault(one.source.product, []).append(one.source)
        return tuple(_together(product, found) for product, found in sorted(products.items()))


def _together(product: str, found: Sequence[LogSource]) -> LogSource:
    service = frozenset[str]().union(*(one.service for one in found))
    category = frozenset[str]().union(*(one.category for one in found))
    return LogSource(product, service, category, any(one.open for one in found))


def _plant(
    root: _Node, tests: Iterable[tuple[tuple[Path, ...], tuple[str, ...]]], hit: int
) -> None:
    nodes = [root]
    for paths, values in tests:
        below = []
        for node in nodes:
            if paths not in node.forks:
                node.forks[paths] = _Fork(reader(paths))
            below += [node.forks[paths].child(value) for value in values]
        nodes = below
    for node in nodes:
        node.hits.add(hit)


def _follow(fork: _Fork, event: Event, hits: set[int]) -> None:
    for node in fork.children(event):
        hits |= node.hits
        for inner in node.forks.values():
            _follow(inner, event, hits)


def _first_keys(paths: Sequence[Path]) -> frozenset[str]:
    """The keys of which an event must have one at its top, to hold any of these paths."""
    found: set[str] = set()
    for path in paths:
        for one in (*path.roots, *path.named) if isinstance(path, Under) else (path,):
            parts = one.split(".")
            found.update(".".join(parts[:end]) for end in range(1, len(parts) + 1))
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class Route:
    """What an event is known to be, and the numbers of the rules that are tried on it, twice."""

    known: Known
    rules: tuple[int, ...]
    tries: frozenset[int] = frozenset()

    def of(self, number: int) -> tuple[Known, bool]:
        """What the event is known to be, and whether the rule of this number is tried on it."""
        return self.known, number in self.rules


@dataclass(frozen=True, slots=True)
class Origin:
    """The log source of one rule beside that of one event, for explanations."""

    logsource: Mapping[str, str]
    known: Known
    tried: bool

    def lines(self) -> list[str]:
        """One line for a person where scan does not try the rule on the event; else none."""
        if self.tried:
            return []
        event = " and ".join(map(str, self.known))
        mine = written(self.logsource)
        return [f"not the rule's log source: the event is {event}, the rule is for {mine}"]

    def as_json(self) -> dict[str, Any]:
        """The rule's log source, what the event is recognised as, and whether scan would try it."""
        known = [str(one) for one in self.known]
        return {"rule": written(self.logsource), "event": known, "tried": self.tried}


class Routing:
    """From an event to the rules that are tried on it, by their numbers in `rules`.

    `rules` holds the log source of each. `said` are those that a user states for all events: they
    take the place of recognition.
    """

    def __init__(
        self,
        rules: Sequence[Mapping[str, str]],
        sources: LogSources,
        view: View = "native",
        said: Sequence[Mapping[str, str]] = (),
    ) -> None:
        self._rules = rules
        self._sources = sources
        self._view: View = view
        self._said = said
        self._recognise = Recognition(() if said else sources.recognisers(view))
        self._route = lru_cache(_ROUTES)(self._find)

    def __call__(self, event: Event) -> Route:
        """The route of one event."""
        return self._route(self._recognise(event))

    @property
    def fields(self) -> tuple[tuple[Path, ...], ...]:
        """By their paths the fields that the route of an event depends on, and on nothing else."""
        return self._recognise.fields

    def route(self, known: Known) -> Route:
        """The route of events that are known to be this."""
        return self._route(known)

    def recognisable(self, logsource: Mapping[str, str]) -> bool:
        """Whether a rule of this log source can be left out for good reason only."""
        return bool(self._said) or self._sources.recognisable(logsource, self._view)

    def _find(self, known: Known) -> Route:
        fitting = [number for number, one in enumerate(self._rules) if self._fits(one, known)]
        return Route(known, tuple(fitting), frozenset(fitting))

    def _fits(self, logsource: Mapping[str, str], known: Known) -> bool:
        if self._said:
            return any(stated(one, logsource) for one in self._said)
        view = self._view
        return not known or any(self._sources.tries(logsource, one, view) for one in known)
