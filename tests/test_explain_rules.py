"""`explain` on whole rules: selections, selectors and filters under the rule's own names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from test_cli import run

ID = "00000000-0000-4000-8000-00000000000"
TRAIL = f"""
title: Trail stopped
id: {ID}1
logsource: {{product: aws, service: cloudtrail}}
detection:
  selection:
    eventSource: cloudtrail.amazonaws.com
    eventName: [StopLogging, DeleteTrail]
  sel_name:
    requestParameters.name|contains: prod
  sel_type:
    userIdentity.type|re|i: '^ro+t$'
  filter:
    errorCode|exists: true
  keywords: [foo, bar]
  condition: selection and 1 of sel_* and not filter and not keywords
"""
STOPPED = {
    "eventSource": "CloudTrail.amazonaws.com",
    "eventName": "StopLogging",
    "userIdentity": {"type": "Root"},
}


@pytest.fixture
def explained(tmp_path: Path) -> Any:
    """What `explain` says of a rule and an event, run in a folder of their own."""

    def explain(rule: str, event: object, *options: str) -> Result:
        (tmp_path / "r.yml").write_text(rule, "utf-8")
        (tmp_path / "e.json").write_text(json.dumps(event), "utf-8")
        return run("explain", *options, "r.yml", "e.json", cwd=tmp_path)

    return explain


NEAR_MISS = """\
Trail stopped (r.yml), e.json:1
  no match
  * no  all of
  * no    selection: all of
    yes     eventSource: "cloudtrail.amazonaws.com"  <- "CloudTrail.amazonaws.com"
  * no      any of
  * no        eventName: "StopLogging"  <- "Put\\x1b[31m"
  * no        eventName: "DeleteTrail"  <- "Put\\x1b[31m"
    yes   1 of sel_*
    no      sel_name: requestParameters.name|contains: "prod"  <- missing
    yes     sel_type: userIdentity.type|re|i: "^ro+t$"  <- "Root"
  * no    not
  * yes     filter: errorCode|exists: true  <- null
    yes   not
    no      keywords: any of
    no        keyword: "foo"  <- nothing
    no        keyword: "bar"  <- nothing
  it would match if these 2 tests were otherwise:
        eventName: "StopLogging"  <- "Put\\x1b[31m"
        filter: errorCode|exists: true  <- null
"""


def test_a_near_miss(explained: Any) -> None:
    """Each test stands under its selection, with what was wanted and found; two would decide."""
    event = STOPPED | {"eventName": "Put\x1b[31m", "errorCode": None}
    result = explained(TRAIL, event)
    assert result.exit_code == 0
    assert result.stdout == NEAR_MISS


ECS = """\
Trail stopped (r.yml), e.json:1
  no match
  * no  all of
    yes   _log_source: event.dataset: "aws.cloudtrail"  <- "aws.cloudtrail"
  * no    all of
    yes     selection: all of
    yes       event.provider: "cloudtrail.amazonaws.com"  <- "cloudtrail.amazonaws.com"
    yes       any of
    no          event.action: "StopLogging"  <- "DeleteTrail"
    yes         event.action: "DeleteTrail"  <- "DeleteTrail"
  * no      1 of sel_*
"""


def test_an_ecs_document(explained: Any) -> None:
    """Under another schema the same names stand before that schema's fields."""
    event = {
        "event": {
            "dataset": "aws.cloudtrail",
            "provider": "cloudtrail.amazonaws.com",
            "action": "DeleteTrail",
        }
    }
    found = explained(TRAIL, event, "--schema", "ecs").stdout
    assert found.startswith(ECS)
    assert '  * no        sel_type: aws.cloudtrail.user_identity.type|re|i: "^ro+t$"  <- ' in found
    splunk = explained(TRAIL, {"eventName": "DeleteTrail"}, "--schema", "splunk").stdout
    assert '    yes         eventName: "DeleteTrail"  <- "DeleteTrail"\n' in splunk


FILTER = f"""
---
title: Known pipeline
id: {ID}2
logsource: {{product: aws, service: cloudtrail}}
filter:
  rules: [{ID}1]
  selection:
    userIdentity.arn|endswith: [/deploy, /ci]
  condition: not selection
"""


