"""Rules over several events in a scan: what they are fed, and what is said of what they left."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from converter.cli.loading import Test
from converter.logs.opening import shown
from converter.matcher.correlation import Engine, Plan
from converter.scan import CompiledRule, Report, RuleSummary, Stage, Summary, time_reader

if TYPE_CHECKING:
    from converter.rules import Rule

_LEFT_OUT = {
    "untimed": "without a readable time",
    "late": "older than what had been judged; --lateness SPAN waits for such",
    "crowded": "older than what had to be judged, because too many waited; scan in order of time",
    "ungrouped": "without a field to group by or to remember",
    "cut": "with more combinations of values than are kept",
    "evicted_events": "pushed out of a window that was full",
    "evicted_groups": "windows, because there were too many",
    "evicted_terms": "remembered values, because there were too many",
}


def compiled(tests: Sequence[Test], plan: Plan, held: Collection[str]) -> list[CompiledRule]:
    """The tests as a scan runs them; `held` are the ids of rules that only correlations report."""
    fed = {rule for node in plan.nodes for rule in node.inputs}
    first_seen = {node.rule.id for node in plan.nodes if node.kind == "first_seen"}
    reader = cache(time_reader)
    return [
        CompiledRule(
            one.rule,
            one.matches,
            reader(one.time),
            one.bundle,
            one.rule.id in fed,
            _report(one.rule.id or "", first_seen, held),
        )
        for one in tests
    ]


def _report(rule: str, first_seen: Collection[str], held: Collection[str]) -> Report:
    if rule in first_seen:
        return "input"
    return "held" if rule in held else "match"


def _summary(rule: Rule) -> RuleSummary:
    return RuleSummary(rule.id, rule.title, rule.level or None, shown(Path(rule.path)))


def staged(plan: Plan, engine: Engine, held: frozenset[str], *, more: bool) -> Stage:
    """The stage of a scan for rules over several events."""
    rules = {node.rule.id: _summary(node.rule) for node in plan.nodes if node.shown}
    return Stage(engine, rules, held, more)


def microseconds(context: click.Context, option: Any, span: str | None) -> int | None:
    """The span of time that a user writes."""
    if span is None:
        return None
    # Imported here: it comes with what reads rules, which a scan mostly need not.
    from converter.rules.correlations import seconds  # noqa: PLC0415

    found = seconds(span)
    if found is None:
        step = "write a number and one of s, m, h, d, w, such as 15m"
        raise click.BadParameter(f"{span!r} is no span of time; {step}")
    return found * 10**6


def tell_several(summary: Summary) -> None:
    """One line for each kind of thing left out, held back or waiting; none where all is plain."""
    for name, count in summary.left_out.as_data().items():
        words = _LEFT_OUT[name]
        click.echo(f"left out of correlations and first-seen rules: {count} {words}", err=True)
    events, windows = summary.waiting
    if events or windows:
        click.echo(f"waiting for the next run: {events} events, {windows} open windows", err=True)
    held = sum(summary.held.values())
    if held:
        rules = len(summary.held)
        click.echo(
            f"held back: {held} matches of {rules} rule{'s' if rules > 1 else ''} that only "
            "correlations report; --base-rules prints them",
            err=True,
        )
