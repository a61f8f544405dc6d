"""Log sources on the command line: stating them, and showing which events met which rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import click
from rich.table import Table

from converter.cli.talk import console
from converter.errors import LogError
from converter.matcher.routing import Routing
from converter.matcher.rules import RuleTest
from converter.pipelines import Pipelines, View
from converter.pipelines.log_sources import WORDS, written
from converter.scan import Summary

LogSourceWords = Mapping[str, str]
_SHOWN = 20  # log sources of rules that were never tried


def log_sources(
    context: click.Context, option: click.Parameter, said: Sequence[str]
) -> tuple[LogSourceWords, ...]:
    """What `--logsource` states, each as product, category and service as far as given."""
    return tuple(_words(one) for one in said)


def _words(said: str) -> dict[str, str]:
    pairs = [part.partition("=") for part in said.split(",")]
    words = {word.strip(): value.strip() for word, _, value in pairs}
    if len(words) < len(pairs) or not all(words.values()) or not words.keys() <= set(WORDS):
        what = f"{said!r} is no log source; write product=aws,service=cloudtrail"
        raise click.BadParameter(f"{what} ({', '.join(WORDS)}, each once)")
    return words


def route(
    tests: Sequence[RuleTest], pipelines: Pipelines, schema: View, said: Sequence[LogSourceWords]
) -> Routing:
    """The routing of these rules. Raises LogError where no rule fits the stated log sources."""
    routing = Routing([one.logsource for one in tests], pipelines.log_sources, schema, said)
    if said and not routing({}).rules:
        what = f"no rule is for {' or '.join(map(written, said))}"
        raise LogError(what, next_step="compare it with the log sources of your rules")
    return routing


def tell_routing(summary: Summary, tests: Sequence[RuleTest]) -> None:
    """Tables on stderr: events and rules by recognised log source, and rules never tried."""
    if not summary.routes:
        return
    table = Table("events", "recognised as", "rules tried", title_justify="left")
    for known, one in sorted(summary.routes.items(), key=lambda item: -item[1].count):
        name = " and ".join(map(str, known)) or "not recognised"
        table.add_row(str(one.count), name, str(len(one.route.rules)))
    console().print(table)
    _tell_idle(summary.tried, tests)


def _tell_idle(tried: frozenset[int], tests: Sequence[RuleTest]) -> None:
    busy = {tests[number].rule.id for number in tried}
    sources = {test.rule.id: written(test.logsource) for test in tests}
    counts = Counter(source for rule, source in sources.items() if rule not in busy)
    if counts:
        idle = f"{counts.total()} of {len(sources)} rules were never tried"
        click.echo(f"{idle}, for {len(counts)} log sources:", err=True)
    for name, count in counts.most_common(_SHOWN):
        click.echo(f"  {count} for {name}", err=True)
    if len(counts) > _SHOWN:
        click.echo("  and others", err=True)
