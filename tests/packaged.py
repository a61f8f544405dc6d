"""Content of packages for tests: the shipped rules, or rules written here."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from converter import attack
from converter.convert import Converter
from converter.packages import Content, Release
from converter.packages.collecting import collect
from converter.pipelines import Pipelines
from converter.rules import RuleFile, read_rules, rules_of

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = ("lucene", "eql", "esql", "spl")
ID = "00000000-0000-4000-8000-0000000000%02d"
PLAIN = """\
title: A title
id: {id}
status: test
description: Finds something that nobody wants.
author: A, B
date: 2026-01-01
tags: [attack.exfiltration, attack.t1020]
logsource: {{product: aws, service: cloudtrail}}
detection: {{a: {{eventName: CreateInstanceExportTask}}, condition: a}}
level: low
"""


@cache
def shipped() -> Content:
    """The content of all shipped rules. ValueError where one of them cannot be packaged."""
    rules = read_rules([str(ROOT / "sigma_rules")])
    pipelines = Pipelines(folders=[ROOT / "pipelines"])
    converted = list(Converter(rules, pipelines, LANGUAGES).convert_all())
    content, errors = collect(converted, rules, pipelines, attack.shipped(), Release())
    if rules.errors or errors:
        raise ValueError(rules.errors, errors)
    return content


def content(*texts: str, languages: Sequence[str] = LANGUAGES, **changes: str) -> Content:
    """The content of these rules; each is PLAIN with its own id where it is the word `plain`.

    `changes` replace what stands after a key of PLAIN at the start of a line.
    """
    files = [
        RuleFile(f"rules/r{n}.yml", f"r{n}", _text(text, n, changes).encode())
        for n, text in enumerate(texts or ("plain",))
    ]
    rules = rules_of(files)
    pipelines = Pipelines(folders=[ROOT / "pipelines"])
    converted = list(Converter(rules, pipelines, languages).convert_all())
    found, errors = collect(converted, rules, pipelines, attack.shipped(), Release())
    if rules.errors or errors:
        raise ValueError([str(error) for error in (*rules.errors, *errors)])
    return found


def _text(text: str, number: int, changes: dict[str, str]) -> str:
    if text != "plain":
        return text.replace("{id}", ID % number)
    lines = PLAIN.format(id=ID % number).splitlines()
    kept = [line for line in lines if line.partition(":")[0] not in changes]
    return "\n".join([*kept, *(f"{key}: {value}" for key, value in changes.items() if value), ""])
