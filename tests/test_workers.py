"""Converting in processes of their own."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from converter.cli import processes
from converter.cli.workers import Workers
from converter.errors import PipelineError, PolysigmaError
from converter.queries import Converted
from converter.rules import RuleSet, read_rules

RULE = """\
title: Call {n}
id: 2f6f2a4c-6b7e-4c7a-9d2e-0a5b9c1d{n:04}
name: call_{n}
logsource: {{product: aws, service: cloudtrail}}
detection:
  selection: {{eventName: Call{n}}}
  condition: selection
"""
BUNDLE = """\
title: Any
id: 2f6f2a4c-6b7e-4c7a-9d2e-0a5b9c1dffff
correlation: {type: event_count, rules: [call_0, call_119], timespan: 5m, condition: {gte: 1}}
"""


@pytest.fixture
def rules(tmp_path: Path) -> RuleSet:
    for n in range(120):
        (tmp_path / f"{n:03}.yml").write_text(RULE.format(n=n), "utf-8")
    (tmp_path / "any.yml").write_text(BUNDLE, "utf-8")
    return read_rules((str(tmp_path),))


def converted(rules: RuleSet, jobs: int, chosen: tuple[str, ...] = ()) -> list[Converted]:
    with Workers((chosen, ("lucene", "spl")), jobs) as some:
        return list(some.convert(rules, rules.rules))


def test_processes_give_what_one_gives(rules: RuleSet) -> None:
    """With one, two or three processes the queries are the same, in the order of the rules."""
    alone = converted(rules, 1)
    assert [one.rule.stem for one in alone] == [rule.stem for rule in rules.rules]
    assert "Call119" in alone[-1].queries["spl"].text
    assert converted(rules, 2) == alone
    assert converted(rules, 3) == alone


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_bad_pipeline_is_told_wherever_it_is_found(rules: RuleSet, jobs: int) -> None:
    """An error in a process reaches the user as if there were none."""
    with pytest.raises(PipelineError, match=r"no pipeline sysmno; .* the nearest is sysmon"):
        converted(rules, jobs, ("sysmno",))


def test_without_processes_the_work_is_done_here(
    rules: RuleSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A system that lends no processes costs time, nothing else."""

    def refused(*_: object) -> None:
        raise OSError(11, "Resource temporarily unavailable")

    alone = converted(rules, 1)
    monkeypatch.setattr(processes.multiprocessing, "get_context", refused)
    assert converted(rules, 2) == alone


def test_a_process_that_dies_is_an_error(rules: RuleSet) -> None:
    """A killed process ends the run with words, not with a hang."""
    with Workers(((), ("lucene",)), 2) as some:
        os.kill(some._processes[0][0].pid or 0, signal.SIGKILL)
        with pytest.raises(PolysigmaError, match="ended early"):
            list(some.convert(rules, rules.rules))
