"""Matches as a Parquet file, by pyarrow."""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import Any

from converter.errors import LogError
from converter.scan.results import Row

_ROWS = 5000
_TEXTS = ("time", "level", "title", "rule_id", "rule_path", "file", "event")


class ParquetMatches:
    """One file `matches.parquet` in a folder; it is there when `finish` has been called."""

    def __init__(self, folder: str) -> None:
        """Makes the folder. Raises LogError where that or pyarrow fails."""
        try:
            self._pyarrow = importlib.import_module("pyarrow")
            parquet: Any = importlib.import_module("pyarrow.parquet")
        except ImportError:
            step = "install polysigma[parquet]"
            raise LogError("--output needs pyarrow", next_step=step) from None
        text, number = self._pyarrow.string(), self._pyarrow.int64()
        fields = [(name, text) for name in _TEXTS]
        self._schema = self._pyarrow.schema([*fields[:-1], ("record", number), fields[-1]])
        self._place = Path(folder) / "matches.parquet"
        self._temporary = self._place.with_name(".matches.parquet.part")
        try:
            self._place.parent.mkdir(parents=True, exist_ok=True)
            self._writer = parquet.ParquetWriter(self._temporary, self._schema)
        except OSError as error:
            what = f"{folder} cannot be written ({error.strerror})"
            raise LogError(what, next_step="name another folder with --output") from None
        self._rows: list[dict[str, Any]] = []

    def row(self, row: Row) -> None:
        """Takes one match."""
        rule = row.rule
        values = (row.time, rule.level, rule.title, rule.id, rule.path, row.file)
        texts = dict(zip(_TEXTS, values, strict=False))
        self._rows.append({**texts, "record": row.record, "event": row.event.decode()})
        if len(self._rows) >= _ROWS:
            self._flush()

    def finish(self) -> None:
        """Writes what is left, and gives the file its name."""
        self._flush()
        self._writer.close()
        os.replace(self._temporary, self._place)

    def _flush(self) -> None:
        self._writer.write_table(self._pyarrow.Table.from_pylist(self._rows, self._schema))
        self._rows.clear()
