"""What a Splunk search finds among given events, by Splunk's documentation (semantics: SPL).

Events are flat: a value is a text, a number, a boolean, or a list of them for a multivalue field.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from converter.errors import QueryError
from converter.languages import spl_tree as t
from converter.languages import spl_values as v
from converter.languages.spl_commands import run
from converter.languages.spl_eval import Open, is_true, value_of
from converter.languages.spl_rows import Row, Table
from converter.languages.spl_search import holds, refuse
from converter.languages.spl_syntax import read


def evaluate(
    text: str,
    mapping: Mapping[str, str] | None,
    docs: Sequence[Mapping[str, Any]],
    zone: str = "UTC",
) -> list[int]:
    """Numbers of the events that the query gives, ascending.

    `mapping` is not used: Splunk's events have no types. `zone` is the searching user's time zone.
    Raises QueryError where Splunk would refuse the query, and Unsupported, by name, for what is not
    held, is not documented, or gives rows that are no events.
    """
    table = _table(text, docs, zone)
    numbers = [row.number for row in table.rows if row.number is not None]
    if len(numbers) < len(table.rows):
        refuse("rows of an aggregation, which are no events", "leave the aggregation out")
    return sorted(set(numbers))


def rows(text: str, docs: Sequence[Mapping[str, Any]], zone: str = "UTC") -> list[dict[str, Any]]:
    """The fields of all rows that the query gives. Raises as `evaluate` does."""
    return [row.fields for row in _table(text, docs, zone).rows]


def _table(text: str, docs: Sequence[Mapping[str, Any]], zone: str) -> Table:
    try:
        return _run(text, docs, zone)
    except RecursionError:
        refuse("a query nested this deeply", "write it flatter")


def _run(text: str, docs: Sequence[Mapping[str, Any]], zone: str) -> Table:
    pipeline = read(text)
    if pipeline.generated:
        refuse("a query that begins with a generating command", "begin with search terms")
    found = tuple(Row(_stored(event), number) for number, event in enumerate(docs))
    table = Table(found, zone)
    for stage in pipeline.stages:
        table = _passed(stage, table)
    return table


def _stored(event: Mapping[str, Any]) -> dict[str, Any]:
    """The event as Splunk holds it: null and booleans are text, an empty list is no field."""
    return {name: _held(value) for name, value in event.items() if value != []}


def _held(value: Any) -> Any:
    if isinstance(value, list):
        return v.texts(value)
    return v.text(value) if value is None or isinstance(value, bool) else value


def _passed(stage: t.Stage, table: Table) -> Table:
    match stage:
        case t.Search(condition):
            kept = [row for row in table.rows if holds(condition, row.fields)]
        case t.Where(condition):
            kept = [row for row in table.rows if is_true(condition, row.fields, table.zone)]
        case t.Matching():
            kept = [row for row in table.rows if _matching(stage, row.fields)]
        case t.Eval(assignments):
            kept = [_assigned(assignments, row, table.zone) for row in table.rows]
        case t.Macro(text):
            refuse(f"the macro {text}: what it stands for is not known", "write it out")
        case t.Command():
            return run(stage, table)
    return replace(table, rows=tuple(kept))


def _matching(stage: t.Matching, fields: Mapping[str, Any]) -> bool:
    if stage.field not in fields:
        return stage.negated
    found = v.pcre(stage.pattern)
    answers = [found.search(text) is not None for text in v.texts(fields[stage.field])]
    if len(set(answers)) > 1 and stage.negated:
        refuse("regex != on a field of several values", "use `where` with mvfind()")
    return any(answers) != stage.negated


def _assigned(assignments: tuple[tuple[str, t.Expression], ...], row: Row, zone: str) -> Row:
    fields = dict(row.fields)
    for name, expression in assignments:
        value = value_of(expression, fields, zone)
        if isinstance(value, bool) or value is Open.OPEN:
            raise QueryError.of("type", "SPL: eval cannot set a field to a truth value", "use if()")
        fields.pop(name, None)
        if value is not None:
            fields[name] = value
    return Row(fields, row.number)
