"""Value lists of `|expand`: read from pipelines/lists, the same for matching and converting."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from converter import predicate as p
from converter.convert import Converter
from converter.errors import PipelineError, RuleError
from converter.lower import lower, tree
from converter.matcher import compile_predicate
from converter.matcher.rules import compile_rules
from converter.pipelines import Pipelines, pipeline_folders
from converter.predicate import And, Equals, Glob, KeywordRegex, Or, Regex, Wildcard
from converter.rules import Rule, RuleSet

MANY = Wildcard.MANY
ADMINS = "\ufeff# who may\nroot\n\n  Domain Admin  \r\nsvc-*\nroot\n"
ID = "00000000-0000-4000-8000-000000000002"
AWS = {"product": "aws", "service": "cloudtrail"}


def a_rule(detection: Any, logsource: dict[str, str] = AWS) -> Rule:
    """A rule of one selection."""
    body = {"title": "t", "id": ID, "logsource": logsource}
    return Rule(
        "r.yml", "r", 0, "rule", body | {"detection": {"a": detection, "condition": "a"}}, ""
    )


@pytest.fixture
def folders(tmp_path: Path) -> list[Path]:
    """A folder with two lists before the shipped folders."""
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "admins.txt").write_text(ADMINS, "utf-8")
    (tmp_path / "lists" / "tools.txt").write_text("a.exe\nb?.exe\n", "utf-8")
    return [tmp_path, *pipeline_folders()]


def root(cased: bool = False) -> Or:
    """What the list of admins means of field f."""
    return Or(
        (
            Equals("f", "root", cased),
            Equals("f", "Domain Admin", cased),
            Glob("f", ("svc-", MANY), cased),
        )
    )


EXPANDED: list[tuple[Any, p.Predicate]] = [
    ({"f|expand": "%admins%"}, root()),
    ({"f|cased|expand": "%admins%"}, root(cased=True)),
    ({"f|expand": ["%admins%", "x"]}, Or((root(), Equals("f", "x")))),
    (
        {"f|expand|all": ["%admins%", "*%tools%"]},
        And(
            (
                root(),
                Or(
                    (
                        Glob("f", (MANY, "a.exe")),
                        Glob("f", (MANY, "b", Wildcard.ONE, ".exe")),
                    )
                ),
            )
        ),
    ),
    (
        {"f|contains|expand": "%tools%"},
        Or((Glob("f", (MANY, "a.exe", MANY)), Glob("f", (MANY, "b", Wildcard.ONE, ".exe", MANY)))),
    ),
    ({"f|re|expand": "^x%tools%$"}, Regex("f", r"^x(?:a\.exe|b.\.exe)$")),
    ({"f|re|i|expand": "%tools%"}, Regex("f", r"(?:a\.exe|b.\.exe)", "i")),
    ({"|re|expand": "%tools%"}, KeywordRegex(r"(?:a\.exe|b.\.exe)")),
    ({"f|expand": "100%"}, Equals("f", "100%")),
]


@pytest.mark.parametrize(("detection", "wanted"), EXPANDED, ids=[str(d) for d, _ in EXPANDED])
def test_values_take_the_place_of_a_name(
    folders: list[Path], detection: Any, wanted: p.Predicate
) -> None:
    """The lines of a list are alternatives, written as in a rule, each once and without blanks."""
    rule = a_rule(detection)
    assert lower(rule, Pipelines(folders=folders).expand(tree(rule))) == wanted


def test_both_paths_read_the_list(folders: list[Path]) -> None:
    """The matcher, on raw and on stored events, and every language meet the same values."""
    rule = a_rule({"userIdentity.userName|expand": "%admins%"})
    rules, pipelines = RuleSet((rule,), ()), Pipelines(folders=folders)
    tests, errors = compile_rules(rules, pipelines)
    assert not errors
    found = [
        tests[0].matches({"userIdentity": {"userName": name}}) for name in ("ROOT", "svc-a", "eve")
    ]
    assert found == [True, True, False]
    (one,) = Converter(rules, pipelines, ("lucene", "eql", "esql", "spl")).convert_all()
    assert one.error is None
    assert {query.fidelity for query in one.queries.values()} == {"proved"}
    assert '"svc-*"' in one.queries["eql"].text
    stored, errors = compile_rules(rules, pipelines, "ecs")
    assert not errors
    names = compile_predicate(Converter(rules, pipelines, ()).meaning(rule, "ecs").predicate)
    assert not names({"user": {"name": "eve"}})
    assert len(stored) == 1


def test_an_unknown_list_names_the_file_to_add(folders: list[Path]) -> None:
    """A name without a list is an error in both paths, with the file that would hold the values."""
    rule = a_rule({"userIdentity.userName|expand": "%guests%"})
    pipelines = Pipelines(folders=folders)
    (one,) = Converter(RuleSet((rule,), ()), pipelines, ("eql",)).convert_all()
    _, errors = compile_rules(RuleSet((rule,), ()), pipelines)
    for error in (one.error, *errors):
        assert isinstance(error, RuleError)
        assert "%guests%" in error.what
        assert "pipelines/lists/guests.txt" in str(error.next_step)
    for modifiers in ("expand", "re|expand"):
        mixed = a_rule({f"f|{modifiers}": "%tools%%guests%"})
        with pytest.raises(RuleError, match="guests"):
            lower(mixed, pipelines.expand(tree(mixed)))


def test_an_earlier_folder_hides_a_later(folders: list[Path], tmp_path: Path) -> None:
    """The first folder's list of a name counts."""
    first = tmp_path / "first"
    (first / "lists").mkdir(parents=True)
    (first / "lists" / "admins.txt").write_text("me", "utf-8")
    rule = a_rule({"f|expand": "%admins%"})
    pipelines = Pipelines(folders=[first, *folders])
    assert lower(rule, pipelines.expand(tree(rule))) == Equals("f", "me")


def test_the_values_of_a_pipeline_come_first(folders: list[Path], tmp_path: Path) -> None:
    """A chosen pipeline that has values for the name keeps the list out."""
    own = tmp_path / "own.yml"
    own.write_text(
        "name: own\npriority: 1\ntransformations: [{id: a, type: value_placeholders}]\n"
        "vars: {admins: [mine]}\n",
        "utf-8",
    )
    rule = a_rule({"f|expand": "%admins%"})
    mapped = Pipelines([str(own)], folders).map(rule, tree(rule), "ecs")
    assert lower(rule, mapped.rule) == Equals("f", "mine")


BROKEN = [(b"# nothing\n\n", "empty"), (b"\xff\xfe", "UTF-8")]


@pytest.mark.parametrize(("content", "words"), BROKEN)
def test_a_broken_list_is_named(tmp_path: Path, content: bytes, words: str) -> None:
    """A list that is empty or not UTF-8 is an error with its path and a next step."""
    (tmp_path / "lists").mkdir()
    path = tmp_path / "lists" / "bad.txt"
    path.write_bytes(content)
    rule = a_rule({"f|expand": "%bad%"})
    with pytest.raises(PipelineError, match=words) as caught:
        Pipelines(folders=[tmp_path]).expand(tree(rule))
    assert caught.value.path == str(path)
    assert caught.value.next_step


def test_a_name_is_no_path(tmp_path: Path) -> None:
    """A placeholder cannot reach a file outside the folder of lists."""
    (tmp_path / "lists").mkdir()
    (tmp_path / "secret.txt").write_text("x", "utf-8")
    rule = a_rule({"f|expand": "%../secret%"})
    with pytest.raises(RuleError, match="no value list"):
        lower(rule, Pipelines(folders=[tmp_path]).expand(tree(rule)))
