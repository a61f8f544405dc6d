"""Detection rules of Elastic Security, as NDJSON that Kibana's import takes.

Format: Kibana's rule schema (x-pack/solutions/security/.../rule_schema/*.schema.yaml, 8.x and 9.x);
an import takes at most 10,000 objects and 10 MiB at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from converter.attack import Attack, Tactic, Technique
from converter.errors import PolysigmaError
from converter.packages.content import Content, Entry, Gone, Package
from converter.packages.elastic_style import guide, tags
from converter.packages.kibana_exceptions import lists_of
from converter.packages.kibana_types import Shape, choose
from converter.packages.metadata import (
    authors,
    description,
    extra_text,
    is_deprecated,
    line,
    most_alerts,
    reflowed,
    risk_score,
    schedule,
    severity,
    span,
    suppression,
    texts,
    titles,
)
from converter.packages.text import as_json_line
from converter.packages.threat import aims
from converter.rules import Rule

MOST_OBJECTS = 10_000
MOST_BYTES = 10_485_760
_UNITS = {"h": 3600, "m": 60, "s": 1}
_TYPES = {"map_text": "keyword", "lowercase": "keyword"}


def build(content: Content) -> Package:
    """The rules in files that each fit into one import, exception lists beside their rules."""
    named = titles(entry.rule for entry in content.entries)
    groups: list[list[bytes]] = []
    left_out: list[PolysigmaError] = []
    notes: list[str] = []
    for entry in content.entries:
        try:
            shape = choose(entry, content)
            rule = rule_object(entry, shape, content, named[entry.rule.id])
        except PolysigmaError as error:
            left_out.append(error.at(entry.rule.path))
            continue
        notes += [f"{entry.rule.path}: {shape.type}: {loss}" for loss in losses(shape)]
        groups.append([as_json_line(one) for one in (rule, *lists_of(entry))])
    groups += [[as_json_line(_stub(one))] for one in content.gone]
    chunks = enumerate(_chunks(groups), 1)
    files = {f"rules-{number:03}.ndjson": b"".join(chunk) for number, chunk in chunks}
    return Package(files, tuple(left_out), tuple(notes))


def rule_object(entry: Entry, shape: Shape, content: Content, name: str) -> dict[str, Any]:
    """One rule as Kibana's import takes it. Raises PackageError for metadata without meaning."""
    rule = entry.rule
    found = {
        "rule_id": rule.id,
        "version": entry.version,
        "name": f"Deprecated - {name}" if is_deprecated(rule) else name,
        "description": reflowed(description(rule)),
        "severity": severity(rule),
        "risk_score": risk_score(rule),
        "enabled": False,
        "type": shape.type,
        "language": shape.language,
        "query": shape.query.text,
        **({} if shape.type == "esql" else {"index": list(entry.names["ecs"].indices)}),
        **shape.fields,
        **_timing(entry, shape),
        "max_signals": most_alerts(rule),
        "author": authors(rule),
        "license": line(rule.data.get("license", "")),
        "tags": tags(entry, content),
        "references": texts(rule, "references"),
        "false_positives": texts(rule, "falsepositives"),
        "threat": threat(rule, content.attack),
        "note": guide(rule),
        "setup": _setup(rule, shape),
        "required_fields": required_fields(entry),
        "related_integrations": related_integrations(entry),
        "exceptions_list": [_reference(one) for one in lists_of(entry) if "item_id" not in one],
        **_of_people(entry),
        **_suppression(entry, shape),
    }
    if _is_building_block(entry, content):
        found["building_block_type"] = "default"
    return {key: value for key, value in found.items() if value not in ("", [])}


def _stub(gone: Gone) -> dict[str, Any]:
    """What takes the place of a rule that is no longer there: it finds nothing."""
    return {
        "rule_id": gone.id,
        "version": gone.version,
        "name": f"Deprecated - {gone.title}",
        "description": "This rule is no longer maintained. It finds nothing and can be removed.",
        "severity": "low",
        "risk_score": 1,
        "enabled": False,
        "type": "query",
        "language": "kuery",
        "query": "not *:*",
    }


def losses(shape: Shape) -> tuple[str, ...]:
    """What is lost, where something is."""
    return (*shape.losses, *(shape.query.notes if shape.query.fidelity == "partial" else ()))


