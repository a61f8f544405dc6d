"""Output trees of which few files change."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from converter.cli import amending, output

OLD = {"report.json": b"old", **{f"queries/a/{n}": b"same" for n in range(5)}, "queries/b/x": b"x"}


def below(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize(
    "change",
    [
        {"report.json": b"new"},
        {"report.json": b"new", "queries/a/1": b"other"},
        {"report.json": b"new", "queries/c/d/e": b"added"},
        {"report.json": b"new", "queries/b/x": None},
        {"report.json": b"new", "queries/b": b"a file where a folder was", "queries/b/x": None},
    ],
)
def test_few_changes_end_where_a_new_tree_would(
    tmp_path: Path, change: dict[str, bytes | None]
) -> None:
    """Amended or rebuilt, the tree holds the same files, and the stamps tell of just these."""
    out = tmp_path / "out"
    stamps = output.write_tree(out, OLD)
    kept = os.stat(out / "queries/a/0").st_ino
    wanted = {name: content for name, content in (OLD | change).items() if content is not None}
    stamps = output.write_tree(out, wanted, stamps)
    assert below(out) == wanted
    assert output.intact(out, stamps)
    assert os.stat(out / "queries/a/0").st_ino == kept
    assert os.listdir(tmp_path) == ["out"]


def test_a_folder_that_held_only_what_is_gone_goes_too(tmp_path: Path) -> None:
    """No empty folder stays behind."""
    out = tmp_path / "out"
    stamps = output.write_tree(out, OLD)
    output.write_tree(out, {n: c for n, c in OLD.items() if n != "queries/b/x"}, stamps)
    assert sorted(path.name for path in (out / "queries").iterdir()) == ["a"]


def test_content_that_cannot_be_written_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All new content is on the disk before the first file changes."""
    out = tmp_path / "out"
    stamps = output.write_tree(out, OLD)
    written = amending._written

    def full(path: Path, content: bytes, digest: str) -> list[object]:
        if content == b"new":
            raise OSError(28, "No space left on device")
        return written(path, content, digest)

    monkeypatch.setattr(amending, "_written", full)
    with pytest.raises(output.PolysigmaError, match="No space left"):
        output.write_tree(out, OLD | {"queries/a/1": b"other", "report.json": b"new"}, stamps)
    assert below(out) == OLD
    assert os.listdir(tmp_path) == ["out"]


def test_a_signal_to_stop_waits_until_all_is_in_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C between two files leaves the new tree whole, and the run ends after that."""
    out = tmp_path / "out"
    stamps = output.write_tree(out, OLD)
    replace = os.replace

    def interrupted(source: Path, target: Path) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        replace(source, target)

    monkeypatch.setattr(os, "replace", interrupted)
    new = OLD | {"queries/a/1": b"other", "report.json": b"new"}
    with pytest.raises(KeyboardInterrupt):
        output.write_tree(out, new, stamps)
    assert below(out) == new
