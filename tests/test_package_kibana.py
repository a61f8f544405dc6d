"""Kibana's detection rules: what each type holds, that Kibana takes it, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from packaged import PLAIN, content, shipped

from converter.errors import PackageError, Unsupported
from converter.packages import Content, Package, kibana
from converter.packages.versions import locked

SCHEMA = Path(__file__).parent / "schemas" / "kibana_rule.schema.json"
MIRROR = "0b02a2af-7fe6-4c87-9ff0-818cb1891444"

# The documented detection that the mirror rule follows, field by field; the order of indices and
# the names that its own authors and references add are left open.
DOCUMENTED = {
    "type": "query",
    "language": "kuery",
    "severity": "medium",
    "risk_score": 47,
    "interval": "10m",
    "from": "now-60m",
    "max_signals": 100,
    "query": "event.dataset:aws.cloudtrail and event.provider:ec2.amazonaws.com and "
    "event.action:(CreateTrafficMirrorFilter or CreateTrafficMirrorFilterRule or "
    "CreateTrafficMirrorSession or CreateTrafficMirrorTarget) and event.outcome:success",
    "tags": [
        "Domain: Cloud",
        "Data Source: AWS",
        "Data Source: Amazon Web Services",
        "Use Case: Network Security Monitoring",
        "Tactic: Exfiltration",
        "Tactic: Collection",
        "Resources: Investigation Guide",
    ],
}
AIMS = [("TA0010", "Exfiltration", "T1020"), ("TA0009", "Collection", "T1074")]

COUNT = """\
title: Many
id: 00000000-0000-4000-8000-0000000000aa
description: Finds many.
status: test
correlation:
  type: {type}
  rules: [00000000-0000-4000-8000-000000000000]
  group-by: [userIdentity.arn]
  timespan: 10m
  condition: {condition}
level: high
"""
COUNTS = {
    ("event_count", "{gte: 5}"): {"value": 5},
    ("event_count", "{gt: 5}"): {"value": 6},
    ("value_count", "{field: eventName, gte: 3}"): {
        "value": 1,
        "cardinality": [{"field": "event.action", "value": 3}],
    },
}

WRONG: Mapping[str, Mapping[str, Any]] = {
    "no rule_id": {"rule_id": None},
    "no UUID": {"rule_id": "None"},
    "informational": {"severity": "informational"},
    "score beyond 100": {"risk_score": 101},
    "score as text": {"risk_score": "47"},
    "version 0": {"version": 0},
    "switched on": {"enabled": True},
    "unknown key": {"interwal": "5m"},
    "interval as number": {"interval": 5},
    "from in words": {"from": "yesterday"},
    "author as text": {"author": "somebody"},
    "index on esql": {"type": "esql", "language": "esql"},
    "eql called lucene": {"type": "eql", "language": "lucene"},
    "new terms without history": {"type": "new_terms", "new_terms_fields": ["a"]},
    "four new terms": {
        "type": "new_terms",
        "new_terms_fields": ["a", "b", "c", "d"],
        "history_window_start": "now-7d",
    },
    "threshold without fields": {"type": "threshold"},
    "threshold of none": {"type": "threshold", "threshold": {"field": ["a"], "value": 0}},
    "a tactic without page": {
        "threat": [{"framework": "MITRE ATT&CK", "tactic": {"id": "TA0010", "name": "x"}}]
    },
    "suppression by nothing": {"alert_suppression": {"group_by": []}},
    "empty field list": {"investigation_fields": {"field_names": []}},
}


@cache
def validator() -> Draft202012Validator:
    return Draft202012Validator(json.loads(SCHEMA.read_bytes()))


def objects(package: Package) -> list[dict[str, Any]]:
    lines = [line for data in package.files.values() for line in data.splitlines()]
    return [json.loads(line) for line in lines]


def rules(found: Content) -> list[dict[str, Any]]:
    """The package's rules, each of which Kibana takes."""
    every = [one for one in objects(kibana.build(found)) if "rule_id" in one]
    faults = [
        (one["name"], error.message) for one in every for error in validator().iter_errors(one)
    ]
    assert faults == []
    assert len({one["rule_id"] for one in every}) == len({one["name"] for one in every})
    assert len(every) == len({one["rule_id"] for one in every})
    return every


def only(*texts: str, **changes: str) -> dict[str, Any]:
    return rules(content(*texts, **changes))[-1]


