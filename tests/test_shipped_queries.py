"""The queries of the shipped rules find the sample events that the rules match, and no others.

Each query runs as text on the samples as the store holds them; the engines are held to a real
Elasticsearch's answers, and for Splunk to its documentation.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from converter.convert import Converter
from converter.ingest import to_ecs, to_splunk
from converter.languages import (
    EMITTERS,
    eql_engine,
    esql_engine,
    kql_engine,
    lucene_engine,
    spl_engine,
)
from converter.pipelines import Pipelines, Source
from converter.rules import Rule, read_rules
from converter.samples import read_samples

ROOT = Path(__file__).resolve().parent.parent
ENGINES: dict[str, Any] = {
    "kql": kql_engine.evaluate,
    "lucene": lucene_engine.evaluate,
    "eql": eql_engine.evaluate,
    "esql": esql_engine.evaluate,
    "spl": spl_engine.evaluate,
}
PIPELINES = Pipelines()
RULES = read_rules([str(ROOT / "sigma_rules")])


def single() -> list[Rule]:
    """The rules that look at single events."""
    return [r for r in RULES.rules if r.kind == "rule" and "new_terms" not in r.extra]


def mapping(source: Source) -> dict[str, str]:
    """The fields of an index and their types, as the catalogue has them."""
    types = {"@timestamp": "date"} | {n: facts.type for n, facts in source.added["ecs"].items()}
    for facts in (entry.schemas["ecs"] for entry in source.fields.values()):
        name, mark, rest = facts.name.partition(".flattened.")
        if facts.type == "flattened":
            types[f"{name}{mark}{rest.split('.')[0]}" if mark else name.removesuffix(".*")] = (
                "flattened"
            )
        elif not facts.none and not name.endswith("*"):
            types[facts.name] = "keyword" if facts.type == "map_text" else facts.type
    return types


@pytest.mark.parametrize("rule", single(), ids=lambda rule: rule.stem)
def test_queries_find_what_their_rule_matches(rule: Rule) -> None:
    """A proved query finds the same events; a partial one errs to the side that it names."""
    source = PIPELINES.require(rule)
    samples = read_samples(ROOT / "tests/samples" / f"{rule.stem}.yml")
    stored = {
        schema: [store(source.stem, one.events[-1]) for one in samples]
        for schema, store in (("ecs", to_ecs), ("splunk", to_splunk))
    }
    wanted = {number for number, one in enumerate(samples) if one.match}
    for language, query in (
        Converter(RULES, PIPELINES, tuple(ENGINES)).convert(rule).queries.items()
    ):
        if not query.text:
            continue
        events = stored[EMITTERS[language].schema]
        found = set(ENGINES[language](query.text, mapping(source), events))
        loss = " ".join(query.notes) if query.fidelity == "partial" else ""
        assert "more" in loss or found <= wanted, (language, query.text)
        assert "less" in loss or found >= wanted, (language, query.text)
