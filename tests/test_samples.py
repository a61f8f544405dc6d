"""Samples of rules that remember: what came before is seen, and only what comes after counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from converter.errors import LogError, PolysigmaError
from converter.pipelines import Pipelines
from converter.rules import read_rules
from converter.samples import read_samples, run_samples

RULE = """\
title: New
id: 00000000-0000-4000-8000-000000000001
logsource: {product: aws, service: cloudtrail}
detection: {a: {eventName: StopLogging}, condition: a}
"""
SEEN = RULE + "polysigma: {new_terms: {fields: [userIdentity.arn], history: 1d}}\n"
EVENTS = """\
base: {eventName: StopLogging, userIdentity: {arn: 'arn:aws:iam::111122223333:user/a'}}
match:
  - name: after two days
    before: [{eventTime: '2026-03-01T00:00:00Z'}]
    events: [{eventTime: '2026-03-03T00:00:00Z'}]
miss:
  - name: known
    why: seen an hour before
    before: [{eventTime: '2026-03-03T00:00:00Z'}]
    event: {eventTime: '2026-03-03T01:00:00Z'}
"""


def outcomes(tmp_path: Path, rule: str, samples: str) -> dict[str, bool]:
    """Whether each sample passed, in every view."""
    (tmp_path / "r.yml").write_text(rule, "utf-8")
    rules = read_rules([str(tmp_path / "r.yml")])
    (tmp_path / f"{rules.rules[0].stem}.yml").write_text(samples, "utf-8")
    passed: dict[str, bool] = {}
    for one in run_samples(rules, Pipelines(), tmp_path):
        assert not isinstance(one, PolysigmaError), one
        passed[one.sample.name] = passed.get(one.sample.name, True) and one.passed
    return passed


def test_what_came_before_is_remembered(tmp_path: Path) -> None:
    """A first-seen rule knows the events under `before:` and does not match them."""
    assert outcomes(tmp_path, SEEN, EVENTS) == {"after two days": True, "known": True}


def test_what_came_before_does_not_match_itself(tmp_path: Path) -> None:
    """A rule of single events is asked about the events after `before:` only."""
    assert outcomes(tmp_path, RULE, EVENTS) == {"after two days": True, "known": False}


@pytest.mark.parametrize("before", ["5", "[5]", "{a: b}"])
def test_what_came_before_is_a_list_of_events(tmp_path: Path, before: str) -> None:
    """Anything else is an error with the path of the file and a next step."""
    path = tmp_path / "s.yml"
    path.write_text(f"match: [{{name: n, before: {before}, event: {{a: b}}}}]\n", "utf-8")
    with pytest.raises(LogError, match="no map") as caught:
        read_samples(path)
    assert (caught.value.path, bool(caught.value.next_step)) == (str(path), True)
