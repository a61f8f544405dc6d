"""Logs that are tables, and logs at URLs; the libraries for them are extras."""

from __future__ import annotations

import gzip
import importlib
import io
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from evtx_file import evtx

from converter.logs import Record, Reject, read
from converter.logs.tables import _plain

MAGIC = {
    b"PAR1": "parquet",
    b"ARROW1": "parquet",
    b"\xff\xff\xff\xff": "parquet",
    b"ElfFile\0": "evtx",
}
NO_PARQUET = "the extra parquet is not installed"
NO_EVTX = "the extra evtx is not installed"


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
    pyarrow = pytest.importorskip("pyarrow", reason=NO_PARQUET)
    parquet = pytest.importorskip("pyarrow.parquet", reason=NO_PARQUET)
    table = pyarrow.table({"name": ["a", None], "at": [{"x": 1}, {"x": 2}]})
    parquet.write_table(table, tmp_path / "1")
    with pyarrow.ipc.new_file(tmp_path / "2", table.schema) as writer:
        writer.write_table(table)
    text = pyarrow.table({"value": ['{"Records": [{"n": 1}, {"n": 2}]}', '{"n": 3}', "{" * 300]})
    parquet.write_table(text, tmp_path / "3")
    with pyarrow.ipc.new_stream(tmp_path / "4", table.schema) as writer:
        writer.write_table(table)
    found = list(read([str(tmp_path)]))
    events = [one.event for one in found if isinstance(one, Record)]
    rows = [{"name": "a", "at": {"x": 1}}, {"at": {"x": 2}}]
    assert events == [*rows, *rows, {"n": 1}, {"n": 2}, {"n": 3}, *rows]
    assert [one.number for one in found][-6:] == [1, 2, 3, 4, 1, 2]
    (torn,) = (one for one in found if isinstance(one, Reject))
    assert (torn.kind, torn.raw, torn.whole) == ("json", b"{" * 200, b"{" * 300)


def test_columns_of_any_type(tmp_path: Path) -> None:
    """Maps are objects, nanoseconds are cut off; a value beyond Python's costs its row only."""
    pa = pytest.importorskip("pyarrow", reason=NO_PARQUET)
    parquet = pytest.importorskip("pyarrow.parquet", reason=NO_PARQUET)
    fine, map_ = pa.timestamp("ns", "UTC"), pa.map_(pa.string(), pa.string())
    columns = {
        "t": pa.array([1_700_000_000_123_456_789, None, 0], fine),
        "s": pa.array([{"l": [1]}, None, {"l": []}], pa.struct([("l", pa.list_(fine))])),
        "m": pa.array([[("a", "1"), ("b", None)], [], None], map_),
        "f": [float("nan"), float("-inf"), 0.5],
        "far": pa.array([0, 10**18, 0], pa.timestamp("us")),
    }
    parquet.write_table(pa.table(columns), tmp_path / "1")
    first, second, third = read([str(tmp_path / "1")])
    assert isinstance(first, Record)
    assert first.event == {
        "t": "2023-11-14T22:13:20.123456Z",
        "s": {"l": ["1970-01-01T00:00:00Z"]},
        "m": {"a": "1"},
        "f": "NaN",
        "far": "1970-01-01T00:00:00",
    }
    assert isinstance(second, Reject)
    assert (second.kind, second.number) == ("corrupt", 2)
    assert isinstance(third, Record)
    assert (third.number, third.event["f"]) == (3, 0.5)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_tables_packed_and_from_a_pipe(pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    """A table that is packed, or comes by standard input, is read as one that lies in a file."""
    pa = pytest.importorskip("pyarrow", reason=NO_PARQUET)
    parquet = pytest.importorskip("pyarrow.parquet", reason=NO_PARQUET)
    parquet.write_table(pa.table({"n": [1, 2]}), tmp_path / "1")
    data = pack((tmp_path / "1").read_bytes())
    (tmp_path / "2").write_bytes(data)
    found = list(read([str(tmp_path / "2"), "-"], io.BytesIO(data), chunk=3))
    assert [one.event for one in found if isinstance(one, Record)] == [{"n": 1}, {"n": 2}] * 2
    cut = list(read(["-"], io.BytesIO(data[: len(data) // 2])))
    assert {one.kind for one in cut if isinstance(one, Reject)} >= {"corrupt"}


def windows(number: int) -> dict[str, Any]:
    data = {"NewProcessName": "C:\\Windows\\whoami.exe", "Number": str(number)}
    return {"Event": {"System": {"EventID": "4688", "Channel": "Security"}, "EventData": data}}


def test_windows_event_logs(tmp_path: Path) -> None:
    """Each record of an .evtx file is an event; a damaged one costs itself, a cut is told."""
    pytest.importorskip("evtx", reason=NO_EVTX)
    one, two, three = map(windows, (1, 2, 3))
    whole = evtx([[one, two], [three]])
    file = tmp_path / "log.evtx"
    file.write_bytes(whole)
    found = list(read([str(file)]))
    assert [(one.event, one.number) for one in found if isinstance(one, Record)] == [
        (one, 1), (two, 2), (three, 3),
    ]  # fmt: skip
    damaged = bytearray(whole)
    at = whole.index("NewProcessName".encode("utf-16-le"))
    damaged[at - 40 : at] = b"\xff" * 40
    file.write_bytes(damaged)
    kinds = [one.kind if isinstance(one, Reject) else one.event for one in read([str(file)])]
    assert kinds == ["corrupt", two, three]
    for cut in (whole[:-1], whole[:-65536], whole[:5000]):
        file.write_bytes(cut)
        *before, last = read([str(file)])
        assert isinstance(last, Reject)
        assert (last.kind, last.number) == ("truncated", 0)
        assert [one.number for one in before] == [1, 2][: 2 * (len(cut) > 65536)]


class Broken:
    """As the library's parser: an iterator that raises for what is damaged, and goes on."""

    def __init__(self, stream: object) -> None:
        self._rows = iter(['{"Event": {"n": 1}}', RuntimeError("bad  record"), '{"Event": {}}'])

    def records_json(self) -> Broken:
        return self

    def __next__(self) -> dict[str, str]:
        row = next(self._rows)
        if isinstance(row, RuntimeError):
            raise row
        return {"data": row}


def test_a_damaged_record_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the library cannot read a record of a Windows log, those behind it are read."""
    monkeypatch.setitem(sys.modules, "evtx", SimpleNamespace(PyEvtxParser=Broken))
    (tmp_path / "log").write_bytes(evtx([[windows(1)]]))
    first, second, third = read([str(tmp_path / "log")])
    assert isinstance(first, Record)
    assert isinstance(second, Reject)
    assert isinstance(third, Record)
    assert (first.event, third.event, third.number) == ({"Event": {"n": 1}}, {"Event": {}}, 3)
    assert (second.kind, second.why) == ("corrupt", "it cannot be read: bad record")


def test_patterns_name_files(tmp_path: Path) -> None:
    """A pattern stands for the files that fit it, in the order of names."""
    for name in ("b.json", "a.json", "c.txt"):
        (tmp_path / name).write_text('{"n": 1}\n', "utf-8")
    found = list(read([str(tmp_path / "*.json"), str(tmp_path / "*.none")]))
    assert [Path(one.file).name for one in found] == ["a.json", "b.json", "*.none"]
    assert isinstance(found[-1], Reject)
