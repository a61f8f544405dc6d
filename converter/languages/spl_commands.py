"""The commands behind a pipe, as far as an evaluation needs them (Splunk Search Reference)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from converter.languages import spl_tree as t
from converter.languages import spl_values as v
from converter.languages.spl_aggregating import AGGREGATING
from converter.languages.spl_escapes import unescape_regex
from converter.languages.spl_rows import Row, Table, changed
from converter.languages.spl_search import refuse
from converter.languages.spl_stats import span


def run(command: t.Command, table: Table) -> Table:
    """The command's result. Unsupported, by name, for a command or option that is not held."""
    known = COMMANDS.get(command.name)
    if known is None:
        refuse(f"the command {command.name}", "leave it out")
    return known(command, table)


def _names(command: t.Command) -> list[str]:
    return [word.text for word in command.arguments if word.text != ","]


def options(command: t.Command) -> tuple[dict[str, t.Argument], list[t.Argument]]:
    """The options `name=value` of a command, and its other words."""
    found: dict[str, t.Argument] = {}
    rest: list[t.Argument] = []
    words = list(command.arguments)
    while words:
        if len(words) > 2 and words[1].text == "=" and words[1].kind == "sign":
            found[words[0].text.lower()] = words[2]
            words = words[3:]
        else:
            rest.append(words.pop(0))
    return found, [word for word in rest if word.text != ","]


def renames(command: t.Command) -> list[tuple[str, str]]:
    """The pairs of `rename`. Unsupported for anything but `a as b`."""
    names = _names(command)
    if len(names) % 3 or any(word.lower() != "as" for word in names[1::3]):
        refuse("these arguments of rename", "write: rename a as b")
    return list(zip(names[::3], names[2::3], strict=True))


def _rename(command: t.Command, table: Table) -> Table:
    pairs = renames(command)

    def change(fields: dict[str, Any]) -> dict[str, Any]:
        for old, new in pairs:
            if "*" in old or "*" in new:
                fields = _moved(fields, old, new)
            else:
                kept = {name: held for name, held in fields.items() if name not in (old, new)}
                fields = kept | ({new: fields[old]} if old in fields else {})
        return fields

    return changed(table, change)


def _moved(fields: dict[str, Any], old: str, new: str) -> dict[str, Any]:
    """`rename prefix* as other*`: what the star stands for is kept."""
    if not (old.endswith("*") and new.endswith("*") and old.count("*") == new.count("*") == 1):
        refuse("these wildcards of rename", "end both names in a star")
    moved = {name: name for name in fields} | {
        name: new[:-1] + name[len(old) - 1 :] for name in fields if name.startswith(old[:-1])
    }
    if len(set(moved.values())) < len(moved):
        refuse("a rename onto a field that exists")
    return {moved[name]: held for name, held in fields.items()}


def _fillnull(command: t.Command, table: Table) -> Table:
    named, rest = options(command)
    value = named["value"].text if "value" in named else "0"
    names = [word.text for word in rest]
    known = names or sorted({name for row in table.rows for name in row.fields})
    return changed(table, lambda fields: dict.fromkeys(known, value) | fields)


def _rex(command: t.Command, table: Table) -> Table:
    named, rest = options(command)
    if set(named) - {"field"} or len(rest) != 1:
        refuse("these options of rex", "give only field= and the expression")
    field = named["field"].text if "field" in named else "_raw"
    found = v.pcre(unescape_regex(rest[0].text))

    def change(fields: dict[str, Any]) -> dict[str, Any]:
        if field not in fields:
            return fields
        if isinstance(fields[field], list):
            refuse("rex on a field of several values", "use mvexpand")
        match = found.search(v.text(fields[field]))
        groups = match.groupdict() if match else {}
        return fields | {name: text for name, text in groups.items() if text is not None}

    return changed(table, change)


def _sort(command: t.Command, table: Table) -> Table:
    words = _names(command)
    limit = int(words.pop(0)) if words and words[0].isdigit() else 10000
    descending = bool(words) and words[0].startswith("-")
    name = "".join(words).lstrip("+-")
    keys = [v.number(row.fields.get(name)) for row in table.rows]
    one = len([word for word in words if word not in ("+", "-")]) == 1
    if not one or None in keys or len(set(keys)) < len(keys):
        return _unsettled(table, limit)
    rows = sorted(table.rows, key=lambda row: v.number(row.fields[name]) or 0, reverse=descending)
    shown = rows[:limit] if limit else rows
    return Table(tuple(shown), table.zone, ("-" if descending else "") + name)


def _unsettled(table: Table, limit: int) -> Table:
    """Rows in an order that ties, texts or missing values leave open."""
    if limit and len(table.rows) > limit:
        refuse("the first of events that do not sort by one number", "write sort 0")
    return replace(table, order="")


def _mvexpand(command: t.Command, table: Table) -> Table:
    names = _names(command)
    if len(names) != 1:
        refuse("these arguments of mvexpand", "name one field")
    rows = [
        Row(row.fields | made, row.number)
        for row in table.rows
        for made in _each(row.fields, names[0])
    ]
    return replace(table, rows=tuple(rows))


def _each(fields: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return [{name: text} for text in fields[name]] if isinstance(fields.get(name), list) else [{}]


def _head(command: t.Command, table: Table) -> Table:
    words = _names(command)
    if not table.order or not all(word.isdigit() for word in words):
        refuse("head of events that were not sorted", "sort them first")
    return replace(table, rows=table.rows[: int(words[0]) if words else 10])


def _dedup(command: t.Command, table: Table) -> Table:
    named, rest = options(command)
    names = [word.text for word in rest]
    if named or not names or names[0].isdigit() or not table.order:
        refuse("this form of dedup", "sort first, and name only fields")
    kept: dict[tuple[str, ...], Row] = {}
    for row in table.rows:
        if all(name in row.fields for name in names):
            kept.setdefault(tuple(str(v.texts(row.fields[n])) for n in names), row)
    return replace(table, rows=tuple(kept.values()))


def _fields(command: t.Command, table: Table) -> Table:
    names = _names(command)
    if any("*" in name for name in names):
        refuse(f"a wildcard in {command.name}", "name the fields")
    if names[:1] == ["-"]:
        return changed(table, lambda f: {n: held for n, held in f.items() if n not in names})
    inner = () if command.name == "table" else ("_time", "_raw")
    kept = [name for name in names if name != "+"]
    return changed(table, lambda f: {n: f[n] for n in (*kept, *inner) if n in f})


def _bin(command: t.Command, table: Table) -> Table:
    named, rest = options(command)
    if set(named) != {"span"} or len(rest) != 1:
        refuse("this form of bin", "write: bin field span=5m")
    name, width = rest[0].text, span(named["span"].text)

    def change(fields: dict[str, Any]) -> dict[str, Any]:
        moment = v.number(fields.get(name))
        return fields if moment is None else fields | {name: int(moment // width * width)}

    return changed(table, change)


COMMANDS: Mapping[str, Callable[[t.Command, Table], Table]] = {
    **AGGREGATING,
    "bin": _bin,
    "bucket": _bin,
    "dedup": _dedup,
    "fields": _fields,
    "fillnull": _fillnull,
    "head": _head,
    "mvexpand": _mvexpand,
    "rename": _rename,
    "rex": _rex,
    "sort": _sort,
    "table": _fields,
}
