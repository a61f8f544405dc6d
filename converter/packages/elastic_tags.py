"""Tags in Elastic's style: `Domain: Cloud`, `Data Source: AWS`, `Tactic: Exfiltration`."""

from __future__ import annotations

from converter.packages.content import Content, Entry
from converter.packages.metadata import extra_text, line
from converter.packages.threat import aims

_GUIDE = "Resources: Investigation Guide"


def tags(entry: Entry, content: Content) -> list[str]:
    """The rule's own, else its log sources' by the catalogue; tactics and the guide as they are.

    Whatever the rule says, a tactic is tagged just if the rule has it, under its present name.
    """
    own = entry.rule.extra.get("tags")
    found = [line(tag) for tag in own] if isinstance(own, list) else []
    if not found:
        found = [str(tag) for source in entry.sources for tag in source.elastic.get("tags", ())]
        found.append("Use Case: Threat Detection")
    kept = [tag for tag in found if tag and not tag.startswith("Tactic: ") and tag != _GUIDE]
    kept += [f"Tactic: {aim.tactic.name}" for aim in aims(entry.rule, content.attack)]
    if extra_text(entry.rule, "investigation_guide"):
        kept.append(_GUIDE)
    return list(dict.fromkeys(kept))
