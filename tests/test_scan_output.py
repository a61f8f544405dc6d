"""What scan writes: formats, rejects, the histogram, and going on after an interruption."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from test_cli import run

from converter.cli.histogram import Histogram
from converter.errors import LogError

RULES = """
title: =Stopped
id: 11111111-0000-4000-8000-000000000001
level: high
logsource: {product: aws, service: cloudtrail}
detection: {x: {eventName: StopLogging}, condition: x}
---
title: Anything
id: 11111111-0000-4000-8000-000000000002
level: low
logsource: {product: aws, service: cloudtrail}
detection: {x: {n|exists: true}, condition: x}
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "rules.yml").write_text(RULES, "utf-8")
    rows = [
        json.dumps({"eventName": "StopLogging", "eventTime": f"2024-03-01T{hour:02}:00:00Z"})
        for hour in (1, 1, 3)
    ]
    (tmp_path / "log.ndjson").write_text("\n".join([*rows, '{"torn', "[1]"]), "utf-8")
    return tmp_path


def scan(place: Path, *options: str) -> Any:
    return run("scan", "--rules", "rules.yml", "log.ndjson", *options, cwd=place)


AS_WRITTEN = [
    '{"eventName":"StopLogging"}', '{ "eventName" : "StopLogging", "n": 1.10 }',
    '{"n":1,"eventName":"x","eventName":"StopLogging"}', '{"eventName":"\\u0053topLogging"}',
    '{"eventName":"StopLogging","n":1e999,"m":123456789012345678901234567890}',
    '{"eventName":"StopLogging","n":"é\\/"}',
]  # fmt: skip
MENDED = {
    '{"eventName":"StopLogging","n":NaN}': '{"eventName":"StopLogging","n":"NaN"}',
    '{"eventName":"StopLogging","n":"\\ud800"}': '{"eventName":"StopLogging","n":"\ufffd"}',
    '[{"eventName":"StopLogging", "n":1.10}]': '{"eventName":"StopLogging","n":1.1}',
    '{"eventName":"StopLogging","n":' + "[" * 220 + "]" * 220 + "}": None,
}


@pytest.mark.parametrize("options", [[], ["--no-prefilter"], ["--jobs", "2"]])
@pytest.mark.parametrize("end", ["\n", "\r\n", " \n"])
def test_an_event_is_shown_as_it_is_written(place: Path, options: list[str], end: str) -> None:
    """A line that is a record stands in its match as it is; what cannot is written anew."""
    rows = [*['{"eventName":"x"}'] * 400, *AS_WRITTEN, *AS_WRITTEN, *MENDED, ""]
    (place / "log.ndjson").write_text(end.join(rows), "utf-8", newline="")
    lines = scan(place, *options).stdout.splitlines()
    shown = [
        line.partition('"event":')[2].removesuffix("}") for line in lines if "=Stopped" in line
    ]
    assert shown[:-1] == [*AS_WRITTEN, *AS_WRITTEN, *[one for one in MENDED.values() if one]]
    assert json.loads(shown[-1])["n"]
    assert shown[-1].count("[") == 220
    assert '"' in shown[-1][shown[-1].index("[") :]


def test_formats_hold_every_match(place: Path) -> None:
    """Each format has one entry a match, with rule, file, record and time."""
    lines = [json.loads(line) for line in scan(place).stdout.splitlines()]
    assert [one["source"]["record"] for one in lines] == [1, 2, 3]
    table = scan(place, "--format", "table").stdout.splitlines()
    assert table[0].split() == ["2024-03-01T01:00:00Z", "high", "=Stopped", "log.ndjson:1"]
    rows = list(csv.DictReader(io.StringIO(scan(place, "--format", "csv").stdout)))
    assert [row["record"] for row in rows] == ["1", "2", "3"]
    assert rows[0]["title"] == "'=Stopped"
    assert json.loads(rows[0]["event"]) == lines[0]["event"]
    (found,) = json.loads(scan(place, "--format", "sarif").stdout)["runs"]
    assert [one["level"] for one in found["results"]] == ["error"] * 3
    assert found["tool"]["driver"]["rules"][0]["id"] == found["results"][0]["ruleId"]
    ocsf = [json.loads(line) for line in scan(place, "--format", "ocsf").stdout.splitlines()]
    assert {(one["class_uid"], one["severity_id"]) for one in ocsf} == {(2004, 4)}
    assert ocsf[2]["time"] == 1709262000000
    assert len({one["finding_info"]["uid"] for one in ocsf}) == 3
    assert "events" not in scan(place, "--format", "sarif", "--no-event").stdout


