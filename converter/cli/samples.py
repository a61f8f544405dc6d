"""polysigma test"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import click
from rich.table import Table

from converter.cli.talk import console, tell_errors
from converter.errors import PolysigmaError
from converter.pipelines import Pipelines
from converter.rules import RuleSet, read_rules
from converter.samples import VIEWS, Outcome, missing_samples, run_samples


@click.command("test")
@click.argument("rules", nargs=-1, type=click.Path())
@click.option(
    "--samples", default="tests/samples", type=click.Path(), help="The folder of sample events."
)
def command(rules: tuple[str, ...], samples: str) -> None:
    """Run every rule's sample events: raw, as an Elastic document, as Splunk fields.

    A failing sample shows which test of the rule decided.
    """
    rule_set = read_rules(rules or ("sigma_rules",))
    faults = tell_errors(rule_set.errors)
    results = list(run_samples(rule_set, Pipelines(), Path(samples)))
    faults += tell_errors(result for result in results if isinstance(result, PolysigmaError))
    faults += _tell(result for result in results if isinstance(result, Outcome))
    faults += _tell_missing(rule_set, Path(samples))
    if not rule_set.rules:
        sys.exit(2)
    sys.exit(1 if faults else 0)


def _tell(outcomes: Iterable[Outcome]) -> int:
    counts: Counter[tuple[str, bool]] = Counter()
    for outcome in outcomes:
        counts[outcome.view, outcome.passed] += 1
        if not outcome.passed:
            _tell_failure(outcome)
    table = Table("view", "passed", "failed", title="samples", title_justify="left")
    for view in VIEWS:
        table.add_row(view, str(counts[view, True]), str(counts[view, False]))
    console().print(table)
    return sum(counts[view, False] for view in VIEWS)


def _tell_failure(outcome: Outcome) -> None:
    wanted = "match" if outcome.sample.match else "miss"
    click.echo(
        f"failed: {outcome.rule.path}: {outcome.sample.name!r} must {wanted} ({outcome.view})",
        err=True,
    )
    for line in outcome.reasons:
        click.echo(f"    {line}", err=True)


def _tell_missing(rule_set: RuleSet, samples: Path) -> int:
    missing = missing_samples(rule_set, samples)
    for rule in missing:
        click.echo(f"no samples: {rule.path}; add {samples}/{rule.stem}.yml", err=True)
    return len(missing)
