"""The rules of a scan are kept between runs, and only as long as nothing changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from converter.cli import reading
from converter.cli.loading import Loaded, load
from converter.rules import read_rules

RULES = """
title: Stopped
id: 11111111-0000-4000-8000-000000000001
level: high
logsource: {product: aws, service: cloudtrail}
detection: {x: {eventName: StopLogging}, condition: x}
---
title: Broken
id: 11111111-0000-4000-8000-000000000002
logsource: {product: aws, service: cloudtrail}
detection: {x: {'eventName|re': '(?=a)'}, condition: x}
---
title: Twice
id: 11111111-0000-4000-8000-000000000003
correlation:
  type: event_count
  rules: [11111111-0000-4000-8000-000000000001]
  group-by: [awsRegion]
  timespan: 1h
  condition: {gte: 2}
"""
EVENTS = ({"eventName": "StopLogging"}, {"eventName": "StartLogging"})


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("POLYSIGMA_CACHE", str(tmp_path / "cache"))
    (tmp_path / "rules.yml").write_text(RULES, "utf-8")
    return tmp_path


def loaded(place: Path) -> Loaded:
    return load([str(place / "rules.yml")], (), "native")


def said(one: Loaded) -> tuple[object, ...]:
    tests = [(t.rule.id, t.rule.level, t.time, [t.matches(e) for e in EVENTS]) for t in one.tests]
    nodes = [(node.rule.id, node.inputs, node.digest) for node in one.plan.nodes]
    return tests, nodes, one.plan.held, [str(error) for error in one.errors], one.needs()


def test_kept_rules_are_the_same(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second run reads no rule, and has the same tests, needs, errors and correlations."""
    first = said(loaded(place))
    assert first[3]
    monkeypatch.setattr(reading, "read_rules", lambda places: pytest.fail("rules are read again"))
    assert said(loaded(place)) == first


def test_a_change_is_seen(place: Path) -> None:
    """A changed rule is read anew."""
    loaded(place)
    (place / "rules.yml").write_text(RULES.replace("StopLogging", "StartLogging"), "utf-8")
    assert [t.matches(EVENTS[1]) for t in loaded(place).tests] == [True]


def test_what_cannot_be_read_is_made_anew(place: Path) -> None:
    """A damaged file of the cache counts for nothing, and is replaced."""
    first = said(loaded(place))
    (kept,) = (place / "cache").glob("scan-*.pickle")
    kept.write_bytes(kept.read_bytes()[:99])
    assert said(loaded(place)) == first
    assert len(kept.read_bytes()) > 99


def test_nothing_is_kept_without_a_cache(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty name of the cache folder means that rules are read each time."""
    monkeypatch.setenv("POLYSIGMA_CACHE", "")
    assert len(loaded(place).tests) == 1
    assert not (place / "cache").exists()
    assert len(read_rules([str(place / "rules.yml")])) == 3
