"""The files of the app."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

from converter.packages.content import Content
from converter.packages.metadata import line
from converter.packages.splunk.collected import Collected
from converter.packages.splunk.conf import Stanza, as_value, conf, defanged
from converter.packages.splunk.naming import identifier, list_macro, list_name
from converter.packages.splunk.readme import readme
from converter.packages.splunk.stories import stories
from converter.packages.splunk.words import filled
from converter.packages.threat import aims

_FORMULA = ("=", "+", "-", "@", "\t")
_COLUMNS = ("search", "title", "level", "tactic_id", "tactic", "technique_id", "technique")


def app_files(found: Collected, content: Content) -> dict[str, bytes]:
    """Everything below the app's folder, by path."""
    name = content.release.name
    lists = lookups(found, content)
    table = table_name(content)
    words = {"app": name, "table": table, "title": _xml(content.release.title)}
    files = {
        "README.md": readme(found, content, [name for name in lists if name != table]),
        "README/analyticstories.conf.spec": filled("analyticstories.conf.spec"),
        "app.manifest": _manifest(content),
        "default/analyticstories.conf": conf(stories(found, content)),
        "default/app.conf": conf(_app(content)),
        "default/data/ui/nav/default.xml": filled("nav.xml", **words),
        "default/data/ui/views/coverage.xml": filled("coverage.xml", **words),
        "default/macros.conf": conf(_macros(found)),
        "default/savedsearches.conf": conf(found.made),
        "default/server.conf": filled("server.conf"),
        "default/transforms.conf": conf(_transforms(lists)),
        "metadata/default.meta": filled("default.meta"),
    }
    return files | {f"lookups/{name}.csv": data for name, data in lists.items()}


def table_name(content: Content) -> str:
    """What the lookup of all detections is called."""
    return f"{identifier(content.release.name)}_detections"


def lookups(found: Collected, content: Content) -> dict[str, bytes]:
    """CSV by the name of the lookup: all detections, and the value lists that searches read."""
    used = {name for one in found.searches for name in one.search.lists}
    return {table_name(content): _csv(_COLUMNS, _coverage(found, content))} | {
        list_name(name, content): _csv(["value"], [[value] for value in values])
        for name, values in sorted(content.lists.items())
        if f"{list_macro(name, content)}(1)" in used
    }


def _app(content: Content) -> dict[str, Stanza]:
    release = content.release
    about = f"{len(content.entries)} detections, made from Sigma rules"
    return {
        "install": {"is_configured": 0, "state": "enabled", "build": 1},
        "package": {"id": release.name, "check_for_updates": 0},
        "ui": {"is_visible": 1, "label": line(release.title)},
        "launcher": {
            "author": line(release.author),
            "description": about,
            "version": release.version,
        },
        "id": {"name": release.name, "version": release.version},
        "triggers": {"reload.analyticstories": "simple"},
    }


def _manifest(content: Content) -> bytes:
    release = content.release
    texts = {
        "name": release.name,
        "title": line(release.title),
        "author": line(release.author),
        "version": release.version,
        "description": "Detections made from Sigma rules",
    }
    return filled("app.manifest", **{key: as_value(text) for key, text in texts.items()})


def _macros(found: Collected) -> dict[str, Stanza]:
    """Sources and lists first, then each rule's filter, which lets everything pass."""
    shared: dict[str, Stanza] = {}
    for one in found.searches:
        shared |= one.search.macros
    named = {f"{one.name.macro}_filter": {"definition": "search *"} for one in found.searches}
    return {name: shared[name] for name in sorted(shared)} | named


def _transforms(names: Iterable[str]) -> dict[str, Stanza]:
    return {name: {"filename": f"{name}.csv", "case_sensitive_match": 0} for name in names}


def _coverage(found: Collected, content: Content) -> Iterable[Sequence[str]]:
    """A row for each search, tactic and technique; the dashboard reads them."""
    for one in found.alerts:
        rule = one.entry.rule
        head = [one.name.search, _cell(defanged(line(rule.title))), rule.level.lower()]
        rows = []
        for aim in aims(rule, content.attack):
            techniques = [
                one for parent, below in aim.techniques.items() for one in below or (parent,)
            ]
            tactic = [aim.tactic.id, aim.tactic.name]
            rows += [[*head, *tactic, one.id, one.name] for one in techniques]
            rows += [] if techniques else [[*head, *tactic, "", ""]]
        yield from rows or [[*head, "", "", "", ""]]


def _cell(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _csv(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerows([columns, *rows])
    return out.getvalue().encode()


def _xml(text: str) -> str:
    marks: Mapping[str, str] = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "$": "$$"}
    return "".join(marks.get(letter, letter) for letter in line(text))
