"""Content checks: what `polysigma lint` says of rules and their sample events."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sigma.validators.core import validators

from converter.check import CHECKS, Finding, check
from converter.check.schema import KEY_WORDS, WORDS
from converter.check.sigma_validators import SKIPPED, VALIDATORS
from converter.rules import read_rules

RULE = """\
title: Trail Stopped From Logging
id: 5c6f1a52-8c0b-4b3e-9a0e-0d7b7d2f8b11
name: trail_stopped
related:
    - id: 0b02a2af-7fe6-4c87-9ff0-818cb1891444
      type: similar
status: experimental
description: Finds a call that stops a trail from recording.
references:
    - https://docs.example.com/trail
author: A. Author
date: 2026-03-03
modified: 2026-03-04
tags:
    - attack.defense-impairment
    - attack.t1685.002
logsource:
    product: aws
    service: cloudtrail
detection:
    selection:
        eventName: StopLogging
    condition: selection
level: high
polysigma:
    detection: aws-trail-stopped
    version: 2
    risk_score: 73
    interval: 10m
    lookback: 50m
"""

CORRELATION = """\
title: Trails Stopped Again and Again
id: 0f7a6a0b-52f4-4b0c-8a7d-3b1d6a6f1c22
status: test
description: Finds many calls that stop a trail.
author: A. Author
date: 2026-03-03
correlation:
    type: event_count
    rules: [trail_stopped]
    timespan: 5m
    condition: {gte: 5}
level: high
polysigma:
    detection: aws-trails-stopped
"""

FILTER = """\
title: Stopping Is Fine in the Test Account
id: 2b1f1e3a-8f0e-4a43-b7d6-6a3a3f9f6a33
status: test
description: Leaves out the account for tests.
author: A. Author
date: 2026-03-03
logsource: {product: aws, service: cloudtrail}
filter:
    rules: [trail_stopped]
    selection: {recipientAccountId: '111122223333'}
    condition: not selection
"""

SAMPLES = """\
base: {eventSource: cloudtrail.amazonaws.com}
match:
    - {name: stopped, event: {eventName: StopLogging}}
    - {name: other case, event: {eventName: stoplogging}}
miss:
    - {name: started, why: the opposite, event: {eventName: StartLogging}}
    - {name: deleted, why: another call, event: {eventName: DeleteTrail}}
    - {name: read, why: another call, event: {eventName: GetTrail}}
    - {name: updated, why: another call, event: {eventName: UpdateTrail}}
