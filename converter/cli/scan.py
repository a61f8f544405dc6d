"""polysigma scan"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import click
from rich.table import Table

from converter.cli.routing import LogSourceWords, log_sources, route, tell_routing
from converter.cli.several import compiled, microseconds, staged, tell_several
from converter.cli.state import load_state, save_state
from converter.cli.talk import console, tell_errors
from converter.errors import LogError
from converter.logs import Record, Reject, read, read_blocks
from converter.matcher.correlation import Engine, prepare
from converter.matcher.rules import RuleTest
from converter.pipelines import Pipelines, View
from converter.rules import read_rules
from converter.scan import Candidate, Match, Passed, Sieve, Summary, scan, window

Items = Iterator[Record | Reject | Candidate | Passed]


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
    strict: bool
    no_prefilter: bool
    verbose: bool

    @property
    def whole(self) -> bool:
        """Whether every record is to be decoded."""
        return self.strict or self.no_prefilter or self.verbose


@click.command("scan")
@click.argument("logs", nargs=-1, required=True, type=click.Path(allow_dash=True))
@click.option("--rules", "places", multiple=True, help="Rule files or folders; repeat.")
@click.option(
    "--schema",
    type=click.Choice(["native", "ecs", "splunk"]),
    default="native",
    help="How the events are written: as the provider does, or as a SIEM stores them.",
)
@click.option("-p", "--pipeline", "pipelines", multiple=True, help="As in convert.")
@click.option(
    "--logsource",
    "said",
    multiple=True,
    callback=log_sources,
    help="What the logs are, as product=aws,service=cloudtrail; repeat for several.",
)
@click.option("--no-routing", is_flag=True, help="Try every rule on every event.")
@click.option("--since", help="Only events from this time on (ISO 8601 or UNIX time).")
@click.option("--until", help="Only events before this time.")
@click.option("--no-event", is_flag=True, help="Leave the event out of each match.")
@click.option("--fail-on-match", is_flag=True, help="Exit 1 if anything matched.")
@click.option("--state", help="A file to go on from and to save for the next run.")
@click.option(
    "--lateness",
    metavar="SPAN",
    callback=microseconds,
    help="How late an event may come, such as 15m; matches then wait no longer than that.",
)
@click.option("--base-rules", is_flag=True, help="Print what only correlations report, too.")
@click.option("--strict", is_flag=True, help="Decode each record, and exit 1 if any is unreadable.")
@click.option("--no-prefilter", is_flag=True, help="Decode each record, and try every rule on it.")
@click.option("-v", "--verbose", is_flag=True, help="Name every rejected record, show the routing.")
def command(**asked: Any) -> None:
    """Match LOGS (files, folders, gzipped or not, - for standard input) against rules.

    Prints one JSON object a match on stdout. Records that cannot be read are counted, and the first
    of each kind is shown; the scan goes on, and the exit code is 1. An event meets the rules whose
    log source can be its own; one that is not recognised meets every rule. Correlations and
    first-seen rules see events in order of time; with --state they remember those of earlier runs.

    Of a long log only those records are decoded that a rule can match. One that is damaged inside,
    but begins and ends as the others do, is then not noticed, except with --strict.
    """
    sys.exit(_scan(Asked(**asked)))


def _scan(asked: Asked) -> int:
    if asked.said and asked.no_routing:
        raise click.UsageError("--logsource states a log source, --no-routing ignores all: use one")
    rule_set, chosen = read_rules(asked.places or ("sigma_rules",)), Pipelines(asked.pipelines)
    tests, plan, refused = prepare(rule_set, chosen, asked.schema)
    faults = tell_errors([*rule_set.errors, *refused])
    if not tests:
        raise LogError("no rules to match", next_step="name rules with --rules")
    routing = None if asked.no_routing else route(tests, chosen, asked.schema, asked.said)
    engine = load_state(asked.state, Engine(plan.nodes, lateness=asked.lateness))
    held = frozenset() if asked.base_rules else plan.held
    summary = Summary()
    results = scan(
        compiled(tests, plan, held),
        _records(asked.logs, None if asked.whole else tests),
        times=window(asked.since, asked.until),
        summary=summary,
        stage=staged(plan, engine, held, more=asked.state is not None),
        routing=routing,
    )
    _print(results, with_event=not asked.no_event, verbose=asked.verbose)
    save_state(asked.state, engine)
    if routing is not None:
        tell_routing(summary, tests, routing, verbose=asked.verbose)
    faults += _tell(summary)
    matched = asked.fail_on_match and any(summary.matches.values())
    return _exit_code(summary, faults, matched)


def _records(logs: Sequence[str], tests: Sequence[RuleTest] | None) -> Items:
    """The records, counted on a terminal while they pass; with tests only their candidates."""
    items: Items
    if tests is None:
        items = read(logs, sys.stdin.buffer)
    else:
        items = Sieve([one.need for one in tests]).sift(read_blocks(logs, sys.stdin.buffer))
    if not sys.stderr.isatty():
        yield from items
        return
    with console().status("scanning") as status:
        count = shown = 0
        for item in items:
            count += item.records if isinstance(item, Passed) else 1
            if count - shown >= 5000:
                shown = count
                status.update(f"scanning: {count:,} records")
            yield item


def _print(results: Iterable[Match | Reject], *, with_event: bool, verbose: bool) -> None:
    out = sys.stdout.buffer
    for result in results:
        if isinstance(result, Match):
            out.write(result.line(with_event=with_event))
        elif verbose:
            click.echo(f"rejected: {_place(result)}: {result.why}", err=True)
    out.flush()


def _place(reject: Reject) -> str:
    number = f" record {reject.number}" if reject.number else ""
    return f"{reject.file}{number}{f' ({reject.position})' if reject.position else ''}"


def _tell(summary: Summary) -> int:
    for kind, rejected in summary.rejects.items():
        first = rejected.first
        click.echo(
            f"rejected: {rejected.count} {kind}; the first: {_place(first)}: {first.why}", err=True
        )
    tell_several(summary)
    found = {rule: count for rule, count in summary.matches.items() if count}
    if found:
        table = Table("matches", "level", "rule", title_justify="left")
        for rule, count in sorted(found.items(), key=lambda item: -item[1]):
            table.add_row(str(count), rule.level or "", rule.title)
        console().print(table)
    rejects = sum(one.count for kind, one in summary.rejects.items() if kind != "empty")
    click.echo(
        f"{summary.records} records, {sum(found.values())} matches, {rejects} rejected"
        + (f", {summary.outside} outside the time asked for" if summary.outside else "")
        + (f", {summary.undated} matches without a time" if summary.undated else "")
        + (f", {summary.passed} that no rule can match" if summary.passed else "")
        + (f", {summary.untried} of a log source that no rule is for" if summary.untried else ""),
        err=True,
    )
    return rejects


def _exit_code(summary: Summary, faults: int, matched: bool) -> int:
    if not summary.records and summary.rejects.keys() - {"empty"}:
        return 2
    return 1 if faults or matched else 0
