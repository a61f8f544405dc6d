"""Converting in processes of their own, which load what that takes while this one goes on.

With `-j 1`, or where a system lends no processes, the work is done in this one.
"""

from __future__ import annotations

import importlib
import signal
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, cast

from converter.cli import cache as kept
from converter.cli.processes import begun
from converter.errors import PolysigmaError
from converter.queries import Converted, Query
from converter.rules import Rule, RuleSet

_PART = 50  # rules handed over at once
_TABLES = "tables-of-grammars"

_How = tuple[tuple[str, ...], tuple[str, ...]]  # pipelines and languages, by name
_Done = tuple[Mapping[str, Query], PolysigmaError | None]


class Workers:
    """Up to `jobs` processes for one run, as many as there is work for; use it with `with`."""

    def __init__(self, how: _How, jobs: int) -> None:
        self._how = how
        self._jobs = jobs if jobs > 1 else 0
        self._processes: list[tuple[BaseProcess, Connection]] = []

    def __enter__(self) -> Workers:
        if self._jobs:
            self._start()
        return self

    def __exit__(self, *_: object) -> None:
        for process, _connection in self._processes:
            process.terminate()
            process.join()

    def _start(self) -> None:
        found = begun(_serve, self._how)
        if found is None:
            self._jobs = len(self._processes)
        else:
            self._processes.append(found)

    def convert(self, rules: RuleSet, wanted: Sequence[Rule]) -> Iterator[Converted]:
        """Each wanted rule in every language, in their order; all that they name is in `rules`.

        Raises PipelineError where the pipelines cannot be used.
        """
        parts = [wanted[n : n + _PART] for n in range(0, len(wanted), _PART)]
        for part, done in zip(parts, self._in_order(rules, parts), strict=True):
            for rule, (queries, error) in zip(part, done, strict=True):
                yield Converted(rule, queries, error)

    def _in_order(self, rules: RuleSet, parts: Sequence[Sequence[Rule]]) -> Iterator[list[_Done]]:
        while len(self._processes) < min(self._jobs, len(parts)):
            self._start()
        if not self._processes:
            yield from (_convert(self._how, rules, part) for part in parts)
            return
        done: dict[int, list[_Done]] = {}
        following = 0
        for number, results in self._answers(rules, parts):
            done[number] = results
            while following in done:
                yield done.pop(following)
                following += 1

    def _answers(
        self, rules: RuleSet, parts: Sequence[Sequence[Rule]]
    ) -> Iterator[tuple[int, list[_Done]]]:
        """Each part's number and results as they come; a process has one part at a time."""
        idle = [connection for _, connection in self._processes]
        todo = list(enumerate(parts))[::-1]
        busy: dict[Connection, int] = {}
        while todo or busy:
            while todo and idle:
                connection = idle.pop(0)
                busy[connection], part = todo.pop()
                _send(connection, (_needed(rules, part), part))
            for ready in cast(list[Connection], wait(list(busy))):
                yield busy.pop(ready), _received(ready)
                idle.append(ready)


def _needed(rules: RuleSet, part: Sequence[Rule]) -> RuleSet:
    """What these rules can name: a correlation any rule, the others what filters them."""
    names_others = any(rule.kind == "correlation" for rule in part)
    return rules if names_others else RuleSet(rules.filters, ())


def _send(connection: Connection, work: tuple[RuleSet, Sequence[Rule]]) -> None:
    try:
        connection.send(work)
    except OSError:
        raise _ended() from None


def _ended() -> PolysigmaError:
    what = "a process that converts rules has ended early"
    return PolysigmaError(what, next_step="run with -j 1, and with more memory")


def _received(connection: Connection) -> list[_Done]:
    try:
        answer = connection.recv()
    except (EOFError, OSError):
        raise _ended() from None
    if isinstance(answer, PolysigmaError):
        raise answer
    return cast(list[_Done], answer)


def _serve(connection: Connection, how: _How) -> None:
    """Converts what comes until nothing more does. Ctrl-C is for the process that asks."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    failed: PolysigmaError | None = None
    try:
        _load(how)
    except PolysigmaError as error:
        failed = error
    while True:
        try:
            rules, part = connection.recv()
        except EOFError:
            return
        connection.send(failed or _convert(how, rules, part))


@cache
def _load(how: _How) -> Any:
    """The pipelines, with all that converting takes loaded. Raises PipelineError."""
    chosen, languages = how
    importlib.import_module("converter.languages.grammars").preload(kept.recall(_TABLES))
    parsing = importlib.import_module("converter.languages.parsing")
    for language in languages:
        parsing.load(language)
    importlib.import_module("converter.convert")
    return importlib.import_module("converter.pipelines").Pipelines(chosen)


def _convert(how: _How, rules: RuleSet, wanted: Sequence[Rule]) -> list[_Done]:
    pipelines = _load(how)
    convert = importlib.import_module("converter.convert")
    grammars = importlib.import_module("converter.languages.grammars")
    known = grammars.tables().keys()
    converter = convert.Converter(rules, pipelines, how[1])
    converted = [converter.convert(rule) for rule in wanted]
    if grammars.tables().keys() != known:
        kept.keep(_TABLES, grammars.tables())
    return [(one.queries, one.error) for one in converted]
