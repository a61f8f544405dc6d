"""Log sources on the command line: stating them, and showing which events met which rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import click

from converter.cli.loading import Test
from converter.cli.talk import tell_table
from converter.errors import LogError
from converter.matcher.routing import Routing
from converter.pipelines.log_sources import WORDS, LogSources, View, written
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
    tests: Sequence[Test], sources: LogSources, schema: View, said: Sequence[LogSourceWords]
) -> Routing:
    """The routing of these rules. Raises LogError where no rule fits the stated log sources."""
    routing = Routing([one.logsource for one in tests], sources, schema, said)
    if said and not routing({}).rules:
        what = f"no rule is for {' or '.join(map(written, said))}"
        raise LogError(what, next_step="compare it with the log sources of your rules")
    return routing


def tell_routing(
    summary: Summary, tests: Sequence[Test], routing: Routing, *, verbose: bool
) -> None:
    """What was never tried though it may have been meant; all of the routing if `verbose`."""
    busy = {tests[number].rule.id for number in summary.tried}
    idle = {one.rule.id: one.logsource for one in tests if one.rule.id not in busy}
    sources = Counter(tuple(sorted(one.items())) for one in idle.values())
    unknown = sum(n for one, n in sources.items() if not routing.recognisable(dict(one)))
    if unknown and summary.routes:
        what = f"rules never tried, as nothing tells events of their log sources: {unknown}"
        click.echo(f"{what} (--no-routing tries them, --verbose names them)", err=True)
    if verbose and summary.routes:
        _tell_events(summary)
        _tell_idle(idle.values(), len({one.rule.id for one in tests}))


def _tell_events(summary: Summary) -> None:
    routes = sorted(summary.routes.items(), key=lambda item: -item[1].count)
    cells = (
        (
            str(one.count),
            " and ".join(map(str, known)) or "not recognised",
            str(len(one.route.rules)),
        )
        for known, one in routes
    )
    tell_table(("events", "recognised as", "rules tried"), cells)


def _tell_idle(idle: Iterable[LogSourceWords], rules: int) -> None:
    counts = Counter(map(written, idle))
    if counts:
        what = f"{counts.total()} of {rules} rules were never tried"
        click.echo(f"{what}, for {len(counts)} log sources:", err=True)
    for name, count in counts.most_common(_SHOWN):
        click.echo(f"  {count} for {name}", err=True)
    if len(counts) > _SHOWN:
        click.echo("  and others", err=True)
