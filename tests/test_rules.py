"""Reading rules: what is accepted, what is refused where, and that one fault stops nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from converter.errors import RuleError
from converter.matcher.rules import compile_rules
from converter.pipelines import Pipelines
from converter.rules import read_rules
from converter.rules.correlations import filtered, is_any_of, read_correlation, referenced

GOOD = """\
title: Good
id: 11111111-1111-4111-8111-111111111111
logsource: {product: aws, service: cloudtrail}
detection:
  selection: {eventName: StopLogging}
  condition: selection
"""


def good(detection: str, number: int = 2) -> str:
    """A whole rule around a detection."""
    head = GOOD.split("detection:", maxsplit=1)[0].replace("1111", f"{number:04d}")
    return head + "detection:\n" + detection


def read(tmp_path: Path, text: str | bytes):
    """What reading one file of this content gives."""
    path = tmp_path / "rule.yml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_rules([str(path)])


FAULTS = [
    ("key given twice", good("  a: {f: 1, f: 2}\n  condition: a\n"), 5, "given twice"),
    ("no as a value", good("  a: {f: no}\n  condition: a\n"), 5, "no is read differently"),
    ("sexagesimal", good("  a:\n    f:\n      - 1:30\n  condition: a\n"), 7, "1:30 is read"),
    ("leading zero", good("  a: {f: 010}\n  condition: a\n"), 5, "010 is read differently"),
    ("lost digits", good("  a: {f: 1.10}\n  condition: a\n"), 5, "1.10 is read differently"),
    ("empty list", good("  a:\n    f: []\n  condition: a\n"), 6, "f is an empty list"),
    ("empty map", good("  a: {}\n  condition: a\n"), 5, "a is an empty map"),
    ("lost selector", good("  a: {f: 1}\n  condition: a and not 1 of b*\n"), 6, "`b*` names no"),
    ("lost name", good("  a: {f: 1}\n  condition: a or b\n"), 6, "`b` names no selection"),
    ("no condition", good("  a: {f: 1}\n"), 4, "no condition"),
    ("no selection", good("  condition: a\n"), 4, "no selection"),
    ("no detection", GOOD.split("detection:", maxsplit=1)[0], 1, "no detection"),
    ("no title", GOOD.replace("title: Good", "name: good"), 1, "no title"),
    ("no id", GOOD.replace("id:", "name:"), 1, "no id"),
    ("no UUID", GOOD.replace("11111111-1111", "1-1"), 2, "is no UUID"),
    ("no log source", GOOD.replace("logsource", "source"), 1, "no log source"),
    ("not a map", "- 1\n- 2\n", 1, "not a Sigma rule"),
    ("empty", "", 0, "the file is empty"),
    ("only a comment", "# nothing\n", 0, "the file is empty"),
    ("no YAML", "title: [\n", 2, "not YAML"),
    ("a tab", "title: x\n\tid: y\n", 2, "not YAML"),
    ("binary", b"\x7fELF\0\0", 0, "a binary file"),
    ("not UTF-8", b"title: x\nauthor: \xff\n", 2, "is not UTF-8"),
    ("unknown alias", "a: *b\n", 1, "not YAML"),
]


@pytest.mark.parametrize(
    ("text", "line", "what"), [f[1:] for f in FAULTS], ids=[f[0] for f in FAULTS]
)
def test_faults_are_errors_with_a_line(tmp_path: Path, text: str, line: int, what: str) -> None:
    """Each fault is refused, at its line, in words, and with something to do next."""
    found = read(tmp_path, text)
    assert found.rules == ()
    (error,) = found.errors
    assert what in error.what
    assert error.line == line
    assert error.next_step


VALUES = [
    ("12345678901234567890", 12345678901234567890),
    ("-3", -3),
    ("1.5", 1.5),
    ("true", True),
    ("null", None),
    ("~", None),
    ("'no'", "no"),
    ("'010'", "010"),
    ("00000429", "00000429"),
    ("StopLogging", "StopLogging"),
    ("v1.2.3", "v1.2.3"),
    ("10.0.0.0/8", "10.0.0.0/8"),
]


@pytest.mark.parametrize(("text", "value"), VALUES)
def test_values_are_read_as_written(tmp_path: Path, text: str, value: object) -> None:
    """A value keeps the type and every digit with which it is written."""
    (rule,) = read(tmp_path, good(f"  a: {{f: {text}}}\n  condition: a\n")).rules
    got = rule.data["detection"]["a"]["f"]
    assert got == value
    assert type(got) is type(value)


def test_words_outside_a_detection_stay_text(tmp_path: Path) -> None:
    """Dates and words such as `no` are text where no test depends on them."""
    (rule,) = read(tmp_path, GOOD + "date: 2024-01-02\nauthor: no\n").rules
    assert (rule.data["date"], rule.data["author"]) == ("2024-01-02", "no")


def test_one_bad_rule_does_not_stop_the_others(tmp_path: Path) -> None:
    """A folder with a broken file, a binary and a bad document still yields its good rules."""
    (tmp_path / "a.yml").write_text("title: [", "utf-8")
    (tmp_path / "b.yml").write_bytes(b"\0\1\2")
    (tmp_path / "c.yml").write_text(GOOD + "---\n" + good("  a: {}\n  condition: a\n"), "utf-8")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "d.yml").write_text(good("  a: {f: 1}\n  condition: a\n", 3), "utf-8")
    found = read_rules([str(tmp_path)])
    assert [rule.stem for rule in found.rules] == ["c", "deep/d"]
    assert [Path(error.path).name for error in found.errors] == ["a.yml", "b.yml", "c.yml"]


def test_a_part_of_the_rules_keeps_its_place(tmp_path: Path) -> None:
    """A folder or file below `sigma_rules/`, named alone, gives the stems that the whole gives."""
    folder = tmp_path / "sigma_rules" / "aws" / "cloudtrail"
    folder.mkdir(parents=True)
    (folder / "a.yml").write_text(GOOD, "utf-8")
    parts = (tmp_path / "sigma_rules", folder.parent, folder, folder / "a.yml")
    stems = [rule.stem for part in parts for rule in read_rules([str(part)]).rules]
    assert stems == ["aws/cloudtrail/a"] * 4


def test_several_documents_are_told_apart(tmp_path: Path) -> None:
    """The second rule of a file has a stem and lines of its own."""
    second = good("  a: {f: 1}\n  condition: a\n")
    found = read(tmp_path, GOOD + "---\n" + second)
    assert [rule.stem for rule in found.rules] == ["rule", "rule.2"]
    assert found.rules[1].line("detection", "a") == GOOD.count("\n") + 1 + 5


def test_an_id_belongs_to_one_rule(tmp_path: Path) -> None:
    """Of two rules with one id the second is refused, and the message names the first."""
    (tmp_path / "a.yml").write_text(GOOD, "utf-8")
    (tmp_path / "b.yml").write_text(GOOD, "utf-8")
    found = read_rules([str(tmp_path)])
    assert [rule.stem for rule in found.rules] == ["a"]
    assert "a.yml already" in found.errors[0].what


def test_what_cannot_be_found_is_an_error(tmp_path: Path) -> None:
    """A path that does not exist, and a folder without rules, are said."""
    found = read_rules([str(tmp_path / "none"), str(tmp_path)])
    assert [error.what for error in found.errors] == [
        "no such file or folder",
        "no rules in this folder",
    ]


def test_aliases_cannot_blow_up(tmp_path: Path) -> None:
    """A document whose aliases expand without end is refused, not expanded."""
    levels = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9))
    found = read(tmp_path, "a0: &a0 [x]\n" + levels)
    assert "too many values" in found.errors[0].what


CORRELATION = """\
title: Either
id: 99999999-9999-4999-8999-999999999999
correlation:
  type: event_count
  rules: [one, 22222222-2222-4222-8222-222222222222]
  timespan: 5m
  condition: {gte: 1}
