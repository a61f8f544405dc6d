"""What changed between two revisions of the rules, and what that does to the events they find.

Each rule that both have is compared as an old query with a new one, by the same proof that holds
queries to their rules: the meaning was kept, widened, narrowed, or both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from converter.matcher import compile_predicate
from converter.packages.content import Content, Entry, Names
from converter.packages.metadata import line
from converter.pipelines import Schema
from converter.proof import Proof, prove
from converter.proving import together

Kind = Literal["added", "removed", "changed"]
_PRODUCTS: Mapping[Schema, str] = {"ecs": "Elastic", "splunk": "Splunk"}
_VERDICTS = {
    "proved": "the meaning is kept",
    "widens": "the meaning is wider: it finds events that it did not",
    "narrows": "the meaning is narrower: it misses events that it found",
    "both": "the meaning is another: it finds events that it did not, and misses others",
    "undecided": "whether the meaning is kept could not be decided",
}
_SAID = {
    "Only the query matches": "Matches only now:",
    "Only the rule matches": "Matches no longer:",
    "Not decided whether the rule alone matches": "Not decided whether it no longer matches",
    "Not decided whether the query alone matches": "Not decided whether it only now matches",
}
_RUNNING = ("interval", "lookback", "max_alerts", "suppression", "time_zone", "risk_score")


@dataclass(frozen=True)
class Change:
    """One rule that is new, gone, or says something else; `lines` say what, for people.

    `verdicts` are the proof's by schema, where both revisions have the rule; `brief` says in few
    words what a changelog tells.
    """

    kind: Kind
    id: str
    title: str
    path: str
    lines: tuple[str, ...] = ()
    verdicts: Mapping[str, str] | None = None
    brief: tuple[str, ...] = ()


def changes(old: Content, new: Content) -> list[Change]:
    """The changes from one content to the other, in the order of the rules' paths."""
    found = [*_present(old, new)]
    for id, entry in old.by_id.items():
        if id not in new.by_id:
            found.append(Change("removed", id, line(entry.rule.title), entry.rule.stem))
    return sorted(found, key=lambda one: (one.path, one.id))


def _present(old: Content, new: Content) -> Iterator[Change]:
    for id, entry in new.by_id.items():
        before = old.by_id.get(id)
        if before is None:
            yield Change("added", id, line(entry.rule.title), entry.rule.stem)
            continue
        lines, verdicts = _compared(before, entry)
        if lines:
            title = line(entry.rule.title)
            brief = tuple(_brief(before, entry, verdicts))
            yield Change("changed", id, title, entry.rule.stem, tuple(lines), verdicts, brief)


def _compared(old: Entry, new: Entry) -> tuple[list[str], dict[str, str]]:
    lines: list[str] = []
    verdicts: dict[str, str] = {}
    for schema, names in new.names.items():
        if old.names[schema].meaning == names.meaning:
            continue
        proof = _proof(old.names[schema], names)
        verdicts[schema] = proof.verdict
        lines.append(f"{_PRODUCTS[schema]}: {_VERDICTS[proof.verdict]}")
        lines += [f"  {_of_revisions(text)}" for text in proof.explanation]
    lines += _around(old, new)
    for language, query in new.queries.items():
        before = old.queries.get(language)
        if before is None or before.text != query.text:
            lines.append(f"{language}: the query has changed")
            lines += [f"  - {text}" for text in (before.text if before else "").splitlines()]
            lines += [f"  + {text}" for text in query.text.splitlines()]
        elif before.fidelity != query.fidelity:
            lines.append(f"{language}: {before.fidelity} has become {query.fidelity}")
    return lines, verdicts


def _brief(old: Entry, new: Entry, verdicts: Mapping[str, str]) -> Iterator[str]:
    """The verdicts, each once with the products it is said of, and all besides the queries."""
    products = {schema: _PRODUCTS[schema] for schema in new.names if schema in verdicts}
    for verdict in dict.fromkeys(verdicts[schema] for schema in products):
        named = [name for schema, name in products.items() if verdicts[schema] == verdict]
        yield f"{' and '.join(named)}: {_VERDICTS[verdict]}"
    yield from _around(old, new)
    queries = [
        name
        for name, query in new.queries.items()
        if name not in old.queries or old.queries[name].text != query.text
    ]
    if queries and not verdicts:
        yield f"written otherwise in {', '.join(queries)}"


def _proof(old: Names, new: Names) -> Proof:
    before, after = together(old.meanings), together(new.meanings)
    return prove(before.predicate, after.predicate, after.facts, compile_predicate)


def _of_revisions(text: str) -> str:
    """A proof's words on a rule and a query, said of the old and the new revision."""
    for said, meant in _SAID.items():
        text = text.replace(said, meant) if text.startswith(said) else text
    return text


def _around(old: Entry, new: Entry) -> Iterator[str]:
    """What else decides over alerts: window, history, schedule, gravity, state."""
    pairs: list[tuple[str, Any, Any]] = [
        (key, old.rule.data.get(key), new.rule.data.get(key))
        for key in ("correlation", "level", "status", "title")
    ]
    pairs += [
        (key, old.rule.extra.get(key), new.rule.extra.get(key)) for key in ("new_terms", *_RUNNING)
    ]
    for key, before, after in pairs:
        if before != after:
            yield f"{key}: {_shown(before)} has become {_shown(after)}"


def _shown(value: Any) -> str:
    return "nothing" if value is None else line(value)
