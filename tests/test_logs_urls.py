"""Logs at URLs, by fsspec where it is installed: files, folders, patterns, archives, failures."""

from __future__ import annotations

import gzip
import io
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from converter.logs import Record, read
from converter.logs.opening import File, find
from converter.logs.parts import Part, parts

NO_CLOUD = "the extra cloud is not installed"
FILES = {
    "logs/a.json": b'{"n": 1}\n{"n": 2}\n',
    "logs/[b].json": b'{"n": 3}',
    "logs/below/c#?.gz": gzip.compress(b'[{"n": 4}]'),
    "logs/.hidden/d.json": b'{"n": 5}',
    "logs/.e": b'{"n": 6}',
}


def told(*places: str) -> list[tuple[str, object]]:
    """Each result: its file, and what it is."""
    return [
        (one.file, one.event["n"] if isinstance(one, Record) else (one.kind, one.why))
        for one in read(places)
    ]


@pytest.fixture
def store() -> Any:
    fsspec = pytest.importorskip("fsspec", reason=NO_CLOUD)
    memory = fsspec.filesystem("memory")
    memory.pipe({f"/{name}": data for name, data in FILES.items()})
    memory.makedirs("/nothing")
    yield memory
    memory.rm("/", recursive=True)


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize(
    ("place", "files"),
    [
        ("memory://logs", {"[b].json": [3], "a.json": [1, 2], "below/c#?.gz": [4]}),
        ("memory://logs/*.json", {"[b].json": [3], "a.json": [1, 2]}),
        ("memory://logs/**/c*", {"below/c#?.gz": [4]}),
        ("memory://logs/[b].json", {"[b].json": [3]}),
    ],
)
def test_a_url_is_a_file_a_folder_or_a_pattern(place: str, files: dict[str, list[int]]) -> None:
    """As paths are: folders with all below but what is hidden, patterns, names with their signs."""
    expected = [number for numbers in files.values() for number in numbers]
    found = told(place)
    assert [what for _, what in found] == expected
    names = dict.fromkeys(name.rsplit("logs/", 1)[1] for name, _ in found)
    assert list(names) == list(files)


@pytest.mark.usefixtures("store")
def test_what_is_not_there_is_told() -> None:
    """A URL without a file, a pattern that fits none, an empty folder and an unknown store."""
    places = ("memory://none", "memory://logs/*.none", "memory://nothing", "none://x")
    assert told(*places) == [
        (places[0], ("unreadable", "it cannot be opened: there is no such file")),
        (places[1], ("unreadable", "no file fits the pattern")),
        (places[2], ("empty", "the folder holds no log")),
        (places[3], ("unreadable", "it cannot be listed: Protocol not known: none")),
    ]


@pytest.mark.usefixtures("store")
def test_sizes_and_stamps_are_those_of_the_store() -> None:
    """A part at a URL has its size, and a stamp that a changed file does not have."""
    (one,) = parts(["memory://logs/a.json"], 1, 1)
    assert isinstance(one, Part)
    assert (one.size, one.start, one.end, one.known) == (18, 0, None, True)
    assert one.file.stamp


def test_archives_are_folders(tmp_path: Path) -> None:
    """A chain of URLs reaches into an archive; the names of its files can be used again."""
    pytest.importorskip("fsspec", reason=NO_CLOUD)
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        for name, data in FILES.items():
            archive.writestr(name, data)
    chain = f"::file://{(tmp_path / 'x.zip').as_posix()}"
    expected = [("a.json", 1), ("a.json", 2), ("[b].json", 3), ("below/c#?.gz", 4)]
    wanted = sorted((f"zip://logs/{name}{chain}", number) for name, number in expected)
    assert told(f"zip://logs{chain}") == wanted
    assert told(f"zip://logs/a.json{chain}") == wanted[1:3]
    assert told(f"simplecache::zip://logs/a.json{chain}")[0][0] == "simplecache::" + wanted[1][0]


class Failing(io.BytesIO):
    """A file of a store whose connection breaks."""

    def read1(self, size: int | None = -1) -> bytes:
        if self.tell():
            raise RuntimeError("the  connection broke")
        return super().read1(10)


def test_a_store_that_fails_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a store raises while a file is read or listed, what was read before counts."""
    name = "x://logs/a.json"
    kept = SimpleNamespace(
        exists=lambda path: True, isdir=lambda path: False, info=lambda path: {"size": None},
        open=lambda path, mode: Failing(FILES["logs/a.json"]),
    )  # fmt: skip
    core = SimpleNamespace(url_to_fs=lambda place: (kept, "logs/a.json"))
    monkeypatch.setitem(sys.modules, "fsspec", SimpleNamespace(core=core))
    assert list(find([name])) == [File(name, None, "logs/a.json")]
    assert told(name) == [
        (name, 1),
        (name, ("unreadable", "it cannot be read on: the connection broke")),
    ]
    kept.info = lambda path: 1 // 0
    assert told(name)[0][1] == (
        "unreadable",
        "it cannot be listed: integer division or modulo by zero",
    )