"""
FILTER = """\
title: Not the robot
id: 88888888-8888-4888-8888-888888888888
logsource: {product: aws}
filter:
  rules: [one]
  robot: {userAgent: robot}
  condition: not robot
"""


def test_correlations_and_filters_find_their_rules(tmp_path: Path) -> None:
    """A correlation names rules by id or name; a filter adds its own test to the rules it names."""
    one = GOOD + "name: one\n"
    two = GOOD.replace("1", "2")
    found = read(tmp_path, "---\n".join([one, two, CORRELATION, FILTER]))
    assert found.errors == ()
    correlation = found.of_kind("correlation")[0]
    assert [rule.stem for rule in referenced(correlation, found)] == ["rule", "rule.2"]
    assert is_any_of(correlation)
    (restriction,) = filtered(found.rules[0], found)
    assert restriction.data["detection"] == {
        "robot": {"userAgent": "robot"},
        "condition": "not robot",
    }
    assert filtered(found.rules[1], found) == ()


def test_filters_need_no_id(tmp_path: Path) -> None:
    """Filters without an id, which nothing refers to, all apply (specification of filters)."""
    nameless = FILTER.replace("id: 88888888-8888-4888-8888-888888888888\n", "")
    found = read(tmp_path, "---\n".join([GOOD + "name: one\n", nameless, nameless]))
    assert found.errors == ()
    assert len(filtered(found.rules[0], found)) == 2
    assert len(compile_rules(found, Pipelines())[0]) == 1


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("  groupby: [user]\n", "`groupby` is no key of a correlation"),
        ('  generate: "true"\n', "`generate` is no boolean"),
    ],
)
def test_what_a_correlation_cannot_say_is_refused(tmp_path: Path, line: str, what: str) -> None:
    """A misspelt key of a correlation is an error at its line, not another correlation."""
    found = read(tmp_path, GOOD + "name: one\n---\n" + CORRELATION + line)
    with pytest.raises(RuleError, match=what) as caught:
        read_correlation(found.rules[1], found)
    assert caught.value.line == found.rules[1].text.count("\n")
