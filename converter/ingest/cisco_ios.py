"""One Cisco IOS syslog event as Elastic's cisco_ios.log data stream and as Splunk holds it.

Accepted: `{program, message, host, timestamp}`, where message may be a raw syslog line, or the
line alone. Elastic: integration package cisco_ios, header and message only (access lists and
other messages it takes apart stay text). Splunk: sourcetype cisco:ios, message is the raw line.
"""

from __future__ import annotations

import re

from converter.ingest.document import Document, plain, put, stream
from converter.ingest.java_map import java_text
from converter.ingest.moments import iso_moment, unix_time
from converter.ingest.splunk_fields import Fields, extracted

SOURCETYPE = "cisco:ios"
LEVELS = (
    "emergency",
    "alert",
    "critical",
    "error",
    "warning",
    "notification",
    "informational",
    "debug",
)

_HEADER = re.compile(
    r"(?:<\d{1,3}>)?[A-Z][a-z]{2} +\d{1,2} \d{2}:\d{2}:\d{2} (?P<host>\S+) (?P<rest>.*)", re.DOTALL
)
_PROGRAM = re.compile(r"(?P<program>[A-Za-z][\w./-]*)(?:\[\d+\])?: (?P<rest>.*)", re.DOTALL)
_MNEMONIC = re.compile(
    r"%(?P<facility>[A-Z]\w*(?:-[A-Z]\w*)*)-(?P<severity>[0-7])-(?P<code>\w+): ?(?P<rest>.*)",
    re.DOTALL | re.ASCII,
)


def ecs(event: object) -> Document:
    """The Elasticsearch document; message is the text after the header and the mnemonic."""
    fields, text = _read(event)
    if not fields:
        return {}
    document = stream("cisco_ios.log", "cisco_ios")
    document["observer"] = {"vendor": "Cisco", "product": "IOS"}
    put(document, ("@timestamp",), iso_moment(fields.get("timestamp")))
    put(document, ("host", "name"), fields.get("host"))
    put(document, ("log", "syslog", "hostname"), fields.get("host"))
    put(document, ("process", "name"), fields.get("program"))
    _put_message(document, text)
    return document


def splunk(event: object) -> Fields:
    """message and _raw (the raw line), _time (UNIX time), and whatever else the event holds."""
    fields, _ = _read(event)
    if not fields:
        return {}
    extra = {"_raw": fields.get("message"), "_time": unix_time(fields.get("timestamp"))}
    given = {name: value for name, value in extra.items() if value is not None}
    return extracted(fields | given) | {"sourcetype": SOURCETYPE}


def _read(event: object) -> tuple[Document, str]:
    """The event with host and program, and the message without its syslog header."""
    fields = plain({"message": event} if isinstance(event, str) else event)
    if not isinstance(fields, dict):
        return {}, ""
    message = fields.get("message")
    text = "" if message is None else java_text(message)
    for part, key in ((_HEADER, "host"), (_PROGRAM, "program")):
        found = part.fullmatch(text)
        if found is None:
            break
        fields, text = {key: found[key]} | fields, found["rest"]
    return fields, text


def _put_message(document: Document, text: str) -> None:
    found = _MNEMONIC.search(text)
    if found is None:
        put(document, ("message",), text or None)
        return
    put(document, ("message",), found["rest"])
    put(document, ("cisco", "ios", "facility"), found["facility"])
    put(document, ("event", "code"), found["code"])
    put(document, ("event", "severity"), int(found["severity"]))
    put(document, ("log", "level"), LEVELS[int(found["severity"])])