"""

PLACE = "aws/cloudtrail/trail_stopped"

# a part of RULE, what stands there instead, the line, the check, a part of what it says
FAULTS = [
    ("title: Trail Stopped From Logging", "title: Stopped", 1, "header", "7 of at least 10"),
    ("title: Trail Stopped", f"title: {'Trail ' * 20}Stopped", 1, "header", "140 of at most 120"),
    ("status: experimental", "status: draft", 7, "header", "`draft`, not one of stable, test"),
    ("status: experimental\n", "", 1, "header", "`status` is missing"),
    ("level: high", "level: hihg", 24, "header", "`hihg`, not one of informational"),
    ("level: high\n", "", 1, "header", "`level` is missing"),
    ("author: A. Author", "author: ''", 11, "header", "0 of at least 1"),
    ("author: A. Author\n", "", 1, "header", "`author` is missing"),
    ("date: 2026-03-03", "date: 2026/03/03", 12, "header", "is no date: `2026/03/03`"),
    ("date: 2026-03-03", "date: 2026-02-30", 12, "header", "is no date: `2026-02-30`"),
    ("date: 2026-03-03", "date: [2026-03-03]", 12, "header", "`date` is a list, not text"),
    ("date: 2026-03-03\n", "", 1, "header", "`date` is missing"),
    ("modified: 2026-03-04", "modified: 2026-03-02", 13, "dates", "is before date 2026-03-03"),
    ("https://docs", "http://docs", 10, "header", "`references[1]` has a wrong form: `http:"),
    ("type: similar", "type: same", 6, "header", "`related[1].type` is `same`, not one of"),
    ("name: trail_stopped", "name: Trail stopped", 3, "header", "`name` has a wrong form"),
    ("attack.t1685.002", "attack.t1685.002\n    - attack.t1685.002", 14, "header", "entry twice"),
    ("attack.t1685.002", "Attack T1685.002", 16, "header", "`tags[2]` has a wrong form"),
    ("polysigma:", "custom:", 1, "header", "`polysigma` is missing"),
    ("    detection: aws-trail-stopped\n", "", 25, "extra", "`polysigma.detection` is missing"),
    ("detection: aws-trail", "detection: aws trail", 26, "extra", "has a wrong form"),
    ("version: 2", "version: 0", 27, "extra", "`polysigma.version` is 0, less than 1"),
    ("version: 2", "version: '2'", 27, "extra", "is text, not a whole number"),
    ("risk_score: 73", "risk_score: 101", 28, "extra", "is 101, more than 100"),
    ("risk_score: 73", "risk_score: true", 28, "extra", "is `true`, not a whole number"),
    ("risk_score: 73", "riskscore: 73", 28, "extra", "`polysigma.riskscore` is no known key"),
    ("interval: 10m", "interval: 10", 29, "extra", "is `10`, not text"),
    ("interval: 10m", "interval: 10 minutes", 29, "extra", "has a wrong form: `10 minutes`"),
    ("    interval: 10m\n", "", 29, "extra", "`polysigma.lookback` needs `interval`"),
    ("lookback: 50m", "new_terms: {fields: []}", 30, "extra", "history` is missing"),
    ("attack.defense-impairment", "attack.defense-evasion", 15, "attack-known", "no tactic"),
    ("attack.defense-impairment", "attack.exfiltration", 15, "attack-paired", "no technique of"),
    ("attack.defense-impairment", "attack.exfiltration", 16, "attack-paired", "without its tactic"),
    ("attack.t1685.002", "attack.t1562.008", 16, "attack-known", "was revoked"),
    ("attack.t1685.002", "attack.t1043", 16, "attack-known", "is deprecated"),
    ("attack.t1685.002", "attack.t9999", 16, "attack-known", "no technique T9999"),
    ("service: cloudtrail", "service: guardduty", 17, "folder", "belongs below aws/guardduty/"),
    ("    condition:", "    spare: {a: b}\n    condition:", 20, "sigma", "not referenced"),
    ("eventName:", "eventName|startwith:", 20, "sigma", "startwith"),
    ("eventName: StopLogging", "eventName: Stop*", 20, "sigma", "wildcard"),
    ("- attack.t1685.002", "- house.own", 14, "sigma", "invalid tagging namespace"),
]

SAMPLE_FAULTS = [
    ("    - {name: updated", "#", 5, "`miss` has 3 of at least 4 entries"),
    ("    - {name: other case", "#", 2, "`match` has 1 of at least 2 entries"),
    ("why: the opposite, ", "", 6, "`miss[1].why` is missing"),
    ("miss:", "mis:", 5, "`mis` is no known key"),
    ("event: {eventName: StopLogging}", "event: StopLogging", 3, "is text, not a map of keys"),
    ("event: {eventName: StopLogging}", "events: {}", 3, "is a map of keys, not a list"),
    ("event: {eventName: StopLogging}", "events: []", 3, "has 0 of at least 1 entries"),
    (", event: {eventName: StopLogging}", "", 3, "has not just one of event, events"),
    ("event: {eventName: StopLogging}", "event: {a: 1}, events: [{a: 1}]", 3, "not just one of"),
    ("name: stopped, ", "name: stopped, name: again, ", 3, "'name' is given twice"),
    ("base: {", "base: {{", 0, "cannot be read"),
    ("miss:", "---\nmiss:", 0, "2 documents instead of one"),
]


def write(root: Path, rules: dict[str, str], samples: dict[str, str]) -> None:
    for folder, files in (("sigma_rules", rules), ("samples", samples)):
        for stem, text in files.items():
            path = root / folder / f"{stem}.yml"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")


def lint(root: Path, rules: dict[str, str], samples: dict[str, str]) -> list[Finding]:
    write(root, rules, samples)
    found = read_rules([str(root / "sigma_rules")])
    assert found.errors == ()
    return check(found, str(root / "samples"))


def test_a_good_rule_has_no_findings(tmp_path: Path) -> None:
    """A rule that keeps every custom is met with silence."""
    assert lint(tmp_path, {PLACE: RULE}, {PLACE: SAMPLES}) == []


def test_a_correlation_and_a_filter_have_no_log_source_of_their_own(tmp_path: Path) -> None:
    """A correlation needs samples, a filter needs neither samples nor level."""
    rules = {PLACE: RULE, "correlations/trails": CORRELATION, "filters/test_account": FILTER}
    assert lint(tmp_path, rules, {PLACE: SAMPLES, "correlations/trails": SAMPLES}) == []


@pytest.mark.parametrize(("old", "new", "line", "code", "what"), FAULTS)
def test_each_fault_is_found_at_its_line(
    tmp_path: Path, old: str, new: str, line: int, code: str, what: str
) -> None:
    """A fault is named with its check, its line and a next step."""
    assert old in RULE
    found = lint(tmp_path, {PLACE: RULE.replace(old, new, 1)}, {PLACE: SAMPLES})
    mine = [f for f in found if f.code == code and f.line == line and what in f.what]
    assert len(mine) == 1, found
    assert mine[0].path.endswith(f"{PLACE}.yml")
    assert mine[0].next_step


@pytest.mark.parametrize(("old", "new", "line", "what"), SAMPLE_FAULTS)
def test_each_fault_of_the_samples_is_found(
    tmp_path: Path, old: str, new: str, line: int, what: str
) -> None:
    """Too few events, an event without its reason and a misspelt key are found in their file."""
    assert old in SAMPLES
    found = lint(tmp_path, {PLACE: RULE}, {PLACE: SAMPLES.replace(old, new, 1)})
    mine = [f for f in found if f.line == line and what in f.what]
    assert len(mine) == 1, found
    assert (mine[0].path, mine[0].code) == (str(tmp_path / "samples" / f"{PLACE}.yml"), "samples")


def test_a_rule_without_samples_is_found(tmp_path: Path) -> None:
    """A rule that nobody tried says so, with the path where its events belong."""
    [finding] = lint(tmp_path, {PLACE: RULE}, {})
    assert finding.code == "samples"
    assert f"samples/{PLACE}.yml" in finding.what


@pytest.mark.parametrize(
    ("stem", "expected"),
    [
        ("azure/cloudtrail/trail_stopped", [("folder", "aws/cloudtrail/trail_stopped.yml")]),
        ("trail_stopped", [("folder", "aws/cloudtrail/trail_stopped.yml")]),
        ("aws/cloudtrail/deeper/trail_stopped", []),
        ("aws/cloudtrail/Trail-Stopped", [("file-name", "rename it to trail_stopped.yml")]),
    ],
)
def test_the_path_is_the_log_source(
    tmp_path: Path, stem: str, expected: list[tuple[str, str]]
) -> None:
    """A rule lies where its log source says, under a name in snake_case."""
    found = lint(tmp_path, {stem: RULE}, {stem: SAMPLES})
    assert [f.code for f in found] == [code for code, _ in expected]
    assert all(step in f.next_step for f, (_, step) in zip(found, expected, strict=True))


@pytest.mark.parametrize(
    ("logsource", "stem"),
    [
        ("{product: gcp, service: gcp.audit}", "gcp/audit/x"),
        ("{product: windows, category: process_creation}", "windows/process_creation/x"),
        ("{product: windows, service: powershell-classic}", "windows/powershell_classic/x"),
        ("{product: okta}", "okta/x"),
        ("{category: proxy}", "proxy/x"),
    ],
)
def test_every_log_source_has_a_folder(tmp_path: Path, logsource: str, stem: str) -> None:
    """Product and service name the folder, the category where there is no service."""
    old = "logsource:\n    product: aws\n    service: cloudtrail\n"
    text = RULE.replace(old, f"logsource: {logsource}\n")
    assert lint(tmp_path, {stem: text}, {stem: SAMPLES}) == []


def test_every_document_of_a_file_is_checked(tmp_path: Path) -> None:
    """The second rule of a file has its own lines and its own samples."""
    second = RULE.replace("5c6f1a52", "6c6f1a52").replace("high", "hihg")
    second = second.replace("Trail Stopped", "Other Trail").replace("trail_stopped", "other")
    samples = {PLACE: SAMPLES, f"{PLACE}.2": SAMPLES}
    found = lint(tmp_path, {PLACE: f"{RULE}---\n{second}"}, samples)
    line = RULE.count("\n") + 1 + 24
    assert [(f.line, f.code) for f in found] == [(line, "header")]


def test_titles_and_names_are_given_once(tmp_path: Path) -> None:
    """The later of two rules with one title or name is told of the earlier."""
    other = "aws/cloudtrail/other"
    twin = RULE.replace("5c6f1a52", "6c6f1a52").replace("Trail Stopped From", "TRAIL stopped from")
    found = lint(tmp_path, {PLACE: RULE, other: twin}, {PLACE: SAMPLES, other: SAMPLES})
    assert [(f.code, f.line) for f in found] == [("title-once", 1), ("name-once", 3)]
    assert all(f.path.endswith(f"{PLACE}.yml") and f"{other}.yml" in f.what for f in found)


def test_groups_and_software_pass(tmp_path: Path) -> None:
    """Tags that name a group, software or a tag of another namespace are nobody's concern."""
    more = "attack.t1685.002\n    - attack.g0007\n    - attack.s0002\n    - cve.2021-44228"
    text = RULE.replace("attack.t1685.002", more)
    assert lint(tmp_path, {PLACE: text}, {PLACE: SAMPLES}) == []


