"""The library face: rules in, matching rules out. `docs/library.md` shows it at work."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from converter.errors import PolysigmaError
from converter.matcher import Event
from converter.matcher.routing import Routing
from converter.matcher.rules import RuleTest
from converter.matcher.rules import compile_rules as compile_tests
from converter.pipelines import Pipelines, View, pipeline_folders
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
    the catalogue cannot be used.
    """
    kept = rules if isinstance(rules, RuleSet) else RuleSet(tuple(rules), ())
    chosen = tuple(os.fspath(name) for name in pipelines)
    said = tuple(dict(one) for one in logsources)
    options = Options(schema, chosen, said, routing, tuple(pipeline_folders()))
    return CompiledRules(kept, options)


@dataclass(frozen=True)
class Options:
    """How rules are compiled; `compile_rules` says what each means."""

    schema: View
    pipelines: tuple[str, ...]
    logsources: tuple[Mapping[str, str], ...]
    routing: bool
    folders: tuple[Path, ...]


class CompiledRules:
    """Rules ready to match events. Matching changes nothing here, so that threads may share one.

    It can be pickled: another process compiles the same rules anew. `errors` are the rules that
    cannot be matched, each a PolysigmaError that says where, what, and what to do next.
    """

    def __init__(self, rules: RuleSet, options: Options) -> None:
        self.rules = rules
        self.options = options
        chosen = Pipelines(options.pipelines, options.folders)
        tests, errors = compile_tests(rules, chosen, options.schema)
        self.errors: tuple[PolysigmaError, ...] = tuple(errors)
        self._tests: tuple[RuleTest, ...] = tuple(tests)
        self._routing: Routing | None = None
        if options.routing:
            sources = [one.logsource for one in tests]
            said = options.logsources
            self._routing = Routing(sources, chosen.log_sources, options.schema, said)

    def __reduce__(self) -> tuple[object, ...]:
        return (CompiledRules, (self.rules, self.options))

    def __len__(self) -> int:
        return len({id(one.rule) for one in self._tests})

    def match(self, event: Event) -> list[Rule]:
        """The rules that match the event, a mapping as read from JSON, in the order of loading."""
        given: object = event
        if not isinstance(given, Mapping):
            what = f"an event is a mapping, such as a dict from JSON, not {type(given).__name__}"
            raise TypeError(what)
        tests = self._tests
        numbers = range(len(tests)) if self._routing is None else self._routing(event).rules
        found = (tests[number].rule for number in numbers if tests[number].matches(event))
        return [next(same) for _, same in groupby(found, key=id)]
