"""polysigma explain"""

from __future__ import annotations

import json
import sys

import click

from converter.cli.talk import tell_errors
from converter.errors import LogError, RuleError
from converter.logs import Record, read
from converter.matcher.explain import as_json, explain, render
from converter.matcher.rules import readings
from converter.pipelines import Pipelines, View
from converter.rules import Rule, RuleSet, read_rules


@click.command("explain")
@click.argument("rule", type=click.Path())
@click.argument("event", type=click.Path(allow_dash=True))
@click.option(
    "--schema", type=click.Choice(["native", "ecs", "splunk"]), default="native", help="As in scan."
)
@click.option("-p", "--pipeline", "pipelines", multiple=True, help="As in convert.")
@click.option("--json", "as_data", is_flag=True, help="Print JSON for programs.")
def command(rule: str, event: str, schema: View, pipelines: tuple[str, ...], as_data: bool) -> None:
    """Say why RULE did or did not match EVENT, test by test.

    EVENT is a file of events, or - for standard input. Tests marked with a star decide. RULE may be
    a folder; then every rule in it is explained.
    """
    rule_set = read_rules((rule,))
    faults = tell_errors(rule_set.errors)
    wanted = [one for one in rule_set.rules if one.kind != "filter"]
    if not wanted:
        raise RuleError("no rule to explain", path=rule, next_step="name a file with a Sigma rule")
    records = list(_records(event))
    chosen = Pipelines(pipelines)
    for one in wanted:
        for record in records:
            _explain(one, rule_set, chosen, schema, record, as_data)
    sys.exit(1 if faults else 0)


def _records(event: str) -> list[Record]:
    records = [one for one in read((event,), sys.stdin.buffer) if isinstance(one, Record)]
    if not records:
        step = "give a JSON object, or a log file"
        raise LogError("no event to explain", path=event, next_step=step)
    return records


def _explain(
    rule: Rule, rules: RuleSet, pipelines: Pipelines, schema: View, record: Record, as_data: bool
) -> None:
    for reading in readings(rule, rules, pipelines, schema):
        explanation = explain(reading.predicate, record.event, reading.paths)
        if as_data:
            found = {"rule": {"id": rule.id, "title": rule.title, "path": rule.path}}
            source = {"file": record.file, "record": record.number}
            data = found | {"source": source, "explanation": as_json(explanation)}
            click.echo(json.dumps(data, ensure_ascii=False))
            continue
        click.echo(f"{reading.rule.title} ({reading.rule.path}), {record.file}:{record.number}")
        for line in render(explanation):
            click.echo(f"  {line}")
