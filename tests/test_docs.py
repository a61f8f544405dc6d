"""The page of all detections: what stands in it, that it is fresh, and that nothing is missing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from test_cli import run

from converter.detections import Documented, page, without_rule
from converter.detections.kinds import kinds
from converter.detections.markdown import code, table, text
from converter.errors import PackageError
from converter.pipelines import Pipelines
from converter.rules import Rule, RuleSet, read_rules

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTED = [
    Documented(**row)
    for row in yaml.safe_load((ROOT / "docs" / "documented.yml").read_text("utf-8"))
]
ID = "00000000-0000-4000-8000-000000000001"
PROVED = {"file": "queries/eql/a/b/c.eql", "fidelity": "proved", "notes": []}
REFUSED = {"file": None, "fidelity": "unsupported", "notes": ["EQL: not | this"]}
MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def a_rule(detection: Any, extra: dict[str, Any] | None = None, **more: Any) -> Rule:
    """A CloudTrail rule with this selection."""
    data = {
        "title": "A | rule",
        "id": ID,
        "level": "low",
        "logsource": {"product": "aws", "service": "cloudtrail"},
        "detection": {"s": detection, "condition": "s"},
        "polysigma": {"detection": "mine"} | (extra or {}),
    }
    kind = "correlation" if "correlation" in more else "rule"
    return Rule("r/a/b/c.yml", "a/b/c", 0, kind, data | more, "")


def a_report(queries: dict[str, Any]) -> dict[str, Any]:
    """What convert says of that rule."""
    return {"rules": [{"path": "sigma_rules/a/b/c.yml", "id": ID, "queries": queries}]}


IP_RANGES = "requestParameters.ipPermissions.items.ipRanges.items.cidrIp"
KINDS: list[tuple[Rule, list[str]]] = [
    (a_rule({"eventName": "x"}), ["plain"]),
    (a_rule({"eventTime|hour|lt": 8}), ["time of day"]),
    (a_rule({"eventTime|weekday": 6}), ["day of the week"]),
    (a_rule({"eventTime|year": 2026}), ["date"]),
    (a_rule({"userIdentity.userName|expand": "%users%"}), ["allow list"]),
    (a_rule({"a|fieldref|contains": "b"}), ["field comparison"]),
    (a_rule({IP_RANGES: "0.0.0.0/0"}), ["lists of objects"]),
    (a_rule([{"a": 1}, {"b": 1}]), ["several shapes"]),
    (a_rule([{"a": 1}, {"a": 2}]), ["plain"]),
    (a_rule({"a": 1}, {"new_terms": {"fields": ["a"], "history": "1d"}}), ["first seen"]),
    (a_rule({}, correlation={"type": "temporal", "rules": ["a"]}), ["temporal"]),
    (a_rule({}, correlation={"type": "event_count", "condition": {"gte": 1}}), ["bundle"]),
]


@pytest.mark.parametrize(("rule", "wanted"), KINDS, ids=[", ".join(kind) for _, kind in KINDS])
def test_kinds(rule: Rule, wanted: list[str]) -> None:
    """The kind of a rule is told from its modifiers, its fields and its type."""
    assert kinds(rule, Pipelines()) == wanted


def lines(queries: dict[str, Any], documented: list[Documented]) -> list[str]:
    """The rows of the page of one rule."""
    (content,) = page(RuleSet((a_rule({"a": 1}),), ()), a_report(queries), documented).values()
    return [line for line in content.decode().splitlines() if line.startswith("| ")]


def test_a_row_says_rule_kind_and_fidelity() -> None:
    """Each row links the rule and its queries; a reason stands where there is no query."""
    found = lines({"eql": PROVED, "spl": REFUSED}, [])
    cells = "plain |  | [proved](../out/queries/eql/a/b/c.eql) |  | unsupported |"
    assert f"| low | [A \\| rule](../sigma_rules/a/b/c.yml) | {cells}" in found
    assert "| `a/b/c` | SPL | unsupported | EQL: not \\| this |" in found


def test_a_documented_detection_has_its_rules_or_says_so() -> None:
    """A documented detection stands in the first table, with each of its rules or without any."""
    mine, other = Documented("mine", "Mine", "X"), Documented("other", "Other", "Y")
    found = lines({"eql": PROVED}, [mine, other])
    assert any(line.startswith("| Mine (`mine`) | X | [A \\| rule]") for line in found)
    assert any(line.startswith("| Other | Y | no rule yet |") for line in found)
    assert not any(line.startswith("| low |") for line in found)
    assert without_rule(RuleSet((a_rule({"a": 1}),), ()), [mine, other]) == [other]


def test_a_rule_that_was_not_converted_is_an_error() -> None:
    """The page is never made from a report that lacks a rule."""
    with pytest.raises(PackageError, match="knows no such rule"):
        page(RuleSet((a_rule({"a": 1}),), ()), {"rules": []}, [])


@given(st.text(max_size=60), st.text(max_size=60))
def test_text_is_no_markup(one: str, other: str) -> None:
    """Whatever stands in a rule, the table has the same cells, and they hold just that text."""
    tokens = MARKDOWN.parse(table(["a", "b"], [[text(one), text(other)]]))
    cells = [token for token in tokens if token.type == "inline"][2:]
    shown = ["".join(part.content for part in cell.children or ()) for cell in cells]
    assert [" ".join(part.split()) for part in shown] == [
        " ".join(part.replace("\0", "�").split()) for part in (one, other)
    ]
    kinds_of_part = {part.type for cell in cells for part in cell.children or ()}
    assert kinds_of_part <= {"text", "text_special"}


@given(st.text(min_size=1, max_size=60))
def test_code_stays_in_its_cell(value: str) -> None:
    """Text as code neither ends the code nor the cell."""
    tokens = MARKDOWN.parse(table(["a", "b"], [[code(value), "x"]]))
    cells = [token.content for token in tokens if token.type == "inline"]
    assert cells[3] == "x"


def test_the_page_is_fresh() -> None:
    """docs/detections.md is what the rules and out/report.json make of it."""
    assert run("docs", "--check", cwd=ROOT).exit_code == 0


def test_a_stale_page_is_told_and_mended(tmp_path: Path) -> None:
    """--check writes nothing and exits with 1; without it the page is written."""
    rules, report = str(ROOT / "sigma_rules"), str(ROOT / "out" / "report.json")
    words = ("docs", rules, "--report", report, "-o", str(tmp_path / "d"))
    stale = run(*words, "--check", cwd=tmp_path)
    assert (stale.exit_code, (tmp_path / "d").exists()) == (1, False)
    assert "is stale" in stale.stderr
    assert run(*words, cwd=tmp_path).exit_code == 0
    assert run(*words, "--check", cwd=tmp_path).exit_code == 0


@pytest.mark.parametrize("content", ["", "[]", json.dumps({"rules": 5})])
def test_a_bad_report_is_an_error(tmp_path: Path, content: str) -> None:
    """What is no report of a conversion is said to be none, and nothing is written."""
    tmp_path.joinpath("report.json").write_text(content, "utf-8")
    rules = str(ROOT / "sigma_rules")
    found = run("docs", rules, "--report", "report.json", cwd=tmp_path)
    assert found.exit_code != 0
    assert isinstance(found.exception, PackageError)
    assert not (tmp_path / "docs").exists()


def test_no_documented_detection_lacks_a_rule() -> None:
    """Every detection that the project set out to ship has a rule."""
    rules = read_rules([str(ROOT / "sigma_rules")])
    assert without_rule(rules, DOCUMENTED) == []
    assert len({one.id for one in DOCUMENTED}) == 28
