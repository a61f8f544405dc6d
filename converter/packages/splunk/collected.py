"""All saved searches of a package, and what is not among them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from converter.errors import PolysigmaError
from converter.packages.content import Content
from converter.packages.splunk.conf import Stanza
from converter.packages.splunk.naming import names
from converter.packages.splunk.saved import Saved, saved, stanza
from converter.rules import Rule


@dataclass(frozen=True)
class Collected:
    """Saved searches in the order of their rules, their stanzas by name, and what is missing."""

    searches: tuple[Saved, ...]
    stanzas: Mapping[str, Stanza]
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


def collected(content: Content) -> Collected:
    """What of the rules Splunk can run; what it cannot is named with the reason."""
    named = names((entry.rule for entry in content.entries), content.release)
    held = _held(content)
    searches: list[Saved] = []
    stanzas: dict[str, Stanza] = {}
    missing: list[tuple[Rule, PolysigmaError]] = []
    for entry in content.entries:
        try:
            one = saved(entry, named[entry.rule.stem], content, entry.rule.id in held)
            stanzas[one.name.search] = stanza(one, content)
        except PolysigmaError as error:
            missing.append((entry.rule, error.at(entry.rule.path)))
            continue
        searches.append(one)
    return Collected(tuple(searches), stanzas, tuple(missing))


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
