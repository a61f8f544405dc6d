"""Hostile rules, names and events in every output of scan: they stay values, and nothing breaks."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from test_cli import run

from converter.cli.matches import FORMATS
from converter.cli.talk import plain

TITLE = "[bold]x[/nope] :smile: \x1b[31m\u202ered"
RULES = f"""
title: {json.dumps(TITLE)}
id: 11111111-0000-4000-8000-000000000001
level: high
logsource: {{product: aws, service: cloudtrail}}
detection: {{x: {{eventName: StopLogging}}, condition: x}}
"""
TIMES = (
    "=cmd|' /C calc'!A0\x1b[2J\u2028",
    "+1",
    "@sum",
    "\r=1",
    "\n=1",
    "\uff1d1+1",
    "\x9b2Jx",
)
EVENTS: list[dict[str, Any]] = [{"eventName": "StopLogging", "eventTime": time} for time in TIMES]
NAMES = ("\x1b[31m,=evil\n.json", "a:b c#?%.json")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "rules").mkdir()
    with open(os.fsencode(tmp_path) + b"/rules/\xff.yml", "w", encoding="utf-8") as file:
        file.write(RULES)
    lines = [
        *map(json.dumps, EVENTS),
        '{"eventName": "StopLogging", "k\\ud800": "\\udfff"}',
        "{torn",
    ]
    for name in NAMES:
        (tmp_path / name).write_text("\n".join(lines), "utf-8")
    return tmp_path


def scan(place: Path, *options: str) -> Result:
    return run("scan", "--rules", "rules", *NAMES, *options, cwd=place)


@pytest.mark.parametrize("form", FORMATS)
def test_every_match_is_whole(place: Path, form: str) -> None:
    """Each match is one entry, whatever stands in it; what people read is on lines of its own."""
    found = scan(place, "--format", form, "--verbose", "--histogram")
    assert found.exit_code == 0
    assert found.stderr.count(plain(TITLE)) == 1
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\u2028]", found.stderr)
    assert "rejected: 2 unfinished; the first:  [31m,=evil .json record 9 (line 9)" in found.stderr
    counts = {
        "jsonl": lambda out: len([json.loads(line) for line in out.split("\n")[:-1]]),
        "ocsf": lambda out: len(
            {json.loads(x)["finding_info"]["uid"] for x in out.split("\n")[:-1]}
        ),
        "table": lambda out: len(out.splitlines()),
        "csv": lambda out: len(list(csv.DictReader(io.StringIO(out, newline="")))),
        "sarif": lambda out: len(json.loads(out)["runs"][0]["results"]),
    }
    assert counts[form](found.stdout) == 16


def test_a_spreadsheet_runs_nothing(place: Path) -> None:
    """No cell of csv begins as a formula does."""
    rows = list(csv.reader(io.StringIO(scan(place, "--format", "csv").stdout, newline="")))
    cells = [cell for row in rows for cell in row]
    assert len(rows) == 17
    assert {row[0] for row in rows[1:8]} == {
        time if time.startswith("\x9b") else f"'{time}" for time in TIMES
    }
    assert not [cell for cell in cells if re.match("[=+@\t\r\n\uff1d-]", cell)]


def test_names_of_files_are_references_in_sarif(place: Path) -> None:
    """A file's name is written as a URI reference that names just this file."""
    (found,) = json.loads(scan(place, "--format", "sarif").stdout)["runs"]
    places = [one["locations"][0]["physicalLocation"] for one in found["results"]]
    uris = dict.fromkeys(one["artifactLocation"]["uri"] for one in places)
    assert list(uris) == ["%1B%5B31m,=evil%0A.json", "./a:b%20c%23%3F%25.json"]
    assert min(one["region"]["startLine"] for one in places) == 1


@pytest.mark.parametrize("form", FORMATS)
def test_a_terminal_obeys_nothing(place: Path, form: str) -> None:
    """Where matches go to a terminal, nothing in them moves its cursor or turns its letters."""
    master, slave = pty.openpty()
    start = "from converter.cli import main; main()"
    scan = subprocess.Popen(
        [sys.executable, "-c", start, "scan", "--rules", "rules", *NAMES, "--format", form],
        cwd=place, stdout=slave, stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)},
    )  # fmt: skip
    os.close(slave)
    shown = b""
    while True:
        try:
            shown += os.read(master, 1 << 16)
        except OSError:
            break
    os.close(master)
    assert scan.wait() == 0
    assert shown.count(b"StopLogging") == (0 if form == "table" else 16)
    assert not re.search("[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u202e\u2028]", shown.decode())
    assert shown.count(b"\r") == shown.count(b"\r\n")
