"""ES|QL over documents, as a node answers: a table, or the numbers of the documents left.

Semantics: ES|QL 1-14. What is not held is refused by name, never answered wrongly.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from converter.errors import QueryError, Unsupported
from converter.languages import esql_tree as t
from converter.languages import esql_values as v
from converter.languages.elastic_index import Index
from converter.languages.esql_compile import Compiler, compile_where
from converter.languages.esql_groups import Aggregate, aggregate, grouped
from converter.languages.esql_scope import Compiled, Documents, Record, Scope
from converter.languages.esql_syntax import parse_query

Docs = Sequence[Mapping[str, Any]]
_METADATA: dict[str, Callable[[int], v.Cell]] = {
    "_id": lambda doc: (str(doc),),
    "_index": lambda doc: ("logs",),
    "_version": lambda doc: (1,),
    "_ignored": lambda doc: (),
    "_source": lambda doc: (),
    "_score": lambda doc: (1.0,),
    "_index_mode": lambda doc: ("standard",),
}


@dataclass(frozen=True, slots=True)
class Table:
    """An answer: names of the columns, rows of cells; several values are a list, null is None."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    docs: tuple[int, ...]


def evaluate(text: str, mapping: Mapping[str, str], docs: Docs) -> list[int]:
    """The numbers of the documents that the query keeps, ascending.

    Raises QueryError where the engine would answer with an error, Unsupported for what is not
    held, and where the rows are no documents any more.
    """
    answer = table(text, mapping, docs)
    if any(doc < 0 for doc in answer.docs):
        what = "ES|QL: after STATS or ROW the rows are no documents"
        raise Unsupported(what, next_step="ask for the table")
    return sorted(set(answer.docs))


def table(text: str, mapping: Mapping[str, str], docs: Docs) -> Table:
    """The whole answer. Raises QueryError and Unsupported as `evaluate` does."""
    try:
        return _run(parse_query(text), Documents(Index(mapping), docs))
    except RecursionError:
        raise Unsupported(
            "ES|QL: the query is nested too deeply", next_step="simplify it"
        ) from None


def _run(query: t.Query, documents: Documents) -> Table:
    scope, records = _source(query, documents)
    for command in query.commands:
        records = _STEPS[type(command)](command, scope, records)
        scope.after.add(_step_name(command))
    return _table(scope, records)


def _step_name(command: t.Command) -> str:
    return type(command).__name__.lower().replace("mvexpand", "mv_expand")


def _source(query: t.Query, documents: Documents) -> tuple[Scope, list[Record]]:
    settings = {name.lower(): value for name, value in query.settings}
    unknown = sorted(set(settings) - {"unmapped_fields"})
    if unknown:
        raise Unsupported(f"ES|QL: SET {unknown[0]} is not held", next_step="leave it out")
    if isinstance(query.source, t.Row):
        scope = Scope(documents, {})
        return scope, _eval(t.Eval(query.source.fields), scope, [Record(-1, {})])
    for name in query.source.metadata:
        if name not in _METADATA:
            raise QueryError.of("other", f"ES|QL: no metadata {name}", "use _id, _index, _version")
    mode = str(settings.get("unmapped_fields", "default")).lower()
    if mode not in ("default", "fail", "nullify"):
        raise Unsupported(f"ES|QL: unmapped_fields={mode} is not held", next_step="leave it out")
    scope = Scope.of_index(documents, query.source.metadata)
    scope.nullify = mode == "nullify"
    slots = {scope.columns[name].slot: _METADATA[name] for name in query.source.metadata}
    numbers = range(len(documents.docs))
    return scope, [Record(n, {slot: read(n) for slot, read in slots.items()}) for n in numbers]


def _table(scope: Scope, records: Sequence[Record]) -> Table:
    readers = [(scope.reader(binding), v.shown(binding.type)) for binding in scope.columns.values()]
    rows = tuple(
        tuple(_cell([show(value) for value in read(record)]) for read, show in readers)
        for record in records
    )
    return Table(tuple(scope.columns), rows, tuple(record.doc for record in records))


def _cell(values: list[Any]) -> Any:
    return None if not values else values[0] if len(values) == 1 else values


def _where(command: t.Where, scope: Scope, records: list[Record]) -> list[Record]:
    keep = compile_where(scope, command.test)
    return [record for record in records if keep(record)]


def _eval(command: t.Eval, scope: Scope, records: list[Record]) -> list[Record]:
    for field in command.fields:
        compiled = Compiler(scope).compile(field.value)
        slot = scope.add(field.name, compiled.type)
        records = [_with(record, slot, compiled.run(record)) for record in records]
    return records


def _with(record: Record, slot: int, cell: v.Cell) -> Record:
    return replace(record, cells={**record.cells, slot: cell})


