"""scan's exit codes: what was rejected, matched or missing, with and without --strict."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from test_cli import run

RULES = """
title: Stopped
id: 11111111-0000-4000-8000-000000000001
logsource: {product: aws, service: cloudtrail}
detection: {x: {eventName: StopLogging}, condition: x}
"""
GOOD = b'{"eventName": "StopLogging"}\n' * 3
FILES = {
    "good": GOOD,
    "torn": GOOD + b'{"eventName": "Stop',
    "only_torn": b'{"eventName": "Stop\n[1, 2]\n',
    "cut.gz": gzip.compress(GOOD)[:-9],
    "empty": b"",
    "image": b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
    "folder/below/good": GOOD,
    "folder/empty": b"",
    "nothing/.hidden": GOOD,
}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "rules.yml").write_text(RULES, "utf-8")
    for name, content in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    return tmp_path


@pytest.mark.parametrize(
    ("logs", "plain", "strict"),
    [
        ("good", 0, 0),
        ("torn", 0, 1),
        ("only_torn", 0, 1),
        ("cut.gz", 0, 1),
        ("empty", 0, 0),
        ("nothing", 0, 0),
        ("folder", 0, 0),
        ("good empty", 0, 0),
        ("good image", 0, 1),
        ("image", 2, 2),
        ("none", 2, 2),
        ("good none", 2, 2),
        ("*ood tor*", 0, 1),
        ("good none*", 2, 2),
        ("good none://x", 2, 2),
        ("none://x", 2, 2),
    ],
)
def test_rejects_are_a_finding_only_if_strict(
    place: Path, logs: str, plain: int, strict: int
) -> None:
    """What was rejected makes the code 1 with --strict only; 2 is for what cannot be opened."""
    asked = ("scan", "--rules", "rules.yml", *logs.split())
    assert run(*asked, cwd=place).exit_code == plain
    assert run(*asked, "--strict", cwd=place).exit_code == strict
    assert run(*asked, "--rejects", "bad", "--verbose", cwd=place).exit_code == plain


def test_matches_and_rules_are_findings(place: Path) -> None:
    """--fail-on-match makes matches a finding; a rule that cannot be used is one anyway."""
    asked = ("scan", "--rules", "rules.yml", "torn")
    assert run(*asked, cwd=place).exit_code == 0
    assert run(*asked, "--fail-on-match", cwd=place).exit_code == 1
    (place / "rules.yml").write_text(RULES + "---\ntitle: [\n", "utf-8")
    assert run("scan", "--rules", "rules.yml", "good", cwd=place).exit_code == 1
