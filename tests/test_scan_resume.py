"""A scan that is taken up again: only where all is as it was, and then as if it had gone on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

RULES = """
title: Stopped
id: 11111111-0000-4000-8000-000000000001
level: high
logsource: {product: aws, service: cloudtrail}
detection: {x: {eventName: StopLogging}, condition: x}
---
title: Twice
id: 11111111-0000-4000-8000-000000000002
correlation:
  type: event_count
  rules: [11111111-0000-4000-8000-000000000001]
  group-by: [user]
  timespan: 1h
  condition: {gte: 2}
  generate: true
---
title: New
id: 11111111-0000-4000-8000-000000000003
logsource: {product: aws, service: cloudtrail}
detection: {x: {eventName: AssumeRole}, condition: x}
polysigma: {new_terms: {fields: [user], history: 30d}}
---
title: Whoami
id: 11111111-0000-4000-8000-000000000004
logsource: {product: windows, category: process_creation}
detection: {x: {'Image|endswith': '\\whoami.exe'}, condition: x}
"""
START = "import converter.cli.checkpoint as c; c._EVERY = 0; from converter.cli import main; main()"
COMMAND = [sys.executable, "-c", START, "scan", "--rules", "rules.yml", "log", "pipe"]
SURROUNDINGS = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}


def event(number: int) -> bytes:
    if number % 5 == 0:
        return b'{"winlog": {"channel": "System", "event_id": 1}}\n'
    name = ("StopLogging", "AssumeRole", "Other")[number % 3]
    row = {"eventName": name, "user": f"u{number % 7}", "eventSource": "kms.amazonaws.com"}
    return json.dumps(row | {"eventTime": f"2024-03-01T0{number % 9}:00:00Z"}).encode() + b"\n"


FIRST = b"".join(map(event, range(60))) + b"{torn\n"
SECOND = b"".join(map(event, range(60, 120)))


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "rules.yml").write_text(RULES, "utf-8")
    (tmp_path / "log").write_bytes(FIRST)
    os.mkfifo(tmp_path / "pipe")
    return tmp_path


def begun(place: Path, *words: str, how: str = "ab") -> subprocess.Popen[bytes]:
    """A scan whose output goes to the file `out`."""
    with (place / "out").open(how) as out:  # type: ignore[call-overload]
        return subprocess.Popen(
            [*COMMAND, *words], cwd=place, env=SURROUNDINGS, stdout=out, stderr=subprocess.PIPE
        )


def stopped(place: Path, *words: str, number: int = signal.SIGKILL) -> None:
    """A scan that has ended when the first of two logs was done."""
    scan = begun(place, *words, "--resume", "at")
    with (place / "pipe").open("wb"):
        while not (place / "at").exists() or json.loads((place / "at").read_bytes())["done"] < 1:
            assert scan.poll() is None
            time.sleep(0.01)
        scan.send_signal(number)
        scan.communicate()


def whole(place: Path, *words: str) -> tuple[int, bytes, bytes]:
    """Exit code, output and talk of a scan that gets the second log, by the pipe or as a file."""
    if not (place / "pipe").is_fifo():
        (place / "pipe").write_bytes(SECOND)
    scan = begun(place, *words)
    if (place / "pipe").is_fifo():
        (place / "pipe").write_bytes(SECOND)
    _, errors = scan.communicate()
    return scan.returncode, (place / "out").read_bytes(), errors


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(
    "words", ["-j1", "-j2 --format ocsf", "-j1 --format table --strict --histogram --verbose"]
)
def test_a_scan_goes_on_as_if_it_had_not_been_stopped(place: Path, number: int, words: str) -> None:
    """Output, counts, histogram and exit code are those of a scan that was not stopped."""
    expected = whole(place, *words.split())
    assert b"Twice" in expected[1]
    assert b"New" in expected[1]
    assert b"of a log source that no rule is for" in expected[2]
    (place / "out").unlink()
    stopped(place, *words.split(), number=number)
    found = whole(place, *words.split(), "--resume", "at")
    told = expected[2].replace(b"rejected: log record 61 (line 61): the line ends inside it\n", b"")
    assert found == (*expected[:2], told)
    assert sorted(path.name for path in place.iterdir()) == [
        "at",
        "log",
        "out",
        "pipe",
        "rules.yml",
    ]


@pytest.mark.parametrize(
    ("changed", "words", "says"),
    [
        ("log", "", "the logs have changed"),
        ("rules.yml", "", "the rules have changed"),
        ("", "--no-event", "the options have changed"),
        ("", "--since 2020-01-01", "the options have changed"),
        ("", "--schema ecs --format ocsf", "the options have changed"),
        ("log rules.yml", "--strict", "the rules and the options and the logs have changed"),
    ],
)
def test_a_changed_scan_does_not_go_on(place: Path, changed: str, words: str, says: str) -> None:
    """Where logs, rules or options have changed, an error says which, and nothing is written."""
    stopped(place)
    out, at = (place / "out").read_bytes(), (place / "at").read_bytes()
    for name in changed.split():
        with (place / name).open("ab") as file:
            file.write(b" \n")
    scan = begun(place, *words.split(), "--resume", "at")
    _, errors = scan.communicate()
    assert scan.returncode == 2
    assert f"at: is of another scan: {says}; delete it to begin anew" in errors.decode()
    assert ((place / "out").read_bytes(), (place / "at").read_bytes()) == (out, at)


def test_output_that_is_gone_is_noticed(place: Path) -> None:
    """Where the output no longer holds what was written to it, the scan does not go on."""
    stopped(place)
    scan = begun(place, "--resume", "at", how="wb")
    _, errors = scan.communicate()
    assert scan.returncode == 2
    assert b"no longer holds all that was written; append to it with >>, or delete at" in errors


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"asked": 1}', b"\xff"])
def test_a_checkpoint_that_is_none_is_refused(place: Path, content: bytes) -> None:
    """A file that is no checkpoint is an error, and stays as it is."""
    (place / "at").write_bytes(content)
    scan = begun(place, "--resume", "at")
    _, errors = scan.communicate()
    assert scan.returncode == 2
    assert errors.startswith(b"error: at: ")
    assert errors.endswith(b"; delete it to begin anew\n")
    assert (place / "at").read_bytes() == content


def test_a_log_that_is_not_there_is_no_hindrance(place: Path) -> None:
    """A missing log is told as in any scan."""
    scan = begun(place, "none", "--resume", "at", "-j1")
    (place / "pipe").write_bytes(SECOND)
    _, errors = scan.communicate()
    assert scan.returncode == 2
    assert b"none: it cannot be opened" in errors


def test_a_scan_that_came_to_its_end_has_nothing_to_do(place: Path) -> None:
    """Begun again, as after a kill in its last moment, it writes nothing; another begins anew."""
    (place / "pipe").unlink()
    code, first, told = whole(place, "--resume", "at", "--histogram")
    assert code == 0
    scan = begun(place, "--resume", "at", "--histogram")
    _, errors = scan.communicate()
    assert (scan.returncode, (place / "out").read_bytes()) == (0, first)
    said = b"this scan came to its end before, and its output stands; delete at to scan again\n"
    assert errors == said + told
    with (place / "log").open("ab") as log:
        log.write(b"\n")
    assert whole(place, "--resume", "at", "--histogram")[:2] == (0, first * 2)
    (place / "out").unlink()
    assert whole(place, "--resume", "at", "--histogram")[:2] == (0, first)


def test_through_a_pipe_the_checkpoint_is_gone_at_the_end(place: Path) -> None:
    """What a pipe's reader has taken is not known: the next scan begins anew."""
    with subprocess.Popen(
        [*COMMAND[:-1], "--resume", "at"], cwd=place, env=SURROUNDINGS, stdout=subprocess.PIPE
    ) as scan:
        out, _ = scan.communicate()
    assert b"Stopped" in out
    assert not (place / "at").exists()
