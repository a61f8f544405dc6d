"""Content checks, one function each: what `polysigma lint` says of rules and their samples.

A rule that breaks one still converts; what stops a rule is an error of reading or converting it.
"""

from __future__ import annotations

from collections.abc import Iterator

from converter.check import attack_tags, header, place, sample_events, sigma_validators
from converter.check.finding import Check, Content, Fault, Finding
from converter.rules import Rule, RuleSet

__all__ = ["CHECKS", "Finding", "check"]

CHECKS: dict[str, Check] = {
    "header": header.header,
    "extra": header.extra,
    "dates": header.dates,
    "title-once": header.title_once,
    "name-once": header.name_once,
    "folder": place.folder,
    "file-name": place.file_name,
    "attack-known": attack_tags.known,
    "attack-paired": attack_tags.paired,
    "samples": sample_events.samples,
    "sigma": sigma_validators.sigma,
}


def check(rules: RuleSet, samples_dir: str = "tests/samples") -> list[Finding]:
    """All findings, sorted by place, each once. What could not be read is in `rules.errors`."""
    content = Content(rules.rules, str(samples_dir))
    return sorted({finding for rule in rules.rules for finding in _findings(rule, content)})


def _findings(rule: Rule, content: Content) -> Iterator[Finding]:
    for code, run in CHECKS.items():
        for fault in run(rule, content):
            yield _finding(rule, code, fault)


def _finding(rule: Rule, code: str, fault: Fault) -> Finding:
    elsewhere = fault.path or fault.line
    line = fault.line if elsewhere else rule.line(*fault.keys)
    return Finding(fault.path or rule.path, line, code, fault.what, fault.next_step)
