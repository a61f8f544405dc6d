"""What of the logs Spark reads: a list of files, and for each the way in which it is read."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote

from converter.logs import Reject
from converter.logs.opening import File, find
from converter.logs.sniffing import BOM, WINDOW, form
from converter.logs.unpacking import MAGIC

WHOLE = 32 << 20
"""Bytes up to which a file is one piece, read as a scan on one machine reads it."""

LARGEST = 1 << 30
"""Bytes over which a file that cannot be cut is rejected; Spark holds less than twice as many."""

Way = Literal["whole", "lines", "rows"]
"""A file in one piece, or as ranges of JSON lines or of rows of Parquet, as Spark cuts them."""

_HEAD = 200
_PACKED = (".gz", ".bz2", ".zst", ".xz", ".lz4", ".snappy", ".deflate")


@dataclass(frozen=True, slots=True)
class Log:
    """A file to scan: its name for the user, its path for Spark, its key there, and its bytes."""

    name: str
    path: str
    key: str
    size: int
    way: Way = "whole"


def logs(spark: Any, places: Sequence[str]) -> list[Log | Reject]:
    """The files at these places, in order: paths that all machines see, and URLs by Spark."""
    found: list[Log | Reject] = []
    for place in places:
        if "://" in place or place.startswith("dbfs:"):
            found += _remote(spark, place)
        else:
            found += map(_local, find([place]))
    return [_settled(spark, one) if isinstance(one, Log) else one for one in found]


def _local(file: File | Reject) -> Log | Reject:
    if isinstance(file, Reject):
        return file
    if file.path is None:
        return _unreadable(file.name, "Spark reads files, no standard input")
    if ":" in file.path.name:
        return _unreadable(file.name, "Spark reads no file with a colon in its name")
    try:
        with file.open() as stream:
            size = stream.seek(0, os.SEEK_END)
    except OSError as error:
        return _unreadable(file.name, f"it cannot be opened: {error.strerror or error}")
    path = f"file:{os.path.abspath(file.path)}"
    return Log(file.name, path, path, size)


def _remote(spark: Any, place: str) -> list[Log | Reject]:
    reader = spark.read.format("binaryFile").option("recursiveFileLookup", "true")
    try:
        rows = reader.load(place).select("path", "_metadata.file_path", "length").collect()
    except Exception as error:  # noqa: BLE001  stores raise errors of any kind
        return [_unreadable(place, f"Spark cannot list it: {first_line(error)}")]
    if not rows:
        return [Reject(place, 0, "", "empty", "Spark finds no log there")]
    return [Log(row[0], row[0], key_of(row[1]), row[2]) for row in sorted(rows)]


def _settled(spark: Any, log: Log) -> Log | Reject:
    """The log with the way in which it is read."""
    if not log.size:
        return Reject(log.name, 0, "", "empty", "the file is empty")
    way = _way(spark, log)
    if way == "whole" and log.size > LARGEST:
        why = f"it has {log.size} bytes, and Spark cuts only plain JSON lines and Parquet"
        return _unreadable(log.name, f"{why}; unpack it, or cut it")
    return replace(log, way=way)


def _way(spark: Any, log: Log) -> Way:
    if log.size <= WHOLE or log.path.endswith(_PACKED):
        return "whole"
    head = _head(spark, log)
    if head.startswith(b"PAR1"):
        return "rows"
    packed = any(head.startswith(magic) for magic in MAGIC)
    return "lines" if not packed and form(head.removeprefix(BOM)) == "lines" else "whole"


def _head(spark: Any, log: Log) -> bytes:
    if log.path.startswith("file:"):
        with Path(log.path[5:]).open("rb") as stream:
            return stream.read(WINDOW + len(BOM))
    rows = _lines(reader(spark), [log.path]).limit(_HEAD).collect()
    return b"".join(bytes(row["data"]) + b"\n" for row in rows)[: WINDOW + len(BOM)]


def _unreadable(name: str, why: str) -> Reject:
    return Reject(name, 0, "", "unreadable", why)


def key_of(path: str) -> str:
    """The name of a file in Spark's metadata, in one form."""
    if not path.startswith("file:"):
        return path
    return f"file:/{unquote(path[5:]).lstrip('/')}"


def first_line(error: Exception) -> str:
    """The line of an error that says what is wrong."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    causes = [line for line in lines if line.startswith(("Caused by:", ": "))]
    return (causes[-1] if causes else lines[0] if lines else type(error).__name__)[:300]


def reader(spark: Any) -> Any:
    """A reader of files by their exact names."""
    return spark.read.option("recursiveFileLookup", "true").option("__globPaths__", "false")


def _whole(reading: Any, paths: list[str]) -> Any:
    found = reading.format("binaryFile").load(paths)
    return found.selectExpr("_metadata.file_path AS file", "0L AS start", "content AS data")


def _lines(reading: Any, paths: list[str]) -> Any:
    found = reading.option("lineSep", "\n").text(paths)
    place = ("_metadata.file_path AS file", "_metadata.file_block_start AS start")
    return found.selectExpr(*place, "CAST(value AS BINARY) AS data")


def _rows(reading: Any, paths: list[str]) -> Any:
    found = reading.option("mergeSchema", "true").parquet(*paths)
    place = ("_metadata.file_path AS file", "_metadata.file_block_start AS start")
    return found.selectExpr(*place, "struct(*) AS data")


READ: Mapping[Way, Callable[[Any, list[str]], Any]] = {
    "whole": _whole,
    "lines": _lines,
    "rows": _rows,
}
"""Each way: a reader and paths in, rows of a file, the start of a range, and data out."""
