"""polysigma explain"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import click

from converter.cli.talk import tell_errors
from converter.errors import LogError, RuleError
from converter.logs import Record, read
from converter.matcher.correlation import (
    Node,
    input_of,
    matches_of,
    nearest,
    numbers_of,
    plan_of,
)
from converter.matcher.explain import Explanation, explain, flips
from converter.matcher.routing import Origin, Routing
from converter.matcher.rules import Reading, readings
from converter.matcher.telling import as_json, render
from converter.pipelines import Pipelines, View
from converter.rules import Rule, RuleSet, read_rules
from converter.rules.correlations import is_stateful


@click.command("explain")
@click.argument("rule", type=click.Path())
@click.argument("event", type=click.Path(allow_dash=True))
@click.option(
    "--schema", type=click.Choice(["native", "ecs", "splunk"]), default="native", help="As in scan."
)
@click.option("-p", "--pipeline", "pipelines", multiple=True, help="As in convert.")
@click.option(
    "--rules", "others", multiple=True, help="Rules and filters that belong to RULE; repeat."
)
@click.option("--json", "as_data", is_flag=True, help="Print JSON for programs.")
def command(
    rule: str,
    event: str,
    schema: View,
    pipelines: tuple[str, ...],
    others: tuple[str, ...],
    as_data: bool,
) -> None:
    """Say why RULE did or did not match EVENT, test by test.

    EVENT is a file of events, or - for standard input. Tests marked with a star decide. RULE may be
    a folder; then every rule in it is explained. An event of another log source than the rule's is
    explained too, and said to be one: scan does not try the rule on it. Of a correlation or
    first-seen rule, each rule it rests on is explained, then what the events make together. What
    correlations name and which filters apply is looked up in RULE itself and under --rules.
    """
    own = read_rules((rule,))
    rule_set = _with(own, read_rules(others))
    faults = tell_errors(rule_set.errors)
    wanted = [one for one in own.rules if one.kind != "filter"]
    if not wanted:
        raise RuleError("no rule to explain", path=rule, next_step="name a file with a Sigma rule")
    records = list(_records(event))
    chosen = Pipelines(pipelines)
    found = [(one, readings(one, rule_set, chosen, schema)) for one in wanted]
    sources = [part.rule.logsource for _, parts in found for part in parts]
    routing, first = Routing(sources, chosen.log_sources, schema), 0
    for one, parts in found:
        for record in records:
            for number, part in enumerate(parts, first):
                origin = Origin(part.rule.logsource, *routing(record.event).of(number))
                _explain(one, part, record, origin, as_data)
        first += len(parts)
        if is_stateful(one, rule_set):
            nodes = plan_of(one, rule_set, chosen, schema).nodes
            _explain_several(one, nodes, parts, records, as_data)
    sys.exit(1 if faults else 0)


def _with(own: RuleSet, others: RuleSet) -> RuleSet:
    """The rules with those of the others that are not the same."""
    ids = {one.id for one in own.rules if one.id}
    places = {_place(one) for one in own.rules}
    more = [one for one in others.rules if one.id not in ids and _place(one) not in places]
    errors = {str(error): error for error in (*own.errors, *others.errors)}
    return RuleSet((*own.rules, *more), tuple(errors.values()))


def _place(rule: Rule) -> tuple[str, int]:
    return os.path.realpath(rule.path), rule.index


def _records(event: str) -> list[Record]:
    records = [one for one in read((event,), sys.stdin.buffer) if isinstance(one, Record)]
    if not records:
        step = "give a JSON object, or a log file"
        raise LogError("no event to explain", path=event, next_step=step)
    return records


def _explain(rule: Rule, part: Reading, record: Record, origin: Origin, as_data: bool) -> None:
    try:
        explanation = explain(part.predicate, record.event, part.paths, part.names())
    except RuleError as error:
        raise part.rule.place(error) from None
    if as_data:
        click.echo(json.dumps(_data(rule, record, origin, explanation)))
        return
    click.echo(f"{part.rule.title} ({part.rule.path}), {record.file}:{record.number}")
    for line in (*origin.lines(), *render(explanation)):
        click.echo(f"  {line}")


def _data(rule: Rule, record: Record, origin: Origin, explanation: Explanation) -> dict[str, Any]:
    changes = [] if explanation.verdict else [as_json(one) for one in flips(explanation)]
    return {
        "rule": {"id": rule.id, "title": rule.title, "path": rule.path},
        "source": {"file": record.file, "record": record.number},
        "logsource": origin.as_json(),
        "match": explanation.verdict,
        "changes": changes,
        "explanation": as_json(explanation),
    }


def _explain_several(
    rule: Rule,
    nodes: Sequence[Node],
    parts: Sequence[Reading],
    records: Sequence[Record],
    as_data: bool,
) -> None:
    """What a rule over several events makes of all these records together."""
    inputs = [input_of(part) for part in parts]
    events = [record.event for record in records]
    found, counts = matches_of(nodes, inputs, events)
    places = [numbers_of(one) for one in found]
    near = None if found else nearest(nodes, inputs, events)
    left_out = counts.as_data()
    if as_data:
        head = {"rule": {"id": rule.id, "title": rule.title, "path": rule.path}}
        data = head | {"events": len(records), "matches": places, "left_out": left_out}
        click.echo(json.dumps(data | {"nearest": None if near is None else asdict(near)}))
        return
    click.echo(f"{rule.title} ({rule.path}), {len(records)} events together")
    for numbers in places:
        click.echo(f"  match of the events {_listed(numbers)}")
    if not places:
        click.echo("  no match")
    if near is not None:
        of = f", the events {_listed(near.events)}" if near.events else ""
        click.echo(f"  nearest: {near.count} of the {near.wanted} wanted{of}")
    for name, count in left_out.items():
        click.echo(f"  left out: {count} {name}")


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers))
