"""From rules to files: what stands where, what is refused, and that other rules never suffer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from test_rules import CORRELATION, FILTER, GOOD, good

from converter.convert import Converter
from converter.languages import LANGUAGES
from converter.pipelines import Pipelines
from converter.queries import clashes, files, report_path
from converter.rules import RuleSet, read_rules

ROOT = Path(__file__).resolve().parent.parent


def rules_of(tmp_path: Path, *texts: str) -> RuleSet:
    """A folder with these rules, read."""
    for number, text in enumerate(texts):
        (tmp_path / f"r{number}.yml").write_text(text, "utf-8")
    return read_rules([str(tmp_path)])


def converter_of(tmp_path: Path, *texts: str, pipelines: tuple[str, ...] = ()) -> Converter:
    """A converter over these rules."""
    return Converter(rules_of(tmp_path, *texts), Pipelines(pipelines), tuple(LANGUAGES))


def test_names_and_constants_come_from_the_pipeline(tmp_path: Path) -> None:
    """A CloudTrail rule asks for its data set, and its names are those of the schema."""
    (one,) = converter_of(tmp_path, GOOD).convert_all()
    queries = {language: query.text for language, query in one.queries.items()}
    assert queries == {
        "lucene": "event.dataset:aws.cloudtrail AND event.action:StopLogging",
        "eql": 'any where event.dataset == "aws.cloudtrail" and event.action == "StopLogging"',
        "esql": "FROM logs-aws.cloudtrail-*, filebeat-* METADATA _id, _index, _version\n"
        '| WHERE event.dataset == "aws.cloudtrail" AND event.action == "StopLogging"',
        "spl": 'sourcetype="aws:cloudtrail" eventName="StopLogging"',
    }
    assert one.queries["eql"].assumptions == (
        "event.action keeps its provider's spelling",
        "event.dataset keeps its provider's spelling",
    )


NOTHING_COVERS = [
    (
        GOOD.replace("cloudtrail", "cloudtrial"),
        "no pipeline covers the log source product=aws service=cloudtrial (fields: eventName)",
        "product=aws service=cloudtrail",
    ),
    (
        GOOD.replace("eventName:", "evntName:"),
        "no pipeline covers the field evntName of the log source AWS CloudTrail",
        "eventName",
    ),
]


@pytest.mark.parametrize(("text", "what", "near"), NOTHING_COVERS)
def test_what_nothing_covers_is_an_error(tmp_path: Path, text: str, what: str, near: str) -> None:
    """An unknown field or log source is named, with the nearest known one; there is no query."""
    (one,) = converter_of(tmp_path, text).convert_all()
    assert one.queries == {}
    assert one.error is not None
    assert one.error.what == what
    assert one.error.next_step.endswith(near)
    assert one.error.line > 0


def test_a_bad_rule_leaves_the_others_alone(tmp_path: Path) -> None:
    """Each rule is converted on its own; what fails carries its error."""
    bad = good("  a: {'eventName|contians': x}\n  condition: a\n")
    done = list(converter_of(tmp_path, bad, GOOD).convert_all())
    assert [bool(one.error) for one in done] == [True, False]
    assert "contians" in str(done[0].error)


def test_any_of_several_rules_is_one_query(tmp_path: Path) -> None:
    """A correlation that one event of any rule satisfies is an OR of these rules."""
    two = GOOD.replace("1", "2").replace("StopLogging", "DeleteTrail")
    done = list(converter_of(tmp_path, GOOD + "name: one\n", two, CORRELATION).convert_all())
    assert done[2].queries["lucene"].text == (
        "event.dataset:aws.cloudtrail AND (event.action:StopLogging OR event.action:DeleteTrail)"
    )


def test_a_filter_is_anded_to_its_rule(tmp_path: Path) -> None:
    """A filter changes the query of the rule that it names and has none of its own."""
    done = list(converter_of(tmp_path, GOOD + "name: one\n", FILTER).convert_all())
    assert [one.queries["spl"].text for one in done] == [
        'sourcetype="aws:cloudtrail" eventName="StopLogging" NOT userAgent="robot"'
    ]


def test_the_report_names_every_query(tmp_path: Path) -> None:
    """report.json is sorted and holds file, fidelity, assumptions and notes of each query."""
    tree = files(converter_of(tmp_path, GOOD).convert_all())
    report = json.loads(tree["report.json"])
    (entry,) = report["rules"]
    assert entry["path"] == "r0.yml"
    assert entry["queries"]["spl"] == {
        "file": "queries/spl/r0.spl",
        "fidelity": "proved",
        "assumptions": [],
        "notes": [],
    }
    assert tree["queries/spl/r0.spl"].decode().endswith('eventName="StopLogging"\n')
    assert str(tmp_path) not in tree["report.json"].decode()


def test_chosen_pipelines_replace_the_shipped_ones(tmp_path: Path) -> None:
    """With a pipeline of the user's own, its names count and unknown fields pass."""
    own = tmp_path / "own.yml"
    own.write_text(
        "name: own\npriority: 1\ntransformations:\n"
        "- id: a\n  type: field_name_mapping\n  mapping: {eventName: my.name}\n",
        "utf-8",
    )
    folder = tmp_path / "rules"
    folder.mkdir()
    (one,) = converter_of(folder, GOOD, pipelines=(str(own),)).convert_all()
    assert one.queries["eql"].text == 'any where my.name : "StopLogging"'
    assert one.queries["eql"].assumptions == (
        "my.name, which no field catalogue describes, is a keyword field",
    )


