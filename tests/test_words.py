"""Each word of the Sigma specification, from rule to verdict: the tables under cases/words.

A case holds a `detection` (or `selections` and their `condition`), the events it matches and those
it misses; or `refused`, what the error says, and `next`, what to do. `lists` are value lists for
`|expand`.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from sigma.modifiers import modifier_mapping

from converter.errors import PolysigmaError, RuleError
from converter.lower import lower, tree
from converter.matcher import compile_predicate
from converter.matcher.explain import explain
from converter.matcher.rules import compile_rules
from converter.pipelines import Pipelines, pipeline_folders
from converter.predicate import normal
from converter.rules import RuleFile, rules_of
from converter.upstream import mend

FOLDER = Path(__file__).with_name("cases") / "words"
ID = "00000000-0000-4000-8000-000000000004"
MODIFIERS = """
all base64 base64offset cased cidr contains day differs endswith exists expand fieldref gt gte hour
i lt lte m minute month neq re s startswith utf16 utf16be utf16le week weekday wide windash year
""".split()
OURS = ["differs", "weekday"]  # no words of the specification
VALUES = """
boolean condition dotted_key empty_string keywords lists nested_path null number spaced_key string
wildcards
""".split()
OTHER_NAMES = {"ignorecase": "i", "multiline": "m", "dotall": "s"}


@cache
def folders(root: Path) -> list[Path]:
    return [root, *pipeline_folders()]


def cases() -> list[Any]:
    """Every case of every word."""
    return [
        pytest.param(case, id=f"{path.stem}: {case['name']}")
        for path in sorted(FOLDER.glob("*.yml"))
        for case in yaml.safe_load(path.read_text("utf-8"))
    ]


def compiled(case: dict[str, Any], root: Path) -> tuple[Any, Any, list[PolysigmaError]]:
    """The case as a rule file, read and compiled as `scan` does it; and its predicate."""
    for name, values in case.get("lists", {}).items():
        (root / "lists").mkdir(exist_ok=True)
        (root / "lists" / f"{name}.txt").write_text("\n".join(values), "utf-8")
    detection = case.get("selections") or {"a": case["detection"]}
    detection = detection | {"condition": case.get("condition", "a")}
    rule = {"title": "t", "id": ID, "logsource": {"product": "p"}, "detection": detection}
    text = yaml.safe_dump(rule, allow_unicode=True, sort_keys=False)
    rules = rules_of([RuleFile("r.yml", "r", text.encode())])
    pipelines = Pipelines(folders=folders(root))
    tests, errors = compile_rules(rules, pipelines)
    if errors or rules.errors:
        return None, None, [*rules.errors, *errors]
    (one,) = rules.rules
    return tests[0].matches, lower(one, pipelines.expand(tree(one))), []


@pytest.mark.parametrize("case", [row for row in cases() if "refused" not in row.values[0]])
def test_words(case: dict[str, Any], tmp_path: Path) -> None:
    """A rule with the word matches these events and misses those, in each form."""
    matches, predicate, errors = compiled(case, tmp_path)
    assert [str(error) for error in errors] == []
    assert [event for event in case["match"] if not matches(event)] == []
    assert [event for event in case["miss"] if matches(event)] == []
    other = compile_predicate(normal(predicate))
    for event in (*case["match"], *case["miss"]):
        assert other(event) is matches(event) is explain(predicate, event).verdict, event


@pytest.mark.parametrize("case", [row for row in cases() if "refused" in row.values[0]])
def test_refused(case: dict[str, Any], tmp_path: Path) -> None:
    """What the word cannot be said of is an error of the rule with a place and a next step."""
    _, _, errors = compiled(case, tmp_path)
    (error,) = errors
    assert isinstance(error, RuleError)
    assert case["refused"] in error.what
    assert error.path == "r.yml"
    assert error.line > 0
    assert error.next_step
    assert case.get("next", "") in error.next_step


def test_every_word_has_its_file() -> None:
    """No modifier of the specification or of pySigma, and no kind of value, lacks its cases."""
    mend()
    files = {path.stem for path in FOLDER.glob("*.yml")}
    assert files == {*MODIFIERS, *OURS, *VALUES}
    assert {OTHER_NAMES.get(name, name) for name in modifier_mapping} <= files


@pytest.mark.parametrize("word", MODIFIERS + OURS)
def test_every_word_is_used_and_missed(word: str) -> None:
    """Each file has its word in a rule that matches, in one that misses, and refuses some use."""
    rows = yaml.safe_load((FOLDER / f"{word}.yml").read_text("utf-8"))
    using = [row for row in rows if f"|{word}" in str(row)]
    assert any(row.get("match") for row in using)
    assert any(row.get("miss") for row in using)
