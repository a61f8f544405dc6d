"""Time zones, and how rules and pipelines name them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from converter.errors import RuleError
from converter.pipelines import Pipelines
from converter.rules import Rule, read_rules
from converter.time_zones import offset, offset_name, time_zone

OFFSETS = [
    ("UTC", (0, True)),
    ("+05:30", (19800, True)),
    ("-08:00", (-28800, True)),
    ("Asia/Kolkata", (19800, True)),
    ("Europe/Berlin", (3600, False)),
    ("America/New_York", (-18000, False)),
    ("Australia/Sydney", (36000, False)),
]


@pytest.mark.parametrize(("name", "wanted"), OFFSETS, ids=[name for name, _ in OFFSETS])
def test_offsets(name: str, wanted: tuple[int, bool]) -> None:
    """A zone has a standard offset, and it is known whether that holds all year."""
    assert offset(name) == wanted
    assert time_zone(offset_name(wanted[0])).utcoffset(datetime(2026, 1, 1, tzinfo=UTC)) is not None


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../etc/passwd", "+25:00", "America", "5"])
def test_what_is_no_zone_is_refused(name: str) -> None:
    """A name that is no zone is an error with a next step, never a path on the disk."""
    with pytest.raises(RuleError, match="no time zone") as caught:
        time_zone(name)
    assert "Europe/Berlin" in caught.value.next_step


def a_rule(tmp_path: Path, zone: str) -> Rule:
    """A rule that reads hours in this zone."""
    text = (
        "title: Night\nid: 00000000-0000-4000-8000-000000000001\n"
        "logsource: {product: aws, service: cloudtrail}\n"
        "detection: {a: {'eventTime|hour': 3}, condition: a}\n"
        f"polysigma:\n  time_zone: '{zone}'\n"
    )
    (tmp_path / "r.yml").write_text(text, "utf-8")
    return read_rules([str(tmp_path / "r.yml")]).rules[0]


def test_a_variable_is_looked_up_in_every_pipeline(tmp_path: Path) -> None:
    """A pipeline given by the user comes before the variables shipped, and replaces no mapping."""
    rule = a_rule(tmp_path, "%business_time_zone%")
    own = tmp_path / "mine.yml"
    own.write_text(
        "name: m\nvars: {business_time_zone: Asia/Tokyo}\ntransformations: []\n", "utf-8"
    )
    assert Pipelines().zone(rule) == "UTC"
    assert Pipelines([str(own)]).zone(rule) == "Asia/Tokyo"
    assert Pipelines([str(own)]).zone(a_rule(tmp_path, "+01:00")) == "+01:00"
    assert Pipelines([str(own)]).require(rule).stem == "aws_cloudtrail"


@pytest.mark.parametrize(
    ("zone", "words"),
    [("%nowhere%", "no pipeline sets the variable nowhere"), ("Mars/Olympus", "no time zone")],
)
def test_a_zone_that_cannot_be_found_points_to_its_line(
    tmp_path: Path, zone: str, words: str
) -> None:
    """An unknown variable or zone is an error at the line of the rule that names it."""
    with pytest.raises(RuleError, match=words) as caught:
        Pipelines().zone(a_rule(tmp_path, zone))
    assert caught.value.line == 6
    assert caught.value.next_step
