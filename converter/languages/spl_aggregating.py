"""stats, eventstats and streamstats over rows (Splunk Search Reference; semantics: SPL 13)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from converter.languages import spl_tree as t
from converter.languages import spl_values as v
from converter.languages.spl_rows import Row, Table, changed
from converter.languages.spl_search import refuse
from converter.languages.spl_stats import Stats, read_stats, results, span


def _groups(stats: Stats, table: Table) -> dict[tuple[str, ...], list[Row]]:
    groups: dict[tuple[str, ...], list[Row]] = {} if stats.by else {(): []}
    for row in table.rows:
        key = stats.key(row.fields)
        if key is not None:
            groups.setdefault(key, []).append(row)
    return groups


def _plain(command: t.Command) -> Stats:
    stats = read_stats(command)
    if stats.options:
        refuse(f"the options of {command.name}", "leave them out")
    return stats


def _stats(command: t.Command, table: Table) -> Table:
    stats = _plain(command)
    rows = []
    for key, group in sorted(_groups(stats, table).items()):
        of_group = {name: group[0].fields[name] for name in stats.by} if key else {}
        made = results(stats, [row.fields for row in group], table.zone)
        rows.append(Row(of_group | made, None))
    return Table(tuple(rows), table.zone)


def _eventstats(command: t.Command, table: Table) -> Table:
    stats = _plain(command)
    made = {
        key: results(stats, [row.fields for row in group], table.zone)
        for key, group in _groups(stats, table).items()
    }

    def change(fields: dict[str, Any]) -> dict[str, Any]:
        key = stats.key(fields)
        return fields if key is None else fields | made[key]

    return changed(table, change)


def _streamstats(command: t.Command, table: Table) -> Table:
    stats = read_stats(command)
    width = span(stats.options["time_window"]) if "time_window" in stats.options else None
    if set(stats.options) - {"time_window", "current"} or not table.order:
        refuse("this form of streamstats", "sort first, and give only time_window= and current=")
    current = stats.options.get("current", "t")[:1].lower() in "t1"
    if width is not None and table.order != "_time":
        refuse("streamstats time_window= over events not in order of time", "sort 0 _time first")
    before: dict[tuple[str, ...], list[Row]] = {}
    rows = []
    for row in table.rows:
        key = stats.key(row.fields)
        if key is None:
            rows.append(row)
            continue
        group = before.setdefault(key, [])
        seen = [other for other in group if width is None or _within(other, row, width)]
        group.append(row)
        made = results(stats, [o.fields for o in (*seen, *[row] * current)], table.zone)
        rows.append(Row(_without(row.fields, stats) | made, row.number))
    return replace(table, rows=tuple(rows))


def _without(fields: dict[str, Any], stats: Stats) -> dict[str, Any]:
    """The fields but for those that the aggregation sets, be it to NULL."""
    made = {aggregate.name for aggregate in stats.aggregates}
    return {name: held for name, held in fields.items() if name not in made}


def _within(other: Row, row: Row, width: int) -> bool:
    away = (v.number(row.fields["_time"]) or 0) - (v.number(other.fields["_time"]) or 0)
    if away == width:
        refuse("two events exactly one time window apart", "choose another window")
    return away < width


AGGREGATING: Mapping[str, Callable[[t.Command, Table], Table]] = {
    "eventstats": _eventstats,
    "stats": _stats,
    "streamstats": _streamstats,
}
