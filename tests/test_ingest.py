"""Raw events against the documents and fields they must become (cases in tests/ingest/*.yml)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from converter.errors import PipelineError
from converter.ingest import SOURCES, to_ecs, to_splunk

HERE = Path(__file__).parent / "ingest"
MISSING = object()
Case = dict[str, Any]


def cases() -> list[Any]:
    """Every case of every source, as pytest parameters."""
    return [
        pytest.param(source, case, id=f"{source}: {case['name']}")
        for source in SOURCES
        for case in yaml.safe_load((HERE / f"{source}.yml").read_text("utf-8"))
    ]


def differences(wanted: Any, got: Any, at: str = "") -> list[str]:
    """Where `got` does not contain `wanted`: objects by subset, all else exactly."""
    if isinstance(wanted, dict) and isinstance(got, dict):
        return [
            line
            for key, value in wanted.items()
            for line in differences(value, got.get(key, MISSING), f"{at}/{key}")
        ]
    texts = [json.dumps(value, sort_keys=True, default=str) for value in (wanted, got)]
    return [] if texts[0] == texts[1] else [f"{at}: wanted {wanted!r}, got {got!r}"]


def found(document: Any, dotted: str) -> Any:
    """What a dotted name leads to in a nested document, or MISSING."""
    for key in dotted.split("."):
        document = document.get(key, MISSING) if isinstance(document, dict) else MISSING
    return document


@pytest.mark.parametrize(("source", "case"), cases())
def test_document(source: str, case: Case) -> None:
    """The document holds what the case says and nothing of what it excludes."""
    document = to_ecs(source, case["raw"])
    assert differences(case.get("ecs", {}), document) == []
    assert [n for n in case.get("ecs_absent", []) if found(document, n) is not MISSING] == []
    assert case.get("ecs_is", document) == document


@pytest.mark.parametrize(("source", "case"), cases())
def test_fields(source: str, case: Case) -> None:
    """The Splunk fields are what the case says and none of what it excludes."""
    fields = to_splunk(source, case["raw"])
    assert differences(case.get("splunk", {}), fields) == []
    assert [name for name in case.get("splunk_absent", []) if name in fields] == []


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("event", [None, 5, [], [{"eventName": "x"}], True, b"x"])
def test_no_event(source: str, event: object) -> None:
    """What is no event becomes nothing."""
    assert to_ecs(source, event) == {}
    assert to_splunk(source, event) == {}


def test_unknown_source() -> None:
    """A log source without ingest is an error that names those that have one."""
    with pytest.raises(PipelineError, match="'linux'; use one of aws_cloudtrail"):
        to_ecs("linux", {})
    with pytest.raises(PipelineError):
        to_splunk("linux", {})


def test_long_objects_have_no_flattened_copy() -> None:
    """An object whose text is longer than a Lucene term is kept as text only."""
    short = {"a": "x" * (32_765 - len("{a=}"))}
    long = {"a": short["a"] + "x"}
    for value, flattened in ((short, {"request_parameters": short}), (long, None)):
        stored = to_ecs("aws_cloudtrail", {"requestParameters": value})["aws"]["cloudtrail"]
        assert stored["request_parameters"] == f"{{a={value['a']}}}"
        assert stored.get("flattened") == flattened
