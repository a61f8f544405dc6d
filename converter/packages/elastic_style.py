"""Elastic's style: tags such as `Domain: Cloud`, guides that open with Triage and analysis."""

from __future__ import annotations

import re

from converter.packages.content import Content, Entry
from converter.packages.metadata import extra_text, line
from converter.packages.threat import aims
from converter.rules import Rule

_GUIDE = "Resources: Investigation Guide"
_TRIAGE = "## Triage and analysis"
_FENCE = re.compile(r"(^```.*?^```|^~~~.*?^~~~)", re.MULTILINE | re.DOTALL)


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


def guide(rule: Rule) -> str:
    """The investigation guide, its headings one level lower below the one that Elastic's open with.

    Code between fences stays as it is. The rule's further remark stands at the end.
    """
    text, remark = _opened(extra_text(rule, "investigation_guide")), extra_text(rule, "note")
    if not remark:
        return text
    return f"{text}\n\n### Note\n\n{remark}" if text else remark


def _opened(text: str) -> str:
    if not text or text.startswith(_TRIAGE):
        return text
    parts = _FENCE.split(text)
    lowered = [
        part if number % 2 else re.sub(r"^(#{1,5}) ", r"#\1 ", part, flags=re.MULTILINE)
        for number, part in enumerate(parts)
    ]
    return f"{_TRIAGE}\n\n{''.join(lowered)}"
