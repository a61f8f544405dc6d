"""Queries, how far they can be trusted, and the files they become."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import orjson

from converter.errors import PolysigmaError, RuleError
from converter.rules import Rule, RuleSet

_INDENTED = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE

Fidelity = Literal["proved", "unproved", "partial", "unsupported", "different"]
Direction = Literal["widens", "narrows", "both"]
FIDELITIES: tuple[Fidelity, ...] = get_args(Fidelity)


@dataclass(frozen=True, slots=True)
class Query:
    """One rule in one language.

    `assumptions` must hold of the data for the query to mean the rule; `notes` say what is lost
    (partial), why there is no query (unsupported), or what the query needs to run.
    """

    language: str
    text: str
    fidelity: Fidelity
    assumptions: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Converted:
    """One rule in every language asked for; `error` says why there is none at all."""

    rule: Rule
    queries: Mapping[str, Query]
    error: PolysigmaError | None = None


def query_file(rule: Rule, language: str) -> str:
    """Where a query stands below the output folder."""
    return f"queries/{language}/{rule.stem}.{language}"


def files(converted: Iterable[Converted]) -> dict[str, bytes]:
    """The output tree: one file a query, and report.json. Same input, same bytes."""
    out: dict[str, bytes] = {}
    entries = []
    for one in converted:
        entries.append(_entry(one))
        for language, query in one.queries.items():
            if query.text:
                out[query_file(one.rule, language)] = (query.text + "\n").encode()
    entries.sort(key=lambda entry: (entry["path"], entry["id"]))
    out["report.json"] = orjson.dumps({"rules": entries}, option=_INDENTED)
    return out


def _entry(one: Converted) -> dict[str, Any]:
    entry: dict[str, Any] = {"path": report_path(one.rule), "id": one.rule.id}
    entry["queries"] = {
        language: _query_entry(one.rule, query) for language, query in one.queries.items()
    }
    if one.error is not None:
        entry["error"] = one.error.what
    return entry


def report_path(rule: Rule) -> str:
    """The rule's path, without what is particular to this machine."""
    suffix = f":{rule.index + 1}" if rule.index else ""
    outside = rule.path.startswith(("/", "..", "~")) or ":" in rule.path[:3]
    return (f"{rule.stem}.yml" if outside else rule.path.removeprefix("./")) + suffix


def _query_entry(rule: Rule, query: Query) -> dict[str, Any]:
    return {
        "file": query_file(rule, query.language) if query.text else None,
        "fidelity": query.fidelity,
        "assumptions": list(query.assumptions),
        "notes": list(query.notes),
    }


def counts(converted: Iterable[Converted]) -> dict[str, Counter[str]]:
    """For each language, how many rules have which fidelity."""
    out: dict[str, Counter[str]] = {}
    for one in converted:
        for language, query in one.queries.items():
            out.setdefault(language, Counter())[query.fidelity] += 1
    return out


def clashes(rules: RuleSet) -> list[RuleError]:
    """Rules whose queries would have the same file name."""
    seen: dict[str, Rule] = {}
    errors = []
    for rule in rules.rules:
        first = seen.setdefault(rule.stem, rule)
        if first is not rule:
            what = f"its queries would have the file names of {first.path}"
            errors.append(rule.error(what, next_step="convert the two folders apart"))
    return errors
