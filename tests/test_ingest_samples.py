"""Real events: what every one of them must keep on its way (sources in PROVENANCE.md)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from converter.ingest import to_ecs, to_splunk

SAMPLES = Path(__file__).parent / "ingest" / "samples"
SOURCES = ("aws_cloudtrail", "azure_activitylogs", "gcp_audit")


def events() -> list[Any]:
    """Every sample as (source, event)."""
    return [
        pytest.param(source, json.loads(line), id=f"{source}:{number}")
        for source in SOURCES
        for number, line in enumerate(
            (SAMPLES / f"{source}.ndjson").read_text("utf-8").splitlines(), 1
        )
    ]


def texts(value: Any) -> Iterator[str]:
    """Every text among the leaves, empty ones apart."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from texts(item)
    elif isinstance(value, str) and value:
        yield value


def operation(event: dict[str, Any]) -> str:
    """The name of what was done, wherever the event holds it."""
    payload = event.get("data", event).get("protoPayload", {})
    name = event.get("operationName") or payload.get("methodName") or event.get("eventName")
    return str(name["value"] if isinstance(name, dict) else name)


@pytest.mark.parametrize(("source", "event"), events())
def test_operation(source: str, event: dict[str, Any]) -> None:
    """event.action is what was done, letter for letter."""
    assert to_ecs(source, event)["event"]["action"] == operation(event)


@pytest.mark.parametrize(("source", "event"), events())
def test_dataset(source: str, event: dict[str, Any]) -> None:
    """The document names its data set, as a field and as its stream."""
    document = to_ecs(source, event)
    assert document["event"]["dataset"] == source.replace("_", ".")
    assert document["data_stream"]["dataset"] == source.replace("_", ".")


def not_rest() -> list[Any]:
    """The samples but for REST events, which become export records and so hold less."""
    return [case for case in events() if "eventTimestamp" not in case.values[1]]


@pytest.mark.parametrize(("source", "event"), not_rest())
def test_no_text_is_lost(source: str, event: dict[str, Any]) -> None:
    """Every text of an event is a Splunk value."""
    values: set[str] = set()
    for value in to_splunk(source, event).values():
        values.update(value if isinstance(value, list) else [value])
    assert set(texts(event)) <= values
