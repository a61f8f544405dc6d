"""All saved searches of a package, and what is not among them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from converter.errors import PolysigmaError
from converter.packages.content import Content
from converter.packages.splunk.naming import Name
from converter.packages.splunk.saved import Saved, saved
from converter.rules import Rule

Maker = Callable[[Saved, Content], Mapping[str, Any]]


@dataclass(frozen=True)
class Collected:
    """Saved searches in their rules' order; what each is written as, by name; what is missing."""

    searches: tuple[Saved, ...]
    made: Mapping[str, Mapping[str, Any]]
    missing: tuple[tuple[Rule, PolysigmaError], ...]

    @property
    def partial(self) -> list[str]:
        """What Splunk says less exactly than a rule."""
        queries = ((one.entry.rule.stem, one.entry.queries["spl"]) for one in self.searches)
        return [
            f"{stem}: {'; '.join(query.notes)}"
            for stem, query in queries
            if query.fidelity == "partial"
        ]

    @property
    def alerts(self) -> list[Saved]:
        """The searches that raise alerts by themselves."""
        return [one for one in self.searches if not one.held]


def collected(content: Content, named: Mapping[str, Name], make: Maker) -> Collected:
    """What of the rules Splunk can run; what it cannot is named with the reason."""
    held = _held(content)
    searches: list[Saved] = []
    made: dict[str, Mapping[str, Any]] = {}
    missing: list[tuple[Rule, PolysigmaError]] = []
    for entry in content.entries:
        try:
            one = saved(entry, named[entry.rule.stem], content, entry.rule.id in held)
            made[one.name.search] = make(one, content)
        except PolysigmaError as error:
            missing.append((entry.rule, error.at(entry.rule.path)))
            continue
        searches.append(one)
    return Collected(tuple(searches), made, tuple(missing))


def _held(content: Content) -> set[str]:
    """Rules that only correlations report (Sigma's specification of correlations: `generate`)."""
    names = {entry.rule.name: entry.rule.id for entry in content.entries if entry.rule.name}
    held: set[str] = set()
    for entry in content.entries:
        body = entry.rule.data.get("correlation")
        if entry.rule.kind != "correlation" or not isinstance(body, dict) or body.get("generate"):
            continue
        rules = body.get("rules")
        for name in map(str, rules if isinstance(rules, list) else [rules]):
            held.add(names.get(name, name.lower()))
    return held
