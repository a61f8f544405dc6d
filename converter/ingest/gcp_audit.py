"""One Cloud Audit LogEntry as Elastic's gcp.audit data stream and as Splunk holds it.

Accepted: the LogEntry, or the envelope `{attributes, publish_time, data: {LogEntry}}` that
Splunk's Pub/Sub input writes. Elastic: integration package gcp 2.38.0, with the fields newer
packages add beside them (user.email, user.id, related.*, cloud.availability_zone,
gcp.audit.resource.type, receive_timestamp, service_data, resource_name of cluster entries too).
Left out, as they need a database: geo and AS data, the parsed parts of the user agent.
Splunk: sourcetype google:gcp:pubsub:message, every name under `data.`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from converter.ingest.addresses import address
from converter.ingest.document import Document, add, at, plain, put, stream, without_empty
from converter.ingest.gcp_kubernetes import orchestrator
from converter.ingest.splunk_fields import Fields, extracted
from converter.ingest.tables import fill

NAME = "gcp_audit"
SOURCETYPE = "google:gcp:pubsub:message"
AUDIT_LOG = "type.googleapis.com/google.cloud.audit.AuditLog"
AUDIT = ("gcp", "audit")
TOP_KEYS = ("insertId", "logName", "receiveTimestamp")


def ecs(event: object) -> Document:
    """The Elasticsearch document of one entry.

    Empty where Elastic's pipeline drops the entry: when protoPayload.@type is there and is not
    AuditLog. An entry without @type (fragments, test data) is kept, as the pipeline does.
    """
    entry = at(_envelope(event), ("data",))
    kind = at(entry, ("protoPayload", "@type"))
    if not isinstance(entry, dict) or kind not in (None, AUDIT_LOG):
        return {}
    document = stream("gcp.audit", "gcp")
    put(document, ("cloud", "provider"), "gcp")
    fill(document, entry, NAME)
    _put_operation(document, entry)
    _put_authorization(document, entry)
    _put_bodies(document, entry)
    _put_origin(document, entry)
    labels = at(entry, ("resource", "labels"))
    names = at(labels, ("cluster_name",)), at(entry, ("protoPayload", "resourceName"))
    put(document, ("orchestrator",), orchestrator(at(entry, ("resource", "type")), *names))
    kept: Document = without_empty(_without_dots(document))
    return kept


def splunk(event: object) -> Fields:
    """The leaf fields of the envelope; a bare LogEntry is put into one first."""
    if not isinstance(event, Mapping):
        return {}
    return extracted(_envelope(event)) | {"sourcetype": SOURCETYPE}


def _envelope(event: object) -> Document:
    """The event as `{…, data: LogEntry}`, keys that some exports write in lower case restored."""
    whole = plain(event)
    if not isinstance(whole, dict):
        return {}
    entry = whole.get("data")
    if "protoPayload" in whole or not isinstance(entry, dict):
        whole, entry = {}, whole
    restored = {key: entry[key.lower()] for key in TOP_KEYS if key.lower() in entry}
    lowered = {key.lower() for key in restored}
    kept = {key: value for key, value in entry.items() if key not in lowered}
    return whole | {"data": restored | kept}


def _put_operation(document: Document, entry: Document) -> None:
    """The operation's id where it is not the entry's own; start and end of a long operation."""
    operation = entry.get("operation")
    own, identity = at(document, ("event", "id")), at(operation, ("id",))
    if own is not None and identity != own:
        put(document, (*AUDIT, "logentry_operation", "id"), identity)
    first, last = (at(operation, (key,)) is True for key in ("first", "last"))
    if operation is not None and not (first and last):
        add(document, ("event", "category"), "session")
        add(document, ("event", "type"), "start" if first else "end" if last else None)


def _put_authorization(document: Document, entry: Document) -> None:
    """authorization_info, and what a single authorization says of outcome, category and type."""
    infos = at(entry, ("protoPayload", "authorizationInfo"))
    put(document, (*AUDIT, "authorization_info"), _renamed_attributes(infos))
    single = isinstance(infos, list) and len(infos) == 1
    granted = at(infos[0], ("granted",)) if single else None
    if single:
        add(document, ("event", "category"), "network")
        add(document, ("event", "category"), "configuration")
    if isinstance(granted, bool):
        add(document, ("event", "type"), "access")
        add(document, ("event", "type"), "allowed" if granted else "denied")
    code = at(document, (*AUDIT, "status", "code"))
    put(document, ("event", "outcome"), _outcome(code, granted))


def _outcome(code: int | None, granted: object) -> str:
    """The status code decides; without one, a single authorization; else nobody knows."""
    if code is None and not isinstance(granted, bool):
        return "unknown"
    return "success" if (granted if code is None else code == 0) else "failure"


def _renamed_attributes(infos: Any) -> Any:
    if not isinstance(infos, list):
        return infos
    return [
        {_attribute_key(key): value for key, value in info.items()}
        if isinstance(info, dict)
        else info
        for info in infos
    ]


def _attribute_key(key: str) -> str:
    return "resource_attributes" if key == "resourceAttributes" else key


def _put_bodies(document: Document, entry: Document) -> None:
    """Request and response; a policy or status that is no object gets a name of its own."""
    for name, inner in (("request", "policy"), ("response", "status")):
        body = at(entry, ("protoPayload", name))
        if isinstance(body, dict) and not isinstance(body.get(inner, {}), dict):
            body = {f"{inner}_value" if key == inner else key: v for key, v in body.items()}
        put(document, (*AUDIT, name), body)


def _put_origin(document: Document, entry: Document) -> None:
    logger = at(document, ("log", "logger"))
    _, mark, kind = logger.partition("%2F") if isinstance(logger, str) else ("", "", "")
    put(document, ("event", "provider"), kind if mark else None)
    caller = at(entry, ("protoPayload", "requestMetadata", "callerIp"))
    if address(caller):
        put(document, ("source", "ip"), caller)
        add(document, ("related", "ip"), caller)
    add(document, ("related", "user"), at(document, ("client", "user", "email")))


def _without_dots(value: Any) -> Any:
    """Without keys made of dots only, which Elasticsearch cannot name (Kubernetes `f:` lists)."""
    if isinstance(value, dict):
        return {k: _without_dots(v) for k, v in value.items() if not k or k.strip(".")}
    return [_without_dots(item) for item in value] if isinstance(value, list) else value