def test_rejects_are_kept_whole(place: Path) -> None:
    """--rejects keeps the bytes of each record that cannot be read, one a line."""
    assert scan(place, "--rejects", "bad").exit_code == 0
    assert (place / "bad").read_bytes() == b'{"torn\n1\n'
    assert scan(place, "--rejects", "no/such/bad").exception is not None


def test_rejects_never_replace_a_log(place: Path) -> None:
    """A file of rejects that is one of the logs, by whatever name, is refused and stays."""
    (place / "again").symlink_to(place / "log.ndjson")
    before = (place / "log.ndjson").read_bytes()
    for name in ("log.ndjson", "./log.ndjson", "again"):
        with pytest.raises(LogError, match="is one of the logs, and would be overwritten"):
            raise scan(place, "--rejects", name).exception or AssertionError("no error")
    assert (place / "log.ndjson").read_bytes() == before


def test_what_a_scan_writes_is_none_of_its_logs(place: Path) -> None:
    """Files that a scan writes into a folder of logs are left out, and that is told."""
    logs, start = place / "logs", "from converter.cli import main; main()"
    logs.mkdir()
    (logs / "a").write_text('{"eventName": "StopLogging"}\n' * 3, "utf-8")
    command = [sys.executable, "-c", start, "scan", "--rules", "rules.yml", "logs"]
    command += ["--resume", "logs/at", "--state", "logs/state"]
    for _ in range(2):
        with (logs / "out").open("ab") as out:
            done = subprocess.run(
                command, cwd=place, stdout=out, stderr=subprocess.PIPE, check=True,
                env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)},
            )  # fmt: skip
    assert b"left out: logs/out, which this scan itself writes" in done.stderr
    assert b"3 records, 3 matches, 0 rejected" in done.stderr
    assert b"this scan came to its end before" in done.stderr
    assert (logs / "out").read_bytes().count(b"\n") == 3


@pytest.mark.parametrize("options", [[], ["--no-event"]])
def test_parquet_holds_every_match(place: Path, options: list[str]) -> None:
    """--output writes one table, anew each time, also where nothing matches; never in part."""
    parquet = pytest.importorskip("pyarrow.parquet", reason="the extra parquet is not installed")
    place.joinpath("found").mkdir()
    lines = [json.loads(line) for line in scan(place).stdout.splitlines()]
    for _ in range(2):
        assert scan(place, "--output", "found", *options).stdout == ""
        table = parquet.read_table(place / "found" / "matches.parquet")
        assert table.column("record").to_pylist() == [1, 2, 3]
    assert [path.name for path in (place / "found").iterdir()] == ["matches.parquet"]
    row = table.to_pylist()[0]
    assert json.loads(row.pop("event", json.dumps(lines[0]["event"]))) == lines[0]["event"]
    assert ("event" in table.column_names) == (not options)
    assert row == {
        "time": "2024-03-01T01:00:00Z", "level": "high", "title": "=Stopped",
        "rule_id": "11111111-0000-4000-8000-000000000001", "rule_path": "rules.yml",
        "file": "log.ndjson", "record": 1,
    }  # fmt: skip
    (place / "log.ndjson").write_text("{}\n", "utf-8")
    assert scan(place, "--output", "found", *options).exit_code == 0
    assert parquet.read_table(place / "found" / "matches.parquet").num_rows == 0


def test_a_folder_that_cannot_be_written_is_an_error(place: Path) -> None:
    """--output into a file, or where nothing can be made, is told before any log is read."""
    pytest.importorskip("pyarrow", reason="the extra parquet is not installed")
    for name in ("rules.yml", "rules.yml/below", "/proc/none"):
        with pytest.raises(LogError, match=f"{name} cannot be written"):
            raise scan(place, "--output", name).exception or AssertionError("no error")


