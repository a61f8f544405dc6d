"""ATT&CK 18 from the table of 19: what MITRE renamed, merged and moved in between, undone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_NEW = re.compile(r"T16(8[4-9]|90)\b")  # what first came with version 19
_UNITED = {"stealth": "defense-evasion", "defense-impairment": "defense-evasion"}


def as_older(table: Mapping[str, Any], version: str) -> dict[str, Any]:
    """The table as that older version has it; what is new in 19 and stood nowhere is left out."""
    techniques = table["techniques"]
    former = _former(techniques)
    found = {}
    for id, entry in techniques.items():
        was_new = _NEW.match(id) is not None
        if was_new and id not in former:
            continue
        tactics = dict.fromkeys(_UNITED.get(short, short) for short in entry["tactics"])
        heir = former[id] if was_new else entry.get("revoked_by", "")
        kept = {"name": entry["name"], "url": entry["url"], "tactics": list(tactics)}
        heir = "" if not was_new and _NEW.match(heir) else heir
        flags = {key: True for key in ("deprecated",) if entry.get(key)}
        found[id] = kept | flags | ({"revoked_by": heir} if heir else {})
    known = {id: entry for id, entry in table["tactics"].items() if id not in ("TA0005", "TA0112")}
    url = table["tactics"]["TA0005"]["url"]
    known["TA0005"] = {"name": "Defense Evasion", "shortname": "defense-evasion", "url": url}
    return {
        "attack_version": version,
        "domain": table["domain"],
        "tactics": known,
        "tactic_aliases": _UNITED,
        "techniques": found,
    }


def _former(techniques: Mapping[str, Any]) -> dict[str, str]:
    """What version 18 called each technique of 19 that took the place of others."""
    found: dict[str, str] = {}
    for id, entry in sorted(techniques.items()):
        heir = entry.get("revoked_by", "")
        if _NEW.match(heir):
            same = entry["name"] == techniques[heir]["name"]
            found[heir] = id if same else found.get(heir, id)
    return found
