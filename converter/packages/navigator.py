"""A layer of the ATT&CK Navigator (format 4.5): which techniques the rules look for.

Format: https://github.com/mitre-attack/attack-navigator/blob/master/layers/spec/v4.5/layerformat.md
"""

from __future__ import annotations

from typing import Any

from converter.attack import Technique
from converter.packages.content import Content, Entry, Package
from converter.packages.metadata import line
from converter.packages.text import as_json
from converter.packages.threat import aims

_COLOURS = ("#ffffff", "#9ecae1", "#08519c")


def build(content: Content) -> Package:
    """One layer; a technique's score is the number of rules that look for it."""
    cells: dict[tuple[str, str], list[Entry]] = {}
    known: dict[str, Technique] = {}
    for entry in content.entries:
        for aim in aims(entry.rule, content.attack):
            for technique, below in aim.techniques.items():
                for one in below or (technique,):
                    known[one.id] = one
                    cells.setdefault((one.id, aim.tactic.short), []).append(entry)
    most = max(map(len, cells.values()), default=1)
    layer = _head(content, most)
    layer["techniques"] = [
        _cell(known[id], tactic, entries) for (id, tactic), entries in sorted(cells.items())
    ]
    return Package({"layer.json": as_json(layer)})


def _head(content: Content, most: int) -> dict[str, Any]:
    edition = content.attack.version.partition(".")[0]
    return {
        "name": line(content.release.title),
        "versions": {"attack": edition, "navigator": "5.1.0", "layer": "4.5"},
        "domain": content.attack.domain,
        "description": f"{len(content.entries)} rules, version {content.release.version}",
        "sorting": 3,
        "hideDisabled": False,
        "gradient": {"colors": list(_COLOURS), "minValue": 0, "maxValue": most},
        "showTacticRowBackground": True,
        "selectTechniquesAcrossTactics": False,
    }


def _cell(technique: Technique, tactic: str, entries: list[Entry]) -> dict[str, Any]:
    return {
        "techniqueID": technique.id,
        "tactic": tactic,
        "score": len(entries),
        "comment": "; ".join(line(entry.rule.title) for entry in entries),
        "enabled": True,
        "metadata": [
            {"name": line(entry.rule.level or "no level"), "value": line(entry.rule.title)}
            for entry in entries
        ],
        "links": [{"label": f"ATT&CK {technique.id}", "url": technique.url}],
    }
