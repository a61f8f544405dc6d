"""How far a scan has come, kept in a file, so that it can go on after it was interrupted.

The file is written now and then, in one step, behind a part of the logs whose matches are written.
Where a scan goes on, it finds again what was found after that, and leaves out as many bytes of it
as stand in the output already. So nothing is lost and nothing is twice, whenever it was stopped,
if the output is a file: of a pipe nobody knows what was read of it.
"""

from __future__ import annotations

import base64
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from converter.cli.cache import digest
from converter.errors import StateError
from converter.logs import Reject
from converter.logs.opening import File
from converter.logs.parts import Part
from converter.matcher.correlation import Engine, packed, unpacked
from converter.scan.crew import Crew
from converter.scan.results import Rejected, RuleSummary, Summary

_EVERY = 1.0
_STEP = "delete it to begin anew"


class Checkpoint:
    """The file; `write` stands between a scan and its output."""

    def __init__(self, file: str, asked: Sequence[str], out: int) -> None:
        self._path = Path(file)
        self._asked = digest(asked)
        self._out = out
        self._file, self._start = "", 0
        self._written = self._left_out = 0
        self._next = 0.0

    def load(
        self, items: Sequence[Part | Reject], crew: Crew, summary: Summary, engine: Engine
    ) -> int:
        """How many items were done before; all else is as it was then. Raises StateError."""
        self._items = digest(_item(item) for item in items)
        self._go_on(crew, summary, engine)
        self._file, size = _output(self._out)
        self._start = size - self._written - self._left_out
        self._keep(crew, summary, engine)
        return crew.done

    def _go_on(self, crew: Crew, summary: Summary, engine: Engine) -> None:
        try:
            kept = orjson.loads(self._path.read_bytes())
            if (kept["asked"], kept["items"]) != (self._asked, self._items):
                raise self._error("is of another scan: the logs, rules or options have changed")
            _restore(summary, kept["summary"])
            engine.restore(unpacked(base64.b64decode(kept["engine"])))
            vars(crew.before).update(kept["before"])
            crew.go_on(kept["done"], kept["bytes"])
            self._written = kept["written"]
            if kept["file"]:
                self._left_out = _size(kept["file"]) - kept["start"] - kept["written"]
        except FileNotFoundError:
            return
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise self._error(f"cannot be read ({error})") from None

    def write(self, data: bytes, write: Callable[[bytes], object]) -> None:
        """Writes what was not written before."""
        self._written += len(data)
        known = min(max(0, self._left_out), len(data))
        self._left_out -= known
        write(data[known:] if known else data)

    def save(self, crew: Crew, summary: Summary, engine: Engine, flush: Callable[[], None]) -> None:
        """Keeps how far the scan is, if it was not kept a moment ago. Raises StateError."""
        if time.monotonic() < self._next or self._left_out > 0:
            return
        flush()
        self._keep(crew, summary, engine)

    def _keep(self, crew: Crew, summary: Summary, engine: Engine) -> None:
        kept = {
            "asked": self._asked, "items": self._items, "done": crew.done, "bytes": crew.bytes,
            "before": vars(crew.before), "summary": _data(summary), "written": self._written,
            "start": self._start, "file": self._file,
            "engine": _text(packed(engine.state())),
        }  # fmt: skip
        try:
            handle, name = tempfile.mkstemp(prefix=f".{self._path.name}-", dir=self._path.parent)
            with os.fdopen(handle, "wb") as new:
                new.write(orjson.dumps(kept))
            os.replace(name, self._path)
        except OSError as error:
            raise self._error(f"cannot be written ({error.strerror})") from None
        self._next = time.monotonic() + _EVERY

    def remove(self) -> None:
        """The scan has come to its end."""
        self._path.unlink(missing_ok=True)

    def _error(self, what: str) -> StateError:
        return StateError(what, path=str(self._path), next_step=_STEP)


def _output(out: int) -> tuple[str, int]:
    """The file that standard output goes to, and where in it that begins; empty for a pipe."""
    try:
        name = os.readlink(f"/proc/self/fd/{out}")
        return (name, os.fstat(out).st_size) if os.path.isfile(name) else ("", 0)
    except OSError:
        return "", 0


def _size(file: str) -> int:
    try:
        return os.stat(file).st_size if file else 0
    except OSError:
        return 0


def _item(item: Part | Reject) -> str:
    if isinstance(item, Reject):
        return f"{item.file} {item.why}"
    return f"{item.file.name} {item.start} {item.end} {item.size} {_stamp(item.file)}"


def _stamp(file: File) -> str:
    if file.path is None:
        return file.stamp
    try:
        return str(file.path.stat().st_mtime_ns)
    except (OSError, ValueError):
        return "-"


def _data(summary: Summary) -> dict[str, Any]:
    rejects = [
        [kind, one.count, {**asdict(one.first), "raw": _text(one.first.raw), "whole": ""}]
        for kind, one in summary.rejects.items()
    ]
    counts = {name: getattr(summary, name) for name in _COUNTS}
    return {**counts, "rejects": rejects, **{n: _rules(getattr(summary, n)) for n in _BY_RULE}}


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


_COUNTS = ("records", "passed", "outside", "undated")
_BY_RULE = ("matches", "held")


def _rules(counts: dict[RuleSummary, int]) -> list[list[Any]]:
    return [[asdict(rule), count] for rule, count in counts.items()]


def _restore(summary: Summary, kept: dict[str, Any]) -> None:
    for name in _COUNTS:
        setattr(summary, name, kept[name])
    for name in _BY_RULE:
        getattr(summary, name).update({RuleSummary(**rule): n for rule, n in kept[name]})
    for kind, count, first in kept["rejects"]:
        raw = base64.b64decode(first["raw"])
        summary.rejects[kind] = Rejected(count, Reject(**{**first, "raw": raw, "whole": b""}))
