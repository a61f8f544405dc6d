"""The layouts in which programs write one Windows event as JSON."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Event = dict[str, Any]


@dataclass(frozen=True)
class Header:
    """What stands around the data of an event."""

    channel: str
    provider: str
    guid: str
    event_id: int
    title: str
    version: int
    number: int
    time: str
    computer: str


def evtx(head: Header, data: Event) -> Event:
    """As readers of .evtx files do, such as evtx_dump."""
    system = {
        "Provider": {"#attributes": {"Name": head.provider, "Guid": head.guid}},
        "EventID": head.event_id,
        "Version": head.version,
        "Level": 4,
        "Task": head.event_id,
        "Opcode": 0,
        "Keywords": "0x8000000000000000",
        "TimeCreated": {"#attributes": {"SystemTime": head.time.replace(" ", "T") + "Z"}},
        "EventRecordID": head.number,
        "Correlation": None,
        "Execution": {"#attributes": {"ProcessID": 3120, "ThreadID": 4108}},
        "Channel": head.channel,
        "Computer": head.computer,
        "Security": {"#attributes": {"UserID": "S-1-5-18"}},
    }
    space = {"xmlns": "http://schemas.microsoft.com/win/2004/08/events/event"}
    return {"Event": {"#attributes": space, "System": system, "EventData": data}}


def winlogbeat(head: Header, data: Event) -> Event:
    """As Elastic's shippers do, values as text."""
    time = head.time.replace(" ", "T") + "Z"
    agent = {"type": "winlogbeat", "version": "8.12.2", "name": head.computer.split(".")[0]}
    texts = {key: value if isinstance(value, str) else str(value) for key, value in data.items()}
    code = str(head.event_id)
    return {
        "@timestamp": time,
        "agent": agent | {"id": "0b1c7c1e-4c8e-4bfa-9a3f-2f6b6f0f9d11"},
        "ecs": {"version": "8.0.0"},
        "event": {"action": head.title, "code": code, "kind": "event", "provider": head.provider},
        "host": {"name": head.computer, "os": {"family": "windows", "platform": "windows"}},
        "log": {"level": "information"},
        "message": message(head, data, "\n"),
        "winlog": {
            "api": "wineventlog",
            "channel": head.channel,
            "computer_name": head.computer,
            "event_data": texts,
            "event_id": code,
            "opcode": "Info",
            "process": {"pid": 3120, "thread": {"id": 4108}},
            "provider_guid": head.guid,
            "provider_name": head.provider,
            "record_id": head.number,
            "task": head.title,
            "version": head.version,
        },
    }


def flat(head: Header, data: Event) -> Event:
    """As NXLog and similar exports do: all keys at the top, and the text for people."""
    event = {
        "EventTime": head.time[:19],
        "Hostname": head.computer,
        "Keywords": -9223372036854775808,
        "EventType": "INFO",
        "SeverityValue": 2,
        "Severity": "INFO",
        "EventID": head.event_id,
        "SourceName": head.provider,
        "ProviderGuid": head.guid,
        "Version": head.version,
        "Task": head.event_id,
        "OpcodeValue": 0,
        "RecordNumber": head.number,
        "ExecutionProcessID": 3120,
        "ThreadID": 4108,
        "Channel": head.channel,
        "Domain": "NT AUTHORITY",
        "AccountName": "SYSTEM",
        "UserID": "S-1-5-18",
        "AccountType": "User",
        "Message": message(head, data, "\r\n"),
        "Category": head.title,
        "Opcode": "Info",
    }
    received = {"EventReceivedTime": head.time[:19], "SourceModuleName": "eventlog"}
    return event | data | received | {"SourceModuleType": "im_msvistalog"}


def message(head: Header, data: Event, line: str) -> str:
    """The event as Windows shows it to people."""
    return line.join((f"{head.title}:", *(f"{key}: {value}" for key, value in data.items())))


LAYOUTS: dict[str, Callable[[Header, Event], Event]] = {
    "flat": flat,
    "evtx": evtx,
    "winlogbeat": winlogbeat,
}
