"""From a query to what a saved search holds: one line, its log source and value lists in macros.

The query's text is cut into strings and what stands between them; a string is never changed. With
its macros written out the search is the query again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from converter.errors import Unsupported
from converter.packages.content import Content, Entry
from converter.packages.splunk.conf import Code, Stanza
from converter.packages.splunk.naming import identifier, list_macro, list_name

_PIECES = re.compile(r'"(?:[^"\\]|\\.)*"|\'[^\']*\'|[^"\']+', re.DOTALL)
_SOURCE = re.compile(r'(?<![\w.:@{}"])sourcetype=$')
_EVENT = re.compile(r"(?<![\w.:@{}\"])lower\(sourcetype\)=$")
# A whole string, which a macro may then stand for.
_ADDRESS = re.compile(
    r'"([\w*:/-]*(?<!\d)\d{1,3}\.\d{1,3}\.\d{1,3})\.(\d{1,3}(?!\d)[\w*:/-]*)"', re.ASCII
)
_BY = re.compile(r"\| (?P<command>streamstats|stats) .* by (?P<names>.+)", re.DOTALL)


@dataclass(frozen=True)
class Search:
    """One line of SPL and the macros that it needs by their names.

    `groups` are the fields after the last `by`; `aggregated`: its results have no other fields.
    """

    text: str
    macros: Mapping[str, Stanza]
    groups: tuple[str, ...] = ()
    aggregated: bool = False
    lists: frozenset[str] = frozenset()


def search(text: str, entry: Entry, content: Content) -> Search:
    """Raises Unsupported where the query cannot stand on one line."""
    pieces = _PIECES.findall(text)
    if "".join(pieces) != text or any(
        re.search(r"[\x00-\x08\x0a-\x1f]", one) for one in pieces if _quoted(one)
    ):
        what = (
            "the query has line breaks in quotes, or open quotes, which a saved search cannot hold"
        )
        raise Unsupported(what, path=entry.rule.path, next_step="take them out of the rule")
    macros: dict[str, Stanza] = {}
    groups, aggregated = _groups(text)
    first, rest = _first(pieces)
    first, lists = _with_lists(first, entry, content, macros)
    found = "".join([*_with_sources(first, entry, content, macros)])
    if not macros.keys() - lists:
        name, definition = _own(entry, content)
        macros[name] = definition
        found = f"`{name}` ({found.strip()}){' ' * bool(rest)}"
    whole = found + "".join(_with_sources(rest, entry, content, macros))
    line = _with_addresses(" ".join(whole.split("\n")), content, macros)
    return Search(line, macros, groups, aggregated, frozenset(lists))


def _quoted(piece: str) -> bool:
    return piece[0] in "\"'"


def _first(pieces: list[str]) -> tuple[list[str], list[str]]:
    """The pieces before the first pipe, and the others."""
    for number, piece in enumerate(pieces):
        if not _quoted(piece) and "|" in piece:
            before, _, after = piece.partition("|")
            return [*pieces[:number], before], [f"|{after}", *pieces[number + 1 :]]
    return pieces, []


def _with_sources(
    pieces: list[str], entry: Entry, content: Content, macros: dict[str, Stanza]
) -> Iterator[str]:
    """The pieces, with macros for `sourcetype="x"` and, in expressions, `lower(sourcetype)="x"`."""
    rest = iter(pieces)
    for piece in rest:
        event, source = _EVENT.search(piece), _SOURCE.search(piece)
        test = event or source
        if test is None or _quoted(piece):
            yield piece
            continue
        sourcetype = next(rest, "")
        name = f"{source_macro(sourcetype.strip(chr(34)), entry, content)}{'_event' * bool(event)}"
        definition = f"{test[0]}{sourcetype}"
        whole = definition if event else f"(index=* {definition})"
        macros[name] = {"definition": Code(whole)}
        yield f"{piece[: test.start()]}`{name}`"


def source_macro(sourcetype: str, entry: Entry, content: Content) -> str:
    """The name of a source type's macro: after the catalogue's log source, if one has it."""
    found = (one.stem for one in entry.sources if one.splunk.get("sourcetype") == sourcetype)
    return f"{identifier(content.release.name)}_{identifier(next(found, sourcetype))}"


def _own(entry: Entry, content: Content) -> tuple[str, Stanza]:
    """The macro of a rule whose query names no source type: it stands for all indexes."""
    words = "_".join(entry.rule.logsource.values()) or "any"
    return f"{identifier(content.release.name)}_{identifier(words)}", {"definition": "index=*"}


def _with_addresses(text: str, content: Content, macros: dict[str, Stanza]) -> str:
    """The search, with a macro that puts an address together: AppInspect takes one for a secret."""
    name = f"{identifier(content.release.name)}_dot"

    def split(found: re.Match[str]) -> str:
        macros[f"{name}(2)"] = {"args": "left,right", "definition": '"$left$.$right$"'}
        return f"`{name}({found[1]},{found[2]})`"

    return _ADDRESS.sub(split, text)


def _groups(text: str) -> tuple[tuple[str, ...], bool]:
    found: tuple[tuple[str, ...], bool] = ((), False)
    for line in text.split("\n"):
        by = _BY.fullmatch(line)
        if by:
            names = tuple(name.strip().strip('"') for name in by["names"].split(","))
            found = (names, by["command"] == "stats")
    return found


def _with_lists(
    pieces: list[str], entry: Entry, content: Content, macros: dict[str, Stanza]
) -> tuple[list[str], set[str]]:
    """The pieces, with a macro for each test that is a whole value list, and the macros' names."""
    names: set[str] = set()
    for field, name in sorted(set(_expanded(entry))):
        macro = list_macro(name, content)
        changed = _without_list(pieces, field, content.lists.get(name, ()), f"`{macro}({field})`")
        if changed is not None:
            pieces = changed
            names.add(f"{macro}(1)")
            rows = f"| inputlookup {list_name(name, content)}"
            named = f'{rows} | rename value as "$field$" | fields "$field$"'
            macros[f"{macro}(1)"] = {"args": "field", "definition": Code(f"[{named}]")}
    return pieces, names


