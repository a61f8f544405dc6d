"""polysigma prove"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import click

from converter.cli.talk import tell_errors
from converter.convert import Converter
from converter.errors import QueryError, RuleError
from converter.languages.parsing import READABLE
from converter.pipelines import Pipelines, Schema
from converter.proof import Proof, describe
from converter.proving import prove_text, together
from converter.rules import Rule, RuleSet, read_rules


@click.command("prove")
@click.argument("rule", type=click.Path())
@click.argument("query")
@click.option("--in", "language", required=True, type=click.Choice(READABLE), help="Its language.")
@click.option("-p", "--pipeline", "pipelines", multiple=True, help="As in convert.")
@click.option("--json", "as_data", is_flag=True, help="Print JSON for programs.")
def command(
    rule: str, query: str, language: str, pipelines: tuple[str, ...], as_data: bool
) -> None:
    """Say whether QUERY (text, a file, or - for standard input) means the same as RULE.

    A difference comes with an event that one of the two matches and the other does not. Exit code
    0: proved; 1: different, or not decided; 2: the query cannot be read.
    """
    rule_set = read_rules((rule,))
    faults = tell_errors(rule_set.errors)
    one = _only(rule, rule_set)
    schema: Schema = "splunk" if language == "spl" else "ecs"
    meanings = Converter(rule_set, Pipelines(pipelines), ()).meanings(one, schema)
    try:
        proof = prove_text(together(meanings), _text(query), language)
    except QueryError as error:
        raise error.at("the query") from None
    click.echo(_data(one, proof) if as_data else "\n".join(describe(proof)))
    sys.exit(1 if faults or proof.verdict != "proved" else 0)


def _only(path: str, rules: RuleSet) -> Rule:
    """The one rule of the file, or the one correlation over the others."""
    found = [rule for rule in rules.rules if rule.kind != "filter"]
    correlations = [rule for rule in found if rule.kind == "correlation"]
    if len(correlations) == 1:
        return correlations[0]
    if len(found) == 1:
        return found[0]
    step = "name a file with one rule, or one correlation over the others"
    raise RuleError(f"{len(found)} rules to prove against", path=path, next_step=step)


def _text(query: str) -> str:
    if query == "-":
        return sys.stdin.read().strip()
    if len(query) < 4096 and os.path.isfile(query):
        return Path(query).read_text("utf-8").strip()
    return query


def _data(rule: Rule, proof: Proof) -> str:
    found = {
        "rule": {"id": rule.id, "title": rule.title, "path": rule.path},
        "verdict": proof.verdict,
        "assumptions": list(proof.assumptions),
        "counterexamples": [dict(event) for event in proof.counterexamples],
        "explanation": list(proof.explanation),
    }
    return json.dumps(found, ensure_ascii=False)
