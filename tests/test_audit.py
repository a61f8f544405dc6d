"""Where the stock backends are wrong, case by case: ours is right there, and theirs still is not.

`D1` to `D25` are the defects of an audit of pySigma 1.5 and its backends. A case whose second part
fails tells that a newer version has mended the defect: then the case has done its duty.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from sigma.processing.pipeline import ProcessingPipeline
from test_languages import a_rule, facts_of

from converter.convert import Converter
from converter.errors import RuleError, Unsupported
from converter.languages import LANGUAGES, Query
from converter.lower import as_stored, lower, tree
from converter.pipelines import Pipelines
from converter.rules import Rule, RuleSet, read_rules

HERE = Path(__file__).parent
CASES = yaml.safe_load((HERE / "cases" / "audit.yml").read_text("utf-8"))
ROWS = [(number, language) for number, case in enumerate(CASES) for language in case["expect"]]
IDS = [f"{CASES[number]['id']}: {CASES[number]['about']}: {language}" for number, language in ROWS]
ID = "00000000-0000-4000-8000-000000000"
HEADER = f"title: t\nid: {ID}001\nlogsource: {{product: p}}\n"
Answer = str | dict[str, str]


def correlated(case: dict[str, Any]) -> list[dict[str, Any]]:
    """The documents of a case about correlations: its rules, then c1, c2; the last counts."""
    documents = [
        {
            "title": name,
            "name": name,
            "id": f"{ID}{number:03}",
            "logsource": {"product": "p"},
            "detection": {"s": selection, "condition": "s"},
        }
        for number, (name, selection) in enumerate(case["rules"].items(), 1)
    ]
    bodies = case["correlation"] if isinstance(case["correlation"], list) else [case["correlation"]]
    for number, body in enumerate(bodies, 1):
        names = {"title": f"c{number}", "name": f"c{number}"}
        documents.append(names | {"id": f"{ID}{number + 100:03}", "correlation": body})
    return documents


def ours(case: dict[str, Any], language: str, folder: Path) -> Answer:
    """The query, without what every query begins with, or why there is none."""
    try:
        query = _query(case, language, folder)
    except Unsupported as error:
        return {"unsupported": error.what}
    except RuleError as error:
        return {"refused": error.what}
    if query.fidelity == "unsupported":
        return {"unsupported": query.notes[0]}
    text = plain(query.text)
    return {"partial": text} if query.fidelity == "partial" else text


def _query(case: dict[str, Any], language: str, folder: Path) -> Query:
    if "correlation" in case:
        return _correlation(correlated(case), language, folder)
    rule = _read(case["yaml"], folder) if "yaml" in case else a_rule(case)
    read = tree(rule)
    if "pipeline" in case:
        ProcessingPipeline.from_yaml(case["pipeline"]).apply(read)
    facts = facts_of(case)
    return LANGUAGES[language](facts).emit(as_stored(lower(rule, read), facts))


def _read(text: str, folder: Path) -> Rule:
    path = folder / "rule.yml"
    path.write_text(HEADER + text, "utf-8")
    found = read_rules([str(path)])
    if found.errors:
        raise found.errors[0]
    return found.rules[0]


def _correlation(documents: list[dict[str, Any]], language: str, folder: Path) -> Query:
    pipeline = folder / "pipeline.yml"
    pipeline.write_text("transformations: []\n", "utf-8")
    rules = tuple(
        Rule("case.yml", "case", n, "correlation" if "correlation" in data else "rule", data, "")
        for n, data in enumerate(documents)
    )
    converter = Converter(RuleSet(rules, ()), Pipelines([str(pipeline)]), [language])
    converted = converter.convert(rules[-1])
    if converted.error:
        raise converted.error
    return converted.queries[language]


@cache
def stock() -> dict[tuple[int, str], str | dict[str, str] | None]:
    """What the stock backends answer to every case; in a process that knows no mend of ours."""
    jobs = [_job(CASES[number]) | {"language": language} for number, language in ROWS]
    command = [sys.executable, str(HERE / "stock_pysigma.py")]
    done = subprocess.run(
        command, input=json.dumps(jobs), capture_output=True, text=True, check=True
    )
    return dict(zip(ROWS, json.loads(done.stdout), strict=True))


def _job(case: dict[str, Any]) -> dict[str, Any]:
    if "correlation" in case:
        return {"rules": correlated(case)}
    if "yaml" in case:
        return {"yaml": HEADER + case["yaml"]}
    return {"rules": [a_rule(case).data], "pipeline": case.get("pipeline")}


def plain(text: str) -> str:
    """The query without what every query of its language begins with."""
    return re.sub(r"^any where |^from \* metadata [^|]*\|\s*where ", "", text, flags=re.IGNORECASE)


def shape(text: str) -> str:
    """Queries that differ in blanks and in the case of their words only are the same."""
    return "".join(plain(text).split()).casefold()


@pytest.mark.parametrize(("number", "language"), ROWS, ids=IDS)
def test_ours(number: int, language: str, tmp_path: Path) -> None:
    """Our query is the one that means the rule, or we say why there is none."""
    wanted, got = CASES[number]["expect"][language], ours(CASES[number], language, tmp_path)
    if isinstance(wanted, dict) and isinstance(got, dict) and "partial" not in wanted:
        assert wanted.keys() == got.keys(), got
        kind = next(iter(wanted))
        assert got[kind].startswith(wanted[kind]), got
    else:
        assert got == wanted


@pytest.mark.parametrize(("number", "language"), ROWS, ids=IDS)
def test_stock(number: int, language: str) -> None:
    """The stock backend fails, stays silent, or says something else."""
    case, theirs = CASES[number], stock()[number, language]
    wanted = case["expect"][language]
    if isinstance(wanted, dict) and "partial" not in wanted:
        assert theirs is None or isinstance(theirs, str), "it refuses, as we do"
    elif isinstance(theirs, str):
        text = wanted["partial"] if isinstance(wanted, dict) else wanted
        assert shape(theirs) != shape(text)


def test_every_defect_has_a_case() -> None:
    """D1 to D25 are all there, in order, each case with what is wrong in the stock backend."""
    numbers = [int(case["id"][1:]) for case in CASES]
    assert sorted(set(numbers)) == list(range(1, 26))
    assert numbers == sorted(numbers)
    assert [case["about"] for case in CASES if not case.get("stock")] == []
