"""The work behind `polysigma convert`, for when something has changed."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from converter.cli import cache
from converter.cli.amending import Stamps
from converter.cli.output import intact, stale, write_tree
from converter.cli.talk import fidelity_table, with_progress
from converter.cli.workers import Workers
from converter.errors import PolysigmaError
from converter.queries import Converted, Query, clashes, counts, files
from converter.rules import Rule, RuleFile, RuleSet, rules_of


@dataclass(frozen=True)
class Job:
    """What the user asked for; `context` names all but the rules on which the queries depend."""

    out: str
    check: bool
    strict: bool
    context: str


class _Said:
    """What is said on stderr, and kept for a run that finds nothing changed."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def __call__(self, line: str) -> None:
        self.lines.append(line)
        click.echo(line, err=True)

    def errors(self, errors: Iterator[PolysigmaError]) -> int:
        told = [f"error: {error}" for error in errors]
        for line in told:
            self(line)
        return len(told)


def run(
    job: Job,
    rule_files: Sequence[RuleFile],
    missing: Sequence[PolysigmaError],
    old: Stamps,
    workers: Workers,
) -> dict[str, Any]:
    """Converts and delivers; gives what was said, the exit code and the tree's stamps."""
    say = _Said()
    memory = cache.recall(f"rules-{job.context}")
    rules = rules_of(rule_files, list(missing), memory.get("documents", {}))  # type: ignore[arg-type]
    faults = say.errors(iter([*rules.errors, *clashes(rules)]))
    old = old if intact(Path(job.out), old) else {}  # seen to while the workers get ready
    converted = convert_all(rules, workers, job.context, memory)
    faults += say.errors(one.error for one in converted if one.error is not None)
    faults += _tell_different(say, converted)
    if not converted and faults:
        return {"said": say.lines, "code": 2, "tree": {}}
    stamps: Stamps = {}
    if job.out == "-":
        _print(converted)
    else:
        tree = files(converted)
        if job.check:
            faults += _tell_stale(say, Path(job.out), tree)
        else:
            stamps = write_tree(Path(job.out), tree, old)
            say(f"{len(tree)} files below {job.out}/")
    say(_table(converted))
    faults += _tell_unproved(say, converted) if job.strict else 0
    return {"said": say.lines, "code": 1 if faults else 0, "tree": stamps}


def convert_all(
    rules: RuleSet, workers: Workers, context: str, memory: Mapping[str, Any]
) -> list[Converted]:
    """Every rule in every language, recalled where nothing has changed since, and remembered.

    Raises PipelineError where the pipelines cannot be used.
    """
    wanted = [rule for rule in rules.rules if rule.kind != "filter"]
    known = {} if rules.filters else memory.get("queries", {})
    done = {rule.stem: _recalled(rule, known) for rule in wanted}
    fresh = [rule for rule in wanted if done[rule.stem] is None]
    results = with_progress(workers.convert(rules, fresh), len(fresh), "converting")
    done |= {one.rule.stem: one for one in results}
    found = [one for one in done.values() if one is not None]
    if fresh and not rules.filters:
        cache.keep(f"rules-{context}", _memory(rules, found))
    return found


def _key(rule: Rule) -> str:
    return f"{rule.digest} {rule.index}"


def _recalled(rule: Rule, known: Mapping[str, Any]) -> Converted | None:
    """A rule's queries by its content alone; those of a correlation depend on other rules too."""
    queries = known.get(_key(rule)) if rule.kind == "rule" else None
    if queries is None:
        return None
    return Converted(rule, {name: _query(name, *parts) for name, parts in queries.items()})


def _query(name: str, text: str, fidelity: Any, assumptions: list[str], notes: list[str]) -> Query:
    return Query(name, text, fidelity, tuple(assumptions), tuple(notes))


def _memory(rules: RuleSet, converted: Sequence[Converted]) -> dict[str, Any]:
    """Documents of faultless files, and queries, by content. Numbers beyond JSON's are left out."""
    documents: dict[str, list[dict[str, Any]]] = {}
    if not rules.errors:
        for rule in rules.rules:
            documents.setdefault(rule.digest, []).append(rule.data)
    queries = {
        _key(one.rule): {
            name: [query.text, query.fidelity, query.assumptions, query.notes]
            for name, query in one.queries.items()
        }
        for one in converted
        if one.error is None and one.rule.kind == "rule"
    }
    return {"documents": documents, "queries": queries}


def _print(converted: Sequence[Converted]) -> None:
    for one in converted:
        for query in one.queries.values():
            if query.text:
                click.echo(query.text)


def _tell_stale(say: _Said, folder: Path, tree: Mapping[str, bytes]) -> int:
    names = stale(folder, tree)
    for name in names:
        say(f"stale: {folder}/{name}")
    return len(names)


def _table(converted: Sequence[Converted]) -> str:
    """The summary as text, wide enough for where it is shown."""
    text = io.StringIO()
    width = Console(stderr=True).width if sys.stderr.isatty() else 100
    Console(file=text, width=width, highlight=False).print(fidelity_table(counts(converted)))
    return text.getvalue().rstrip()


def _tell_different(say: _Said, converted: Sequence[Converted]) -> int:
    """A query that contradicts its rule is our own defect."""
    count = 0
    for one in converted:
        for query in one.queries.values():
            if query.fidelity == "different":
                count += 1
                step = "please report it; no query is written"
                say(f"error: {one.rule.path}: {query.language}: {' '.join(query.notes)}; {step}")
    return count


def _tell_unproved(say: _Said, converted: Sequence[Converted]) -> int:
    count = 0
    for one in converted:
        for query in one.queries.values():
            if query.fidelity != "proved":
                count += 1
                why = f": {query.notes[0]}" if query.notes else ""
                say(f"{query.fidelity}: {one.rule.path} {query.language}{why}")
    return count
