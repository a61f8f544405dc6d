"""Whatever an event holds, ingest answers, in JSON types, and leaves the event alone."""

from __future__ import annotations

import copy
import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converter.ingest import SOURCES, to_ecs, to_splunk
from converter.ingest.tables import steps, table

KNOWN = """
    resources additionalEventData MFAUsed ConsoleLogin eventName time identity claims evidence
    properties callerIpAddress durationMs value data operation first last id authorizationInfo
    granted request policy response message host program
"""
PATHS = [
    *(
        step.source
        for name in ("aws_cloudtrail", "azure_activitylogs", "gcp_audit")
        for step in steps(name)
    ),
    *(raw.split(".") for raw in table("azure_activitylogs")["rest"]),
    table("aws_cloudtrail")["objects"],
    re.findall(r"\w+", KNOWN),
]
WORDS = sorted({word for path in PATHS for word in path})
TEXTS = st.sampled_from(
    [
        "ConsoleLogin",
        "success",
        "TLSv1.2",
        "10.0.0.1",
        "a@b.c",
        "type.googleapis.com/x",
        "k8s_cluster",
        "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/a/providers/b.c/d/e",
        "%",
        "core/v1/namespaces/a/pods",
        "2026-03-03T10:15:00Z",
        "<1>Mar  1 00:00:00 h p: %A-1-B: x",
        "\ud800",
    ]
) | st.text(max_size=8)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | TEXTS
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(WORDS) | st.text(max_size=3), inner, max_size=5)
    ),
    max_leaves=25,
)


def is_json(value: Any) -> bool:
    """True of a value made of JSON types only, with text as keys."""
    if isinstance(value, dict):
        return all(type(key) is str and is_json(item) for key, item in value.items())
    if isinstance(value, list):
        return all(is_json(item) for item in value)
    return value is None or type(value) in (str, int, float, bool)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(SOURCES)), VALUES)
def test_never_fails(source: str, event: Any) -> None:
    """Any JSON value gives a JSON document and flat text fields, and is not changed."""
    before = copy.deepcopy(event)
    document, fields = to_ecs(source, event), to_splunk(source, event)
    assert is_json(document)
    assert json.dumps(document, allow_nan=False)
    for value in fields.values():
        assert isinstance(value, str) or all(isinstance(item, str) for item in value)
    assert json.dumps(before, sort_keys=True) == json.dumps(event, sort_keys=True)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(sorted(SOURCES)), VALUES)
def test_same_event_same_answer(source: str, event: Any) -> None:
    """An event gives the same document each time, its keys in the same order."""
    assert json.dumps(to_ecs(source, event)) == json.dumps(to_ecs(source, copy.deepcopy(event)))
    assert json.dumps(to_splunk(source, event)) == json.dumps(to_splunk(source, event))


@pytest.mark.parametrize("source", SOURCES)
def test_depth(source: str) -> None:
    """An event nested without end is cut off, not followed."""
    deep: Any = "bottom"
    for _ in range(100_000):
        deep = [deep]
    event = {"requestParameters": deep, "properties": deep, "message": deep, "data": deep}
    assert to_ecs(source, event)["event"]["kind"] == "event"
    assert "bottom" not in to_splunk(source, event).values()


@pytest.mark.parametrize("source", SOURCES)
def test_yaml_types(source: str) -> None:
    """Dates, tuples, NaN and keys that are no text, which YAML can give, become JSON types."""
    event = {
        "eventTime": datetime(2026, 3, 3, 10, 15, tzinfo=UTC),
        "requestParameters": {5: (1, float("nan")), None: b"x"},
        "properties": {True: float("inf")},
    }
    assert is_json(to_ecs(source, event))
    assert is_json(to_splunk(source, event))


def test_dates_from_yaml() -> None:
    """A date that YAML has read already is a time all the same."""
    event = {"eventTime": datetime(2026, 3, 3, 10, 15, tzinfo=UTC)}
    assert to_ecs("aws_cloudtrail", event)["@timestamp"] == "2026-03-03T10:15:00.000Z"


@pytest.mark.parametrize("length", [2_000, 20_000])
def test_hostile_text(length: int) -> None:
    """Text made to send a careless pattern back and forth is read in one go."""
    for unit in ("/providers/", "/resourceGroups/a/providers/b.c/", "a@", "a", "%A-", "v1/", "/"):
        text = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/" + unit * (
            length // len(unit)
        )
        claims = {"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name": text}
        azure = {"resourceId": text, "identity": {"claims": claims}}
        assert to_ecs("azure_activitylogs", azure)["azure"]["resource"]["id"] == text
        cluster = {"resource": {"type": "k8s_cluster"}, "protoPayload": {"resourceName": text}}
        assert to_ecs("gcp_audit", cluster)["gcp"]["audit"]["resource_name"] == text
        assert "message" in to_ecs("cisco_ios", {"message": text})
