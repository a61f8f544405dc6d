"""The rules of a scan are kept between runs, and only as long as nothing changes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from converter.cli import processes, reading
from converter.cli.cache import unsealed
from converter.cli.loading import Loaded, load
from converter.matcher.correlation import Engine
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
ID = "11111111-0000-4000-8000-000000000001"
ROOT = Path(__file__).parent.parent
SLOW = ("sigma", "jinja2", "lark", "rich", "pyspark", "multiprocessing", "converter.languages")
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


def test_without_processes_rules_are_read_here(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A system that lends no processes gets the same rules."""

    def refused(*_: object) -> None:
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setenv("POLYSIGMA_CACHE", "")
    first = said(loaded(place))
    monkeypatch.setattr(processes.multiprocessing, "get_context", refused)
    assert said(loaded(place)) == first


def test_kept_correlations_match(place: Path) -> None:
    """A correlation that comes from the cache finds what it finds when it is read."""
    found = []
    for _ in range(2):
        engine = Engine(loaded(place).plan.nodes)
        for minute in (1, 2):
            event = {"awsRegion": "eu-central-1", "eventTime": f"2026-01-01T10:0{minute}:00Z"}
            engine.add(event, [ID], event["eventTime"])
        found.append([[dict(one) for one in match.events()] for _, match in engine.finish()])
    assert len(found[0]) == 1
    assert found[0] == found[1]


def test_a_change_is_seen(place: Path) -> None:
    """A changed rule is read anew."""
    loaded(place)
    (place / "rules.yml").write_text(RULES.replace("StopLogging", "StartLogging"), "utf-8")
    assert [t.matches(EVENTS[1]) for t in loaded(place).tests] == [True]


def test_a_change_is_seen_that_hides(place: Path) -> None:
    """A rule is read anew when its file keeps its size and its time, but not what it holds."""
    file = place / "rules.yml"
    before = file.stat()
    loaded(place)
    file.write_text(RULES.replace("StopLogging", "StopLoggerX"), "utf-8")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert [t.matches(EVENTS[0]) for t in loaded(place).tests] == [False]


def test_files_that_come_and_go_are_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rules of a folder are read anew when a file was added, renamed or removed below it."""
    monkeypatch.setenv("POLYSIGMA_CACHE", str(tmp_path / "cache"))
    inner = tmp_path / "rules" / "inner"
    inner.mkdir(parents=True)

    def paths() -> list[str]:
        tests = load([str(tmp_path / "rules")], (), "native").tests
        return [Path(one.rule.path).name for one in tests]

    rule = RULES.split("---", maxsplit=1)[0]
    (inner / "one.yml").write_text(rule, "utf-8")
    assert [paths(), paths()] == [["one.yml"], ["one.yml"]]
    (inner / "two.yml").write_text(
        RULES.split("---", maxsplit=1)[0].replace("1111", "2222"), "utf-8"
    )
    assert paths() == ["one.yml", "two.yml"]
    (inner / "one.yml").rename(inner / "three.yml")
    assert paths() == ["three.yml", "two.yml"]
    (inner / "two.yml").unlink()
    assert paths() == ["three.yml"]


def test_what_was_missing_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that was not there is looked at again when it is there, empty or not."""
    monkeypatch.setenv("POLYSIGMA_CACHE", str(tmp_path / "cache"))
    place = tmp_path / "rules"

    def errors() -> list[str]:
        return [one.what for one in load([str(place)], (), "native").errors]

    assert errors() == errors() == ["no such file or folder"]
    place.mkdir()
    assert errors() == errors() == ["no rules in this folder"]
    (place / "rules.yml").write_text(RULES, "utf-8")
    assert len(errors()) == 1


def test_a_changed_pipeline_is_seen(place: Path) -> None:
    """Rules are read anew when a pipeline that the user names has changed."""
    pipeline = place / "own.yml"
    item = "{type: field_name_mapping, mapping: {eventName: NAME}}"
    text = f"name: own\npriority: 1\ntransformations: [{item}]\n"

    def field() -> list[bool]:
        tests = load([str(place / "rules.yml")], [str(pipeline)], "ecs").tests
        return [one.matches({"first": "StopLogging"}) for one in tests]

    pipeline.write_text(text.replace("NAME", "other"), "utf-8")
    assert field() == [False]
    pipeline.write_text(text.replace("NAME", "first"), "utf-8")
    assert field() == [True]


@pytest.mark.parametrize("at", [0, 20, 99, 1000, -1])
def test_what_cannot_be_read_is_made_anew(place: Path, at: int) -> None:
    """A file of the cache that is cut or damaged counts for nothing, and is replaced."""
    first = said(loaded(place))
    (kept,) = (place / "cache").glob("scan-*.pickle")
    whole = kept.read_bytes()
    damaged = bytearray(whole)
    damaged[at] ^= 1
    for wrong in (bytes(damaged), whole[:at]):
        kept.write_bytes(wrong)
        assert said(loaded(place)) == first
        assert unsealed(kept) is not None


def test_a_second_start_imports_no_more_than_it_needs(place: Path) -> None:
    """Where rules and log are known, nothing is imported that reads rules or draws tables."""
    (place / "log.json").write_text('{"eventName": "StartLogging"}\n', "utf-8")
    program = (
        "import sys; from converter.cli import main\n"
        "try: main(['scan', '--rules', 'rules.yml', '-j', '1', 'log.json'])\n"
        "except SystemExit: pass\n"
        f"print(*sorted({{*{SLOW}}} & sys.modules.keys()))"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=place, env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE, check=True, text=True,
        ).stdout
        for _ in range(2)
    ]  # fmt: skip
    assert runs[0].split() == ["multiprocessing"]  # another process read the rules
    assert runs[1].split() == []


def test_nothing_is_kept_without_a_cache(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty name of the cache folder means that rules are read each time."""
    monkeypatch.setenv("POLYSIGMA_CACHE", "")
    assert len(loaded(place).tests) == 1
    assert not (place / "cache").exists()
    assert len(read_rules([str(place / "rules.yml")])) == 3
