"""Correlations over time: what each language says with a sliding window, or why it cannot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from converter.convert import Converter
from converter.errors import RuleError
from converter.languages import LANGUAGES
from converter.pipelines import Pipelines
from converter.rules import Rule, RuleSet
from converter.rules.correlations import read_correlation

CASES = yaml.safe_load(
    Path(__file__).with_name("cases").joinpath("correlations.yml").read_text("utf-8")
)
ROWS = [
    pytest.param(case, language, id=f"{case['name']}: {language}")
    for case in CASES
    for language in LANGUAGES
]
LOGSOURCE = {"product": "aws", "service": "cloudtrail"}
DENIED = {"errorCode": "AccessDenied"}
CREATED = {"eventName": "CreateUser", "errorCode": None}
FIVE_DENIED = "33333333-3333-4333-8333-333333333337"
EITHER = "33333333-3333-4333-8333-333333333338"
ANY_OF = {
    "type": "event_count",
    "rules": ["denied", "created"],
    "timespan": "5m",
    "condition": {"gte": 1},
}


def base(number: int, name: str, selection: dict[str, Any]) -> Rule:
    """A rule of one selection."""
    data = {
        "title": name,
        "id": f"0000000{number}-0000-4000-8000-000000000000",
        "name": name,
        "logsource": LOGSOURCE,
        "detection": {"s": selection, "condition": "s"},
    }
    return Rule("base.yml", f"base{number}", 0, "rule", data, "")


def correlation(body: dict[str, Any], identifier: str = "9" * 8) -> Rule:
    """A correlation with this body."""
    data = {"title": "c", "id": identifier, "correlation": body}
    return Rule("c.yml", f"c{identifier[:1]}", 0, "correlation", data, "")


def rules_with(one: Rule) -> RuleSet:
    """The two base rules, two correlations to be referred to, and this one."""
    bases = (base(1, "denied", DENIED), base(2, "created", CREATED))
    inner = (correlation(CASES[0]["correlation"], FIVE_DENIED), correlation(ANY_OF, EITHER))
    return RuleSet((*bases, *inner, one), ())


@pytest.mark.parametrize(("case", "language"), ROWS)
def test_correlation(case: dict[str, Any], language: str) -> None:
    """Each language says the correlation exactly so, or says why not."""
    one = correlation(case["correlation"])
    converted = Converter(rules_with(one), Pipelines(), (language,)).convert(one)
    query = converted.queries[language]
    got: dict[str, str] | str = query.text
    if query.fidelity == "unsupported":
        got = {"unsupported": query.notes[0].split("; ")[0]}
    elif query.fidelity == "partial":
        got = {"partial": query.text, "note": query.notes[0]}
    assert got == case[language]


FAULTS = [
    ({"type": "event_counts"}, "unknown correlation type"),
    ({"rules": []}, "names no rules"),
    ({"rules": ["nobody"]}, "is not among the rules read"),
    ({"timespan": "5x"}, "no readable timespan"),
    ({"timespan": None}, "no readable timespan"),
    ({"condition": None}, "no map of operators"),
    ({"condition": {"gte": "many"}}, "is no condition"),
    ({"condition": {"atleast": 5}}, "is no condition"),
    ({"condition": {"gte": float("inf")}}, "is no condition"),
    ({"condition": {"gte": True}}, "is no condition"),
    ({"condition": {"gte": 5, "field": {"a": 1}}}, "`field` names no field"),
    ({"group-by": [""]}, "`group-by` names no field"),
    ({"group-by": {"a": 1}}, "`group-by` names no field"),
    ({"aliases": ["x"]}, "no map of maps"),
    ({"aliases": {"who": {"nobody": "x"}}}, "which is none of the correlation's rules"),
]


@pytest.mark.parametrize(("change", "words"), FAULTS, ids=[words for _, words in FAULTS])
def test_faults_are_named(change: dict[str, Any], words: str) -> None:
    """What a correlation must say and does not is an error with a next step."""
    good = {"type": "event_count", "rules": ["denied"], "timespan": "5m", "condition": {"gte": 5}}
    one = correlation(good | change)
    with pytest.raises(RuleError, match=words) as caught:
        read_correlation(one, rules_with(one))
    assert caught.value.next_step


def test_full_text_stands_where_esql_takes_it() -> None:
    """A flattened key is searched in STATS ... WHERE, of newer versions, and never after EVAL."""
    opened = base(3, "opened", {"requestParameters.ruleAction": "allow"})
    body = {"type": "temporal", "rules": ["created", "opened"], "timespan": "1h"}
    alike = correlation(body | {"group-by": ["userIdentity.arn"]})
    names = {"created": "userIdentity.arn", "opened": "userIdentity.userName"}
    apart = correlation(body | {"group-by": ["who"], "aliases": {"who": names}})
    said = [
        Converter(RuleSet((*rules_with(one).rules, opened), ()), Pipelines(), ("esql",))
        .convert(one)
        .queries["esql"]
        for one in (alike, apart)
    ]
    assert [query.fidelity for query in said] == ["partial", "unsupported"]
    assert "needs Elasticsearch 8.19, or 9.1 or newer (QSTR in STATS ... WHERE)" in said[0].notes
    assert "does not stand in EVAL" in said[1].notes[0]


def test_a_count_in_eql_is_exact() -> None:
    """`gt: 4` needs five events; counts a sequence cannot hold are refused."""
    for condition, runs in (({"gt": 4}, "runs=5"), ({"gte": 101}, None), ({"lt": 3}, None)):
        body = CASES[0]["correlation"] | {"condition": condition}
        one = correlation(body)
        query = Converter(rules_with(one), Pipelines(), ("eql",)).convert(one).queries["eql"]
        assert (runs in query.text) if runs else query.fidelity == "unsupported"
