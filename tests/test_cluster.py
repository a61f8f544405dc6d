"""A scan on a cluster, without one: pieces by other workers make a whole; what lacks is said."""

from __future__ import annotations

import json
import pickle
import random
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from test_cli import run
from test_library_streams import RULES

from converter.cli import cluster
from converter.logs import Reject
from converter.logs.parts import Part
from converter.spark import Key, Log, files
from converter.spark.pieces import Held

OPTIONS = ["scan", "logs", "--rules", "rules.yml", "--engine"]


class Pieces:
    """In the place of Spark: each file cut into ranges of lines, done in no order, then sorted."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.rows: list[tuple[Key, int, str, int | None, bytes]] = []

    @contextmanager
    def run(self, spark: Any, logs: Sequence[Log | Reject], setup: Any) -> Iterator[Pieces]:
        pieces = [piece for number, log in enumerate(logs) for piece in self.cut(number, log)]
        random.Random(7).shuffle(pieces)
        task = pickle.loads(pickle.dumps(setup))()
        for key, part in pieces:
            self.rows += [(key, seq, *one) for seq, one in enumerate(task(part))]
        random.Random(8).shuffle(self.rows)
        yield self

    def cut(self, number: int, log: Log | Reject) -> Iterator[tuple[Key, Part]]:
        lines = Path(log.path[5:]).read_bytes().split(b"\n") if isinstance(log, Log) else []
        for at in range(0, len(lines), self.size):
            data = b"\n".join((b"", *lines[at : at + self.size], b""))
            part = Part(Held(getattr(log, "name", ""), None, "held", data), 0, 1, len(data))
            yield Key(number, at // (2 * self.size), at // self.size % 2), part

    def in_order(self, kind: str) -> Iterator[tuple[Key, bytes]]:
        rows = sorted(row for row in self.rows if row[2] == kind)
        return ((row[0], row[-1]) for row in rows)

    def in_time(self, kind: str) -> Iterator[tuple[Key, bytes]]:
        rows = [row for row in self.rows if row[2] == kind]
        rows.sort(key=lambda row: (row[3] or -1, *row[:2]))
        return ((row[0], row[-1]) for row in rows)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "rules.yml").write_text(RULES, "utf-8")
    (tmp_path / "logs").mkdir()
    names = ("StopLogging", "RunInstances", "ListUsers", "StopLogging")
    for file in ("a", "b", "c"):
        lines = [
            json.dumps({
                "eventName": names[at % 4],
                "eventTime": f"2024-05-01T0{at % 7}:00:{at % 50:02}Z",
                "awsRegion": f"{file}{at % 5}",
            })
            for at in range(60)
        ]  # fmt: skip
        lines[7:7] = ["", '{"a": ', "[1, {}, 3]", '{"b": nonsense}', "\ufeff{}"]
        (tmp_path / "logs" / f"{file}.json").write_text("\n".join(lines), "utf-8")
    (tmp_path / "logs" / "b0.json").touch()
    return tmp_path


@pytest.mark.parametrize("size", [1, 8, 1000])
@pytest.mark.parametrize("options", [[], ["--lateness", "30d"], ["--strict", "--verbose"]])
def test_pieces_make_a_whole(
    place: Path, size: int, options: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pieces done by other processes in any order give what one scan of whole files gives."""
    monkeypatch.setattr(cluster, "session", lambda **_: None)
    monkeypatch.setattr(cluster, "run", Pieces(size).run)
    there = run(*OPTIONS, "spark", *options, cwd=place)
    here = run(*OPTIONS, "local", *options, cwd=place)
    lines = here.stdout.splitlines()
    assert sorted(there.stdout.splitlines()) == sorted(lines)
    assert {json.loads(line)["rule"]["title"] for line in lines} >= {"Often", "New Region"}
    assert there.stderr == here.stderr
    assert there.exit_code == here.exit_code == int("--strict" in options)


def test_a_file_that_nobody_read_is_told(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of which Spark gives nothing is a reject, never passed over in silence."""
    pieces = Pieces(9)
    monkeypatch.setattr(cluster, "session", lambda **_: None)
    monkeypatch.setattr(cluster, "run", pieces.run)
    monkeypatch.setattr(pieces, "cut", lambda number, log: iter(()))
    found = run(*OPTIONS, "spark", "--verbose", cwd=place)
    assert found.exit_code == 2
    assert found.stderr.count("Spark did not read it") == 4  # each, and the first of its kind


def test_without_pyspark_the_extra_is_named(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where PySpark is not installed the error names what to install."""
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    found = run(*OPTIONS, "spark", cwd=place)
    assert "install polysigma[spark]" in str(found.exception)


def test_without_java_the_error_says_so(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where there is no Java, that is said before Spark is started."""
    sql = ModuleType("pyspark.sql")
    nothing = SimpleNamespace(getActiveSession=lambda: None)
    monkeypatch.setattr(sql, "SparkSession", nothing, raising=False)
    for name in ("pyspark", "pandas", "pyarrow"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    monkeypatch.setitem(sys.modules, "pyspark.sql", sql)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    monkeypatch.delenv("SPARK_REMOTE", raising=False)
    found = run(*OPTIONS, "spark", cwd=place)
    assert "Spark needs Java, and there is none in JAVA_HOME" in str(found.exception)
    assert "install Java 17 or later" in str(found.exception)


@pytest.mark.parametrize("words", [["--jobs", "2"], ["--resume", "at"]])
def test_what_spark_does_by_itself_is_refused(place: Path, words: list[str]) -> None:
    """Options that only one machine has are usage errors."""
    assert run(*OPTIONS, "spark", *words, cwd=place).exit_code == 2


def test_standard_input_is_refused(place: Path) -> None:
    """Spark reads no standard input."""
    found = run("scan", "-", "--rules", "rules.yml", "--engine", "spark", cwd=place)
    assert found.exit_code == 2
    assert "no standard input" in found.stderr


@pytest.mark.parametrize(
    ("name", "content", "way"),
    [
        ("lines", b'{"a": 1}\n{"a": 2}\n', "lines"),
        ("document", b'{"Records": [\n{"a": 1},\n{"a": 2}]}', "whole"),
        ("packed", b"\x1f\x8b\x08\x00" + bytes(9), "whole"),
        ("plain.gz", b'{"a": 1}\n{"a": 2}\n', "whole"),
        ("table", b"PAR1" + bytes(9), "rows"),
        ("text", b"Jan 1 host sshd\nJan 1 host sshd\n", "whole"),
    ],
)
def test_how_a_large_file_is_read(
    tmp_path: Path, name: str, content: bytes, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Spark cuts what is plain JSON lines or Parquet; what is too large else is told."""
    (tmp_path / name).write_bytes(content)
    monkeypatch.setattr(files, "WHOLE", 1)
    (log,) = files.logs(None, [str(tmp_path / name)])
    assert isinstance(log, Log)
    assert log.way == way
    monkeypatch.setattr(files, "LARGEST", 2)
    (told,) = files.logs(None, [str(tmp_path / name)])
    assert isinstance(told, Reject) == (way == "whole")