def test_histogram(place: Path) -> None:
    """Bars from the first match to the last, with their counts."""
    errors = scan(place, "--histogram").stderr
    bars = [line.split() for line in errors.splitlines() if "█" in line]
    assert [(bar[1], bar[-1]) for bar in bars] == [("01:00", "2"), ("03:00", "1")]


@pytest.mark.parametrize(
    ("times", "counts"),
    [
        ([], []),
        (["no time", ""], []),
        (["2024-03-01T01:00:00Z"], [1]),
        (["2024-03-01T01:00:00Z"] * 300 + ["2024-03-01T01:01:00Z"], [300, 1]),
        (["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"], [1, 1]),
        (["1970-01-01T00:00:00Z", "2024-03-01T01:00:00Z", "1709262000"], [1, 2]),
        (["2024-02-28T23:59:59+14:00", "2024-03-02T00:00:00-12:00"], [1, 1]),
    ],
)
def test_a_histogram_has_two_dozen_bars_at_most(times: list[str], counts: list[int]) -> None:
    """However few or far apart the times are, each match with a time is in a bar."""
    histogram = Histogram()
    for moment in times:
        histogram.add(moment)
    lines = list(histogram.lines())
    found = [int(line.split()[-1]) for line in lines]
    assert [one for one in found if one] == counts
    assert len(counts) <= len(lines) <= 24
    assert all(line.count("█") <= 50 for line in lines)


def test_min_level_leaves_rules_out(place: Path) -> None:
    """Rules below the level are not tried."""
    (place / "log.ndjson").write_text('{"eventName": "StopLogging", "n": 1}', "utf-8")
    assert len(scan(place).stdout.splitlines()) == 2
    assert len(scan(place, "--min-level", "medium").stdout.splitlines()) == 1


@pytest.mark.parametrize(
    "options",
    [["--format", "csv"], ["--format", "sarif"], ["--rejects", "x"], ["--output", "x"]],
)
def test_resume_refuses_what_it_cannot_go_on_with(place: Path, options: list[str]) -> None:
    """--resume with outputs that cannot be taken up again is a usage error."""
    assert scan(place, "--resume", "at", *options).exit_code == 2


def _ended_before(begun: subprocess.Popen[bytes], out: Path, size: int) -> bool:
    """Waits until the output has this size; whether the process came to its end before."""
    while begun.poll() is None:
        if out.stat().st_size >= size:
            return False
        time.sleep(0.01)
    return True


def test_killed_and_resumed_is_whole(place: Path) -> None:
    """However often a scan is killed, its output in the end is that of a scan that was not."""
    row = {"eventName": "StopLogging", "eventTime": "2024-03-01T01:00:00Z", "n": 0}
    for name in range(6):
        lines = [json.dumps({**row, "n": at}) for at in range(4000)]
        lines[7] = '{"torn'
        (place / f"log{name}.ndjson").write_text("\n".join(lines), "utf-8")
    start = "from converter.cli import main; main()"
    command = [sys.executable, "-c", start, "scan", "--rules", "rules.yml", "-j", "2"]
    command += [f"log{name}.ndjson" for name in range(6)]
    root = str(Path(__file__).parent.parent)
    surroundings = {**os.environ, "PYTHONPATH": root}
    whole = subprocess.run(command, cwd=place, env=surroundings, capture_output=True, check=True)
    expected = whole.stdout
    assert expected.count(b"\n") == 47988
    for share in (0.1, 0.4, 0.7, 2.0):
        with (place / "out").open("ab") as out:
            begun = subprocess.Popen(
                [*command, "--resume", "at"], cwd=place, env=surroundings, stdout=out,
                stderr=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
        if _ended_before(begun, place / "out", int(share * len(expected))):
            break
        os.killpg(begun.pid, signal.SIGKILL)
        begun.wait()
    assert (place / "out").read_bytes() == expected
    assert json.loads((place / "at").read_bytes())["ended"]