def _without_list(
    pieces: list[str], field: str, values: tuple[str, ...], macro: str
) -> list[str] | None:
    """The pieces with the macro where `field` is tested for just these values; None if nowhere."""
    head = re.compile(rf"(?<![\w.:@{{}}-]){re.escape(field)}( IN \(|=)$")
    for number, piece in enumerate(pieces):
        start = None if _quoted(piece) else head.search(piece)
        if start is None:
            continue
        end = number + 1
        while end + 1 < len(pieces) and _quoted(pieces[end]) and pieces[end + 1] == ", ":
            end += 2
        found = {one[1:-1] for one in pieces[number + 1 : end + 1 : 2]}
        closing = "" if start[1] == "=" else ")"
        after = pieces[end + 1] if end + 1 < len(pieces) else ""
        if found == set(values) and after.startswith(closing):
            before = piece[: start.start()]
            return [*pieces[:number], before + macro + after[len(closing) :], *pieces[end + 2 :]]
    return None


def _expanded(entry: Entry) -> Iterator[tuple[str, str]]:
    """Fields, as Splunk calls them, and the value lists that the rule tests them with."""
    for rule in (entry.rule, *entry.bases):
        for key, value in _items(rule.data.get("detection")):
            field, *words = key.split("|")
            if words == ["expand"] and re.fullmatch(r"%[\w-]+%", str(value)):
                for source in entry.sources:
                    name = source.name("splunk", field)
                    if re.fullmatch(r"[\w.:@{}-]+", name):
                        yield name, str(value)[1:-1]


def _items(part: object) -> Iterator[tuple[str, object]]:
    if isinstance(part, dict):
        for key, value in part.items():
            if not isinstance(value, dict | list):
                yield str(key), value
            yield from _items(value)
    for one in part if isinstance(part, list) else ():
        yield from _items(one)
