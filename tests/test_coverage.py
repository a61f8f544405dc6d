"""What of ATT&CK the rules cover: the table, the gaps, and the picture."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from packaged import PLAIN, content, shipped
from test_cli import run

from converter import attack
from converter.packages.coverage import coverage, gap_lines, rows, svg

ID = "00000000-0000-4000-8000-000000000000"
SUB = "tags: [attack.exfiltration, attack.t1020.001]"
HOSTILE = 'x"/><script>alert(1)</script>&amp; </title> ]]> $token$ \u0000'

GAPS = {
    # what is wanted, and what of it is a gap
    "T1020": [],
    "t1020.001": ["T1020.001"],
    "T1048 T1020": ["T1048"],
    "T1562.008": ["T1685.002"],
    "": [],
}


@pytest.mark.parametrize("wanted", GAPS)
def test_gaps_are_wanted_techniques_without_a_rule(wanted: str) -> None:
    """A technique is covered by a rule for it or for a part of it, a revoked id is its heir."""
    found = coverage(content(), wanted.split())
    assert [one.id for one in found.gaps] == GAPS[wanted]
    assert found.unknown == ()


def test_a_rule_for_a_part_covers_the_whole() -> None:
    """A sub-technique covers its technique, and itself, but not its neighbours."""
    found = coverage(content(tags=SUB[6:]), ["T1020", "T1020.001", "T1048.001", "nonsense"])
    assert [one.id for one in found.gaps] == ["T1048.001"]
    assert found.unknown == ("nonsense",)
    assert found.covered == ("T1020.001",)


def test_rows_count_techniques_wanted_ones_and_rules() -> None:
    """Each tactic has its row, in ATT&CK's order, for both of its versions."""
    table = {row[0]: row[1:] for row in rows(coverage(content(), ["T1020", "T1048"]))}
    assert table["Exfiltration"] == ("1 of 9", "1 of 2", "1")
    assert table["Impact"][2] == "0"
    assert set(table) == {one.name for one in attack.tactics().values()}
    assert list(table)[:2] == ["Reconnaissance", "Resource Development"]
    assert len(coverage(shipped()).covered) > 20


def test_the_picture_is_whole_and_text_stays_text() -> None:
    """The SVG is well-formed, has a cell for each technique, and no title becomes markup."""
    text = PLAIN.format(id=ID).replace("title: A title", f"title: {HOSTILE[:-1]!r}")
    found = coverage(content(text), ["T1048"])
    drawn = svg(found, HOSTILE)
    root = ET.fromstring(drawn)
    names = {part.tag.rpartition("}")[2] for part in root.iter()}
    assert names == {"svg", "title", "rect", "text", "g"}
    cells = root.findall("{*}g")
    assert len(cells) == sum(map(len, found.columns.values()))
    titles = [cell.findtext("{*}title") or "" for cell in cells]
    assert [title for title in titles if "<script>alert(1)</script>" in title]
    assert drawn == svg(found, HOSTILE)
    assert gap_lines(found.gaps) == ["T1048 Exfiltration Over Alternative Protocol (exfiltration)"]


def test_the_command_shows_gaps_and_writes_the_picture(tmp_path: Path) -> None:
    """A gap is named and gives exit code 1; the picture is written whole; bad lists are refused."""
    (tmp_path / "sigma_rules").mkdir()
    (tmp_path / "sigma_rules" / "r.yml").write_text(PLAIN.format(id=ID), "utf-8")
    (tmp_path / "wanted.txt").write_text("T1020 # mirrors\n\nT1048\n", "utf-8")
    assert run("coverage", cwd=tmp_path).exit_code == 0
    shown = run("coverage", "--wanted", "wanted.txt", "--svg", "c.svg", cwd=tmp_path)
    assert shown.exit_code == 1
    assert "no rule looks for T1048" in shown.stdout
    assert ET.fromstring((tmp_path / "c.svg").read_bytes()).tag.endswith("svg")
    assert "Defense Evasion" in run("coverage", "--attack", "18", cwd=tmp_path).stdout
    refused = run("coverage", "--wanted", "nowhere", cwd=tmp_path)
    assert "cannot be read as text" in str(refused.exception)
    twice = run("coverage", "--attack", "18", "--attack-data", "x", cwd=tmp_path)
    assert "asked for twice" in str(twice.exception)