def _keep(command: t.Keep, scope: Scope, records: list[Record]) -> list[Record]:
    ranked: dict[str, tuple[int, int]] = {}
    for place, pattern in enumerate(command.patterns):
        rank = 2 - _generality(pattern)
        for name in _matching(pattern, scope, command.drop):
            if name not in ranked or ranked[name][0] <= rank:
                ranked[name] = (rank, place)
    if command.drop:
        scope.columns = {n: b for n, b in scope.columns.items() if n not in ranked}
    else:
        order = sorted(ranked, key=lambda name: ranked[name][1])
        scope.columns = {name: scope.columns[name] for name in order}
    return records


def _generality(pattern: t.Pattern) -> int:
    text = _text(pattern)
    return 2 if text == "*" else int(any("*" in piece and wild for piece, wild in pattern))


def _text(pattern: t.Pattern) -> str:
    return ".".join(piece for piece, _ in pattern)


def _matching(pattern: t.Pattern, scope: Scope, drop: bool) -> list[str]:
    if not _generality(pattern):
        scope.find(t.Column(_text(pattern)))
        return [_text(pattern)]
    source = r"\.".join(
        re.escape(piece).replace(r"\*", ".*") if wild else re.escape(piece)
        for piece, wild in pattern
    )
    found = [name for name in scope.columns if re.fullmatch(source, name)]
    if not found:
        raise QueryError.of("unknown_column", f"ES|QL: no column fits {_text(pattern)}")
    return found


def _rename(command: t.Rename, scope: Scope, records: list[Record]) -> list[Record]:
    for old, new in command.pairs:
        binding = scope.find(t.Column(old))
        scope.columns.pop(new, None) if new != old else None
        scope.columns = {new if name == old else name: b for name, b in scope.columns.items()}
        scope.columns[new] = binding
    return records


def _stats(command: t.Stats, scope: Scope, records: list[Record]) -> list[Record]:
    keys = [(field.name, Compiler(scope).compile(field.value)) for field in command.by]
    columns = [aggregate(scope, node) for node in command.aggregates]
    groups = grouped(records, [compiled for _, compiled in keys])
    if command.inline:
        return _beside(scope, records, [compiled for _, compiled in keys], columns)
    scope.columns = {}
    slots = [scope.add(column.name, column.type) for column in columns]
    key_slots = [scope.add(name, compiled.type) for name, compiled in keys]
    out = []
    for group in groups:
        cells = dict(zip(key_slots, group.key, strict=True))
        values = zip(slots, columns, strict=True)
        out.append(Record(-1, cells | {slot: column.run(group.records) for slot, column in values}))
    return out


def _beside(
    scope: Scope, records: list[Record], keys: list[Compiled], columns: list[Aggregate]
) -> list[Record]:
    """INLINE STATS: each row gets its group's values; a row with a list as key gets null."""
    if any(not key.run(record) for key in keys for record in records):
        what = "ES|QL: INLINE STATS by a key that is null in some row is not held"
        raise Unsupported(what, next_step="keep the rows that have it before")
    values = {
        group.key: [column.run(group.records) for column in columns]
        for group in grouped(records, keys)
    }
    slots = [scope.add(column.name, column.type) for column in columns]
    nothing: list[v.Cell] = [()] * len(slots)
    out = []
    for record in records:
        cells = values.get(tuple(key.run(record) for key in keys), nothing)
        held = dict(zip(slots, cells, strict=True))
        out.append(replace(record, cells={**record.cells, **held}))
    return out


def _sort(command: t.Sort, scope: Scope, records: list[Record]) -> list[Record]:
    for order in reversed(command.orders):
        run = Compiler(scope).compile(order.value).run
        choose = max if order.descending else min
        held = [(run(record), record) for record in records]
        full = [(choose(cell), record) for cell, record in held if cell]
        full.sort(key=lambda pair: pair[0], reverse=order.descending)
        empty = [record for cell, record in held if not cell]
        rest = [record for _, record in full]
        records = empty + rest if order.nulls_first else rest + empty
    return records


def _limit(command: t.Limit, scope: Scope, records: list[Record]) -> list[Record]:
    return records[: command.count]


def _mv_expand(command: t.MvExpand, scope: Scope, records: list[Record]) -> list[Record]:
    binding = scope.find(command.column)
    read = scope.reader(binding)
    names = list(scope.columns)
    slot = scope.add(command.column.name, binding.type)
    scope.columns = {name: scope.columns[name] for name in names}
    return [
        _with(record, slot, (value,) if full else ())
        for record in records
        for full, value in [(True, value) for value in read(record)] or [(False, None)]
    ]


def _other(command: t.Other, scope: Scope, records: list[Record]) -> list[Record]:
    raise Unsupported(f"ES|QL: {command.name} is not held", next_step="leave the command out")


_STEPS: dict[type, Callable[[Any, Scope, list[Record]], list[Record]]] = {
    t.Where: _where,
    t.Eval: _eval,
    t.Keep: _keep,
    t.Rename: _rename,
    t.Stats: _stats,
    t.Sort: _sort,
    t.Limit: _limit,
    t.MvExpand: _mv_expand,
    t.Other: _other,
}
