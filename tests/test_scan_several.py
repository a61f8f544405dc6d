"""`scan`, `test` and `explain` with rules that look at several events."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from test_cli import run

RULES = """
title: Failed Login
id: 00000000-0000-4000-8000-000000000001
name: failed
logsource: {product: aws, service: cloudtrail}
detection:
  s: {eventName: ConsoleLogin, responseElements.ConsoleLogin: Failure}
  condition: s
---
title: Good Login
id: 00000000-0000-4000-8000-000000000002
name: good
logsource: {product: aws, service: cloudtrail}
detection:
  s: {eventName: ConsoleLogin, responseElements.ConsoleLogin: Success}
  condition: s
---
title: Many Failed Logins
id: 00000000-0000-4000-8000-000000000003
name: many
correlation:
  type: event_count
  rules: [failed]
  group-by: [userIdentity.userName]
  timespan: 10m
  condition: {gte: 3}
---
title: Guessed Password
id: 00000000-0000-4000-8000-000000000004
correlation:
  type: temporal_ordered
  rules: [many, good]
  group-by: [userIdentity.userName]
  timespan: 10m
"""
FIRST_SEEN = """
title: New Address
id: 00000000-0000-4000-8000-000000000005
logsource: {product: aws, service: cloudtrail}
detection:
  s: {eventName: ConsoleLogin}
  condition: s
polysigma:
  detection: new-address
  new_terms: {fields: [userIdentity.userName, sourceIPAddress], history: 14d}
