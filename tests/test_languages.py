"""One row of the matrix per case: a rule, and what each language makes of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from converter.errors import Unsupported
from converter.languages import LANGUAGES
from converter.lower import as_stored, lower, tree
from converter.pipelines import Facts
from converter.predicate import in_zone
from converter.rules import Rule

FOLDER = Path(__file__).with_name("cases") / "languages"
ROWS = [
    pytest.param(case, language, id=f"{path.stem}: {case['name']}: {language}")
    for path in sorted(FOLDER.glob("*.yml"))
    for case in yaml.safe_load(path.read_text("utf-8"))
    for language in LANGUAGES
    if language in case
]
ID = "00000000-0000-4000-8000-000000000001"


def a_rule(case: dict[str, Any]) -> Rule:
    """The case's detection as a whole rule."""
    if "selections" in case:
        detection = case["selections"] | {"condition": case["condition"]}
    else:
        detection = {"a": case.get("keywords") or case["detection"], "condition": "a"}
    data = {"title": "t", "id": ID, "logsource": {"product": "p"}, "detection": detection}
    return Rule("case.yml", "case", 0, "rule", data, "")


def facts_of(case: dict[str, Any]):
    """What the case says of its fields."""
    known = {
        name: Facts(
            name,
            entry.get("type", "keyword"),
            entry.get("casing") == "canonical",
            entry.get("list", False),
            entry.get("null_text", False),
            cidr=entry.get("cidr", ""),
            text=entry.get("text", ""),
            key=entry.get("key", ""),
        )
        for name, entry in case.get("fields", {}).items()
    }
    return lambda name: known.get(name, Facts(name))


def said(case: dict[str, Any], language: str) -> dict[str, str] | str:
    """The query in the form in which cases state it: without what every query begins with."""
    rule = a_rule(case)
    try:
        facts = facts_of(case)
        asked = in_zone(lower(rule, tree(rule)), case.get("zone", ""))
        query = LANGUAGES[language](facts).emit(as_stored(asked, facts))
    except Unsupported as error:
        return {"unsupported": error.what}
    text = query.text.removeprefix("any where ").split("| WHERE ", 1)[-1]
    return {"partial": text, "note": query.notes[0]} if query.fidelity == "partial" else text


@pytest.mark.parametrize(("case", "language"), ROWS)
def test_language(case: dict[str, Any], language: str) -> None:
    """Each language says the rule exactly so, or says why it cannot."""
    wanted = case[language]
    got = said(case, language)
    if isinstance(wanted, dict) and "unsupported" in wanted and isinstance(got, dict):
        assert got.get("unsupported", "").startswith(wanted["unsupported"]), got
    else:
        assert got == wanted
