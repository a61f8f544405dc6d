"""Logs that are tables, and logs at URLs; the libraries for them are extras."""

from __future__ import annotations

import importlib
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from converter.logs import Record, Reject, read
from converter.logs.tables import _plain

MAGIC = {b"PAR1": "parquet", b"ARROW1": "parquet", b"ElfFile\0": "evtx"}


@pytest.mark.parametrize("magic", MAGIC)
def test_an_extra_that_is_missing_is_named(
    magic: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the library a table is a reject that says what to install."""

    def missing(name: str) -> Any:
        raise ModuleNotFoundError(f"No module named {name!r}")

    monkeypatch.setattr(importlib, "import_module", missing)
    (tmp_path / "log").write_bytes(magic + b"\0" * 99)
    (found,) = read([str(tmp_path / "log")])
    assert isinstance(found, Reject)
    assert (found.kind, found.number) == ("binary", 0)
    assert f"install polysigma[{MAGIC[magic]}]" in found.why
    (found,) = read(["s3://bucket/log.json"])
    assert isinstance(found, Reject)
    assert "install polysigma[cloud]" in found.why


def test_table_values_become_json() -> None:
    """Times, numbers and bytes of a table are what JSON has for them; a null is no key."""
    row = {"a": None, "t": datetime(2024, 3, 1, tzinfo=UTC), "d": Decimal("5.50"), "b": b"x"}
    assert _plain({**row, "l": [{"n": None, "i": Decimal(5)}]}) == {
        "t": "2024-03-01T00:00:00Z", "d": 5.5, "b": "x", "l": [{"i": 5}],
    }  # fmt: skip


def test_parquet_and_arrow(tmp_path: Path) -> None:
    """Each row is a record; a column of JSON text is opened, wrappers too."""
    reason = "the extra parquet is not installed"
    pyarrow = pytest.importorskip("pyarrow", reason=reason)
    parquet = pytest.importorskip("pyarrow.parquet", reason=reason)
    table = pyarrow.table({"name": ["a", None], "at": [{"x": 1}, {"x": 2}]})
    parquet.write_table(table, tmp_path / "1")
    with pyarrow.ipc.new_file(tmp_path / "2", table.schema) as writer:
        writer.write_table(table)
    text = pyarrow.table({"value": ['{"Records": [{"n": 1}, {"n": 2}]}', '{"n": 3}', "{"]})
    parquet.write_table(text, tmp_path / "3")
    found = list(read([str(tmp_path)]))
    events = [one.event for one in found if isinstance(one, Record)]
    rows = [{"name": "a", "at": {"x": 1}}, {"at": {"x": 2}}]
    assert events == [*rows, *rows, {"n": 1}, {"n": 2}, {"n": 3}]
    assert [one.number for one in found][-4:] == [1, 2, 3, 4]


def test_patterns_name_files(tmp_path: Path) -> None:
    """A pattern stands for the files that fit it, in the order of names."""
    for name in ("b.json", "a.json", "c.txt"):
        (tmp_path / name).write_text('{"n": 1}\n', "utf-8")
    found = list(read([str(tmp_path / "*.json"), str(tmp_path / "*.none")]))
    assert [Path(one.file).name for one in found] == ["a.json", "b.json", "*.none"]
    assert isinstance(found[-1], Reject)


def test_urls(tmp_path: Path) -> None:
    """A URL stands for a file, or for all below a folder."""
    pytest.importorskip("fsspec", reason="the extra cloud is not installed")
    (tmp_path / "a.json").write_text('{"n": 1}\n{"n": 2}\n', "utf-8")
    found = list(read([f"file://{tmp_path}", f"file://{tmp_path}/none.json"]))
    assert [getattr(one, "event", None) for one in found] == [{"n": 1}, {"n": 2}, None]
