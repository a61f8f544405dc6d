"""What a Python worker of Spark does: batches of rows in, pieces of logs, results of a task out."""

from __future__ import annotations

import importlib
import pickle
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from itertools import groupby
from typing import Any, BinaryIO, NamedTuple

from converter.logs.opening import File
from converter.logs.parts import Part
from converter.spark.files import Way, key_of

Result = tuple[str, int | None, bytes]
"""What a task gives: a kind, a time by which to put these in order, and what is sent back."""

Task = Callable[[Part], Iterator[Result]]
Names = Mapping[str, tuple[int, str]]
"""For the key of a file its number and its name."""

SCHEMA = "file int, start long, piece int, seq int, kind string, time long, data binary"
_COLUMNS = tuple(column.split()[0] for column in SCHEMA.split(", "))
_BATCH = 4 << 20


class Key(NamedTuple):
    """A piece of the logs: the number of its file, where its range begins, which piece of that."""

    file: int
    start: int
    piece: int


@dataclass(frozen=True, slots=True)
class Held(File):
    """A file whose bytes are here."""

    content: bytes = b""

    def open(self) -> BinaryIO:
        """Its bytes."""
        return BytesIO(self.content)


def packed(setup: Callable[[], Task], names: Names) -> bytes:
    """What `work` needs, for other processes."""
    return zlib.compress(pickle.dumps((setup, names)))


_tasks: dict[bytes, tuple[Task, Names]] = {}


def work(way: Way, pack: bytes, batches: Iterator[Any]) -> Iterator[Any]:
    """The results of all pieces in these batches, as batches of `SCHEMA`."""
    if pack not in _tasks:  # made once in each process, for all that it is given to do
        setup, names = pickle.loads(zlib.decompress(pack))
        _tasks.clear()
        _tasks[pack] = setup(), names
    task, names = _tasks[pack]
    rows, size = list[tuple[Any, ...]](), 0
    for key, part in _PIECES[way](batches, names):
        for seq, (kind, time, data) in enumerate(task(part)):
            rows.append((*key, seq, kind, time, data))
            size += len(data)
            if size > _BATCH:
                yield _batch(rows)
                rows, size = [], 0
    if rows:
        yield _batch(rows)


def _batch(rows: list[tuple[Any, ...]]) -> Any:
    arrow = importlib.import_module("pyarrow")
    types = (
        arrow.int32(), arrow.int64(), arrow.int32(), arrow.int32(),
        arrow.string(), arrow.int64(), arrow.binary(),
    )  # fmt: skip
    columns = zip(*rows, strict=True)
    arrays = [arrow.array(column, kind) for column, kind in zip(columns, types, strict=True)]
    return arrow.RecordBatch.from_arrays(arrays, names=_COLUMNS)


Pieces = Iterator[tuple[Key, Part]]


def _whole(batches: Iterator[Any], names: Names) -> Pieces:
    for batch in batches:
        for path, content in zip(batch["file"], batch["data"], strict=True):
            number, name = names[key_of(path.as_py())]
            yield Key(number, 0, 0), Part(Held(name, None, "held", content.as_py()))


def _lines(batches: Iterator[Any], names: Names) -> Pieces:
    for key, name, rows in _ranges(batches, names):
        content = b"\n".join((b"", *rows["data"].to_pylist(), b""))
        # A range behind a line end, so that no mark of byte order is looked for in it.
        yield key, Part(Held(name, None, "held", content), len(content), 1, len(content))


def _rows(batches: Iterator[Any], names: Names) -> Pieces:
    arrow = importlib.import_module("pyarrow")
    for key, name, rows in _ranges(batches, names):
        table = arrow.RecordBatch.from_struct_array(rows["data"])
        sink = BytesIO()
        with arrow.ipc.new_file(sink, table.schema) as file:
            file.write_batch(table)
        yield key, Part(Held(name, None, "held", sink.getvalue()))


def _ranges(batches: Iterator[Any], names: Names) -> Iterator[tuple[Key, str, Any]]:
    """The rows of each batch that are of one range of one file."""
    pieces = Counter[tuple[str, int]]()
    for batch in batches:
        places = zip(batch["file"].to_pylist(), batch["start"].to_pylist(), strict=True)
        at = 0
        for place, rows in groupby(places):
            count = sum(1 for _ in rows)
            number, name = names[key_of(place[0])]
            yield Key(number, place[1], pieces[place]), name, batch.slice(at, count)
            pieces[place] += 1
            at += count


_PIECES: Mapping[Way, Callable[[Iterator[Any], Names], Pieces]] = {
    "whole": _whole,
    "lines": _lines,
    "rows": _rows,
}
