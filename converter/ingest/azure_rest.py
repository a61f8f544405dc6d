"""Activity Log events in the REST (portal) shape, as the diagnostic export would write them.

Source: Azure Monitor, "Azure activity log event schema", mapping to the storage account schema.
"""

from __future__ import annotations

from typing import Any

from converter.ingest.document import Document, at, is_empty, put
from converter.ingest.tables import path, table

NAME_CLAIM = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name"


def export_record(event: Document) -> Document:
    """The event itself when it is an export record, else the record made of a REST event.

    REST keys that an export lacks (ids, channels, resource group, submission time) fall away.
    """
    if not is_rest(event):
        return event
    record: Document = {}
    for raw, target in table("azure_activitylogs")["rest"].items():
        value = _value(at(event, path(raw)))
        if not is_empty(value):
            put(record, path(target), value)
    put(record, ("properties", "eventCategory"), record.get("category"))
    _put_caller(record, event.get("caller"))
    return record


def is_rest(event: Document) -> bool:
    """True of the REST shape: the operation is an object, or the time has the REST name."""
    return isinstance(event.get("operationName"), dict) or (
        "eventTimestamp" in event and "time" not in event
    )


def _value(value: Any) -> Any:
    return value["value"] if isinstance(value, dict) and "value" in value else value


def _put_caller(record: Document, caller: object) -> None:
    """A caller that is a user's name stands in the export as a claim; portal JSON may lack it."""
    if isinstance(caller, str) and "@" in caller:
        put(record, ("identity", "claims", NAME_CLAIM), caller)
