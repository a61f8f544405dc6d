"""Files of the repository detection-rules: layout, schema, and text that stays text."""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaged import content, shipped

from converter.packages import Content, detection_rules, kibana
from converter.rules import Rule

PATH = re.compile(
    r"(rules/(integrations/[a-z_]+|cross-platform|_deprecated)|rules_building_block)/[a-z0-9_]+\.toml"
)
DATE = re.compile(r"\d{4}/\d{2}/\d{2}")
RULE_KEYS = set(
    "alert_suppression author building_block_type description false_positives from index interval "
    "investigation_fields language license max_signals name new_terms note query references "
    "risk_score rule_id setup severity tags threat threshold timestamp_override type".split()
)
METADATA_KEYS = set(
    "bypass_bbr_timing creation_date deprecation_date extended integration maturity "
    "updated_date".split()
)


def read(found: Content) -> dict[str, dict[str, Any]]:
    files = detection_rules.build(found).files
    return {path: tomllib.loads(data.decode()) for path, data in files.items()}


def test_every_shipped_rule_has_a_file_of_the_layout() -> None:
    """Paths, keys and dates are those that the repository's schema knows."""
    files = read(shipped())
    assert [path for path in files if not PATH.fullmatch(path)] == []
    for one in files.values():
        assert set(one) == {"metadata", "rule"}
        assert set(one["rule"]) <= RULE_KEYS
        assert set(one["metadata"]) <= METADATA_KEYS
        assert DATE.fullmatch(one["metadata"]["creation_date"])
        assert DATE.fullmatch(one["metadata"]["updated_date"])


def test_a_file_says_what_the_kibana_rule_says() -> None:
    """Each key is the same as in the Kibana package, but for the forms that the schema wants."""
    lines = b"".join(kibana.build(shipped()).files.values()).splitlines()
    rules = {one["rule_id"]: one for one in map(json.loads, lines) if "rule_id" in one}
    for one in read(shipped()).values():
        wanted = rules[one["rule"]["rule_id"]]
        same = one["rule"].keys() - {"query", "new_terms"}
        assert {key: one["rule"][key] for key in same} == {key: wanted[key] for key in same}
        assert one["rule"]["query"].removesuffix("\n| KEEP *") == wanted["query"]


def test_new_terms_and_esql_have_their_own_forms() -> None:
    """New terms name field and history, ES|QL that keeps its documents ends in KEEP."""
    extra = "{new_terms: {fields: [userIdentity.arn], history: 14d}}"
    (one,) = read(content(polysigma=extra)).values()
    assert one["rule"]["new_terms"] == {
        "field": "new_terms_fields",
        "value": ["aws.cloudtrail.user_identity.arn"],
        "history_window_start": [{"field": "history_window_start", "value": "now-14d"}],
    }
    (one,) = read(content(detection="{a: {eventTime|hour: 3}, condition: a}")).values()
    assert one["rule"]["query"].endswith("| KEEP *")


@pytest.mark.parametrize(
    ("status", "maturity"),
    [("stable", "production"), ("test", "production"), ("experimental", "development")],
)
def test_status_becomes_maturity(status: str, maturity: str) -> None:
    """Only rules that were tested count as ready for production."""
    (one,) = read(content(status=status)).values()
    assert one["metadata"]["maturity"] == maturity


def test_deprecated_rules_stay_as_stubs() -> None:
    """A deprecated rule keeps its file, among the deprecated, with the day it was."""
    ((path, one),) = read(content(status="deprecated", modified="2026-02-03")).items()
    assert path == "rules/_deprecated/exfiltration_r0.toml"
    assert one["metadata"]["deprecation_date"] == "2026/02/03"
    assert one["rule"]["name"] == "Deprecated - A title"


def test_a_score_of_nothing_is_refused() -> None:
    """The repository's scores begin at 1."""
    package = detection_rules.build(content(polysigma="{risk_score: 0}"))
    assert [error.next_step for error in package.left_out] == ["write 1 or more"]


def test_a_rule_without_a_date_is_refused() -> None:
    """The repository requires a date; the message says what to write."""
    package = detection_rules.build(content(date=""))
    assert [error.next_step for error in package.left_out] == ["write date: YYYY-MM-DD"]


TEXTS = st.text(st.characters(blacklist_categories=("Cs",)), min_size=1, max_size=120)


@settings(max_examples=150, deadline=None)
@given(title=TEXTS, guide=TEXTS, author=TEXTS)
def test_text_never_becomes_syntax(title: str, guide: str, author: str) -> None:
    """Whatever title, guide and author hold, the file reads as the Kibana rule's own texts."""
    found = one_rule()
    entry = found.entries[0]
    data = entry.rule.data | {"title": title, "author": author}
    data["polysigma"] = {"investigation_guide": guide}
    rule = Rule("r.yml", "r", 0, "rule", data, "")
    changed = replace(found, entries=(replace(entry, rule=rule),))
    (toml,) = read(changed).values()
    (line,) = b"".join(kibana.build(changed).files.values()).splitlines()
    wanted = json.loads(line)
    for key in ("author", "note", "description"):
        assert toml["rule"].get(key) == wanted.get(key)
    assert toml["rule"]["name"] in (wanted["name"], f"Rule {entry.rule.id}") or re.fullmatch(
        rf"[^a-zA-Z0-9]*{re.escape(toml['rule']['name'])}[^a-zA-Z0-9]*", wanted["name"]
    )


CACHE: list[Content] = []


def one_rule() -> Content:
    if not CACHE:
        CACHE.append(content())
    return CACHE[0]
