"""MITRE's STIX bundle of ATT&CK as a table of tactics and techniques."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def from_stix(objects: list[dict[str, Any]]) -> dict[str, Any]:
    """The table. Raises KeyError, ValueError, TypeError where the objects are no ATT&CK."""
    kinds: dict[str, list[dict[str, Any]]] = {}
    for one in objects:
        kinds.setdefault(one["type"], []).append(one)
    ids = {one["id"]: _external(one) for one in kinds["attack-pattern"]}
    heirs = {
        ids[one["source_ref"]]["id"]: ids[one["target_ref"]]["id"]
        for one in kinds.get("relationship", ())
        if one["relationship_type"] == "revoked-by" and one["source_ref"] in ids
    }
    versions = [one.get("x_mitre_version", "") for one in kinds.get("x-mitre-collection", ())]
    patterns = (one | ids[one["id"]] for one in kinds["attack-pattern"])
    return {
        "attack_version": versions[0] if versions else "unknown",
        "tactics": {
            _external(one)["id"]: {
                "name": one["name"],
                "shortname": one["x_mitre_shortname"],
                "url": _external(one)["url"],
            }
            for one in kinds["x-mitre-tactic"]
        },
        "techniques": {one["id"]: _technique_entry(one, heirs) for one in patterns},
    }


def _external(one: Mapping[str, Any]) -> dict[str, str]:
    (found,) = (
        ref for ref in one["external_references"] if ref.get("source_name") == "mitre-attack"
    )
    return {"id": found["external_id"], "url": found["url"]}


def _technique_entry(one: Mapping[str, Any], heirs: Mapping[str, str]) -> dict[str, Any]:
    phases = one.get("kill_chain_phases", ())
    tactics = [part["phase_name"] for part in phases if part["kill_chain_name"] == "mitre-attack"]
    found = {"name": one["name"], "url": one["url"], "tactics": tactics}
    if one["id"] in heirs:
        found["revoked_by"] = heirs[one["id"]]
    return found | ({"deprecated": True} if one.get("x_mitre_deprecated") else {})
