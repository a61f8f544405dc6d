"""Queries against the rules they come from: what a proof makes of a query's fidelity."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from converter import predicate as p
from converter.errors import QueryError, Unsupported
from converter.languages import Query
from converter.languages.parsing import as_read, parse
from converter.matcher import compile_predicate
from converter.pipelines import Facts
from converter.proof import Proof, describe, prove

# What both sides take for granted alike, so that comparing them cannot bring it up.
_NOT_COMPARED = re.compile(r"no line breaks$|^times are read|usual short form$")
_FITTING = {
    "can match more and less than the rule": ("proved", "widens", "narrows", "both", "undecided"),
    "can match more than the rule": ("proved", "widens", "undecided"),
    "can match less than the rule": ("proved", "narrows", "undecided"),
}


@dataclass(frozen=True)
class Meaning:
    """What a rule asks in one schema: its predicate in the schema's names, and facts on them."""

    predicate: p.Predicate
    facts: Callable[[str], Facts]
    indices: tuple[str, ...]


def all_indices(meanings: Sequence[Meaning]) -> tuple[str, ...]:
    """The indices of several rules, each once, in the order they first come."""
    return tuple(dict.fromkeys(name for one in meanings for name in one.indices))


def together(meanings: Sequence[Meaning]) -> Meaning:
    """One rule, or any of several."""
    if len(meanings) == 1:
        return meanings[0]
    predicate = p.Or(tuple(one.predicate for one in meanings))
    return Meaning(predicate, lambda name: _merged(name, meanings), all_indices(meanings))


def _merged(name: str, meanings: Sequence[Meaning]) -> Facts:
    """A field that several log sources share keeps its spelling if it does in any of them."""
    known = [one.facts(name) for one in meanings]
    known = [facts for facts in known if facts.type != "unknown"] or known[:1]
    return replace(known[0], canonical=any(facts.canonical for facts in known))


def prove_text(meaning: Meaning, text: str, language: str) -> Proof:
    """A query in words of its language against a rule. Raises QueryError, Unsupported."""
    query = as_read(language, parse(language, text, meaning.facts))
    rule = as_read(language, meaning.predicate)
    return prove(rule, query, meaning.facts, compile_predicate)


def proved(query: Query, meanings: Sequence[Meaning]) -> Query:
    """The query with what its proof says of it; `different` where it contradicts the query."""
    try:
        proof = prove_text(together(meanings), query.text, query.language)
    except Unsupported as error:
        return _unproved(query, f"not proved: {error.what}")
    except QueryError as error:
        return _different(query, (f"the query cannot be read back: {error.what}",))
    if query.fidelity == "partial":
        direction = query.notes[0].split(":")[0]
        if proof.verdict in _FITTING[direction]:
            return query
        return _different(query, describe(proof))
    if proof.verdict == "proved":
        kept = [text for text in query.assumptions if _NOT_COMPARED.search(text)]
        assumptions = tuple(dict.fromkeys((*proof.assumptions, *kept)))
        return replace(query, fidelity="proved", assumptions=assumptions)
    if proof.verdict == "undecided":
        return _unproved(query, *describe(proof))
    return _different(query, describe(proof))


def _unproved(query: Query, *notes: str) -> Query:
    return replace(query, notes=(*query.notes, *notes))


def _different(query: Query, notes: Sequence[str]) -> Query:
    """Such a query is not given out; it stands in the notes, to be looked into."""
    notes = (*notes, f"the query was: {query.text}", *query.notes)
    return replace(query, text="", fidelity="different", notes=notes)
