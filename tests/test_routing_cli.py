"""Log sources on the command line: scan routes, shows how, and can be told otherwise."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import Result
from test_cli import run

from converter.errors import LogError

RULES = """
title: Stopped
id: 11111111-0000-4000-8000-000000000001
logsource: {product: aws, service: cloudtrail}
detection: {x: {eventName: StopLogging}, condition: x}
---
title: Whoami
id: 11111111-0000-4000-8000-000000000002
logsource: {product: windows, category: process_creation}
detection: {x: {'Image|endswith': '\\whoami.exe'}, condition: x}
---
title: Stop, anywhere
id: 11111111-0000-4000-8000-000000000003
logsource: {category: webserver}
detection: {x: [StopLogging], condition: x}
"""
EVENTS = (
    {"eventSource": "cloudtrail.amazonaws.com", "eventName": "StopLogging"},
    {"Event": {"System": {"EventID": 4688, "Channel": "Security"},
               "EventData": {"NewProcessName": "C:\\whoami.exe"}}},
    {"winlog": {"channel": "System", "event_id": 1, "event_data": {"Image": "C:\\whoami.exe"}}},
    {"eventName": "StopLogging"},
)  # fmt: skip


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "rules.yml").write_text(RULES, "utf-8")
    (tmp_path / "log.ndjson").write_text("\n".join(map(json.dumps, EVENTS)), "utf-8")
    return tmp_path


def scan(place: Path, *options: str) -> Result:
    return run("scan", "--rules", "rules.yml", "log.ndjson", *options, cwd=place)


def found(result: Result) -> list[tuple[str, int]]:
    matches = [json.loads(line) for line in result.stdout.splitlines()]
    return [(one["rule"]["title"], one["source"]["record"]) for one in matches]


def test_events_meet_rules_of_their_own_log_source(place: Path) -> None:
    """A recognised event meets its rules only, another every rule; idle events are counted."""
    result = scan(place)
    assert found(result) == [("Stopped", 1), ("Whoami", 2), ("Stopped", 4), ("Stop, anywhere", 4)]
    assert "0 rejected, 1 of a log source that no rule is for" in result.stderr


def test_routing_can_be_switched_off(place: Path) -> None:
    """With --no-routing every rule is tried on every event."""
    assert found(scan(place, "--no-routing")) == [
        ("Stopped", 1), ("Stop, anywhere", 1), ("Whoami", 2), ("Whoami", 3), ("Stopped", 4),
        ("Stop, anywhere", 4),
    ]  # fmt: skip


def test_a_stated_log_source_decides(place: Path) -> None:
    """With --logsource its rules are tried on all events; several add up."""
    aws, windows = "--logsource=product=aws,service=cloudtrail", "--logsource=product=windows"
    assert found(scan(place, "--logsource=product=aws")) == [
        ("Stopped", 1), ("Stop, anywhere", 1), ("Stopped", 4), ("Stop, anywhere", 4)
    ]  # fmt: skip
    assert found(scan(place, "--logsource=product=windows,category=process_creation")) == [
        ("Whoami", 2),
        ("Whoami", 3),
    ]
    assert len(found(scan(place, aws, windows))) == 6


def test_verbose_shows_the_routing(place: Path) -> None:
    """Events by recognised log source, the rules tried on them, and the rules never tried."""
    lines = scan(place, "--verbose").stderr.splitlines()
    shown = [line.split() for line in lines]
    assert ["1", "product=aws,service=cloudtrail", "1"] in shown
    assert ["1", "product=windows,service=security,category=process_creation", "1"] in shown
    assert ["1", "product=windows,service=system", "0"] in shown
    assert any("not recognised" in line for line in lines)
    (place / "log.ndjson").write_text(json.dumps(EVENTS[0]), "utf-8")
    assert "as nothing tells events of their log sources: 1 (--no-routing" in scan(place).stderr
    errors = scan(place, "--verbose").stderr
    assert "2 of 3 rules were never tried, for 2 log sources:" in errors
    assert "  1 for product=windows,category=process_creation" in errors


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--logsource", "aws"], "'aws' is no log source; write product=aws,service=cloudtrail"),
        (["--logsource", "product=a,product=b"], "is no log source"),
        (["--logsource", "product="], "is no log source"),
        (["--logsource", "vendor=x"], "is no log source"),
        (["--logsource", "product=aws", "--no-routing"], "--no-routing"),
    ],
)
def test_a_log_source_that_says_nothing_is_refused(
    place: Path, options: list[str], says: str
) -> None:
    """What `--logsource` cannot mean is an error with exit code 2 before any event is read."""
    (place / "rules.yml").write_text(RULES.split("---", maxsplit=1)[0], "utf-8")
    result = scan(place, *options)
    assert result.exit_code == 2
    assert says in result.stderr.replace("\n", " ")
    assert not result.stdout


def test_a_log_source_without_a_rule_is_an_error(place: Path) -> None:
    """Stating a log source that no rule is for ends the scan before any event is read."""
    (place / "rules.yml").write_text(RULES.split("---", maxsplit=1)[0], "utf-8")
    with pytest.raises(LogError, match="no rule is for product=okta; compare it with"):
        raise scan(place, "--logsource=product=okta").exception or AssertionError("no error")


def test_explain_names_an_event_of_another_log_source(place: Path) -> None:
    """An event that scan would not try the rule on is said to be one, in text and as data."""
    (place / "rules.yml").write_text(RULES.split("---", maxsplit=1)[0], "utf-8")
    asked = ("explain", "rules.yml", "log.ndjson")
    lines = [line for line in run(*asked, cwd=place).stdout.splitlines() if "not the rule" in line]
    assert lines == [
        "  not the rule's log source: the event is product=windows,service=security,"
        "category=process_creation, the rule is for product=aws,service=cloudtrail",
        "  not the rule's log source: the event is product=windows,service=system, the rule is for "
        "product=aws,service=cloudtrail",
    ]
    data = [json.loads(line) for line in run(*asked, "--json", cwd=place).stdout.splitlines()]
    assert [one["logsource"]["tried"] for one in data] == [True, False, False, True]
    assert data[0]["logsource"]["event"] == ["product=aws,service=cloudtrail"]


BUNDLE = """
---
title: Any
id: 11111111-0000-4000-8000-000000000004
correlation:
  type: event_count
  rules: [11111111-0000-4000-8000-000000000001, 11111111-0000-4000-8000-000000000003]
  timespan: 1h
  condition: {gte: 1}
"""


def test_a_bundle_meets_events_of_each_of_its_rules(place: Path) -> None:
    """A bundle's rules are tried on their own events, and an event that two match is one match."""
    (place / "rules.yml").write_text(RULES + BUNDLE, "utf-8")
    assert found(scan(place)) == [("Any", 1), ("Whoami", 2), ("Any", 4)]
    stated = scan(place, "--logsource=product=okta")
    assert found(stated) == [("Any", 1), ("Any", 4)]
    errors = scan(place, "--logsource=product=okta", "--verbose").stderr
    assert "2 of 4 rules were never tried" in errors
