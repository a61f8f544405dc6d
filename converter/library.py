"""The library face: rules in, matching rules out. `docs/library.md` shows it at work."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from converter.errors import PolysigmaError
from converter.matcher import Event
from converter.matcher.correlation import Engine, Found, Occurrence, packed, prepare, unpacked
from converter.matcher.routing import Routing
from converter.matcher.rules import RuleTest
from converter.matcher.times import time_reader
from converter.pipelines import Pipelines, View, pipeline_folders
from converter.pipelines.log_sources import VIEWS, WORDS
from converter.rules import Rule, RuleSet, read_rules

Place = str | os.PathLike[str]


def load_rules(places: Place | Iterable[Place]) -> RuleSet:
    """The rules of files and folders; folders are searched for .yml and .yaml, sorted by path.

    What cannot be read is in `.errors` of the result, each a RuleError with `path`, `line`, `what`
    and `next_step`; it never stops the others, and nothing is raised.
    """
    if isinstance(places, str | os.PathLike):
        return read_rules([os.fspath(places)])
    return read_rules([os.fspath(place) for place in places])


def compile_rules(
    rules: RuleSet | Iterable[Rule],
    *,
    schema: View = "native",
    pipelines: Sequence[Place] = (),
    logsources: Sequence[Mapping[str, str]] = (),
    routing: bool = True,
) -> CompiledRules:
    """The rules, ready to match events.

    `schema` says how events are written: `native`, as the provider does, or as `ecs` or `splunk`
    store them; `pipelines` are files, folders or installed names that take the place of the shipped
    pipelines. `logsources` state what all events are, such as `[{"product": "aws"}]`; without them
    each event is recognised. With `routing=False` every rule is tried on every event.

    What cannot be compiled is in `.errors` of the result. Raises PipelineError where a pipeline or
    the catalogue cannot be used, ValueError for a schema or log source that cannot be meant.
    """
    _check(schema, logsources)
    kept = rules if isinstance(rules, RuleSet) else RuleSet(tuple(rules), ())
    chosen = tuple(os.fspath(name) for name in pipelines)
    said = tuple(dict(one) for one in logsources)
    options = Options(schema, chosen, said, routing, tuple(pipeline_folders()))
    return CompiledRules(kept, options)


def _check(schema: object, logsources: Sequence[Mapping[str, str]]) -> None:
    if schema not in VIEWS:
        raise ValueError(f"the schema {schema!r} is none of {', '.join(VIEWS)}")
    for one in logsources:
        if not one or not one.keys() <= set(WORDS):
            words = ", ".join(WORDS)
            raise ValueError(f"the log source {one!r} has other keys than {words}, or none")


@dataclass(frozen=True)
class Options:
    """How rules are compiled; `compile_rules` says what each means."""

    schema: View
    pipelines: tuple[str, ...]
    logsources: tuple[Mapping[str, str], ...]
    routing: bool
    folders: tuple[Path, ...]


@dataclass(frozen=True)
class Match:
    """One match of a stream: the rule, its events in order of time, and the time of the last.

    `time` is as the event states it, None if it states none.
    """

    rule: Rule
    events: tuple[Event, ...]
    time: str | None


class CompiledRules:
    """Rules ready to match events. Matching changes nothing here, so that threads may share one.

    It can be pickled: another process compiles the same rules anew. `errors` are the rules that
    cannot be matched, each a PolysigmaError that says where, what, and what to do next.
    """

    def __init__(self, rules: RuleSet, options: Options) -> None:
        self.rules = rules
        self.options = options
        chosen = Pipelines(options.pipelines, options.folders)
        tests, self._plan, errors = prepare(rules, chosen, options.schema)
        self.errors: tuple[PolysigmaError, ...] = tuple(errors)
        self._tests: tuple[RuleTest, ...] = tuple(tests)
        self._times = [time_reader(one.time) for one in tests]
        self._over_several = {node.rule.id for node in self._plan.nodes if node.shown}
        self._routing: Routing | None = None
        if options.routing:
            sources = [one.logsource for one in tests]
            said = options.logsources
            self._routing = Routing(sources, chosen.log_sources, options.schema, said)

    def __reduce__(self) -> tuple[object, ...]:
        return (CompiledRules, (self.rules, self.options))

    def __len__(self) -> int:
        return len({one.rule.id for one in self._tests} | self._over_several)

    def match(self, event: Event) -> list[Rule]:
        """The rules that match the event, a mapping as read from JSON, in the order of loading.

        Correlations and first-seen rules look at several events: they match in a `stream`. Only
        those correlations that any one event of any of their rules satisfies are here too.
        """
        found = (rule for rule, _ in self.hits(event))
        return [rule for rule in found if rule.id not in self._over_several]

    def stream(self, *, lateness: timedelta | None = None, state: bytes | None = None) -> Stream:
        """A run over events in time, for correlations and first-seen rules too.

        An event may come `lateness` after one with a later time, and matches are given once that
        is past; later ones are left out, and counted. None: matches of several events wait for
        `finish`. `state` goes on from an earlier run. Raises StateError where that cannot be used,
        ValueError where the lateness is negative.
        """
        if lateness is not None and lateness < timedelta(0):
            raise ValueError(f"the lateness {lateness} is negative")
        span = None if lateness is None else lateness // timedelta(microseconds=1)
        engine = Engine(self._plan.nodes, lateness=span)
        if state is not None:
            engine.restore(unpacked(state))
        return Stream(self, engine, self._plan.held)

    def hits(self, event: Event) -> Iterator[tuple[Rule, str | None]]:
        """Each rule whose test of single events the event passes, and the event's time for it.

        First-seen rules are among them, with what they look at.
        """
        given: object = event
        if not isinstance(given, Mapping):
            what = f"an event is a mapping, such as a dict from JSON, not {type(given).__name__}"
            raise TypeError(what)
        last: Rule | None = None
        tests = self._tests
        for number in range(len(tests)) if self._routing is None else self._routing(event).rules:
            one = tests[number]
            if one.rule is not last and one.matches(event):
                last = one.rule
                yield last, self._times[number](event)


class Stream:
    """Events in, matches out, over single events and over several. It belongs to one thread.

    `left_out` counts what could not be judged, by reason: events without a time, late ones, and
    what had to go for want of room. Rules that only correlations report (specification: `generate`)
    are no matches of their own.
    """

    def __init__(self, compiled: CompiledRules, engine: Engine, held: Collection[str]) -> None:
        self._compiled = compiled
        self._engine = engine
        self._held = held
        self._fed = {rule for node in engine.nodes for rule in node.inputs}
        inputs = (node.rule.id for node in engine.nodes if node.kind == "first_seen")
        self._silent = {*held, *inputs}

    @property
    def left_out(self) -> dict[str, int]:
        """Counts by reason; empty where everything was judged."""
        return self._engine.counts.as_data()

    def feed(self, event: Event) -> list[Match]:
        """The event's own matches, then those over several events that are decided by now."""
        hits = list(self._compiled.hits(event))
        found = [Match(rule, (event,), time) for rule, time in hits if rule.id not in self._silent]
        fed = [(rule.id, time) for rule, time in hits if rule.id in self._fed]
        time = next((time for _, time in fed if time), None)
        return found + self._matches(self._engine.add(event, [rule for rule, _ in fed], time))

    def finish(self, *, more: bool = False) -> list[Match]:
        """The matches that wait for no other event; `more`: a later run goes on from `state`."""
        return self._matches(self._engine.finish(more=more))

    def state(self) -> bytes:
        """All that `CompiledRules.stream` needs to go on in a later run. Raises StateError."""
        return packed(self._engine.state())

    def _matches(self, decided: Iterable[Found]) -> list[Match]:
        return [
            Match(node.rule, _events(node.rule, match), match.written)
            for node, match in decided
            if node.shown and node.rule.id not in self._held
        ]


def _events(rule: Rule, match: Occurrence) -> tuple[Event, ...]:
    return tuple(match.events()) if rule.kind == "correlation" else (match.event,)
