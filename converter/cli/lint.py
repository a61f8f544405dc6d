"""polysigma lint"""

from __future__ import annotations

import sys

import click

from converter.check import check
from converter.cli.talk import tell_errors
from converter.rules import read_rules


@click.command("lint")
@click.argument("rules", nargs=-1, type=click.Path())
@click.option(
    "--samples", default="tests/samples", type=click.Path(), help="The folder of sample events."
)
def command(rules: tuple[str, ...], samples: str) -> None:
    """Check RULES (default sigma_rules/): Sigma's own conventions, ATT&CK ids, path = log source,
    samples, and what stands under `polysigma:`."""
    rule_set = read_rules(rules or ("sigma_rules",))
    faults = tell_errors(rule_set.errors)
    findings = check(rule_set, samples)
    for finding in findings:
        click.echo(str(finding))
    click.echo(f"{len(rule_set.rules)} rules, {len(findings)} findings", err=True)
    if not rule_set.rules:
        sys.exit(2)
    sys.exit(1 if faults or findings else 0)
