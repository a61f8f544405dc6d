"""The queries of the shipped correlations find what their sample streams say, in our engines."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from converter.errors import Unsupported
from converter.ingest import to_ecs, to_splunk
from converter.languages import eql_engine, esql_engine, spl_engine
from converter.pipelines import Pipelines
from converter.rules import read_rules
from converter.rules.correlations import is_any_of
from converter.samples import Sample, read_samples

ROOT = Path(__file__).resolve().parent.parent
REPORT = json.loads((ROOT / "out" / "report.json").read_bytes())
SOURCE = "aws_cloudtrail"


def cases() -> Iterator[Any]:
    """Each stream of each correlation over time, with each of its queries."""
    queries = {entry["id"]: entry["queries"] for entry in REPORT["rules"]}
    for rule in read_rules([str(ROOT / "sigma_rules")]).of_kind("correlation"):
        if is_any_of(rule):
            continue
        for sample in read_samples(ROOT / "tests" / "samples" / f"{rule.stem}.yml"):
            for language, query in queries[rule.id].items():
                if query["file"]:
                    name = f"{rule.stem}: {language}: {sample.name}"
                    yield pytest.param(language, query, sample, id=name)


def mapping() -> dict[str, str]:
    """The types of all CloudTrail fields in ECS, without what stands below flattened ones."""
    source = Pipelines().source({"product": "aws", "service": "cloudtrail"})
    assert source is not None
    found = {"event.dataset": "constant_keyword", "event.outcome": "keyword"}
    for field in source.fields.values():
        facts = field.schemas["ecs"]
        name = facts.name.removesuffix(".*")
        if not facts.none and ".flattened." not in name:
            found[name] = "keyword" if facts.type == "map_text" else facts.type
    roots = ("request_parameters", "response_elements")
    return found | {f"aws.cloudtrail.flattened.{root}": "flattened" for root in roots}


def seconds(event: dict[str, Any]) -> float:
    """The time of a raw event as Splunk's _time."""
    return datetime.fromisoformat(event["eventTime"]).timestamp()


def finds(language: str, text: str, sample: Sample) -> bool:
    """Whether the query finds something in the stream, as its schema stores it."""
    if language == "spl":
        docs = [to_splunk(SOURCE, one) | {"_time": seconds(one)} for one in sample.events]
        return bool(spl_engine.rows(text, docs))
    docs = [to_ecs(SOURCE, one) for one in sample.events]
    if language == "eql":
        return bool(eql_engine.evaluate_sequences(text, mapping(), docs))
    return bool(esql_engine.table(text, mapping(), docs).rows)


@pytest.mark.parametrize(("language", "query", "sample"), list(cases()))
def test_streams(language: str, query: dict[str, Any], sample: Sample) -> None:
    """A query finds the streams that the rule matches; if it can match less, then no others."""
    text = (ROOT / "out" / query["file"]).read_text("utf-8")
    if language == "spl" and "exactly" in sample.name:
        # Splunk's documentation leaves open whether a window holds both its ends.
        with pytest.raises(Unsupported, match="exactly one time window apart"):
            finds(language, text, sample)
        return
    found = finds(language, text, sample)
    less = any("can match less" in note for note in query["notes"])
    assert found is sample.match or (less and not found)