"""
Found = dict[str, Any]


def login(time: str, result: str = "Failure", user: str = "bob", **more: Any) -> Found:
    return {
        "eventTime": f"2026-01-01T{time}Z",
        "eventSource": "signin.amazonaws.com",
        "eventName": "ConsoleLogin",
        "responseElements": {"ConsoleLogin": result},
        "userIdentity": {"userName": user},
        "sourceIPAddress": "198.51.100.7",
        **more,
    }


GUESSED = [
    login("10:00:00"),
    login("10:09:00"),
    login("10:09:30", "Success"),
    login("10:10:00"),
    login("10:11:00", "Success"),
]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "guessed.yml").write_text(RULES, "utf-8")
    return tmp_path


def write(place: Path, name: str, events: list[Found]) -> str:
    text = "".join(json.dumps(event) + "\n" for event in events)
    (place / name).write_text(text, "utf-8")
    return name


def titles(stdout: str) -> list[tuple[str, int]]:
    found = [json.loads(line) for line in stdout.splitlines()]
    return [(one["rule"]["title"], one["source"]["record"]) for one in found]


def test_a_correlation_prints_its_events(place: Path) -> None:
    """The match has all its events, the source and time of the last, and no base rule reports."""
    log = write(place, "log", GUESSED)
    result = run("scan", log, "--rules", "rules", cwd=place)
    (found,) = [json.loads(line) for line in result.stdout.splitlines()]
    assert found["rule"]["title"] == "Guessed Password"
    assert found["source"] == {"file": "log", "record": 5}
    assert found["time"] == "2026-01-01T10:11:00Z"
    assert found["events"] == [GUESSED[0], GUESSED[1], GUESSED[3], GUESSED[4]]
    assert "held back: 6 matches of 3 rules that only correlations report" in result.stderr
    assert result.exit_code == 0


def test_base_rules_report_when_asked(place: Path) -> None:
    """`--base-rules` prints what is held back; `generate: true` lets the rules below report."""
    log = write(place, "log", GUESSED)
    asked = run("scan", log, "--rules", "rules", "--base-rules", cwd=place)
    assert sorted(titles(asked.stdout)) == [
        ("Failed Login", 1),
        ("Failed Login", 2),
        ("Failed Login", 4),
        ("Good Login", 3),
        ("Good Login", 5),
        ("Guessed Password", 5),
        ("Many Failed Logins", 4),
    ]
    generating = RULES.replace("rules: [many, good]", "rules: [many, good]\n  generate: true")
    (place / "rules" / "guessed.yml").write_text(generating, "utf-8")
    result = run("scan", log, "--rules", "rules", cwd=place)
    assert titles(result.stdout) == [
        ("Good Login", 3),
        ("Good Login", 5),
        ("Many Failed Logins", 4),
        ("Guessed Password", 5),
    ]
    assert "held back: 3 matches of 1 rule that" in result.stderr


def test_one_scan_or_several_with_state(place: Path) -> None:
    """A log scanned piece by piece with a state gives the matches of one scan."""
    (place / "rules" / "new.yml").write_text(FIRST_SEEN, "utf-8")
    whole = run("scan", write(place, "log", GUESSED), "--rules", "rules", cwd=place)
    pieces = []
    for number, event in enumerate(GUESSED):
        log = write(place, f"log{number}", [event])
        pieces.append(run("scan", log, "--rules", "rules", "--state", "st", cwd=place))
    assert [result.exit_code for result in pieces] == [0] * 5
    assert [title for result in pieces for title, _ in titles(result.stdout)] == [
        title for title, _ in titles(whole.stdout)
    ]
    assert [path.name for path in place.glob("*st*")] == ["st"]


def test_a_changed_rule_begins_anew_and_says_so(place: Path) -> None:
    """The state of a changed rule is dropped with a notice, that of the others goes on."""
    (place / "rules" / "new.yml").write_text(FIRST_SEEN, "utf-8")
    run("scan", write(place, "a", GUESSED[:3]), "--rules", "rules", "--state", "st", cwd=place)
    changed = RULES.replace("timespan: 10m\n  condition", "timespan: 11m\n  condition")
    (place / "rules" / "guessed.yml").write_text(changed, "utf-8")
    log = write(place, "b", GUESSED[3:])
    result = run("scan", log, "--rules", "rules", "--state", "st", cwd=place)
    assert titles(result.stdout) == []
    assert "state: 'Many Failed Logins' has changed or is gone" in result.stderr
    assert "state: 'Guessed Password' has changed or is gone" in result.stderr
    assert "New Address" not in result.stderr


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no state of a scan; name another file"),
        (b'{"eventName": "x"}\n', "no state of a scan; name another file"),
        (b'{"kind": "polysigma scan state", "version": 9, "sha256": ""}\n', "has version 9, not 1"),
        (None, "the state is damaged or cut off; remove the file, and begin anew"),
    ],
)
def test_a_bad_state_is_refused_and_kept(place: Path, content: bytes | None, words: str) -> None:
    """A file that is no whole state ends the scan before it begins, and stays as it is."""
    log = write(place, "log", GUESSED)
    run("scan", log, "--rules", "rules", "--state", "st", cwd=place)
    bad = (place / "st").read_bytes()[:-40] if content is None else content
    (place / "st").write_bytes(bad)
    result = run("scan", log, "--rules", "rules", "--state", "st", cwd=place)
    assert result.stdout == ""
    assert f"st: {words}" in str(result.exception) or words in str(result.exception)
    assert (place / "st").read_bytes() == bad


def test_a_state_of_other_rules_is_refused(place: Path) -> None:
    """A state that no rule has any use for is not overwritten."""
    log = write(place, "log", GUESSED)
    run("scan", log, "--rules", "rules", "--state", "st", cwd=place)
    (place / "rules" / "guessed.yml").write_text(FIRST_SEEN, "utf-8")
    saved = (place / "st").read_bytes()
    result = run("scan", log, "--rules", "rules", "--state", "st", cwd=place)
    assert "st: the state belongs to other rules; scan with the rules" in str(result.exception)
    assert (place / "st").read_bytes() == saved


def test_what_takes_no_part_is_told(place: Path) -> None:
    """Events without a time or a group, and those that come too late, are counted for the user."""
    events = [*GUESSED, login("nine"), login("10:12:00", userIdentity={}), login("09:00:00")]
    log = write(place, "log", events)
    result = run("scan", log, "--rules", "rules", "--lateness", "1m", cwd=place)
    assert (
        "left out of correlations and first-seen rules: 1 without a readable time" in result.stderr
    )
    assert "first-seen rules: 1 without a field to group by" in result.stderr
    assert "first-seen rules: 1 older than what had been judged; --lateness" in result.stderr
    assert titles(result.stdout) == [("Guessed Password", 5)]


def test_windows_that_can_grow_wait_for_the_next_run(place: Path) -> None:
    """With a state, a count that may still change is not judged at the end of the log."""
    few = RULES.replace("condition: {gte: 3}", "condition: {lt: 3}").split("---\ntitle: Guessed")[0]
    (place / "rules" / "guessed.yml").write_text(few, "utf-8")
    first, second = write(place, "a", GUESSED[:2]), write(place, "b", [login("11:00:00")])
    once = run("scan", first, "--rules", "rules", cwd=place)
    assert titles(once.stdout) == [("Many Failed Logins", 2)]
    kept = run("scan", first, "--rules", "rules", "--state", "st", cwd=place)
    assert titles(kept.stdout) == []
    assert "waiting for the next run: 0 events, 1 open windows" in kept.stderr
    later = run("scan", second, "--rules", "rules", "--state", "st", cwd=place)
    assert [json.loads(line)["source"] for line in later.stdout.splitlines()] == [
        {"file": "a", "record": 2}
    ]


def test_since_and_until_ask_for_the_match(place: Path) -> None:
    """Events before `--since` still count towards a match that is completed after it."""
    log = write(place, "log", GUESSED)
    for bound, wanted in (("2026-01-01T10:10:30Z", 1), ("2026-01-01T10:11:01Z", 0)):
        result = run("scan", log, "--rules", "rules", "--since", bound, cwd=place)
        assert len(titles(result.stdout)) == wanted


BAD = {
    "circle": ("rules: [failed]", "rules: [many]", "refers to itself: many -> many"),
    "nobody": ("rules: [failed]", "rules: [nobody]", "nobody is not among the rules read"),
    "number": ("condition: {gte: 3}", "condition: {}", "the condition names no number"),
    "field": ("type: event_count", "type: value_count", "value_count without a field"),
    "share": (
        "type: event_count",
        "type: value_percentile",
        "value_percentile without a field",
    ),
    "regex": ("ConsoleLogin: Failure", "ConsoleLogin|re: '(?=x)'", "its rule failed cannot run"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_correlation_that_cannot_run_is_an_error(place: Path, name: str) -> None:
    """The error names file and line, other rules go on, and no base rule is held back for it."""
    old, new, words = BAD[name]
    few = RULES.split("---\ntitle: Guessed", maxsplit=1)[0].replace(old, new)
    (place / "rules" / "guessed.yml").write_text(few, "utf-8")
    result = run("scan", write(place, "log", GUESSED), "--rules", "rules", cwd=place)
    (line,) = [line for line in result.stderr.splitlines() if words in line]
    assert line.startswith("error: rules/guessed.yml:")
    assert int(line.split(":")[2]) > 20
    assert ("Good Login", 3) in titles(result.stdout)
    assert ("Failed Login", 1) in titles(result.stdout) or name == "regex"
    assert result.exit_code == 1


def test_a_first_seen_rule_that_cannot_run_matches_nothing(place: Path) -> None:
    """Without a readable history there is an error, and its events are not taken for matches."""
    (place / "rules" / "new.yml").write_text(FIRST_SEEN.replace("14d", "14 days"), "utf-8")
    result = run("scan", write(place, "log", GUESSED), "--rules", "rules", cwd=place)
    assert "error: rules/new.yml:10: unreadable new_terms; write `new_terms: {" in result.stderr
    assert titles(result.stdout) == [("Guessed Password", 5)]
    assert result.exit_code == 1


SAMPLES = {
    "match": [
        {"name": "three and one", "events": GUESSED},
        {"name": "one more", "events": [login("09:59:00"), *GUESSED]},
    ],
    "miss": [
        {"name": "one event", "why": "no guesses", "event": login("10:00:00", "Success")},
        {"name": "two", "why": "too few", "events": GUESSED[2:]},
        {"name": "none good", "why": "not in", "events": GUESSED[:4]},
        {"name": "slow", "why": "too slow", "events": [login("09:00:00"), *GUESSED[1:]]},
    ],
}


def test_samples_can_be_streams(place: Path) -> None:
    """A correlation's samples are streams, run raw, as Elastic documents and as Splunk fields."""
    folder = place / "tests" / "samples"
    folder.mkdir(parents=True)
    for number in ("", ".2", ".3"):
        (folder / f"guessed{number}.yml").write_text("match: [{name: x, event: {a: 1}}]", "utf-8")
    (folder / "guessed.4.yml").write_text(json.dumps(SAMPLES), "utf-8")
    result = run("test", "rules", cwd=place)
    failed = [line for line in result.stderr.splitlines() if line.startswith("failed")]
    assert len(failed) == 9
    assert not [line for line in failed if "'x'" not in line]
    wrong = {"match": [SAMPLES["miss"][3]], "miss": [SAMPLES["match"][0]]}
    (folder / "guessed.4.yml").write_text(json.dumps(wrong), "utf-8")
    result = run("test", "rules", cwd=place)
    assert "event 5 at 2026-01-01T10:11:00Z: Good Login" in result.stderr
    assert "match of 4 events, completed by event 5" in result.stderr


