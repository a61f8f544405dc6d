"""The ATT&CK table and the tags that name its parts."""

from __future__ import annotations

import orjson
import pytest

from converter import attack
from converter.errors import PackageError

TAGS = {
    "attack.exfiltration": attack.Tag("tactic", "exfiltration"),
    "attack.defense-impairment": attack.Tag("tactic", "defense-impairment"),
    "attack.t1020": attack.Tag("technique", "T1020"),
    "attack.T1020.001": attack.Tag("technique", "T1020.001"),
    "attack.g0007": attack.Tag("group", "G0007"),
    "attack.s0002": attack.Tag("software", "S0002"),
    "attack.c0017": attack.Tag("campaign", "C0017"),
    "attack.ds0026": attack.Tag("data source", "DS0026"),
    "attack.t1020.1": attack.Tag("tactic", "t1020.1"),
    "cve.2021-44228": None,
    "attack": attack.Tag("tactic", ""),
    "": None,
}

TECHNIQUES = {
    # id: name, tactics, replaced by, deprecated
    "T1020": ("Automated Exfiltration", ("exfiltration",), "", False),
    "T1020.001": ("Traffic Duplication", ("exfiltration",), "", False),
    "T1040": ("Network Sniffing", ("credential-access", "discovery"), "", False),
    "T1685.002": ("Disable or Modify Cloud Log", ("defense-impairment",), "", False),
    "T1562.008": ("Disable or Modify Cloud Logs", ("defense-evasion",), "T1685.002", False),
    "T1043": ("Commonly Used Port", ("command-and-control",), "", True),
}


@pytest.mark.parametrize("tag", TAGS)
def test_a_tag_is_read_by_its_form(tag: str) -> None:
    """A tag tells by its form what it names, in any case, and other namespaces are not ATT&CK's."""
    assert attack.parse_tag(tag) == TAGS[tag]


@pytest.mark.parametrize("id", TECHNIQUES)
def test_a_technique_is_found_by_its_id(id: str) -> None:
    """A technique carries its name, tactics and fate."""
    found = attack.technique(id)
    assert found is not None
    assert (found.name, found.tactics, found.replaced_by, found.deprecated) == TECHNIQUES[id]
    assert found.url == f"https://attack.mitre.org/techniques/{id.replace('.', '/')}"


@pytest.mark.parametrize("id", ["T9999", "t1020", "", "TA0010"])
def test_what_is_no_technique_is_not_found(id: str) -> None:
    """An unknown id is answered with None, not an error."""
    assert attack.technique(id) is None


def test_a_sub_technique_knows_its_technique() -> None:
    """The parent of T1020.001 is T1020, and T1020 is its own."""
    parents = {t.id: t.parent for id in ("T1020", "T1020.001") if (t := attack.technique(id))}
    assert parents == {"T1020": "T1020", "T1020.001": "T1020"}


def test_a_tactic_is_found_by_short_name_and_by_id() -> None:
    """A tactic has one entry under two names."""
    assert attack.tactic("exfiltration") is attack.tactic("TA0010")
    assert attack.tactic("defense-impairment") == attack.Tactic(
        "TA0112",
        "Defense Impairment",
        "defense-impairment",
        "https://attack.mitre.org/tactics/TA0112",
    )


def test_a_renamed_tactic_has_a_successor() -> None:
    """ATT&CK 19 knows stealth, which was defense evasion before."""
    assert attack.tactic("defense-evasion") is None
    assert attack.successor("defense-evasion") == "stealth"
    assert attack.successor("exfiltration") == ""


def test_every_technique_in_force_belongs_to_a_known_tactic() -> None:
    """Only revoked and deprecated techniques may name a tactic that is gone."""
    entries = attack._table()["techniques"]
    found = [technique for id in entries if (technique := attack.technique(id))]
    assert len(found) == len(entries)
    in_force = [t for t in found if not t.replaced_by and not t.deprecated]
    assert {short for t in in_force for short in t.tactics} == set(attack.tactics())


def test_no_successor_is_itself_revoked() -> None:
    """The successor of a revoked technique is in force, however often MITRE moved it."""
    entries = attack._table()["techniques"]
    heirs = {t.replaced_by for id in entries if (t := attack.technique(id)) and t.replaced_by}
    assert [heir for heir in sorted(heirs) if entries[heir].get("revoked")] == []


def test_the_licence_travels_with_the_table() -> None:
    """MITRE asks that its copyright and licence stand beside every copy."""
    text = attack.files("converter").joinpath("data/attack-LICENSE.txt").read_text("utf-8")
    assert "The MITRE Corporation" in text
    assert attack._table()["attack_version"] == attack.VERSION


def test_version_18_has_one_tactic_for_evasion() -> None:
    """What 19 calls Stealth and Defense Impairment is Defense Evasion there, under the old ids."""
    older = attack.edition("18")
    assert older.version == "18"
    assert (len(older.tactics), older.tactics["defense-evasion"].id) == (14, "TA0005")
    assert older.successor("stealth") == "defense-evasion"
    cloud_logs = older.technique("T1562.008")
    assert cloud_logs is not None
    assert (cloud_logs.tactics, cloud_logs.replaced_by) == (("defense-evasion",), "")
    newer = older.technique("T1685.002")
    assert newer is not None
    assert newer.replaced_by == "T1562.008"
    assert {short for one in older.techniques() for short in one.tactics} == set(older.tactics)


def test_editions_that_are_not_at_hand_are_refused() -> None:
    """Another version is named with what to do instead, and so is a file of something else."""
    with pytest.raises(PackageError, match="ATT&CK 17"):
        attack.edition("17")
    for wrong in (b"", b"[]", b"{}", b'{"objects": []}', b'{"objects": [{"type": "tool"}]}'):
        with pytest.raises(PackageError, match="holds no ATT&CK data"):
            attack.read_attack(wrong, "f.json")


def test_a_stix_bundle_is_read() -> None:
    """Tactics, techniques, successors and deprecation come from MITRE's own form."""

    def pattern(n: int, **more: object) -> dict[str, object]:
        url = f"https://attack.mitre.org/techniques/T000{n}"
        reference = {"source_name": "mitre-attack", "external_id": f"T000{n}", "url": url}
        phase = {"kill_chain_name": "mitre-attack", "phase_name": "flight"}
        return {
            "type": "attack-pattern",
            "id": f"attack-pattern--{n}",
            "name": f"Way {n}",
            "external_references": [{"source_name": "capec"}, reference],
            "kill_chain_phases": [phase],
        } | more

    url = "https://attack.mitre.org/tactics/TA0001"
    tactic = {
        "type": "x-mitre-tactic",
        "id": "x-mitre-tactic--1",
        "name": "Flight",
        "x_mitre_shortname": "flight",
        "external_references": [
            {"source_name": "mitre-attack", "external_id": "TA0001", "url": url}
        ],
    }
    revoked = {
        "type": "relationship",
        "id": "relationship--1",
        "relationship_type": "revoked-by",
        "source_ref": "attack-pattern--2",
        "target_ref": "attack-pattern--1",
    }
    edition = {"type": "x-mitre-collection", "id": "x", "x_mitre_version": "21.0"}
    objects = [edition, tactic, pattern(1), pattern(2), pattern(3, x_mitre_deprecated=True)]
    found = attack.read_attack(orjson.dumps({"objects": [*objects, revoked]}), "f.json")
    assert (found.version, list(found.tactics)) == ("21.0", ["flight"])
    assert [one.id for one in found.techniques()] == ["T0001"]
    second = found.technique("T0002")
    assert second is not None
    assert (second.replaced_by, second.tactics) == ("T0001", ("flight",))