def _timing(entry: Entry, shape: Shape) -> dict[str, str]:
    interval, _ = schedule(entry.rule)
    found = {"interval": span(interval), "from": f"now-{span(shape.reach)}", "to": "now"}
    # A sequence goes by the events' own time alone.
    if not (shape.type == "eql" and entry.correlation):
        found["timestamp_override"] = "event.ingested"
    return found


def _setup(rule: Rule, shape: Shape) -> str:
    parts = [extra_text(rule, "setup")]
    parts += [f"**Mind:** this query {line(loss)}." for loss in losses(shape)]
    assumed = "; ".join(map(line, shape.query.assumptions))
    parts += [f"**Assumed:** {assumed}."] if assumed else []
    return "\n\n".join(part for part in parts if part)


def _of_people(entry: Entry) -> dict[str, Any]:
    shown = list(entry.names["ecs"].shows)
    return {"investigation_fields": {"field_names": shown}} if shown else {}


def _suppression(entry: Entry, shape: Shape) -> dict[str, Any]:
    """One alert for the events that agree in some fields, for a while where the rule says so."""
    wanted = suppression(entry.rule)
    by = list(entry.names["ecs"].suppress_by)
    if wanted is None or not by:
        return {}
    found: dict[str, Any] = {"duration": _duration(wanted.within)} if wanted.within else {}
    if shape.type == "threshold":
        return {"alert_suppression": found} if found else {}
    missing = "doNotSuppress" if wanted.each_missing else "suppress"
    return {"alert_suppression": {"group_by": by, **found, "missing_fields_strategy": missing}}


def _duration(time: int) -> dict[str, Any]:
    """Seconds in the largest of Kibana's units that is whole."""
    value, unit = next((time // n, unit) for unit, n in _UNITS.items() if time % n == 0)
    return {"value": value, "unit": unit}


def required_fields(entry: Entry) -> list[dict[str, Any]]:
    """The fields that the query reads, each with its type and whether ECS itself has it."""
    names = entry.names["ecs"]
    return [
        {
            "name": facts.name,
            "type": _TYPES.get(facts.type, facts.type),
            "ecs": facts.name in names.standard,
        }
        for facts in names.reads
    ]


def related_integrations(entry: Entry) -> list[dict[str, str]]:
    """What brings the events in, by the catalogue."""
    found = (source.elastic.get("integration") for source in entry.sources)
    return [{key: str(value) for key, value in one.items()} for one in found if one]


def threat(rule: Rule, attack: Attack) -> list[dict[str, Any]]:
    """The tactics with their techniques and sub-techniques, each with its page."""
    found = []
    for aim in aims(rule, attack):
        below = [
            {**_named(technique), **({"subtechnique": list(map(_named, parts))} if parts else {})}
            for technique, parts in aim.techniques.items()
        ]
        one: dict[str, Any] = {"framework": "MITRE ATT&CK", "tactic": _named(aim.tactic)}
        found.append({**one, **({"technique": below} if below else {})})
    return found


def _named(one: Tactic | Technique) -> dict[str, str]:
    return {"id": one.id, "name": one.name, "reference": f"{one.url.rstrip('/')}/"}


def _reference(one: Mapping[str, Any]) -> dict[str, str]:
    """How a rule names an exception list. Kibana finds the list by its list_id."""
    found = {"id": one["list_id"], "list_id": one["list_id"]}
    return {**found, "type": one["type"], "namespace_type": one["namespace_type"]}


def _is_building_block(entry: Entry, content: Content) -> bool:
    """Whether only correlations are to report the rule's events."""
    users = [
        one.rule.data["correlation"]
        for one in content.entries
        if one.rule.kind == "correlation" and entry.rule.id in {base.id for base in one.bases}
    ]
    return bool(users) and not any(body.get("generate") for body in users)


def _chunks(groups: Sequence[Sequence[bytes]]) -> Iterator[list[bytes]]:
    """Lines in order, a rule's own together, below what one import takes."""
    chunk: list[bytes] = []
    size = 0
    for group in groups:
        more = sum(map(len, group))
        if chunk and (len(chunk) + len(group) > MOST_OBJECTS or size + more > MOST_BYTES):
            yield chunk
            chunk, size = [], 0
        chunk += group
        size += more
    if chunk:
        yield chunk
