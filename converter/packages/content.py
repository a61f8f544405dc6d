"""What a builder gets and gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from converter.attack import Attack
from converter.errors import PolysigmaError
from converter.pipelines import Facts, Schema, Source
from converter.queries import Query
from converter.rules import Rule
from converter.rules.correlations import Correlation

if TYPE_CHECKING:
    from converter.proving import Meaning


@dataclass(frozen=True)
class Release:
    """What the packages as a whole are called, and by whom they are."""

    name: str = "polysigma"
    title: str = "Detections by polysigma"
    version: str = "1.0.0"
    author: str = "polysigma"


@dataclass(frozen=True)
class Names:
    """What one schema calls the fields that a rule uses.

    `reads` are the fields that its queries test, with their facts, `standard` those of them that
    ECS itself has; `shows` what the rule lists under `fields:`; `group_by`, `counts`, `new_terms`
    and `suppress_by` the fields of a correlation, a first-seen rule and a suppression, `about` the
    facts on these. `meaning` names what the rule asks: it changes with the logic alone. `meanings`
    are the predicates themselves, one for each rule of which any suffices.
    """

    reads: tuple[Facts, ...] = ()
    shows: tuple[str, ...] = ()
    group_by: tuple[str, ...] = ()
    counts: tuple[str, ...] = ()
    new_terms: tuple[str, ...] = ()
    suppress_by: tuple[str, ...] = ()
    about: tuple[Facts, ...] = ()
    standard: frozenset[str] = frozenset()
    indices: tuple[str, ...] = ()
    meaning: str = ""
    meanings: tuple[Meaning, ...] = field(default=(), repr=False, compare=False)


@dataclass(frozen=True)
class Entry:
    """One rule or correlation, ready to be packaged.

    `queries` are by language; `base` are those of a first-seen rule without its memory. `sources`
    are the catalogue's log sources that it reads, none where the user's own pipelines took their
    place. `correlation` is its body, `bases` the rules that it rests on, at any depth.
    """

    rule: Rule
    queries: Mapping[str, Query]
    names: Mapping[Schema, Names] = field(default_factory=dict)
    sources: tuple[Source, ...] = ()
    base: Mapping[str, Query] = field(default_factory=dict)
    correlation: Correlation | None = None
    bases: tuple[Rule, ...] = ()
    version: int = 1


@dataclass(frozen=True)
class Gone:
    """A rule that was there once: what took its id must not stay with users as it was."""

    id: str
    title: str
    version: int


@dataclass(frozen=True)
class Content:
    """All that is packaged: rules in the order of their paths, ATT&CK, the name of it all.

    `lists` are value lists that rules name, `gone` the rules that only the lock of versions knows.
    """

    entries: tuple[Entry, ...]
    attack: Attack
    release: Release = Release()
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    filters: tuple[Rule, ...] = ()
    gone: tuple[Gone, ...] = ()

    @cached_property
    def by_id(self) -> Mapping[str, Entry]:
        """Entries by the id of their rule."""
        return {entry.rule.id: entry for entry in self.entries}


@dataclass(frozen=True)
class Package:
    """Files by their path below the package's folder, and what is not in them, each with why.

    `left_out` holds Unsupported where the platform cannot take a rule, else what is wrong with it.
    """

    files: Mapping[str, bytes]
    left_out: tuple[PolysigmaError, ...] = ()
    notes: tuple[str, ...] = ()