def test_a_finding_reads_as_one_line() -> None:
    """A finding says where, what, what to do and which check it is."""
    whole = Finding("a.yml", 0, "samples", "there are none", "write some")
    assert str(whole) == "a.yml: there are none; write some [samples]"
    assert str(Finding("a.yml", 3, "dates", "w", "n")) == "a.yml:3: w; n [dates]"


def test_findings_are_sorted_and_single(tmp_path: Path) -> None:
    """Two runs say the same, in the order of the lines, each thing once."""
    text = RULE.replace("level: high\n", "").replace("experimental", "draft")
    found = lint(tmp_path, {PLACE: text}, {PLACE: SAMPLES})
    assert (
        found
        == sorted(set(found))
        == check(read_rules([str(tmp_path / "sigma_rules")]), str(tmp_path / "samples"))
    )


def test_every_validator_of_pysigma_is_run_or_skipped_with_a_reason() -> None:
    """A validator that a new pySigma brings has to be decided about."""
    run = {name for name, validator in validators.items() if validator in VALIDATORS}
    assert run | set(SKIPPED) == set(validators)
    assert run & set(SKIPPED) == set()
    assert all(SKIPPED.values())


def test_every_check_says_what_it_holds() -> None:
    """A check's docstring is its documentation."""
    assert [code for code, run in CHECKS.items() if not run.__doc__] == []


def schemas() -> Iterator[Any]:
    data = Path(__file__).parent.parent / "converter" / "data"
    for path in sorted(data.glob("*.schema.json")):
        yield json.loads(path.read_text("utf-8"))


def nodes(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield schema
    for part in (*schema.get("properties", {}).values(), schema.get("items"), schema.get("else")):
        if part:
            yield from nodes(part)


def test_every_keyword_of_the_schemas_has_words() -> None:
    """What a schema can refuse can be said to an author, with a next step."""
    silent = {"$schema", "title", "description", "x-next-step", "properties", "items", "if", "else"}
    for schema in schemas():
        for node in nodes(schema):
            assert set(node) <= silent | set(WORDS) | set(KEY_WORDS)
            assert "x-next-step" in node or not set(node) & set(WORDS) - {"type"}
