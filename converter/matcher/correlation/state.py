"""State as JSON data and as the bytes of a file: each event once, however many windows hold it."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from converter.errors import StateError
from converter.matcher.correlation.occurrence import Occurrence, Place

_KIND, _VERSION = "polysigma scan state", 1
_ANEW = "remove the file, and begin anew"


def packed(state: dict[str, Any]) -> bytes:
    """A state as a file: one line that says what it is, one that holds it. Raises StateError."""
    try:
        body = json.dumps(state, separators=(",", ":")).encode()
    except (RecursionError, TypeError, ValueError):
        step = "scan without --state"
        raise StateError("an event is nested too deeply to be saved", next_step=step) from None
    head = {"kind": _KIND, "version": _VERSION, "sha256": hashlib.sha256(body).hexdigest()}
    return json.dumps(head).encode() + b"\n" + body + b"\n"


def unpacked(raw: bytes) -> dict[str, Any]:
    """A state from a file. Raises StateError where it is none, of another version, or damaged."""
    first, _, body = raw.partition(b"\n")
    try:
        head = json.loads(first)
        kind, version, digest = head["kind"], head["version"], head["sha256"]
    except (ValueError, TypeError, KeyError, RecursionError):
        kind, version, digest = None, None, None
    if kind != _KIND:
        raise StateError("no state of a scan", next_step="name another file")
    if version != _VERSION:
        what = f"the state has version {version}, not {_VERSION}"
        raise StateError(what, next_step=_ANEW)
    body = body.removesuffix(b"\n")
    if hashlib.sha256(body).hexdigest() != digest:
        raise StateError("the state is damaged or cut off", next_step=_ANEW)
    try:
        found: dict[str, Any] = json.loads(body)
    except (ValueError, RecursionError):
        raise StateError("no state of a scan", next_step="name another file") from None
    return found


class Writing:
    """Numbers occurrences, parts before what they are parts of (`Table`)."""

    def __init__(self) -> None:
        self.rows: list[Any] = []
        self._numbers: dict[int, int] = {}

    def number(self, one: Occurrence) -> int:
        """The occurrence's number; it is written down when it is first asked for."""
        if id(one) not in self._numbers:
            parts = [(self.number(part), step) for part, step in one.parts]
            event = None if parts else one.event
            before = None if one.before is None else self.number(one.before)
            row = [one.place, event, one.file, one.record, one.written, parts, one.key, before]
            self._numbers[id(one)] = len(self.rows)
            self.rows.append(row)
        return self._numbers[id(one)]

    def occurrence(self, number: int) -> Occurrence:
        """Nothing is read while writing."""
        raise LookupError(number)


class Reading:
    """The occurrences of a state by number (`Table`). Raises what Python does for other data."""

    def __init__(self, rows: Any) -> None:
        self._found: list[Occurrence] = []
        for place, event, file, record, written, parts, key, before in rows:
            made = tuple((self._found[number], int(step)) for number, step in parts)
            shown = made[-1][0].event if made else event
            began = None if before is None else self._found[before]
            where = (Place(*place), shown, file, record, written)
            self._found.append(Occurrence(*where, made, tuple(key), began))

    def number(self, one: Occurrence) -> int:
        """Nothing is written while reading."""
        raise LookupError(one)

    def occurrence(self, number: int) -> Occurrence:
        """The occurrence with this number."""
        return self._found[number]
