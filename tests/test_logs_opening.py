"""logs: files, folders and standard input are found, gzip is undone, trouble is told."""

from __future__ import annotations

import gzip
import io
import os
from pathlib import Path

import pytest

from converter.logs import Record, Reject, read

THREE = b'{"a":1}\n{"a":2}\n{"a":3}\n'


def told(places: list[str], stdin: bytes | None = None) -> list[tuple[str, object]]:
    stream = None if stdin is None else io.BytesIO(stdin)
    return [
        (one.file, one.event["a"] if isinstance(one, Record) else one.kind)
        for one in read(places, stream)
    ]


def test_folders_are_read_with_all_below_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder gives its files by name, whatever their endings, without hidden ones."""
    monkeypatch.chdir(tmp_path)
    names = ["logs/b/2.txt", "logs/a.json", "logs/c", "logs/.hidden", "logs/.git/x", "logs/b/10"]
    for number, name in enumerate(names):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(b'{"a":%d}' % number)
    assert told(["logs"]) == [
        ("logs/a.json", 1),
        ("logs/b/10", 5),
        ("logs/b/2.txt", 0),
        ("logs/c", 2),
    ]


def test_places_are_read_in_the_order_given(tmp_path: Path) -> None:
    """Standard input is a place among others, and records count from 1 in each file."""
    file = tmp_path / "x"
    file.write_bytes(THREE)
    found = list(read([str(file), "-", str(file)], io.BytesIO(THREE)))
    assert [one.file for one in found] == [str(file)] * 3 + ["-"] * 3 + [str(file)] * 3
    assert [one.number for one in found] == [1, 2, 3] * 3


def test_what_cannot_be_read_is_told_and_the_rest_is_read(tmp_path: Path) -> None:
    """A missing file, a folder without logs, a broken link and a pipe each give one reject."""
    (tmp_path / "empty").mkdir()
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "broken").symlink_to(tmp_path / "nowhere")
    (folder / "loop").symlink_to(folder)
    os.mkfifo(folder / "pipe")
    (folder / "zeros").write_bytes(bytes(1000))
    (folder / "z.log").write_bytes(b'{"a":9}')
    places = [str(tmp_path / "missing"), str(tmp_path / "empty"), str(folder), "nul\0name", "-"]
    assert [what for _, what in told(places)] == [
        *("unreadable", "empty"),
        *("unreadable", "unreadable", 9, "binary"),
        *("unreadable", "unreadable"),
    ]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_told(tmp_path: Path) -> None:
    """A file that may not be read is a reject."""
    file = tmp_path / "secret"
    file.write_bytes(THREE)
    file.chmod(0)
    assert [what for _, what in told([str(file)])] == ["unreadable"]


def test_names_that_are_no_text_can_be_printed(tmp_path: Path) -> None:
    """A file name in another encoding is shown with a replacement character."""
    name = os.fsencode(tmp_path) + b"/\xff.log"
    with open(name, "wb") as file:
        file.write(b'{"a":1}')
    assert told([os.fsdecode(name)]) == [(f"{tmp_path}/�.log", 1)]


@pytest.mark.parametrize("cut", [3, 9, 12, 20, 24, -9, -1])
def test_a_truncated_gzip_gives_what_it_holds(cut: int) -> None:
    """Records before the cut are read, then one reject says that the stream is truncated."""
    *kept, last = told(["-"], gzip.compress(THREE)[:cut])
    assert last == ("-", "truncated")
    assert kept == [("-", 1), ("-", 2), ("-", 3)][: 3 if cut < 0 else len(kept)]


@pytest.mark.parametrize("cut", range(30, 3000, 297))
def test_a_cut_in_the_middle_of_a_record_is_one_reject(cut: int) -> None:
    """The torn record at the end of a truncated archive is told together with the truncation."""
    records = b",".join(
        b'{"a":%d,"b":"%s"}' % (n, os.urandom(20).hex().encode()) for n in range(99)
    )
    found = list(read(["-"], io.BytesIO(gzip.compress(b'{"Records":[' + records + b"]}")[:cut])))
    assert [one.kind for one in found if isinstance(one, Reject)] == ["truncated"]
    events = [one.event["a"] for one in found if isinstance(one, Record)]
    assert events == list(range(len(events)))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (gzip.compress(THREE[:10]) + gzip.compress(THREE[10:]), [1, 2, 3]),
        (gzip.compress(THREE) + bytes(512), [1, 2, 3]),
        (gzip.compress(THREE) + b"rubbish", [1, 2, 3, "corrupt"]),
        (gzip.compress(THREE)[:-8] + bytes(8), [1, 2, 3, "corrupt"]),
        (b"\x1f\x8b\x08\xffrubbish, not gzip at all", ["corrupt"]),
        (gzip.compress(THREE) * 500, [1, 2, 3] * 500),
        (b"\x1f\x8b", ["truncated"]),
        (gzip.compress(b""), ["empty"]),
    ],
)
@pytest.mark.parametrize("chunk", [1, 5, 1 << 20])
def test_gzip_is_undone(data: bytes, expected: list[object], chunk: int) -> None:
    """Members follow each other, zeros pad them, and damage is told after what came before."""
    found = [
        one.event["a"] if isinstance(one, Record) else one.kind
        for one in read(["-"], io.BytesIO(data), chunk=chunk)
    ]
    assert found == expected


def test_gzip_is_never_held_whole() -> None:
    """A small file that unpacks to a huge line gives a reject, and what follows is read."""
    bomb = gzip.compress(b'{"a":"' + b"x" * 20_000_000 + b'"}\n{"a":2}\n')
    found = list(read(["-"], io.BytesIO(bomb), max_record=1000, chunk=10_000))
    assert [one.kind if isinstance(one, Reject) else one.event["a"] for one in found] == [
        "too long",
        2,
    ]


class Failing(io.BytesIO):
    """A stream whose disk fails after the first chunk."""

    def read1(self, size: int | None = -1) -> bytes:
        if self.tell():
            raise OSError(5, "Input/output error")
        return super().read1(size)


def test_a_disk_that_fails_is_told() -> None:
    """What was read before an error of the disk counts, then one reject tells of it."""
    found = list(read(["-"], Failing(THREE), chunk=10))
    assert [one.kind if isinstance(one, Reject) else one.event["a"] for one in found] == [
        1,
        "unreadable",
    ]
