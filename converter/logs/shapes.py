"""JSON values -> events: the wrappers in which clouds deliver their records.

A new wrapper is one line in `WRAPPERS`: the key that gives it away, and a function from the object
to what it wraps, or None when the object only happens to have such a key.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import orjson

from converter.logs.decoding import decode
from converter.logs.records import EXCERPT, Fault

Event = dict[str, Any]
Wrapper = Callable[[Event], Sequence[Any] | None]

DEEPEST_WRAPPER = 4
"""Wrappers in wrappers; deeper ones stay events."""

PAGING = frozenset({
    "nextLink", "nextToken", "NextToken", "nextPageToken", "count",
    "@odata.context", "@odata.count", "@odata.nextLink",
})  # fmt: skip
"""What may stand before the list of a wrapper; an object with any other key there is an event."""

LISTS = {"Records": False, "records": False, "Events": False, "value": True, "entries": True}
"""Keys of lists of records: CloudTrail's files; Azure's diagnostic export; CloudTrail's
lookup-events; the answers of Azure's and of Google's REST interfaces. True: the name is so common
that the list counts only when it starts with an object, or is empty."""


SUBSCRIPTION = frozenset({
    "messageType", "owner", "logGroup", "logStream", "subscriptionFilters", "logEvents",
    "policyLevel",
})  # fmt: skip
"""Keys of which a CloudWatch Logs subscription has one first."""

LOOKED_UP = frozenset({
    "EventId", "EventName", "ReadOnly", "AccessKeyId", "EventTime", "EventSource", "Username",
    "Resources", "CloudTrailEvent",
})  # fmt: skip
"""Keys of which an entry of CloudTrail's lookup-events has one first."""


BUS = frozenset({
    "version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail",
    "replay-name",
})  # fmt: skip
"""Keys of which an event of EventBridge has one first."""


def records(value: Any) -> Iterator[Event | Fault]:
    """Every event in a whole line or document: an object, a list of objects, or a wrapper."""
    if not isinstance(value, list):
        yield from events(value)
        return
    for item in value:
        yield from events(item, 1)


def events(value: Any, depth: int = 0) -> Iterator[Event | Fault]:
    """Every event in a value, in order; a value that is no object is a fault."""
    if not isinstance(value, dict):
        yield value if isinstance(value, Fault) else _no_object(value)
        return
    wrapped = None if depth > DEEPEST_WRAPPER else contents(value)
    if wrapped is None:
        yield value
        return
    for item in wrapped:
        yield from events(item, depth + 1)


def spoken(raw: bytes) -> Iterator[Event | Fault]:
    """What a line of text is: a JSON object is itself, all else a message."""
    if raw.lstrip().startswith(b"{"):
        value = decode(raw)
        if isinstance(value, dict):
            yield from events(value)
            return
    try:
        text = raw.decode()
    except UnicodeDecodeError as broken:
        yield Fault("encoding", f"its byte {broken.start} is not UTF-8", raw[:EXCERPT])
        return
    if "\0" in text:
        yield Fault("encoding", "it holds NUL bytes", raw[:EXCERPT])
    else:
        yield {"message": text}


def one_event(value: Any) -> Event | None:
    """The value, if it is an event and wraps nothing."""
    return value if type(value) is dict and contents(value) is None else None


def contents(event: Event) -> Sequence[Any] | None:
    """What this object wraps; None for an event."""
    if event.keys().isdisjoint(WRAPPER_KEYS):
        return None
    for key, wrapper in WRAPPERS.items():
        if key in event:
            wrapped = wrapper(event)
            if wrapped is not None:
                return wrapped
    return None


def _list_under(key: str) -> Wrapper:
    def wrapper(event: Event) -> Sequence[Any] | None:
        items = event[key]
        if not isinstance(items, list):
            return None
        if LISTS[key] and items and not isinstance(items[0], dict):
            return None
        for name, value in event.items():
            if name == key:
                return items
            if name not in PAGING or isinstance(value, dict | list):
                return None
        return None

    return wrapper


def _cloudwatch(event: Event) -> Sequence[Any] | None:
    """A CloudWatch Logs subscription; its control messages hold no records."""
    kind, entries = event.get("messageType"), event["logEvents"]
    if not isinstance(entries, list) or next(iter(event)) not in SUBSCRIPTION:
        return None
    if kind not in ("DATA_MESSAGE", "CONTROL_MESSAGE"):
        return None
    return [_message(entry) for entry in entries] if kind == "DATA_MESSAGE" else ()


def _message(entry: Any) -> Any:
    """A log entry's JSON; plain text is an event of its own, as in a file of text."""
    message = entry.get("message") if isinstance(entry, dict) else None
    if not isinstance(message, str):
        return _no_object(entry)
    return decode(message.encode()) if message.lstrip().startswith("{") else {"message": message}


def _eventbridge(event: Event) -> Sequence[Any] | None:
    detail = event.get("detail")
    return (detail,) if isinstance(detail, dict) and next(iter(event)) in BUS else None


def _looked_up(event: Event) -> Sequence[Any] | None:
    """One of the Events of CloudTrail's lookup-events, which holds the record as text."""
    record = event["CloudTrailEvent"]
    if not isinstance(record, str) or next(iter(event)) not in LOOKED_UP:
        return None
    return (decode(record.encode()),)


WRAPPERS: dict[str, Wrapper] = {
    **{key: _list_under(key) for key in LISTS},
    "logEvents": _cloudwatch,
    "detail-type": _eventbridge,
    "CloudTrailEvent": _looked_up,
}


WRAPPER_KEYS = frozenset(WRAPPERS)
"""The keys without one of which an object wraps nothing."""


def _no_object(value: Any) -> Fault:
    return Fault("not an object", f"it is {_NAMES[type(value)]}", _shown(value))


_NAMES = {
    list: "a list", str: "a string", int: "a number", float: "a number", bool: "true or false",
    type(None): "null", dict: "an object without a text message",
}  # fmt: skip


def _shown(value: Any) -> bytes:
    try:
        return orjson.dumps(value)[:EXCERPT]
    except orjson.JSONEncodeError:
        return repr(value).encode()[:EXCERPT]


def _keys(names: Iterable[str]) -> bytes:
    return b'"(?:' + b"|".join(re.escape(name).encode() for name in sorted(names)) + b')"'


_SCALAR = rb'(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"|[-+.0-9A-Za-z]++)'
_PAGES = rb"(?:%s\s*+:\s*+%s\s*+,\s*+)*+" % (_keys(PAGING), _SCALAR)
_ANY_LIST = rb"%s\s*+:\s*+\[" % _keys(
    key for key, objects_only in LISTS.items() if not objects_only
)
_OBJECTS = rb"%s\s*+:\s*+\[(?=\s*+[{\]])" % _keys(key for key, strict in LISTS.items() if strict)
HEAD = re.compile(rb"\{\s*+%s(?:%s|%s)" % (_PAGES, _ANY_LIST, _OBJECTS), re.DOTALL)
"""The bytes of an object up to the `[` of the list that it wraps: `contents` before decoding."""
