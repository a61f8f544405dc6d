"""What the measurements are made with: logs and rules that are the same every time, and a plot."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import Any
from xml.etree import ElementTree

import pytest

from converter import compile_rules, load_rules

BENCH = Path(__file__).resolve().parent.parent / "bench"
RULES = """
title: {0}
id: 00000000-0000-4000-8000-00000000000{1}
logsource: {{product: windows, category: {2}}}
detection: {{selection: {3}, condition: selection}}
"""
CASES = (
    ("process_creation", "{Image|endswith: [.exe, .EXE], CommandLine|contains: '.', User: '*'}"),
    ("image_load", "{ImageLoaded|contains: System32, Signed: 'true'}"),
    ("registry_set", "{TargetObject|startswith: [HKLM, HKU], Details|contains: DWORD}"),
    ("network_connection", "{DestinationPort: 443, DestinationIp|cidr: 10.0.0.0/8}"),
    ("ps_script", "{ScriptBlockText: '*'}"),
)


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    """Imports a module of bench/ by its name."""
    monkeypatch.syspath_prepend(str(BENCH))

    def load(name: str) -> ModuleType:
        return importlib.import_module(name)

    return load


def test_logs_are_the_same_every_time(bench: Callable[[str], Any]) -> None:
    """The same seed gives the same bytes, another seed others."""
    for lines in (bench("cloudtrail").lines, bench("windows").lines):
        assert list(lines(50, seed=3)) == list(lines(50, seed=3))
        assert list(lines(50, seed=3)) != list(lines(50, seed=4))


def test_layouts_say_the_same(bench: Callable[[str], Any], tmp_path: Path) -> None:
    """Rules match the same Windows events in each layout, and each rule matches some."""
    for number, (category, selection) in enumerate(CASES):
        text = RULES.format(category, number, category, selection)
        (tmp_path / f"{number}.yml").write_text(text, "utf-8")
    compiled = compile_rules(load_rules(tmp_path))
    assert compiled.errors == ()
    found = {}
    for layout in bench("windows_layouts").LAYOUTS:
        events = map(json.loads, bench("windows").lines(400, layout))
        found[layout] = [[rule.title for rule in compiled.match(event)] for event in events]
    assert found["evtx"] == found["flat"] == found["winlogbeat"]
    assert {title for titles in found["flat"] for title in titles} == {case[0] for case in CASES}


def test_mixed_layouts_come_in_turn(bench: Callable[[str], Any]) -> None:
    """A mixed log holds an event of each layout, one after the other."""
    keys = [set(json.loads(line)) for line in islice(bench("windows").lines(3, "mixed"), 3)]
    assert ["EventID" in one for one in keys] == [True, False, False]
    assert ["Event" in one for one in keys] == [False, True, False]
    assert ["winlog" in one for one in keys] == [False, False, True]


def test_made_rules_are_rules(bench: Callable[[str], Any], tmp_path: Path) -> None:
    """Every made rule can be read and compiled, and each has its own id."""
    bench("made_rules").write(tmp_path / "rules", 60)
    rules = load_rules(tmp_path / "rules")
    assert rules.errors == ()
    assert compile_rules(rules).errors == ()
    assert len({rule.id for rule in rules}) == 60


def test_plot_holds_every_figure(bench: Callable[[str], Any]) -> None:
    """The plot is XML that shows each number of rules and each speed inside its borders."""
    series = {"one core": [(10, 900.0), (3000, 0.25)], "a <b> & c": [(10, 1234.0)]}
    root = ElementTree.fromstring(bench("plot").svg(series, "title"))
    texts = [element for element in root.iter() if element.text and element.text.strip()]
    assert {"10", "3,000", "900", "1,234", "a <b> & c", "title"} <= {one.text for one in texts}
    assert all(0 < float(one.attrib["x"]) < 640 for one in texts)
    assert all(0 < float(one.attrib["y"]) < 400 for one in texts)


def test_events_made_of_rules(bench: Callable[[str], Any], tmp_path: Path) -> None:
    """Of a rule are made events that it matches and events that it misses, the same every time."""
    (tmp_path / "rule.yml").write_text(RULES.format("t", 1, *CASES[1]), "utf-8")
    compiled = compile_rules(load_rules(tmp_path))
    made = [list(bench("made_events").events_of(tmp_path, 9, 5)) for _ in range(2)]
    assert made[0] == made[1]
    assert {bool(compiled.match(json.loads(line))) for line in made[0]} == {True, False}


def test_dotted_names_become_objects(bench: Callable[[str], Any]) -> None:
    """Names with dots in them become objects in each other, beside those without."""
    nested = bench("made_events").nested
    assert nested({"a.b.c": 1, "a.d": 2, "e": 3}) == {"a": {"b": {"c": 1}, "d": 2}, "e": 3}


def test_differences_are_told_apart(bench: Callable[[str], Any], tmp_path: Path) -> None:
    """What a rule or an event says explains a difference; one that nothing explains is counted."""
    text = RULES.format("t", 1, "process_creation", "{Image|exists: true}")
    (tmp_path / "rule.yml").write_text(text, "utf-8")
    log = tmp_path / "log"
    log.write_text('{"Image": null}\n{"Image": "x"}\n', "utf-8")
    rule = "00000000-0000-4000-8000-000000000001"
    agreement = bench("agreement")
    assert agreement.differences(log, tmp_path, {(1, rule)}, set()) == 0
    assert agreement.differences(log, tmp_path, {(1, rule), (2, rule)}, set()) == 1
    assert agreement.differences(log, tmp_path, {(2, rule)}, {(2, rule)}) == 0


def test_respelled_lines_say_the_same(bench: Callable[[str], Any]) -> None:
    """Lines spelled in other ways hold the same values, in bytes that are seldom the same."""
    lines = [*bench("cloudtrail").lines(30), '{"a/é😀\\u0001": ["\\\\", {}, [1.5, null]]}'.encode()]
    again = list(bench("respelled").respelled(lines, 3))
    assert [json.loads(line) for line in again] == [json.loads(line) for line in lines]
    assert sum(one == other for one, other in zip(again, lines, strict=True)) < 5