def test_a_filter(explained: Any) -> None:
    """A filter's part stands under the filter's title, the rule's under the rule's."""
    event = STOPPED | {"userIdentity": {"type": "Root", "arn": "a/ci"}}
    lines = explained(TRAIL + FILTER, event).stdout.splitlines()
    assert lines[1:4] == ["  no match", "  * no  all of", "    yes   rule Trail stopped: all of"]
    assert lines[-6:] == [
        "  * no    filter Known pipeline: not",
        "  * yes     selection: any of",
        '    no        userIdentity.arn|endswith: "/deploy"  <- "a/ci"',
        '  * yes       userIdentity.arn|endswith: "/ci"  <- "a/ci"',
        "  it would match if this test were otherwise:",
        '        userIdentity.arn|endswith: "/ci"  <- "a/ci"',
    ]


SEVERAL = f"""
title: Several
id: {ID}3
logsource: {{product: p}}
detection:
  a: {{n|gt: 5, list|contains|all: [x, z]}}
  b: [one, {{Threat Name: e*}}]
  condition: [a, all of b*]
"""


def test_several_conditions(explained: Any) -> None:
    """Several conditions, lists, numbers, keywords and long values stand each in its line."""
    event = {"n": "4", "list": ["xy", "z" * 300, {"k": None}], "Threat Name": "EICAR"}
    assert explained(SEVERAL, event).stdout.splitlines()[1:] == [
        "  match",
        "  * yes any of",
        "    no    a: all of",
        '    no      n|gt: 5  <- "4"',
        "    yes     all of",
        f'    yes       list|contains: "x"  <- "xy", "{"z" * 119}… (302 characters), {{"k":null}}',
        f'    yes       list|contains: "z"  <- "xy", "{"z" * 119}… (302 characters), {{"k":null}}',
        "  * yes   all of b*, b: any of",
        '    no      keyword: "one"  <- nothing',
        '  * yes     Threat Name|startswith: "e"  <- "EICAR"',
    ]


def test_json_for_programs(explained: Any) -> None:
    """The JSON has the verdict, the tests that would change it, and the tree; any text is safe."""
    event = STOPPED | {"errorCode": "é\x1b"}
    data = json.loads(explained(TRAIL, event, "--json").stdout)
    assert list(data) == ["rule", "source", "logsource", "match", "changes", "explanation"]
    assert data["rule"] == {"id": f"{ID}1", "title": "Trail stopped", "path": "r.yml"}
    assert data["source"] == {"file": "e.json", "record": 1}
    assert data["match"] is False
    change = {
        "kind": "test",
        "name": "filter",
        "text": "errorCode|exists: true",
        "verdict": True,
        "decisive": True,
        "key": "errorCode|exists",
        "wanted": True,
        "found": ["é\x1b"],
    }
    assert data["changes"] == [change]
    parts = data["explanation"]["args"]
    assert [part["name"] for part in parts] == ["selection", "1 of sel_*", None, None]
    assert parts[2]["args"] == [change]
    assert json.loads(explained(TRAIL, STOPPED, "--json").stdout)["changes"] == []


def test_a_rule_that_cannot_run(explained: Any) -> None:
    """What the engine lacks is an error at its line, and no half of an explanation."""
    result = explained(TRAIL.replace("'^ro+t$'", "'^ro(?=t)'"), STOPPED)
    assert result.stdout == ""
    what = "r.yml:12: the regular expression '^ro(?=t)' has a look-ahead at character 4"
    assert str(result.exception).startswith(what)


ROBOT = f"""\
title: Not the robot
logsource: {{product: aws}}
filter:
  rules: [{ID}1]
  robot: {{userAgent: robot}}
  condition: not robot
"""


def test_filters_are_found_under_rules(explained: Any, tmp_path: Path) -> None:
    """`--rules` gives a rule the filters that lie elsewhere, and the rule itself only once."""
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "f.yml").write_text(ROBOT, "utf-8")
    event = STOPPED | {"userAgent": "robot"}
    rule = (
        TRAIL.split("detection:", 1)[0] + "detection: {a: {eventName: StopLogging}, condition: a}\n"
    )
    assert "\n  match" in explained(rule, event).stdout
    result = explained(rule, event, "--rules", "more", "--rules", ".")
    assert result.stdout.count("\n  no match") == 1
    assert "filter Not the robot: not" in result.stdout
    assert result.stderr == ""
