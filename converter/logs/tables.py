"""Logs that are no text: Parquet and Arrow files by pyarrow, Windows .evtx by evtx, if installed.

A null in a column is taken for a key that the record lacks, a map for an object, and of times finer
than a microsecond the rest is cut off. A table of one column of JSON text is read as lines of JSON
are. A row that cannot be read is a reject, and its neighbours are read all the same.
"""

from __future__ import annotations

import importlib
import math
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from os import SEEK_END
from typing import Any, BinaryIO

from converter.logs.decoding import decode
from converter.logs.records import EXCERPT, Fault, Record, Reject
from converter.logs.shapes import events

Rows = Iterator[Any]

_BATCH = 2000

_EVTX_HEADER, _EVTX_CHUNK, _EVTX_COUNT = 4096, 65536, 42
"""Bytes of the header and of a chunk of an .evtx file, and where the header counts the chunks."""

_NO_NUMBERS = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}


def is_table(head: bytes) -> bool:
    """Whether a file that begins so is a table."""
    return head.startswith(tuple(_KINDS))


def may_be_table(head: bytes) -> bool:
    """Whether more of a file must be seen to know."""
    return any(len(head) < len(magic) and magic.startswith(head) for magic in _KINDS)


def read_table(stream: BinaryIO, name: str, head: bytes) -> Iterator[Record | Reject]:
    """The records of a table; it raises nothing."""
    kind, extra, read = _KINDS[next(magic for magic in _KINDS if head.startswith(magic))]
    number = 0
    try:
        for item in (item for row in read(stream) for item in events(row)):
            if isinstance(item, Fault) and item.kind == "truncated":
                yield Reject(name, 0, "", item.kind, item.why)
                continue
            number += 1
            if isinstance(item, Fault):
                yield Reject(name, number, "", item.kind, item.why, item.raw[:EXCERPT], item.raw)
            else:
                yield Record(item, name, number)
    except ImportError:
        why = f"it is {kind}; install polysigma[{extra}] to read it"
        yield Reject(name, 0, "", "binary", why)
    except Exception as error:  # noqa: BLE001  these libraries raise errors of any kind
        why = f"it is {kind}, and cannot be read on: {_in_short(error)}"
        yield Reject(name, 0, f"record {number + 1}", "corrupt", why)


def _parquet(stream: BinaryIO) -> Rows:
    found = importlib.import_module("pyarrow.parquet").ParquetFile(stream)
    return _batches(found.iter_batches(batch_size=_BATCH))


def _arrow(stream: BinaryIO) -> Rows:
    found = importlib.import_module("pyarrow.ipc").open_file(stream)
    return _batches(found.get_batch(at) for at in range(found.num_record_batches))


def _arrow_stream(stream: BinaryIO) -> Rows:
    return _batches(importlib.import_module("pyarrow.ipc").open_stream(stream))


def _batches(batches: Iterable[Any]) -> Rows:
    for batch in batches:
        for row in _rows(_coarse(batch)):
            values = [] if isinstance(row, Fault) else list(row.values())
            if len(values) == 1 and isinstance(values[0], str) and values[0].startswith("{"):
                yield _opened(values[0].encode())
            else:
                yield _plain(row)


def _opened(raw: bytes) -> Any:
    value = decode(raw)
    return replace(value, raw=raw) if isinstance(value, Fault) else value


def _rows(batch: Any) -> Rows:
    """The rows of a batch; where a value is none that Python knows, one by one."""
    try:
        yield from batch.to_pylist(maps_as_pydicts="lossy")
    except (ValueError, OverflowError) as error:
        if batch.num_rows > 1:
            for at in range(batch.num_rows):
                yield from _rows(batch.slice(at, 1))
        else:
            yield Fault("corrupt", f"it has a value that cannot be read: {error}")


def _coarse(batch: Any) -> Any:
    """The batch with times in microseconds where they are in nanoseconds, which Python has not."""
    pyarrow: Any = importlib.import_module("pyarrow")
    fields = [field.with_type(_coarse_type(pyarrow, field.type)) for field in batch.schema]
    wanted = pyarrow.schema(fields)
    return batch if wanted == batch.schema else batch.cast(wanted, safe=False)


def _coarse_type(pyarrow: Any, kind: Any) -> Any:
    is_, inner = pyarrow.types, partial(_coarse_type, pyarrow)
    if is_.is_timestamp(kind) and kind.unit == "ns":
        return pyarrow.timestamp("us", kind.tz)
    if is_.is_duration(kind) and kind.unit == "ns":
        return pyarrow.duration("us")
    if is_.is_time64(kind):
        return pyarrow.time64("us")
    if is_.is_struct(kind):
        return pyarrow.struct([field.with_type(inner(field.type)) for field in kind])
    if is_.is_map(kind):
        return pyarrow.map_(inner(kind.key_type), inner(kind.item_type))
    if is_.is_list(kind):
        return pyarrow.list_(kind.value_field.with_type(inner(kind.value_type)))
    return kind


def _evtx(stream: BinaryIO) -> Rows:
    rows = importlib.import_module("evtx").PyEvtxParser(stream).records_json()
    while True:
        try:
            row = next(rows)
        except StopIteration:
            break
        except RuntimeError as error:
            yield Fault("corrupt", f"it cannot be read: {_in_short(error)}")
        else:
            yield decode(row["data"].encode())
    if _is_cut(stream):
        yield Fault("truncated", "the file ends before its last chunk does")


def _is_cut(stream: BinaryIO) -> bool:
    """Whether chunks are missing at the end: they are of one size, and the header counts them."""
    size = stream.seek(0, SEEK_END)
    stream.seek(_EVTX_COUNT)
    said = int.from_bytes(stream.read(2), "little")
    chunks, rest = divmod(size - _EVTX_HEADER, _EVTX_CHUNK)
    return rest > 0 or chunks < said


def _in_short(error: Exception) -> str:
    return " ".join(str(error).split())[:200]


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
    (float, lambda value: value if math.isfinite(value) else _NO_NUMBERS[str(value)]),
)


_KINDS: dict[bytes, tuple[str, str, Callable[[BinaryIO], Rows]]] = {
    b"PAR1": ("a Parquet file", "parquet", _parquet),
    b"ARROW1": ("an Arrow file", "parquet", _arrow),
    b"\xff\xff\xff\xff": ("a stream of Arrow", "parquet", _arrow_stream),
    b"ElfFile\0": ("a Windows event log", "evtx", _evtx),
}
