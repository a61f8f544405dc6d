"""What polysigma scan does: rules, logs, results, talk."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial

import click

from converter.cli.cache import Databases, code, stamps
from converter.cli.loading import Loaded, Test, load
from converter.cli.own import spare_logs, without_own
from converter.cli.results import Output, told
from converter.cli.routing import LogSourceWords, route, tell_routing
from converter.cli.several import compiled, staged, tell_several
from converter.cli.state import load_state, save_state
from converter.cli.stopping import Stop
from converter.cli.talk import tell_errors, tell_table
from converter.errors import LogError
from converter.logs import Reject
from converter.logs.beside import cores
from converter.logs.opening import STDIN
from converter.logs.parts import Part
from converter.matcher.correlation import Engine, Plan
from converter.matcher.index import NEVER, NOTHING, Need
from converter.matcher.origins import Origins
from converter.matcher.routing import Routing
from converter.pipelines import View
from converter.places import pipeline_folders
from converter.scan import CompiledRule, Sieve, Stage, Summary, Tools, window
from converter.scan.alike import Reads
from converter.scan.crew import Crew
from converter.scan.work import Work

LEVELS = ("informational", "low", "medium", "high", "critical")

_FREE = {"logs", "jobs", "verbose", "fail_on_match", "resume"}
_WHOLE_FILES = {"unreadable", "binary"}


@dataclass(frozen=True)
class Asked:
    """What the options say."""

    logs: tuple[str, ...]
    places: tuple[str, ...]
    schema: View
    pipelines: tuple[str, ...]
    said: tuple[LogSourceWords, ...]
    no_routing: bool
    since: str | None
    until: str | None
    no_event: bool
    fail_on_match: bool
    state: str | None
    lateness: int | None
    base_rules: bool
    min_level: str | None
    form: str
    folder: str | None
    histogram: bool
    rejects: str | None
    resume: str | None
    strict: bool
    no_prefilter: bool
    jobs: int | None
    verbose: bool

    @property
    def whole(self) -> bool:
        """Whether every record is to be decoded."""
        return self.strict or self.no_prefilter or self.verbose or self.rejects is not None

    @property
    def same(self) -> dict[str, Iterable[str]]:
        """What must be the same in a scan that goes on after an interruption."""
        said = {name: value for name, value in vars(self).items() if name not in _FREE}
        chosen = [name for name in self.pipelines if os.path.exists(name)]
        files = (*(self.places or ("sigma_rules",)), *chosen, *map(str, pipeline_folders()))
        return {"rules": (code(), *stamps(files)), "options": (os.getcwd(), repr(said))}


Hire = Callable[[Asked, Work, Stage, Summary], Crew]
"""Who does the work."""


def here(asked: Asked, work: Work, stage: Stage, summary: Summary) -> Crew:
    """Processes of this machine."""
    return Crew(work, stage, summary, asked.jobs or cores(), sys.stdin.buffer)


def run(asked: Asked, hire: Hire = here) -> int:
    """The scan that the options ask for; its exit code."""
    _check(asked)
    loaded = load(asked.places or ("sigma_rules",), asked.pipelines, asked.schema)
    faults, work = tell_errors(loaded.errors), work_of(asked, loaded)
    plan, wanted = loaded.plan, _wanted(asked, loaded)
    engine = Engine(plan.nodes, lateness=asked.lateness, pack=True)
    mark = load_state(asked.state, engine)
    held, summary = _held(asked, plan), Summary()
    stage = staged(plan, engine, held, more=asked.state is not None)
    crew = hire(asked, work, stage, summary)
    _spare_collector()
    items = crew.items(asked.logs)
    spare_logs(asked.rejects, items)
    out, stop = Output(asked, summary), Stop()
    items = without_own(items, (*out.written, asked.state))
    ended = _scan(asked, crew, items, out, engine, stop)
    if ended or not asked.resume:
        save_state(asked.state, engine, mark)
    if asked.verbose:
        _tell_unsure(wanted.tests, wanted.needs())
    if isinstance(work.routing, Routing):
        tell_routing(summary, wanted.tests, work.routing, verbose=asked.verbose)
    _tell(summary)
    return _exit_code(asked, summary, faults, out.unread) if ended else stop.exit_code


def work_of(asked: Asked, loaded: Loaded) -> Work:
    """What each part of the logs is scanned with. Raises LogError where no rule is asked for."""
    times, wanted = window(asked.since, asked.until), _wanted(asked, loaded)
    tests, plan = wanted.tests, wanted.plan
    if not tests:
        raise LogError("no rules to match", next_step="name rules with --rules")
    routing, origins = _routed(asked, loaded, tests)
    needs = _needs(wanted, routing if asked.said else None)
    rules = compiled(tests, plan, _held(asked, plan))
    reads = partial(_reads, tests, rules)
    tools = Tools(needs, wanted.asked, routing, origins, Databases(), reads)
    return Work(rules, routing, times, None if asked.whole else Sieve(tools))


def _reads(tests: Sequence[Test], rules: Sequence[CompiledRule], number: int) -> Reads | None:
    """On what a rule depends; None where that is the whole event, or all of it is wanted."""
    paths = None if rules[number].feeds else tests[number].paths()
    if paths is None or not all(isinstance(one, str) for one in paths):
        return None
    return Reads(frozenset(map(str, paths)), tests[number].time)


def _routed(
    asked: Asked, loaded: Loaded, tests: Sequence[Test]
) -> tuple[Routing | None, Origins | None]:
    """How events find their rules; without routing, each meets all."""
    if asked.no_routing:
        return None, None
    sources = loaded.log_sources()
    routing = route(tests, sources, asked.schema, asked.said)
    if asked.said:
        return routing, None
    return routing, Origins([one.logsource for one in tests], sources, asked.schema)


def _held(asked: Asked, plan: Plan) -> frozenset[str]:
    return frozenset() if asked.base_rules else plan.held


def _needs(loaded: Loaded, said: Routing | None) -> Callable[[], list[Need]]:
    """What each rule needs of a record's bytes; rules that `said` leaves out never match."""
    if said is None:
        return loaded.needs
    tried = said({}).tries
    return lambda: [one if at in tried else NEVER for at, one in enumerate(loaded.needs())]