def test_kibana_takes_every_shipped_rule() -> None:
    """All shipped rules but those said to be left out are in the package, and fit the schema."""
    package = kibana.build(shipped())
    assert len(rules(shipped())) + len(package.left_out) == len(shipped().entries)
    assert all(isinstance(error, Unsupported) for error in package.left_out)


@pytest.mark.parametrize("name", WRONG)
def test_the_schema_refuses_what_kibana_refuses(name: str) -> None:
    """One wrong value in a right rule is found."""
    (right,) = rules(content())
    assert not list(validator().iter_errors(right))
    changed = {**right, **WRONG[name]}
    wrong = {key: value for key, value in changed.items() if value is not None}
    assert list(validator().iter_errors(wrong))


def test_the_mirror_rule_is_the_documented_one() -> None:
    """The rule for traffic mirrors has the fields of the document that it follows."""
    (rule,) = (one for one in rules(shipped()) if one["rule_id"] == MIRROR)
    assert {key: rule[key] for key in DOCUMENTED} == DOCUMENTED
    assert sorted(rule["index"]) == ["filebeat-*", "logs-aws.cloudtrail-*"]
    assert {"Elastic", "Austin Songer"} <= set(rule["author"])
    assert [
        (one["tactic"]["id"], one["tactic"]["name"], *[part["id"] for part in one["technique"]])
        for one in rule["threat"]
    ] == AIMS
    assert rule["threat"][0]["technique"][0]["reference"].endswith("/techniques/T1020/")
    assert rule["note"].startswith("## Triage and analysis\n\n### ")
    assert rule["setup"]
    assert {"name": "event.outcome", "type": "keyword", "ecs": True} in rule["required_fields"]
    assert rule["related_integrations"][0]["integration"] == "cloudtrail"


def test_the_simplest_proved_type_is_taken() -> None:
    """KQL where it says the rule, else Lucene, EQL, ES|QL; or what the rule asks for."""
    agent = "{a: {userAgent|contains: curl}, condition: a}"
    hour = "{a: {eventTime|hour: 3}, condition: a}"
    assert (only()["type"], only()["language"]) == ("query", "kuery")
    assert only(detection=agent)["language"] == "lucene"
    assert only(detection=hour)["type"] == "esql"
    wanted = "{kibana: {type: eql}}"
    assert only(polysigma=wanted)["query"].startswith("any where ")
    found = kibana.build(content(detection=hour, polysigma="{kibana: {language: kuery}}"))
    assert "asks for" in str(found.left_out[0])


@pytest.mark.parametrize(("kind", "condition"), COUNTS)
def test_counts_become_thresholds(kind: str, condition: str) -> None:
    """A count of at least N becomes a threshold on its groups, and the looser window is told."""
    text = COUNT.replace("{type}", kind).replace("{condition}", condition)
    rule = only("plain", text)
    wanted = {"field": ["aws.cloudtrail.user_identity.arn"], **COUNTS[kind, condition]}
    assert (rule["type"], rule["threshold"], rule["from"]) == ("threshold", wanted, "now-15m")
    assert "counted over each whole search" in rule["setup"]


def test_what_only_a_correlation_reports_is_a_building_block() -> None:
    """A correlation's base rule alone raises no alert, unless the correlation generates it."""
    text = COUNT.replace("{type}", "event_count").replace("{condition}", "{gte: 5}")
    first, _ = rules(content("plain", text))
    assert first["building_block_type"] == "default"
    first, _ = rules(content("plain", text.replace("timespan", "generate: true\n  timespan")))
    assert "building_block_type" not in first


def test_first_seen_rules_become_new_terms() -> None:
    """Fields and history of a first-seen rule are Kibana's own, its query is the base rule's."""
    extra = "{interval: 1h, lookback: 1h, new_terms: {fields: [userIdentity.arn], history: 14d}}"
    rule = only(polysigma=extra)
    assert rule["type"] == "new_terms"
    assert rule["new_terms_fields"] == ["aws.cloudtrail.user_identity.arn"]
    assert (rule["history_window_start"], rule["from"]) == ("now-14d", "now-2h")
    assert rule["query"] == only()["query"]


