"""Events x rules -> matches, on a cluster: files that Spark reads, and a task on pieces of them.

Spark lists and reads the files and runs the task in its Python workers: on whole files up to a
size, of larger ones on the ranges of lines or rows that Spark cuts them into. What the task is
stands above: a function makes it once in each worker, and was sent there as bytes.
"""

from __future__ import annotations

import importlib
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial, reduce
from typing import Any

from converter.errors import LogError
from converter.logs import Reject
from converter.spark.files import READ, Log, Way, first_line, logs, reader
from converter.spark.pieces import SCHEMA, Key, Result, Task, packed, work

__all__ = ["Found", "Key", "Log", "Result", "Task", "logs", "run", "session"]

_PLACE = ("file", "start", "piece", "seq")
_SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "5000",
}


def session(*, progress: bool = False) -> Any:
    """Spark's session: the one at work, else one as spark-submit and Spark's settings say.

    `progress`: a new one shows on stderr how far its work is. Raises LogError where there is no
    PySpark or no Java.
    """
    try:
        sql = importlib.import_module("pyspark.sql")
        for name in ("pandas", "pyarrow"):
            importlib.import_module(name)
    except ImportError as error:
        what = f"--engine spark needs PySpark, and {' '.join(str(error).split())}"
        raise LogError(what, next_step="install polysigma[spark]") from None
    active = sql.SparkSession.getActiveSession()
    if active is None and "SPARK_REMOTE" not in os.environ:
        _check_java()
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    try:
        return active or _new(sql.SparkSession.builder, progress)
    except Exception as error:  # noqa: BLE001  Java, sockets, settings: errors of any kind
        step = "look at Java (17 or later, JAVA_HOME) and at the master in Spark's settings"
        raise LogError(f"Spark does not start ({first_line(error)})", next_step=step) from None


def _new(builder: Any, progress: bool) -> Any:
    told = "true" if progress else "false"
    builder = builder.appName("polysigma").config("spark.ui.showConsoleProgress", told)
    return builder.getOrCreate()


def _check_java() -> None:
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=f"{home}/bin") if home else shutil.which("java")
    if java is None:
        where = f"in JAVA_HOME ({home})" if home else "on the PATH"
        step = "install Java 17 or later, such as openjdk-17-jre-headless, or set JAVA_HOME"
        raise LogError(f"Spark needs Java, and there is none {where}", next_step=step)


class Found:
    """What the tasks gave, kept by Spark: read it in the order of the logs, or of time."""

    def __init__(self, frame: Any) -> None:
        self._frame = frame

    def in_order(self, kind: str) -> Iterator[tuple[Key, bytes]]:
        """What is of this kind, as it stands in the logs."""
        return self._taken(kind, _PLACE)

    def in_time(self, kind: str) -> Iterator[tuple[Key, bytes]]:
        """What is of this kind by time, what has none first; of equal times as in the logs."""
        return self._taken(kind, ("time", *_PLACE))

    def _taken(self, kind: str, order: Sequence[str]) -> Iterator[tuple[Key, bytes]]:
        rows = self._frame.where(self._frame["kind"] == kind).orderBy(*order)
        with _clear():
            for row in rows.toLocalIterator(prefetchPartitions=True):
                yield Key(row["file"], row["start"], row["piece"]), bytes(row["data"])


@contextmanager
def run(spark: Any, files: Sequence[Log | Reject], setup: Callable[[], Task]) -> Iterator[Found]:
    """What the task that `setup` makes finds in all pieces of these files; keys count the files.

    `setup` is pickled. Raises LogError where Spark ends the work.
    """
    before = {name: spark.conf.get(name, None) for name in _SETTINGS}
    _set(spark, _SETTINGS)
    try:
        with _clear():
            frame = _frame(spark, files, setup).persist()
        yield Found(frame)
        with _clear():
            frame.unpersist()
    finally:
        _set(spark, before)


def _set(spark: Any, settings: dict[str, Any]) -> None:
    for name, value in settings.items():
        if value is None:
            spark.conf.unset(name)
        else:
            spark.conf.set(name, value)


@contextmanager
def _clear() -> Iterator[None]:
    try:
        yield
    except LogError:
        raise
    except Exception as error:  # noqa: BLE001  Java, Python workers, stores: errors of any kind
        step = "look at Spark's own log; nothing can be said of the rest"
        raise LogError(f"Spark ended the scan ({first_line(error)})", next_step=step) from None


def _frame(spark: Any, files: Sequence[Log | Reject], setup: Callable[[], Task]) -> Any:
    """The results of all pieces, to be computed when they are asked for."""
    names = {log.key: (at, log.name) for at, log in enumerate(files) if isinstance(log, Log)}
    ways: dict[Way, list[str]] = {}
    for log in files:
        if isinstance(log, Log):
            ways.setdefault(log.way, []).append(log.path)
    pack = packed(setup, names)
    frames = [
        READ[way](reader(spark), paths).mapInArrow(partial(work, way, pack), SCHEMA)
        for way, paths in sorted(ways.items())
    ]
    empty = spark.createDataFrame([], SCHEMA)
    return reduce(lambda one, other: one.unionAll(other), frames) if frames else empty
