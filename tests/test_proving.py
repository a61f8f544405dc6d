"""From a proof to a query's fidelity, and `polysigma prove` for queries written by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from test_cli import run

from converter.languages import Query
from converter.pipelines import Facts
from converter.predicate import And, Equals, Not
from converter.proving import Meaning, proved, together

RULE = And((Equals("a", "x"), Not(Equals("b", "y"))))


def meaning(predicate=RULE, canonical: bool = False) -> Meaning:
    """A rule in Splunk's names."""
    return Meaning(predicate, lambda name: Facts(name, "string", canonical), ())


def spl(text: str, *notes: str) -> Query:
    """A query in SPL; with notes, one that is known to lose something."""
    return Query("spl", text, "partial" if notes else "unproved", (), notes)


FIDELITIES = [
    (spl('a="x" NOT b="y"'), "proved"),
    (spl('NOT b="y" a="X"'), "proved"),
    (spl('a="x"'), "different"),
    (spl('a="x" b!="y"'), "different"),
    (spl('a="x'), "different"),
    (spl('a="x" | stats count by a | where count>1'), "unproved"),
    (spl('a="x"', "can match more than the rule: b is not asked for"), "partial"),
    (spl('a="x" b!="y"', "can match less than the rule: b must be there"), "partial"),
    (spl('a="x"', "can match less than the rule: wrong way round"), "different"),
]


@pytest.mark.parametrize(("query", "fidelity"), FIDELITIES, ids=[q.text for q, _ in FIDELITIES])
def test_a_proof_decides_the_fidelity(query: Query, fidelity: str) -> None:
    """Equal is proved; a loss must go the way that its note says; all else is different."""
    assert proved(query, [meaning()]).fidelity == fidelity


def test_a_difference_is_told_with_an_event() -> None:
    """The notes of a different query hold an event that tells the two apart."""
    notes = proved(spl('a="x"'), [meaning()]).notes
    assert any('"b"' in note for note in notes)


def test_rules_together_keep_a_spelling_that_any_of_them_keeps() -> None:
    """A bundle asks for any of its rules, and knows of a field what one of them knows."""
    both = together([meaning(), meaning(Equals("a", "z"), canonical=True)])
    assert both.facts("a").canonical
    assert both.predicate.args == (RULE, Equals("a", "z"))


SIGMA = """\
title: Export failed
id: 66666666-6666-4666-8666-666666666666
logsource: {product: aws, service: cloudtrail}
detection:
  call: {eventName: CreateInstanceExportTask}
  fine: {errorCode: null}
  condition: call and not fine
"""
HAND_WRITTEN = [
    (
        "sourcetype=aws:cloudtrail eventName=createinstanceexporttask NOT errorCode=success",
        "proved",
    ),
    ("sourcetype=aws:cloudtrail eventName=CreateInstanceExportTask errorCode=*", "widens"),
    ("eventName=CreateInstanceExportTask errorCode IN (success, AccessDenied)", "both"),
    ("sourcetype=aws:cloudtrail eventName=CreateInstanceExport* NOT errorCode=success", "widens"),
]


@pytest.mark.parametrize(("query", "verdict"), HAND_WRITTEN)
def test_prove_answers_for_queries_written_by_hand(
    tmp_path: Path, query: str, verdict: str
) -> None:
    """A verdict, an event for each difference, exit code 0 only for a proof."""
    (tmp_path / "r.yml").write_text(SIGMA, "utf-8")
    query = f"sourcetype=aws:cloudtrail {query}"
    (tmp_path / "q.spl").write_text(query + "\n", "utf-8")
    result = run("prove", "r.yml", "q.spl", "--in", "spl", "--json", cwd=tmp_path)
    data = json.loads(result.stdout)
    assert data["verdict"] == verdict
    assert result.exit_code == (0 if verdict == "proved" else 1)
    assert len(data["counterexamples"]) == {"proved": 0, "widens": 1, "both": 2}[verdict]
    told = run("prove", "r.yml", query, "--in", "spl", cwd=tmp_path).stdout
    assert ("Only the query matches" in told) == (verdict != "proved")


def test_prove_refuses_what_it_cannot_read(tmp_path: Path) -> None:
    """A query with a mistake is named with its place."""
    (tmp_path / "r.yml").write_text(SIGMA, "utf-8")
    result = run("prove", "r.yml", "a=(", "--in", "spl", cwd=tmp_path)
    assert "line 1, column 3" in str(result.exception)
