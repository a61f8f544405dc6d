"""MITRE ATT&CK 19 (enterprise) without a network: tactics, techniques and the tags that name them.

The table is data/attack.json, derived from MITRE's STIX data; its licence lies beside it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import orjson

from converter.attack.older import as_older
from converter.attack.stix import from_stix
from converter.errors import PackageError

VERSION = "19"
OLDER = "18"

Kind = Literal["tactic", "technique", "group", "software", "campaign", "data source", "mitigation"]

_IDS: dict[Kind, re.Pattern[str]] = {
    "technique": re.compile(r"t\d{4}(\.\d{3})?"),
    "group": re.compile(r"g\d{4}"),
    "software": re.compile(r"s\d{4}"),
    "campaign": re.compile(r"c\d{4}"),
    "data source": re.compile(r"ds\d{4}"),
    "mitigation": re.compile(r"m\d{4}"),
}


@dataclass(frozen=True, slots=True)
class Tactic:
    """`short` is what a Sigma tag says after `attack.`, such as `lateral-movement`."""

    id: str
    name: str
    short: str
    url: str


@dataclass(frozen=True, slots=True)
class Technique:
    """A technique or sub-technique; `tactics` are short names.

    A revoked one names its present successor in `replaced_by`; a deprecated one has none.
    """

    id: str
    name: str
    url: str
    tactics: tuple[str, ...]
    replaced_by: str = ""
    deprecated: bool = False

    @property
    def parent(self) -> str:
        """The technique of a sub-technique: T1020 of T1020.001; a technique is its own parent."""
        return self.id.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Tag:
    """What an `attack.` tag names; whether ATT&CK knows it is another question."""

    kind: Kind
    name: str


def parse_tag(tag: str) -> Tag | None:
    """The tag's kind and its part after `attack.`; None for a tag of another namespace.

    Ids come in capitals, as MITRE writes them. What is no id is taken for a tactic
    (Sigma specification, tags appendix).
    """
    namespace, _, name = tag.partition(".")
    if namespace.lower() != "attack":
        return None
    for kind, pattern in _IDS.items():
        if pattern.fullmatch(name.lower()):
            return Tag(kind, name.upper())
    return Tag("tactic", name)


class Attack:
    """One edition of ATT&CK: tactics by short name in the order of their ids, techniques by id."""

    def __init__(self, table: Mapping[str, Any]) -> None:
        self._techniques: Mapping[str, Any] = table["techniques"]
        self._renamed: Mapping[str, str] = table.get("tactic_aliases", {})
        self.version = str(table["attack_version"])
        self.domain = str(table.get("domain", "enterprise-attack"))
        entries = sorted(table["tactics"].items())
        found = (Tactic(id, e["name"], e["shortname"], e["url"]) for id, e in entries)
        self.tactics: dict[str, Tactic] = {tactic.short: tactic for tactic in found}
        self._by_id = {tactic.id: tactic for tactic in self.tactics.values()}

    def tactic(self, short: str) -> Tactic | None:
        """The tactic with this short name, such as `exfiltration`, or id, such as `TA0010`."""
        return self.tactics.get(short) or self._by_id.get(short)

    def technique(self, id: str) -> Technique | None:
        """The technique or sub-technique with this id, such as `T1020.001`."""
        entry = self._techniques.get(id)
        if not entry:
            return None
        name, url, tactics = entry["name"], entry["url"], tuple(entry["tactics"])
        return Technique(id, name, url, tactics, self._heir(entry), entry.get("deprecated", False))

    def successor(self, short: str) -> str:
        """The present short name of a tactic that MITRE renamed, else an empty text."""
        return str(self._renamed.get(short, ""))

    def techniques(self) -> list[Technique]:
        """All techniques in use, by id."""
        found = (self.technique(id) for id in sorted(self._techniques))
        return [one for one in found if one and not one.replaced_by and not one.deprecated]

    def _heir(self, entry: Mapping[str, Any]) -> str:
        """The last successor: MITRE revoked some successors in their turn."""
        heir: str = entry.get("revoked_by", "")
        return (self._heir(self._techniques.get(heir, {})) or heir) if heir else ""


@cache
def shipped() -> Attack:
    """The edition that comes with the program."""
    return Attack(_table())


def edition(version: str) -> Attack:
    """The shipped table as version 19 or 18 names tactics and techniques.

    Version 18 knew one tactic, Defense Evasion, where 19 has Stealth and Defense Impairment, and
    most of what 19 put below T1684 to T1690 under other ids. Raises PackageError for others.
    """
    if version == VERSION:
        return shipped()
    if version != OLDER:
        step = f"choose {OLDER} or {VERSION}, or name a file with --attack-data"
        raise PackageError(f"ATT&CK {version} is not at hand", next_step=step)
    return Attack(as_older(_table(), OLDER))


def read_attack(raw: bytes, path: str) -> Attack:
    """ATT&CK from a file: MITRE's STIX bundle, or a table as `converter/data/attack.json` is one.

    Raises PackageError where it is neither.
    """
    try:
        data = orjson.loads(raw)
        return Attack(from_stix(data["objects"]) if "objects" in data else data)
    except (ValueError, KeyError, TypeError, AttributeError):
        step = "name enterprise-attack.json of MITRE's STIX data"
        what = "holds no ATT&CK data"
        raise PackageError(what, path=path, next_step=step) from None


def tactic(short: str) -> Tactic | None:
    """The shipped edition's tactic with this short name or id."""
    return shipped().tactic(short)


def technique(id: str) -> Technique | None:
    """The shipped edition's technique with this id."""
    return shipped().technique(id)


def successor(short: str) -> str:
    """The shipped edition's short name of a tactic that MITRE renamed, else an empty text."""
    return shipped().successor(short)


def tactics() -> dict[str, Tactic]:
    """The shipped edition's tactics by short name, in the order of their ids."""
    return shipped().tactics


@cache
def _table() -> dict[str, Any]:
    table: dict[str, Any] = orjson.loads(
        files("converter").joinpath("data/attack.json").read_bytes()
    )
    return table