def _tell_unsure(tests: Sequence[Test], needs: Sequence[Need]) -> None:
    """The rules for which every record is decoded."""
    unsure = [one.rule.path for one, need in zip(tests, needs, strict=True) if need == NOTHING]
    if unsure:
        said = "rules that hold no text, key or value that a match must have"
        click.echo(f"{said}, so that every record is decoded: {', '.join(unsure)}", err=True)


def _spare_collector() -> None:
    """The rules stay; records hold no cycles. So there is little for Python to collect."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def _check(asked: Asked) -> None:
    if asked.said and asked.no_routing:
        raise click.UsageError("--logsource states a log source, --no-routing ignores all: use one")
    if asked.resume and (asked.form in ("csv", "sarif") or asked.folder or asked.rejects):
        raise click.UsageError("--resume is for --format jsonl, ocsf and table on standard output")
    if asked.resume and STDIN in asked.logs:
        raise click.UsageError("--resume cannot go back in standard input: name files")


def _wanted(asked: Asked, loaded: Loaded) -> Loaded:
    """Those of the rules that are asked for."""
    if asked.min_level is None:
        return loaded
    fed = {rule for node in loaded.plan.nodes for rule in node.inputs}
    wanted = set(LEVELS[LEVELS.index(asked.min_level) :])
    return loaded.only(lambda rule: rule.level in wanted or rule.id in fed)


def _scan(
    asked: Asked,
    crew: Crew,
    items: Sequence[Part | Reject],
    out: Output,
    engine: Engine,
    stop: Stop,
) -> bool:
    """Writes what is found; whether the scan came to its end, and was not interrupted."""
    crew.waiting = out.flush
    done = out.resume(items, crew, engine)
    if out.done_before:
        step = f"delete {asked.resume} to scan again"
        click.echo(f"this scan came to its end before, and its output stands; {step}", err=True)
        out.finish(ended=True)
        return True
    ended = True
    try:
        found = crew.scan(items[done:])
        with stop.noticed(), closing(found), _progress(items, crew):
            stop.each(found, out.take)
    except KeyboardInterrupt:
        click.echo(f"interrupted after {crew.done} of {len(items)} parts of the logs", err=True)
        ended = False
    if ended or not asked.resume:
        for results in crew.finish():
            out.take(results)
    out.finish(ended=ended)
    return ended


def _tell(summary: Summary) -> None:
    for kind, rejected in summary.rejects.items():
        click.echo(
            f"rejected: {rejected.count} {kind}; the first: {told(rejected.first)}", err=True
        )
    tell_several(summary)
    found = {rule: count for rule, count in summary.matches.items() if count}
    if found:
        rows = sorted(found.items(), key=lambda item: -item[1])
        cells = ((count, rule.level or "", rule.title) for rule, count in rows)
        tell_table(("matches", "level", "rule"), cells)
    rejects = sum(one.count for kind, one in summary.rejects.items() if kind != "empty")
    click.echo(
        f"{summary.records} records, {sum(found.values())} matches, {rejects} rejected"
        + (f", {summary.outside} outside the time asked for" if summary.outside else "")
        + (f", {summary.undated} matches without a time" if summary.undated else "")
        + (f", {summary.passed} that no rule can match" if summary.passed else "")
        + (f", {summary.untried} of a log source that no rule is for" if summary.untried else ""),
        err=True,
    )


def _exit_code(asked: Asked, summary: Summary, faults: int, unread: bool) -> int:
    """2 where a log that was named cannot be opened, or none could be read; 1 for findings."""
    rejects = summary.rejects.keys() - {"empty"}
    if unread:
        return 2
    if rejects and not summary.records and rejects <= _WHOLE_FILES:
        return 2
    matched = asked.fail_on_match and any(summary.matches.values())
    failed = "matcher" in rejects or (asked.strict and rejects)
    return 1 if faults or matched or failed else 0


@contextmanager
def _progress(items: Sequence[Part | Reject], crew: Crew) -> Iterator[None]:
    """A bar on a terminal only."""
    if not sys.stderr.isatty():
        yield
        return
    # Imported here, as most of what a terminal needs is slow to import, and a pipe needs none.
    from converter.cli.progress import progress  # noqa: PLC0415

    with progress(items, lambda: crew.read):
        yield
