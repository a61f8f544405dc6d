"""What the commands of a pipeline hand on: rows, which are events or what was made of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True)
class Row:
    """The fields of one event or result; its number where it is an event."""

    fields: dict[str, Any]
    number: int | None


@dataclass(frozen=True)
class Table:
    """All rows. `order`: the field by which they were sorted, "-" before it if descending."""

    rows: tuple[Row, ...]
    zone: str
    order: str = ""


def changed(table: Table, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Table:
    """The table with each row's fields replaced by what `change` gives for them."""
    return replace(table, rows=tuple(Row(change(row.fields), row.number) for row in table.rows))
