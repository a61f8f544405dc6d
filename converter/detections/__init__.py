"""The page of all detections: which rule finds what, of what kind, how faithfully in each language.

Rules and the report of their conversion in, `{path: bytes}` out; paths are below the page's folder.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from converter.detections.kinds import kinds
from converter.detections.markdown import code, link, table, text
from converter.errors import PackageError
from converter.pipelines import Pipelines
from converter.rules import Rule, RuleSet

__all__ = ["Documented", "page", "without_rule"]

PAGE = "detections.md"
_LANGUAGES = {"lucene": "Lucene", "eql": "EQL", "esql": "ES|QL", "spl": "SPL"}
_HEAD = """\
<!-- Written by `polysigma docs`: change the rules, then run it again. -->
# Detections

`proved` means that the query was read back and means the rule, `partial` that something is lost,
`unsupported` that the language cannot say the rule, `unproved` that nothing decides it, as with
events over time. Each word leads to its query; what is lost stands in the last table.
"""


@dataclass(frozen=True)
class Documented:
    """A detection that the project set out to ship: its id, its name and where it comes from."""

    id: str
    name: str
    origin: str


@dataclass(frozen=True)
class _Entry:
    """A rule, its kinds, and what the report says of its place and its queries."""

    rule: Rule
    kinds: Sequence[str]
    path: str
    queries: Mapping[str, Any]

    @property
    def detection(self) -> str:
        return str(self.rule.extra.get("detection", ""))

    @property
    def row(self) -> list[str]:
        """Rule, kind, and fidelity in each language."""
        name = link(text(self.rule.title), f"../{self.path.split(':')[0]}")
        found = (self.queries.get(language) for language in _LANGUAGES)
        return [name, text(", ".join(self.kinds)), *(_fidelity(one) for one in found)]


def page(
    rules: RuleSet, report: Mapping[str, Any], documented: Sequence[Documented]
) -> dict[str, bytes]:
    """The page. Raises PackageError where the report lacks a rule."""
    entries = list(_entries(rules, report))
    known = {one.id for one in documented}
    further = [e for e in entries if e.rule.kind == "rule" and e.detection not in known]
    languages = list(_LANGUAGES.values())
    parts = [
        _HEAD,
        "## Documented detections\n",
        table(["detection", "from", "rule", "kind", *languages], _documented(entries, documented)),
        "## Further detections\n",
        table(["level", "rule", "kind", *languages], ([e.rule.level, *e.row] for e in further)),
        "## Correlations\n",
        table(["correlates", "rule", "kind", *languages], _correlations(entries, rules)),
        "## What a language cannot say\n",
        table(["rule", "language", "fidelity", "why"], _losses(entries)),
    ]
    return {PAGE: "\n".join(parts).encode()}


def without_rule(rules: RuleSet, documented: Sequence[Documented]) -> list[Documented]:
    """The documented detections that no rule claims."""
    there = {str(rule.extra.get("detection", "")) for rule in rules}
    return [one for one in documented if one.id not in there]


def _entries(rules: RuleSet, report: Mapping[str, Any]) -> Iterator[_Entry]:
    converted = {entry["id"]: entry for entry in report["rules"]}
    pipelines = Pipelines()
    for rule in sorted(rules, key=lambda rule: (rule.path, rule.index)):
        if rule.kind == "filter":
            continue
        if rule.id not in converted:
            step = "run polysigma convert, then this again"
            raise PackageError("the report knows no such rule", path=rule.path, next_step=step)
        found = converted[rule.id]
        yield _Entry(rule, kinds(rule, pipelines), found["path"], found["queries"])


def _documented(
    entries: Sequence[_Entry], documented: Sequence[Documented]
) -> Iterator[Sequence[str]]:
    for one in documented:
        mine = [entry for entry in entries if entry.detection == one.id]
        for entry in mine:
            yield [f"{text(one.name)} ({code(one.id)})", text(one.origin), *entry.row]
        if not mine:
            yield [text(one.name), text(one.origin), "no rule yet", *[""] * (1 + len(_LANGUAGES))]


def _correlations(entries: Sequence[_Entry], rules: RuleSet) -> Iterator[Sequence[str]]:
    for entry in entries:
        if entry.rule.kind == "correlation":
            body = entry.rule.data["correlation"]
            names = body.get("rules")
            shown = map(code, names if isinstance(names, list) else [names])
            by = "".join(f", by {code(key)}" for key in _list(body.get("group-by")))
            yield [f"{', '.join(shown)} within {text(body.get('timespan'))}{by}", *entry.row]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _fidelity(query: Mapping[str, Any] | None) -> str:
    if query is None:
        return ""
    word = text(query["fidelity"])
    return link(word, f"../out/{query['file']}") if query["file"] else word


def _losses(entries: Sequence[_Entry]) -> Iterator[Sequence[str]]:
    for entry in entries:
        for language, name in _LANGUAGES.items():
            query = entry.queries.get(language)
            if query and query["fidelity"] in ("partial", "unsupported"):
                why = text("; ".join(query["notes"]))
                yield [code(entry.rule.stem), text(name), query["fidelity"], why]
