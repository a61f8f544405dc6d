"""What a place of an ES|QL query can see: its columns, and the documents behind them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from converter.errors import QueryError
from converter.languages.elastic_dates import NOW
from converter.languages.elastic_index import Index
from converter.languages.esql_tree import Column, Expression, Scalar
from converter.languages.esql_values import NULL, Cell, address_number, column_type, literal_type

_UNSORTED = frozenset({"text", "match_only_text"})
_KEPT_TWICE = frozenset({"long", "integer", "short", "byte", "unsigned_long", "double", "float"})
_KEPT_TWICE_TOO = frozenset({"half_float", "scaled_float", "boolean", "date"})


class Compiling(Protocol):
    """What functions need of the compiler of expressions."""

    scope: Scope

    def compile(self, node: Expression) -> Compiled:
        """The expression, ready to run."""

    def mapped(self, node: Expression) -> str | None:
        """The field's type in the mapping where the expression is a field."""


@dataclass(frozen=True, slots=True)
class Record:
    """One row: the document it comes from (-1: none) and the cells that are no fields of it."""

    doc: int
    cells: Mapping[int, Cell]


Run = Callable[[Record], Cell]


@dataclass(frozen=True, slots=True)
class Compiled:
    """An expression ready to run: its type and its cell for each row."""

    type: str
    run: Run


def constant(value: Scalar) -> Compiled:
    """A literal."""
    cell = NULL if value is None else (value,)
    return Compiled(literal_type(value), lambda record: cell)


def decimal(compiled: Compiled) -> Compiled:
    """Numbers as decimal numbers."""
    run = compiled.run
    return Compiled("double", lambda record: tuple(float(value) for value in run(record)))


@dataclass(frozen=True, slots=True)
class Binding:
    """What a column name stands for: a field of the index, or a slot of the record."""

    type: str
    field: str = ""
    slot: int = -1


class Documents:
    """The documents of one index, cells read once."""

    def __init__(self, index: Index, docs: Sequence[Mapping[str, Any]]) -> None:
        self.index = index
        self.docs = docs
        self._cells: dict[tuple[int, str], Cell] = {}

    def cell(self, doc: int, name: str) -> Cell:
        """The values of a field as its columns hold them: sorted, and texts of keywords once."""
        if doc < 0:
            return NULL
        key = (doc, name)
        if key not in self._cells:
            self._cells[key] = self._read(doc, name)
        return self._cells[key]

    def _read(self, doc: int, name: str) -> Cell:
        kind = self.index.type(name)
        if kind is None or kind == "flattened":
            return NULL
        values: list[Any] = self.index.values(self.docs[doc], name)
        if kind == "ip":
            values = [address_number(value) for value in values]
        if kind in _UNSORTED and self.index.mapping.get(name) != "text+keyword":
            return tuple(values)
        twice = kind in _KEPT_TWICE or kind in _KEPT_TWICE_TOO
        return tuple(sorted(values if twice else set(values)))


@dataclass
class Scope:
    """The columns at one place of a query, in order."""

    documents: Documents
    columns: dict[str, Binding]
    nullify: bool = False
    now: int = NOW
    after: set[str] = field(default_factory=set)
    slots: int = 0

    @classmethod
    def of_index(cls, documents: Documents, metadata: Sequence[str]) -> Scope:
        """The columns of FROM: every field by name, then the metadata."""
        fields = documents.index.fields
        columns = {n: Binding(column_type(fields[n]), field=n) for n in sorted(fields)}
        scope = cls(documents, columns)
        for name in metadata:
            scope.add(name, "keyword")
        return scope

    def add(self, name: str, kind: str) -> int:
        """A new column (an old one of that name goes); the slot that holds it."""
        self.slots += 1
        self.columns.pop(name, None)
        self.columns[name] = Binding(kind, slot=self.slots)
        return self.slots

    def find(self, column: Column) -> Binding:
        """The column of that name. Raises QueryError (unknown_column)."""
        binding = self.columns.get(column.name)
        if binding is not None:
            return binding
        if self.nullify:
            return Binding("null")
        line, place = column.place
        at = f"line {line}, column {place}: " if line else ""
        what = f"ES|QL: {at}there is no column {column.name}"
        raise QueryError.of("unknown_column", what, "use a field of the mapping")

    def reader(self, binding: Binding) -> Run:
        """Reads a column's cell of a record."""
        if binding.field:
            cell, name = self.documents.cell, binding.field
            return lambda record: cell(record.doc, name)
        slot = binding.slot
        return lambda record: record.cells.get(slot, NULL)
