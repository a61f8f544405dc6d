"""Logs that are no text: Parquet and Arrow files by pyarrow, Windows .evtx by evtx, if installed.

A null in a column is taken for a key that the record lacks. A table of one column of JSON text is
read as lines of JSON are.
"""

from __future__ import annotations

import importlib
import json
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, BinaryIO

from converter.logs.decoding import decode
from converter.logs.records import Fault, Record, Reject
from converter.logs.shapes import events

Rows = Iterator[Any]

_BATCH = 2000


def is_table(head: bytes) -> bool:
    """Whether a file that begins so is a table."""
    return head.startswith(tuple(_KINDS))


def read_table(stream: BinaryIO, name: str, head: bytes) -> Iterator[Record | Reject]:
    """The records of a table; it raises nothing."""
    kind, extra, read = _KINDS[next(magic for magic in _KINDS if head.startswith(magic))]
    number = 0
    try:
        for item in (item for row in read(stream) for item in events(row)):
            number += 1
            if isinstance(item, Fault):
                yield Reject(name, number, "", item.kind, item.why, item.raw)
            else:
                yield Record(item, name, number)
    except ImportError:
        why = f"it is {kind}; install polysigma[{extra}] to read it"
        yield Reject(name, 0, "", "binary", why)
    except Exception as error:  # noqa: BLE001  these libraries raise errors of any kind
        why = f"it is {kind}, and cannot be read on: {' '.join(str(error).split())[:200]}"
        yield Reject(name, 0, f"record {number + 1}", "corrupt", why)


def _parquet(stream: BinaryIO) -> Rows:
    found = importlib.import_module("pyarrow.parquet").ParquetFile(stream)
    return _batches(found.iter_batches(batch_size=_BATCH))


def _arrow(stream: BinaryIO) -> Rows:
    found = importlib.import_module("pyarrow.ipc").open_file(stream)
    return _batches(found.get_batch(at) for at in range(found.num_record_batches))


def _batches(batches: Iterator[Any]) -> Rows:
    for batch in batches:
        for row in batch.to_pylist():
            values = list(row.values())
            if len(values) == 1 and isinstance(values[0], str) and values[0].startswith("{"):
                yield decode(values[0].encode())
            else:
                yield _plain(row)


def _evtx(stream: BinaryIO) -> Rows:
    for record in importlib.import_module("evtx").PyEvtxParser(stream).records_json():
        yield json.loads(record["data"])


def _plain(value: Any) -> Any:
    """The value as JSON has it."""
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    for kind, change in _CHANGES:
        if isinstance(value, kind):
            return change(value)
    return value


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return b64encode(value).decode()


_CHANGES: tuple[tuple[Any, Callable[[Any], Any]], ...] = (
    (datetime, lambda value: value.isoformat().replace("+00:00", "Z")),
    ((date, time), lambda value: value.isoformat()),
    (timedelta, lambda value: value.total_seconds()),
    (Decimal, lambda value: int(value) if value == value.to_integral_value() else float(value)),
    (bytes, _text),
)


_KINDS: dict[bytes, tuple[str, str, Callable[[BinaryIO], Rows]]] = {
    b"PAR1": ("a Parquet file", "parquet", _parquet),
    b"ARROW1": ("an Arrow file", "parquet", _arrow),
    b"ElfFile\0": ("a Windows event log", "evtx", _evtx),
}