def test_clashing_names_are_told(tmp_path: Path) -> None:
    """Two rules whose queries would have one file name are an error."""
    for folder, number in (("a", "1"), ("b", "2")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "r.yml").write_text(GOOD.replace("1", number), "utf-8")
    rules = read_rules([str(tmp_path / "a"), str(tmp_path / "b")])
    assert [error.what.split(" of ")[0] for error in clashes(rules)] == [
        "its queries would have the file names"
    ]


def test_shipped_rules_convert_in_full() -> None:
    """Every rule has a query in every language, or a table says which cannot and why."""
    rules = read_rules([str(ROOT / "sigma_rules")])
    assert rules.errors == ()
    done = list(Converter(rules, Pipelines(), tuple(LANGUAGES)).convert_all())
    assert [one.error for one in done if one.error] == []
    unsaid = {
        (one.rule.stem, language): " ".join(query.notes)
        for one in done
        for language, query in one.queries.items()
        if not query.text
    }
    table = yaml.safe_load((ROOT / "tests/cases/unsaid.yml").read_text("utf-8"))
    reasons = {(stem, name): why for stem, row in table.items() for name, why in row.items()}
    assert sorted(unsaid) == sorted(reasons)
    assert [key for key, why in reasons.items() if why not in unsaid[key]] == []
    assert all(report_path(one.rule).startswith(one.rule.stem) for one in done)


def test_a_first_seen_rule_of_what_has_no_column(tmp_path: Path) -> None:
    """A user's name or else the role's is one value in SPL; a deep key is refused in ES|QL."""
    text = FIRST_SEEN.replace("userIdentity.arn, requestParameters.name", "userName")
    (user,) = converter_of(tmp_path, text).convert_all()
    one_of = "'userIdentity.userName', 'userIdentity.sessionContext.sessionIssuer.userName'"
    assert f"\n| eval userName=coalesce({one_of})\n" in user.queries["spl"].text
    assert " by userName\n" in user.queries["spl"].text
    assert " BY user.name\n" in user.queries["esql"].text
    text = FIRST_SEEN.replace("requestParameters.name", "requestParameters.a.b")
    (deep,) = converter_of(tmp_path, text).convert_all()
    assert "no columns for its keys" in deep.queries["esql"].notes[0]


FIRST_SEEN = (
    GOOD
    + """\
polysigma:
  interval: 10m
  lookback: 50m
  new_terms: {fields: [userIdentity.arn, requestParameters.name], history: 14d}
"""
)


def test_a_first_seen_rule_asks_for_new_values(tmp_path: Path) -> None:
    """ES|QL and SPL find values first seen of late; Lucene and EQL say who can."""
    (one,) = converter_of(tmp_path, FIRST_SEEN).convert_all()
    assert one.queries["spl"].text.splitlines() == [
        'sourcetype="aws:cloudtrail" eventName="StopLogging"',
        "| stats min(_time) as first_seen by userIdentity.arn, requestParameters.name",
        '| where first_seen>=relative_time(now(), "-1h")',
    ]
    assert one.queries["spl"].assumptions == ("the query is run over the last 14 days",)
    esql = one.queries["esql"].text
    assert '\n| GROK aws.cloudtrail.request_parameters "[{ ]name=%{DATA:name}(, |})"\n' in esql
    assert (
        "| STATS first_seen = MIN(@timestamp) BY aws.cloudtrail.user_identity.arn, name\n" in esql
    )
    assert one.queries["esql"].text.endswith("| WHERE first_seen >= NOW() - 1 hours")
    for language in ("lucene", "eql"):
        assert one.queries[language].fidelity == "unsupported"
        assert "ES|QL or SPL" in one.queries[language].notes[0]


TWO_NAMES = """\
name: two names
priority: 1
transformations:
- {id: a, type: field_name_mapping, mapping: {f: [a, b]}}
"""
SEVERAL = [
    ("f: x", 'a : "x" or b : "x"'),
    ("f|exists: true", "a != null or b != null"),
    ("f: null", "a == null and b == null"),
    ("f|exists: false", "a == null and b == null"),
    ("f|neq: 5", 'not a == "5" and not b == "5"'),
]


@pytest.mark.parametrize(("selection", "wanted"), SEVERAL, ids=[one for one, _ in SEVERAL])
def test_several_names_of_one_field(tmp_path: Path, selection: str, wanted: str) -> None:
    """Any of the names may hold a value; all of them must lack it where the rule asks for that."""
    (tmp_path / "own.yml").write_text(TWO_NAMES, "utf-8")
    (tmp_path / "r").mkdir()
    rule = good(f"  s: {{{selection}}}\n  condition: s\n")
    (one,) = converter_of(
        tmp_path / "r", rule, pipelines=(str(tmp_path / "own.yml"),)
    ).convert_all()
    assert one.queries["eql"].text == f"any where {wanted}"


def test_null_beside_values_has_no_place_under_several_names(tmp_path: Path) -> None:
    """What neither AND nor OR of the names means is refused."""
    (tmp_path / "own.yml").write_text(TWO_NAMES, "utf-8")
    (tmp_path / "r").mkdir()
    rule = good("  s:\n    f: [null, x]\n  condition: s\n")
    (one,) = converter_of(
        tmp_path / "r", rule, pipelines=(str(tmp_path / "own.yml"),)
    ).convert_all()
    assert "null beside other values" in str(one.error)
