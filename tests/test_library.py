"""The library face: what docs/library.md shows is what happens."""

from __future__ import annotations

import multiprocessing
import pickle
import re
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import converter
from converter import CompiledRules, PolysigmaError, Rule, RuleSet, compile_rules, load_rules

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "library.md").read_text("utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```\n+```text\n(.*?)```", PAGE, re.DOTALL)
(STOPPED,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
MIRROR = {"eventSource": "ec2.amazonaws.com", "eventName": "CreateTrafficMirrorSession"}
RULE = """
title: {title}
id: 11111111-0000-4000-8000-00000000000{number}
logsource: {{product: aws, service: cloudtrail}}
detection: {{x: {{eventName: {name}}}, condition: x}}
"""


@pytest.fixture
def rules(tmp_path: Path) -> RuleSet:
    for number, name in enumerate(("StopLogging", "CreateTrafficMirrorSession", "Create*"), 1):
        text = RULE.format(title=f"Rule {number}", number=number, name=name)
        (tmp_path / f"{number}.yml").write_text(text, "utf-8")
    return load_rules(tmp_path)


def titles(found: list[Rule]) -> list[str]:
    return [rule.title for rule in found]


def matched_elsewhere(compiled: CompiledRules) -> list[str]:
    return titles(compiled.match(MIRROR))


def test_the_page_has_examples() -> None:
    """Every example of the page is one that the next test runs."""
    assert len(EXAMPLES) == PAGE.count("```python") >= 4


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_an_example_prints_what_the_page_says(number: int, tmp_path: Path) -> None:
    """Each example of the page, run as a program of its own, prints what stands under it."""
    program, printed = EXAMPLES[number]
    script = tmp_path / "example.py"
    script.write_text(program, "utf-8")
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "stop_logging.yml").write_text(STOPPED, "utf-8")
    environment = {"PYTHONPATH": str(ROOT), "PATH": ""}
    command = [sys.executable, str(script)]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    assert done.stdout == printed


def test_matching_rules_come_in_the_order_of_loading(rules: RuleSet) -> None:
    """`match` gives the rules themselves, all that match and no other."""
    compiled = compile_rules(rules)
    assert len(compiled) == len(rules) == 3
    assert compiled.match(MIRROR) == [rules.rules[1], rules.rules[2]]
    assert compiled.match({}) == []


def test_single_rules_can_be_compiled(rules: RuleSet) -> None:
    """Any iterable of rules will do."""
    assert titles(
        compile_rules(rule for rule in rules if rule.title == "Rule 3").match(MIRROR)
    ) == ["Rule 3"]


def test_errors_are_reached_and_never_raised(tmp_path: Path, rules: RuleSet) -> None:
    """A file that is no rule and a rule that cannot run are errors beside the good rules."""
    (tmp_path / "bad.yml").write_text("title: x\n", "utf-8")
    hard = RULE.format(title="Hard", number=9, name="'(?=a)b'")
    (tmp_path / "hard.yml").write_text(hard.replace("eventName", "eventName|re"), "utf-8")
    found = load_rules([tmp_path, tmp_path / "nowhere.yml"])
    compiled = compile_rules(found)
    assert sorted(Path(error.path).name for error in found.errors) == ["bad.yml", "nowhere.yml"]
    assert [Path(error.path).name for error in compiled.errors] == ["hard.yml"]
    assert all(isinstance(error, PolysigmaError) and error.next_step for error in compiled.errors)
    assert titles(compiled.match(MIRROR)) == ["Rule 2", "Rule 3"]


@pytest.mark.parametrize("event", [None, [], "eventName", 5, [MIRROR]])
def test_an_event_is_a_mapping(rules: RuleSet, event: object) -> None:
    """What is no mapping is refused, not taken for an event without fields."""
    with pytest.raises(TypeError, match="an event is a mapping"):
        compile_rules(rules).match(event)  # type: ignore[arg-type]


def test_it_can_be_pickled(rules: RuleSet) -> None:
    """A copy made by pickle keeps rules, options and what they match."""
    compiled = compile_rules(rules, logsources=[{"product": "gcp"}])
    copied = pickle.loads(pickle.dumps(compiled))
    assert copied.rules == rules
    assert copied.options == compiled.options
    assert copied.match(MIRROR) == []
    assert pickle.loads(pickle.dumps(compile_rules(rules))).match(MIRROR) == [*rules][1:]


def test_other_processes_match_the_same(rules: RuleSet) -> None:
    """A process that shares nothing with this one gives the same matches."""
    compiled = compile_rules(rules)
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        assert pool.map(matched_elsewhere, [compiled] * 2) == [["Rule 2", "Rule 3"]] * 2


def test_threads_may_share_it(rules: RuleSet) -> None:
    """Many threads with events of many shapes get what one thread gets."""
    compiled = compile_rules(rules)
    events = [MIRROR | {f"key{number}": number} for number in range(200)]
    found: list[list[str]] = []

    def work() -> None:
        found.extend(titles(compiled.match(event)) for event in events)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [["Rule 2", "Rule 3"]] * 1600


def test_importing_loads_nothing_heavy() -> None:
    """`import converter` leaves pySigma and the matcher alone until they are asked for."""
    program = (
        "import sys, converter; print([m for m in sys.modules if m.startswith(('sigma', 're2'))])"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout == "[]\n"


def test_the_face_has_no_other_names() -> None:
    """Every public name is there, and a name that is not says so."""
    assert all(getattr(converter, name) is not None for name in converter.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        converter.nothing  # noqa: B018


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"schema": "esc"}, "'esc' is none of native, ecs, splunk"),
        ({"logsources": [{"produkt": "aws"}]}, "has other keys than product"),
        ({"logsources": [{}]}, "or none"),
    ],
)
def test_options_that_cannot_be_meant_are_refused(
    rules: RuleSet, options: dict[str, Any], what: str
) -> None:
    """A misspelt schema or log source is an error, not a set of rules that never match."""
    with pytest.raises(ValueError, match=what):
        compile_rules(rules, **options)


def test_a_negative_lateness_is_refused(rules: RuleSet) -> None:
    """No event can come before its time."""
    with pytest.raises(ValueError, match="is negative"):
        compile_rules(rules).stream(lateness=timedelta(seconds=-1))
