"""A bill of materials for data, as CycloneDX 1.6 has it (https://cyclonedx.org/docs/1.6/json/).

Files with their sums, rules with their versions, authors and licences, and the edition of ATT&CK.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from converter.packages.content import Content, Entry
from converter.packages.metadata import authors, line
from converter.packages.text import as_json, canonical

_SPACE = uuid.UUID("5b0c5a0e-7f5e-5f0a-9a52-0f3c6b8f2d11")
_MITRE = (
    "© 2025 The MITRE Corporation. This work is reproduced and distributed with the permission of "
    "The MITRE Corporation."
)


def bom(name: str, sums: Mapping[str, str], content: Content) -> bytes:
    """The bill of one package; `sums` are the SHA-256 of its files by path.

    Its serial number follows from what it lists, and it has no time: same package, same bill.
    """
    version = content.release.version
    components = [_file(path, digest, version) for path, digest in sorted(sums.items())]
    components += [_rule(entry) for entry in content.entries]
    components.append(_attack(content))
    title = f"{content.release.name}-{name}"
    about = {"type": "data", "bom-ref": title, "name": title, "version": version}
    serial = uuid.uuid5(_SPACE, canonical([about, components]).decode())
    return as_json(
        {
            "bomFormat": "CycloneDX",
            "specVersion": "1.6",
            "serialNumber": f"urn:uuid:{serial}",
            "version": 1,
            "metadata": {"component": about},
            "components": components,
        }
    )


def _file(path: str, digest: str, version: str) -> dict[str, Any]:
    return {
        "type": "file",
        "bom-ref": f"file:{path}",
        "name": path,
        "version": version,
        "hashes": [{"alg": "SHA-256", "content": digest}],
    }


def _rule(entry: Entry) -> dict[str, Any]:
    rule = entry.rule
    found: dict[str, Any] = {
        "type": "data",
        "bom-ref": f"rule:{rule.id}",
        "name": line(rule.title),
        "version": str(entry.version),
        "authors": [{"name": name} for name in authors(rule)],
        "licenses": [{"license": {"name": name}}] if (name := _license(entry)) else [],
        "data": [{"type": "definition", "name": rule.id}],
    }
    return {key: value for key, value in found.items() if value != []}


def _license(entry: Entry) -> str:
    return line(entry.rule.data.get("license") or "")


def _attack(content: Content) -> dict[str, Any]:
    return {
        "type": "data",
        "bom-ref": "attack",
        "name": "MITRE ATT&CK",
        "version": content.attack.version,
        "licenses": [{"license": {"name": "ATT&CK Terms of Use"}}],
        "copyright": _MITRE,
        "data": [{"type": "dataset", "name": content.attack.domain}],
    }
