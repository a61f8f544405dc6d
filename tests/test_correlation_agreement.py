"""The matcher and the emitted queries, run by their evaluators, say the same of random streams."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from test_correlations import FIVE_DENIED, correlation, rules_with

from converter.convert import Converter
from converter.ingest import to_ecs, to_splunk
from converter.languages.eql_engine import evaluate_sequences
from converter.languages.spl_engine import rows
from converter.matcher.correlation import Input, Node, input_of, matches_of, plan_of
from converter.matcher.rules import readings
from converter.pipelines import Pipelines, View
from converter.rules import RuleSet

PIPELINES = Pipelines()
START = 1_767_260_000
MAPPING = {
    "@timestamp": "date",
    "aws.cloudtrail.error_code": "keyword",
    "aws.cloudtrail.user_identity.arn": "keyword",
    "event.action": "keyword",
    "event.dataset": "keyword",
    "event.outcome": "keyword",
    "user.name": "keyword",
}
ARN, USER = "userIdentity.arn", "userIdentity.userName"
SIZE = "additionalEventData.bytes"
WHO = {"aliases": {"who": {"denied": ARN, "created": USER}}, "group-by": ["who"]}
BOTH = ["denied", "created"]


def body(kind: str, rules: list[str], **more: Any) -> dict[str, Any]:
    return {"type": kind, "rules": rules, "group-by": [ARN], "timespan": "5s"} | more


GROWING = {
    "count": body("event_count", ["denied"], condition={"gte": 3}),
    "count of two rules": body("event_count", BOTH, condition={"gt": 2}),
    "count without groups": body("event_count", BOTH, condition={"gte": 4}) | {"group-by": []},
    "values": body("value_count", ["denied"], condition={"field": "eventName", "gte": 2}),
    "sum": body("value_sum", ["denied"], condition={"field": SIZE, "gt": 9}),
    "mean": body("value_avg", ["denied"], condition={"field": SIZE, "gte": 5}),
    "median": body("value_median", ["denied"], condition={"field": SIZE, "gte": 5}),
    "two rules": body("temporal", BOTH),
    "aliases": body("temporal", BOTH, **WHO),
    "order": body("temporal_ordered", BOTH),
    "order of three": body("temporal_ordered", ["denied", "created", "denied"]),
    "order of aliases": body("temporal_ordered", BOTH, **WHO),
    "a count, then one": body("temporal_ordered", [FIVE_DENIED, "created"]),
}
CLOSING = {
    "few": body("event_count", ["denied"], condition={"lt": 3}),
    "just so many": body("event_count", ["denied"], condition={"eq": 2}),
    "a range": body("event_count", BOTH, condition={"gte": 2, "lte": 3}),
    "a low sum": body("value_sum", ["denied"], condition={"field": SIZE, "lte": 5}),
    "not so many": body("value_count", ["denied"], condition={"field": "eventName", "neq": 1}),
}
EQL = ["count", "count of two rules", "count without groups", "order", "order of three"]

event = st.fixed_dictionaries(
    {
        # no two events can be exactly one timespan apart: Splunk does not say what it does then
        "time": st.integers(0, 14).map(lambda second: second + second % 5 / 8),
        "kind": st.sampled_from([*BOTH, "other"]),
        "arn": st.sampled_from([None, "x", "y"]),
        "user": st.sampled_from([None, "x", "y"]),
        "name": st.sampled_from(["RunInstances", "GetObject"]),
        "size": st.sampled_from([None, 2, 5, 9]),
    }
)
# Events of one moment have no order in Splunk, and Elasticsearch reads them backwards (see below).
streams = st.lists(event, min_size=1, max_size=10, unique_by=lambda one: one["time"])


def raw(one: dict[str, Any]) -> dict[str, Any]:
    """The event as CloudTrail writes it."""
    made = one["kind"] == "created"
    time = datetime.fromtimestamp(START + one["time"], UTC).isoformat(timespec="milliseconds")
    identity = {"arn": one["arn"], "userName": one["user"]}
    return {
        "eventTime": time.replace("+00:00", "Z"),
        "eventSource": "iam.amazonaws.com",
        "eventName": "CreateUser" if made else one["name"],
        "userIdentity": {name: value for name, value in identity.items() if value},
        **({"errorCode": "AccessDenied"} if one["kind"] == "denied" else {}),
        **({} if one["size"] is None else {"additionalEventData": {"bytes": one["size"]}}),
    }


def splunk(event: Any) -> dict[str, Any]:
    stored = to_splunk("aws_cloudtrail", event)
    return stored | {"_time": datetime.fromisoformat(stored["eventTime"]).timestamp()}


def ecs(event: Any) -> dict[str, Any]:
    return to_ecs("aws_cloudtrail", event)


def rules_of(name: str) -> RuleSet:
    return rules_with(correlation({**GROWING, **CLOSING}[name]))


@cache
def query(name: str, language: str) -> str:
    rules = rules_of(name)
    found = Converter(rules, PIPELINES, (language,)).convert(rules.rules[-1]).queries[language]
    assert found.text, found.notes
    return found.text


@cache
def ready(name: str, view: View) -> tuple[Sequence[Node], Sequence[Input]]:
    rules = rules_of(name)
    store = splunk if view == "splunk" else ecs
    inputs = [input_of(one, store) for one in readings(rules.rules[-1], rules, PIPELINES, view)]
    return plan_of(rules.rules[-1], rules, PIPELINES, view).nodes, inputs


def fires(name: str, view: View, events: list[dict[str, Any]]) -> set[str]:
    """The times at which the matcher finds a match, as the view writes them."""
    found, counts = matches_of(*ready(name, view), [raw(one) for one in events])
    assert not counts.late
    return {str(one.match.written) for one in found}


def searched(name: str, events: list[dict[str, Any]]) -> set[str]:
    """The times of the rows that the SPL query gives."""
    found = rows(query(name, "spl"), [splunk(raw(one)) for one in events])
    return {str(row["_time"]) for row in found}


def sequenced(name: str, events: list[dict[str, Any]]) -> int:
    """How many sequences the EQL query gives."""
    docs = [ecs(raw(one)) for one in events]
    return len(evaluate_sequences(query(name, "eql"), MAPPING, docs))


def apart(events: list[dict[str, Any]]) -> None:
    """Leaves out streams with events exactly one timespan apart, of which Splunk says nothing."""
    times = {one["time"] for one in events}
    assume(not any(time + span in times for time in times for span in (5, 600)))


@pytest.mark.parametrize("name", GROWING)
@settings(max_examples=40)
@given(events=streams)
def test_splunk_finds_what_the_matcher_finds(name: str, events: list[dict[str, Any]]) -> None:
    """Where a condition can only be gained, streamstats has a row just if there is a match."""
    apart(events)
    found, matched = searched(name, events), fires(name, "splunk", events)
    assert bool(found) == bool(matched)
    assert matched <= found


@pytest.mark.parametrize("name", CLOSING)
@settings(max_examples=40)
@given(events=streams)
def test_splunk_also_tells_of_windows_that_still_grow(
    name: str, events: list[dict[str, Any]]
) -> None:
    """Where a further event can undo the condition, each match is a row, but not each row a match.

    streamstats judges at each event, the matcher when the window is complete: of a burst of five,
    `lt: 3` is a row of the first two events, and no match.
    """
    apart(events)
    assert fires(name, "splunk", events) <= searched(name, events)


@pytest.mark.parametrize("name", EQL)
@settings(max_examples=40)
@given(events=streams)
def test_elastic_finds_what_the_matcher_finds(name: str, events: list[dict[str, Any]]) -> None:
    """EQL has a sequence just if there is a match, events exactly a timespan apart included."""
    assert bool(sequenced(name, events)) == bool(fires(name, "ecs", events))


def test_events_of_one_moment_are_missed_by_eql() -> None:
    """Three events of one moment are a match here; an EQL sequence, read backwards, has none."""
    one = {"time": 0, "kind": "denied", "arn": "x", "user": "x", "name": "GetObject", "size": 1}
    assert fires("count", "ecs", [one] * 3)
    assert sequenced("count", [one] * 3) == 0


def test_the_streams_do_match() -> None:
    """Each correlation of these tests fires on a stream made for it: agreement means something."""
    base = {"arn": "x", "user": "x", "size": 5}
    kinds = ["denied", "created"] * 2 + ["denied"] * 5 + ["created"]
    names = ["RunInstances", "GetObject"]
    events = [
        base | {"time": n / 4, "kind": kind, "name": names[n % 2 or n // 8]}
        for n, kind in enumerate(kinds)
    ]
    pause = [base | {"time": 100, "kind": "denied", "name": names[0]}]
    pair = [base | {"time": 200 + n, "kind": "denied", "name": names[n]} for n in range(2)]
    for name in (*GROWING, *CLOSING):
        assert fires(name, "splunk", [*events, *pause, *pair]), name
