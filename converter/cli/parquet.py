"""Matches as a Parquet file, by pyarrow."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkstemp
from typing import Any

from converter.errors import LogError
from converter.scan.results import Row

MATCHES = "matches.parquet"

_ROWS = 5000
_TEXTS = ("time", "level", "title", "rule_id", "rule_path", "file")


class ParquetMatches:
    """One file `matches.parquet` in a folder; it is there, or replaced, when `finish` was called.

    All it does raises LogError where that cannot be written.
    """

    def __init__(self, folder: str, *, with_event: bool) -> None:
        """Makes the folder. Raises LogError where pyarrow is not installed, too."""
        try:
            self._pyarrow = importlib.import_module("pyarrow")
            parquet: Any = importlib.import_module("pyarrow.parquet")
        except ImportError:
            step = "install polysigma[parquet]"
            raise LogError("--output needs pyarrow", next_step=step) from None
        text, number = self._pyarrow.string(), self._pyarrow.int64()
        fields = [*((name, text) for name in _TEXTS), ("record", number), ("event", text)]
        self._with_event, self._folder = with_event, folder
        self._schema = self._pyarrow.schema(fields if with_event else fields[:-1])
        self._rows: list[dict[str, Any]] = []
        with self._told():
            Path(folder).mkdir(parents=True, exist_ok=True)
            handle, self._temporary = mkstemp(prefix=".matches-", dir=folder)
            os.close(handle)
            self._writer = parquet.ParquetWriter(self._temporary, self._schema)

    def rows(self, rows: Sequence[Row]) -> None:
        """Takes matches."""
        for one in rows:
            self._row(one)

    def _row(self, row: Row) -> None:
        rule = row.rule
        values = (row.time, rule.level, rule.title, rule.id, rule.path, row.file)
        self._rows.append(dict(zip(_TEXTS, values, strict=True)) | {"record": row.record})
        if self._with_event:
            self._rows[-1]["event"] = row.event.decode()
        if len(self._rows) >= _ROWS:
            self._flush()

    def finish(self) -> None:
        """Writes what is left, and gives the file its name."""
        self._flush()
        with self._told():
            self._writer.close()
            os.chmod(self._temporary, 0o644)
            os.replace(self._temporary, Path(self._folder) / MATCHES)

    def _flush(self) -> None:
        with self._told():
            self._writer.write_table(self._pyarrow.Table.from_pylist(self._rows, self._schema))
        self._rows.clear()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            what = f"{self._folder} cannot be written ({error.strerror or error})"
            raise LogError(what, next_step="name another folder with --output") from None