def test_suppression_is_as_the_rule_says() -> None:
    """Fields are the schema's, days become hours, a threshold knows a duration only."""
    extra = "{suppression: {by: [userIdentity.arn], within: 2d}}"
    assert only(polysigma=extra)["alert_suppression"] == {
        "group_by": ["aws.cloudtrail.user_identity.arn"],
        "duration": {"value": 48, "unit": "h"},
        "missing_fields_strategy": "suppress",
    }
    text = COUNT.replace("{type}", "event_count").replace("{condition}", "{gte: 5}")
    found = only("plain", f"{text}polysigma: {extra}")
    assert found["alert_suppression"] == {"duration": {"value": 48, "unit": "h"}}


def test_a_rule_with_value_lists_brings_an_exception_list() -> None:
    """The list stands beside the rule that names it, and is the rule's own."""
    found = objects(kibana.build(shipped()))
    lists = {one["list_id"]: one for one in found if "list_id" in one}
    named = [part for one in found for part in one.get("exceptions_list", ())]
    assert lists
    assert {one["list_id"] for one in named} == lists.keys()
    assert all(lists[one["list_id"]]["type"] == one["type"] for one in named)


GUIDES = {
    "# Look\n\ntwice": "## Triage and analysis\n\n## Look\n\ntwice",
    "## Look\n\n### Here": "## Triage and analysis\n\n### Look\n\n#### Here",
    "## Triage and analysis\n\n### Here": "## Triage and analysis\n\n### Here",
    "## Look\n```\n# code\n```\n## Next": (
        "## Triage and analysis\n\n### Look\n```\n# code\n```\n### Next"
    ),
    "#tag": "## Triage and analysis\n\n#tag",
}


@pytest.mark.parametrize("text", GUIDES)
def test_guides_open_as_those_of_elastic_do(text: str) -> None:
    """Headings go one level down below Triage and analysis, and code stays as it is."""
    assert only(polysigma=json.dumps({"investigation_guide": text}))["note"] == GUIDES[text]


def test_a_deprecated_rule_leaves_a_stub() -> None:
    """It keeps its id and version, and says by its name that it is deprecated."""
    rule = only(status="deprecated")
    assert (rule["name"], rule["enabled"]) == ("Deprecated - A title", False)


def test_a_rule_that_is_gone_leaves_a_stub() -> None:
    """In its place stands a rule that finds nothing, one version on."""
    _, lock = locked(content("plain", "plain"), {})
    found, _ = locked(content(), lock)
    stub = rules(found)[-1]
    assert (stub["rule_id"], stub["version"]) == (lock_id := sorted(lock)[1], 2)
    assert stub["name"] == f"Deprecated - {lock[lock_id].title}"
    assert stub["query"] == "not *:*"


def test_what_is_assumed_and_remarked_is_told() -> None:
    """Assumptions of the proof stand under setup, a further remark at the end of the guide."""
    rule = only(polysigma="{note: Mind the gap., investigation_guide: Look.}")
    spelling = "keeps its provider's spelling"
    assert rule["setup"] == f"**Assumed:** event.action {spelling}; event.dataset {spelling}."
    assert rule["note"] == "## Triage and analysis\n\nLook.\n\n### Note\n\nMind the gap."


def test_large_packages_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """No file holds more objects or bytes than one import takes, and none is lost."""
    found = content("plain", "plain", "plain", "plain", "plain")
    size = len(kibana.build(content()).files["rules-001.ndjson"])
    monkeypatch.setattr(kibana, "MOST_BYTES", 2 * size + 90)
    package = kibana.build(found)
    assert [len(data.splitlines()) for data in package.files.values()] == [2, 2, 1]
    monkeypatch.setattr(kibana, "MOST_OBJECTS", 1)
    assert len(kibana.build(found).files) == 5


def test_metadata_without_meaning_is_refused() -> None:
    """An unreadable risk score leaves the rule out, pointing at its line; the others are there."""
    bad = PLAIN.format(id=MIRROR) + "polysigma: {risk_score: 1000}\n"
    package = kibana.build(content("plain", bad))
    (error,) = package.left_out
    assert isinstance(error, PackageError)
    assert (error.path, error.line) == ("rules/r1.yml", 11)
    assert len(objects(package)) == 1


def test_no_two_rules_have_one_name() -> None:
    """Of rules with equal titles all but the first carry a part of their id."""
    found = content("plain", "plain")
    names = [one["name"] for one in rules(found)]
    assert names == ["A title", "A title (00000000)"]
    third = replace(
        found, entries=(*found.entries, *content("plain", "plain", "plain").entries[2:])
    )
    assert len({one["name"] for one in rules(third)}) == 3
