"""One CloudTrail record as Elastic's aws.cloudtrail data stream and as Splunk holds it.

Elastic: integration package aws 2.24.1, with the fields newer packages add beside them
(cloud.provider, cloud.service.name, related.ip, user.email, session_credential_from_console and
cloud.account.id from recipientAccountId). Left out, as they need a database or a clock: geo and
AS data, the parsed parts of the user agent, event.created. Splunk: sourcetype aws:cloudtrail.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from converter.ingest.addresses import address
from converter.ingest.document import Document, add, at, plain, put, stream, without_empty
from converter.ingest.java_map import hash_order, hash_ordered, java_text
from converter.ingest.splunk_fields import Fields, extracted
from converter.ingest.tables import fill, table

NAME = "aws_cloudtrail"
SOURCETYPE = "aws:cloudtrail"
LONGEST_TEXT = 32_766  # what a Lucene term can hold; longer objects have no flattened copy
CLOUDTRAIL = ("aws", "cloudtrail")
FLATTENED = (*CLOUDTRAIL, "flattened")
TARGET_USERS = (("requestParameters", "userName"), ("requestParameters", "newUserName"))
RESOURCE_KEYS = {"ARN": "arn", "accountId": "account_id"}
TRUTHS = {"true": True, "false": False}


def ecs(event: object) -> Document:
    """The Elasticsearch document of one record; digest and insight lines are records too."""
    record = without_empty(hash_ordered(plain(event)))
    if not isinstance(record, dict):
        return {}
    document = stream("aws.cloudtrail", "aws")
    put(document, ("cloud", "provider"), "aws")
    fill(document, record, NAME)
    _put_objects(document, record)
    _put_resources(document, record)
    _put_console_login(document, record)
    _put_source(document)
    _put_tls_version(document, record)
    _put_digest_hash(document, record)
    _put_users(document, record)
    _put_class(document)
    return document


def splunk(event: object) -> Fields:
    """The leaf fields; where the record has no error code or null, the add-on writes `success`."""
    record = plain(event)
    if not isinstance(record, dict):
        return {}
    if record.get("errorCode") is None:
        record["errorCode"] = "success"
    fields = extracted(record)
    for raw, names in table(NAME)["cim"].items():
        fields |= {name: fields[raw] for name in names if raw in fields}
    return fields | {"sourcetype": SOURCETYPE}


def _put_objects(document: Document, record: Document) -> None:
    for raw, name in table(NAME)["objects"].items():
        value = record.get(raw)
        if value is None:
            continue
        text = java_text(value)
        put(document, (*CLOUDTRAIL, name), text)
        if len(text) < LONGEST_TEXT:
            put(document, (*FLATTENED, name), value)


def _put_resources(document: Document, record: Document) -> None:
    """One entry for each combination of ARN, account and type, in Elastic's (hash) order."""
    resources = record.get("resources")
    if not isinstance(resources, list):
        put(document, (*CLOUDTRAIL, "resources"), resources)
        return
    unique = {}
    for resource in resources:
        if isinstance(resource, dict):
            named = {RESOURCE_KEYS.get(key, key): value for key, value in resource.items()}
            parts = (java_text(named.get(key, "")) for key in ("arn", "account_id", "type"))
            unique["_".join(parts)] = named
    ordered = [unique[key] for key in hash_order(list(unique))]
    put(document, (*CLOUDTRAIL, "resources"), ordered or None)


def _put_console_login(document: Document, record: Document) -> None:
    if record.get("eventName") != "ConsoleLogin":
        return
    data = record.get("additionalEventData")
    login = (*CLOUDTRAIL, "console_login", "additional_eventdata")
    put(document, (*login, "login_to"), at(data, ("LoginTo",)))
    for raw, name in (("MFAUsed", "mfa_used"), ("MobileVersion", "mobile_version")):
        value = at(data, (raw,))
        put(document, (*login, name), None if value is None else value != "No")


def _put_source(document: Document) -> None:
    name = at(document, ("source", "address"))
    if address(name):
        put(document, ("source", "ip"), name)
        add(document, ("related", "ip"), name)
    provider = at(document, ("event", "provider"))
    if isinstance(provider, str) and provider.endswith(".amazonaws.com"):
        put(document, ("cloud", "service", "name"), provider.removesuffix(".amazonaws.com"))


def _put_tls_version(document: Document, record: Document) -> None:
    """`TLSv1.3` is protocol `tls`, version `1.3`."""
    version = at(record, ("tlsDetails", "tlsVersion"))
    protocol, mark, number = version.partition("v") if isinstance(version, str) else ("", "", "")
    if mark:
        put(document, ("tls", "version_protocol"), protocol.lower())
        put(document, ("tls", "version"), number)


def _put_digest_hash(document: Document, record: Document) -> None:
    if record.get("previousDigestHashAlgorithm") == "SHA-256":
        value = record.get("previousDigestSignature")
        put(document, ("file", "hash", "sha256"), value)
        add(document, ("related", "hash"), value)


def _put_users(document: Document, record: Document) -> None:
    for path in (("userIdentity", "userName"), *TARGET_USERS):
        name = at(record, path)
        add(document, ("related", "user"), None if name is None else java_text(name))
    own = at(record, ("userIdentity", "userName"))
    if isinstance(own, str) and "@" in own:
        put(document, ("user", "email"), own)
    console = TRUTHS.get(java_text(record.get("sessionCredentialFromConsole")))
    put(document, (*CLOUDTRAIL, "session_credential_from_console"), console)


def _put_class(document: Document) -> None:
    """event.outcome, event.type and, for a few events, event.category."""
    action = at(document, ("event", "action"))
    login = at(document, (*FLATTENED, "response_elements", "ConsoleLogin"))
    if action == "ConsoleLogin" and login is not None:
        outcome = java_text(login).lower()
    else:
        found = at(document, CLOUDTRAIL) or {}
        outcome = "failure" if found.keys() & {"error_code", "error_message"} else "success"
    put(document, ("event", "outcome"), outcome)
    row = _categories().get(action or "", {"type": ["info"]})
    for key, values in row.items():
        put(document, ("event", key), list(values))


@cache
def _categories() -> Mapping[str, Mapping[str, list[str]]]:
    return {
        name: {"category": row["category"], "type": row["type"]}
        for row in table(NAME)["categories"]
        for name in row["events"]
    }