def test_explain_tells_of_the_events_together(place: Path) -> None:
    """`explain` shows each base rule on each event, then what the events make together."""
    log = write(place, "log", GUESSED)
    result = run("explain", "rules", log, cwd=place)
    assert "Guessed Password (rules/guessed.yml), 5 events together" in result.stdout
    assert "  match of the events 1, 2, 4, 5" in result.stdout
    data = run("explain", "rules", log, "--json", cwd=place).stdout.splitlines()
    (last,) = [
        one
        for one in map(json.loads, data)
        if one["rule"]["title"] == "Guessed Password" and "matches" in one
    ]
    assert (last["events"], last["matches"], last["left_out"]) == (5, [[1, 2, 4, 5]], {})


def test_explain_tells_how_near_the_events_come(place: Path) -> None:
    """Without a match it shows the highest count reached, and the events that reach it."""
    log = write(place, "log", GUESSED[:2])
    result = run("explain", "rules", log, cwd=place)
    assert "  no match\n  nearest: 2 of the 3 wanted, the events 1, 2\n" in result.stdout
    assert "  no match\n  nearest: 0 of the 2 wanted\n" in result.stdout
    data = map(json.loads, run("explain", "rules", log, "--json", cwd=place).stdout.splitlines())
    near = [one["nearest"] for one in data if "nearest" in one]
    assert {"count": 2, "wanted": 3, "events": [1, 2]} in near
