"""One Azure Activity Log record as Elastic's azure.activitylogs stream and as Splunk holds it.

Accepted: the diagnostic-settings export record, or the REST (portal) event, which is turned into
one first. Elastic: integration package azure 1.15.1, with what newer packages add beside it
(azure.tenant_id, any case of the resource id, M/d/yyyy times, durations as text). Left out, as
they need a database: geo and AS data; geo.name is set only where the caller has no public
address, as a lookup of it replaces the whole object. Splunk: sourcetype azure:monitor:activity.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from converter.ingest.addresses import address
from converter.ingest.azure_claims import put_identity
from converter.ingest.azure_resource import put_resource_parts
from converter.ingest.azure_rest import export_record
from converter.ingest.document import Document, add, at, plain, put, stream
from converter.ingest.moments import iso_moment, us_moment
from converter.ingest.splunk_fields import Fields, extracted
from converter.ingest.tables import fill, steps, table, whole_number

NAME = "azure_activitylogs"
SOURCETYPE = "azure:monitor:activity"
ACTIVITY = ("azure", "activitylogs")
NANOSECONDS = 1_000_000  # in a millisecond
READ_HERE = ("time", "callerIpAddress", "durationMs", "location", "identity", "properties")


def ecs(event: object) -> Document:
    """The Elasticsearch document of one record."""
    record = plain(event)
    if not isinstance(record, dict):
        return {}
    record = export_record(record)
    document = stream("azure.activitylogs", "azure")
    put(document, ("cloud", "provider"), "azure")
    time = record.get("time")
    put(document, ("@timestamp",), iso_moment(time) or us_moment(time))
    fill(document, record, NAME)
    _put_rest(document, record)
    _put_caller(document, record)
    _put_duration(document, record.get("durationMs"))
    _put_properties(document, record.get("properties"))
    _put_class(document)
    put_identity(document, record.get("identity"))
    put_resource_parts(document, record.get("resourceId"))
    return document


def splunk(event: object) -> Fields:
    """The leaf fields of the export record."""
    if not isinstance(event, Mapping):
        return {}
    return extracted(export_record(plain(event))) | {"sourcetype": SOURCETYPE}


def _put_rest(document: Document, record: Document) -> None:
    """Keys without a place of their own keep their name."""
    known = {step.source[0] for step in steps(NAME)} | set(READ_HERE)
    for key, value in record.items():
        if key not in known:
            put(document, (*ACTIVITY, key), value)


def _put_caller(document: Document, record: Document) -> None:
    caller = record.get("callerIpAddress")
    found = address(caller)
    if found is None:
        put(document, ("source", "address"), caller)
    else:
        put(document, ("source", "ip"), caller)
        put(document, ("client", "ip"), caller)
        add(document, ("related", "ip"), caller)
    if found is None or not found.is_global:
        put(document, ("geo", "name"), record.get("location"))


def _put_duration(document: Document, milliseconds: object) -> None:
    number = whole_number(milliseconds)
    put(document, ("event", "duration"), None if number is None else number * NANOSECONDS)


def _put_properties(document: Document, value: object) -> None:
    """properties with its renames; its category, message and JSON text are taken out of it."""
    properties = _parsed(value)
    if not isinstance(properties, dict):
        put(document, (*ACTIVITY, "properties"), properties)
        properties = {}
    policy = "Administrative" if properties.get("policies") is None else "Policy"
    category = properties.pop("eventCategory", None)
    put(document, (*ACTIVITY, "event_category"), policy if category is None else category)
    put(document, ("message",), properties.pop("statusMessage", None))
    names = table(NAME)["properties"]
    renamed = {names.get(key, key): item for key, item in properties.items()}
    put(document, (*ACTIVITY, "properties"), renamed or None)


def _parsed(value: object) -> Any:
    """JSON text as what it says; other text and other values as they are."""
    if not isinstance(value, str):
        return value
    try:
        return plain(json.loads(value))
    except (ValueError, RecursionError):
        return value


def _put_class(document: Document) -> None:
    """event.outcome, only of results that say success or failure; event.type by the category."""
    result = at(document, (*ACTIVITY, "result_type"))
    other = at(document, (*ACTIVITY, "properties", "result"))
    if isinstance(result, str) and result.lower() in ("success", "failure"):
        put(document, ("event", "outcome"), result.lower())
    elif isinstance(other, str) and other in ("success", "failure", "unknown"):
        put(document, ("event", "outcome"), other)
    category = at(document, (*ACTIVITY, "category"))
    kind = table(NAME)["types"].get(category.lower()) if isinstance(category, str) else None
    put(document, ("event", "type"), kind and [kind])
