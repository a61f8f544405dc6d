"""Scans by Spark: on a cluster and on this machine the same rules find the same matches."""

from __future__ import annotations

import gzip
import importlib
import json
import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from test_cli import run
from test_library_streams import RULES

from converter.samples import read_samples
from converter.spark import files, session

ROOT = Path(__file__).parent.parent
START = "from converter.cli import main; main()"
ODD = ["", '{"a": ', "[1,2", '"x"', '{"b": "\\ud800"}', "nonsense", '{"a": "\\u0000\x00"}']


def missing() -> str:
    """What of Spark is not on this machine; empty where all is."""
    try:
        for name in ("pyspark", "pandas", "pyarrow"):
            importlib.import_module(name)
    except ImportError as error:
        return f"the extra spark is not installed ({error}); make spark"
    java = os.environ.get("JAVA_HOME") or shutil.which("java")
    return "" if java else "Spark needs Java 17 or later, and there is none on this machine"


MISSING = missing()
needs_spark = pytest.mark.skipif(bool(MISSING), reason=MISSING or "Spark is here")


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    """Spark on two threads of this machine, which cuts files small."""
    os.environ["PYSPARK_SUBMIT_ARGS"] = (
        "--master local[2] --conf spark.ui.enabled=false pyspark-shell"
    )
    one = session()
    one.sparkContext.setLogLevel("OFF")
    one.conf.set("spark.sql.files.maxPartitionBytes", "60000")
    one.conf.set("spark.sql.files.openCostInBytes", "1")
    one.conf.set("spark.sql.shuffle.partitions", "3")
    yield one
    one.stop()


@pytest.fixture(scope="module")
def events() -> list[str]:
    """A log: the sample events of all shipped rules, in a shuffled order, one a line."""
    rows = [
        json.dumps(event)
        for path in sorted((ROOT / "tests/samples").rglob("*.yml"))
        for sample in read_samples(path)
        for event in sample.events
    ]
    random.Random(6).shuffle(rows)
    assert len(rows) > 500
    return rows


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, events: list[str]) -> Path:
    """The log in every form that Spark and a scan on one machine both read."""
    folder = tmp_path_factory.mktemp("logs")
    broken = list(events)
    for at, odd in enumerate(ODD * 5):
        broken.insert(at * 17, odd)
    joined, lines = ",\n ".join(events), "\n".join(events).encode() + b"\n"
    (folder / "a.json").write_text("\n".join(broken), "utf-8")
    (folder / "b.json.gz").write_bytes(gzip.compress(lines))
    (folder / "cut.gz").write_bytes(gzip.compress(lines)[:-3000])
    (folder / "document.json").write_text(f'{{"Records":[{joined}]}}', "utf-8")
    (folder / "empty.json").write_bytes(b"")
    (folder / "lines.json").write_bytes(b"\xef\xbb\xbf" + lines.replace(b"\n", b"\r\n"))
    (folder / "sub dir[1]").mkdir()
    pretty = json.dumps([json.loads(row) for row in events], indent=1)
    (folder / "sub dir[1]" / "p%20q #ü.json").write_text(pretty, "utf-8")
    (folder / "syslog").write_text("".join(f"Jan 1 host sshd[{n}]: no\n" for n in range(99)))
    (folder / "zip").write_bytes(b"PK\x03\x04\x00\x01\x02" * 9)
    return folder


def same(*arguments: str, cwd: Path = ROOT) -> Result:
    """What Spark finds and says; a scan on this machine finds and says the same, in its order.

    How many records were not even decoded is each engine's own affair.
    """
    here, there = (run("scan", *arguments, "--engine", one, cwd=cwd) for one in ("local", "spark"))
    assert there.stdout_bytes.splitlines() == here.stdout_bytes.splitlines()
    passed = re.compile(r", \d+ that no rule can match")
    assert passed.sub("", there.stderr) == passed.sub("", here.stderr)
    assert there.exit_code == here.exit_code
    return there


@needs_spark
@pytest.mark.usefixtures("spark")
def test_all_rules_in_all_forms_of_logs(place: Path) -> None:
    """All shipped rules match the same, with the same numbers, in the same order; rejects too."""
    found = same(str(place), "--strict")
    titles = {json.loads(line)["rule"]["path"] for line in found.stdout.splitlines()}
    assert any("/correlations/" in title for title in titles)
    assert any("ec2_route_table_created" in title for title in titles), "a first-seen rule"
    assert "truncated" in found.stderr
    assert "binary" in found.stderr
    assert "json" in found.stderr


@needs_spark
@pytest.mark.usefixtures("spark")
@pytest.mark.parametrize("decoded", [True, False])
def test_large_files_are_cut(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, decoded: bool
) -> None:
    """Of a file cut into ranges of lines, records and lines are numbered as in the whole file."""
    monkeypatch.setattr(files, "WHOLE", 10_000)
    logs = tmp_path / "logs"
    logs.mkdir()
    if decoded:
        shutil.copy(place / "a.json", logs)
    lines = (place / "lines.json").read_bytes()
    (logs / "b.json").write_bytes(lines * (1 if decoded else 6) + b'{"cut": ')
    options = ["--strict", "--rejects", str(tmp_path / "rejects")] if decoded else ["--no-event"]
    found = same(str(logs), *options)
    assert found.stdout.count("\n") > 900


@needs_spark
@pytest.mark.usefixtures("spark")
@pytest.mark.parametrize("whole", [True, False])
def test_parquet(
    events: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, whole: bool
) -> None:
    """Rows of Parquet are the same events, as one piece and as ranges that Spark reads."""
    table, parquet = importlib.import_module("pyarrow"), importlib.import_module("pyarrow.parquet")
    rows = [
        {"eventName": name, "eventTime": f"2024-05-01T00:{at:02}:00Z", "awsRegion": f"r{at % 3}"}
        for at, name in enumerate(["StopLogging", "RunInstances", "ListUsers"] * 15)
    ]
    parquet.write_table(table.Table.from_pylist(rows), tmp_path / "a.parquet", row_group_size=10)
    parquet.write_table(table.table({"line": events}), tmp_path / "b.parquet")
    monkeypatch.setattr(files, "WHOLE", 1 << 30 if whole else 1)
    (tmp_path / "rules.yml").write_text(RULES, "utf-8")
    assert same("a.parquet", "--rules", "rules.yml", cwd=tmp_path).stdout.count("\n") > 5
    assert same(str(tmp_path / "b.parquet")).stdout.count("\n") > 500


@needs_spark
@pytest.mark.usefixtures("spark")
@pytest.mark.parametrize(
    "options",
    [
        ["--since", "2026-01-02", "--until", "2026-03-01", "--no-event"],
        ["--schema", "ecs", "--no-routing"],
        ["--logsource", "product=aws,service=cloudtrail", "--min-level", "medium"],
        ["--format", "sarif", "-p", "pipelines/variables.yml", "--fail-on-match"],
        ["--format", "csv", "--base-rules", "--verbose"],
    ],
    ids=lambda options: " ".join(options)[:30],
)
def test_options_mean_the_same(place: Path, options: list[str]) -> None:
    """With every option of a scan, both engines write the same."""
    same(str(place / "a.json"), str(place / "b.json.gz"), *options)


@needs_spark
@pytest.mark.usefixtures("spark")
def test_a_state_goes_from_one_engine_to_the_other(tmp_path: Path) -> None:
    """What Spark saves, a scan on one machine goes on from, and the other way round."""
    (tmp_path / "rules.yml").write_text(RULES, "utf-8")
    row = {"eventName": "StopLogging", "awsRegion": "r"}
    for at in range(3):
        times = [f"2024-05-01T00:0{at}:{second:02}Z" for second in (30, 10, 50)]
        lines = [json.dumps({**row, "eventTime": time}) for time in times]
        (tmp_path / f"{at}.json").write_text("\n".join(lines), "utf-8")

    def runs(name: str, *engines: str) -> list[str]:
        options = ["--rules", "rules.yml", "--state", name]
        return [
            run("scan", f"{at}.json", *options, "--engine", engine, cwd=tmp_path).stdout
            for at, engine in enumerate(engines)
        ]

    expected = runs("one", "local", "local", "local")
    assert runs("two", "spark", "local", "spark") == expected
    assert runs("three", "local", "spark", "local") == expected
    assert "".join(expected).count("Often") == 1


@needs_spark
@pytest.mark.usefixtures("spark")
def test_what_spark_does_not_read_is_said(tmp_path: Path) -> None:
    """Names that Spark passes over, places that are not there and empty ones are rejects."""
    event = '{"eventName": "StopLogging", "eventTime": "2024-05-01T00:00:00Z"}\n'
    for name in ("_hidden.json", "with:colon.json", "plain.json"):
        (tmp_path / name).write_text(event, "utf-8")
    (tmp_path / "rules.yml").write_text(RULES, "utf-8")
    logs = ["_hidden.json", "with:colon.json", "plain.json", "file:///nowhere/x", "nothing"]
    found = run(
        "scan",
        *logs,
        "--rules",
        "rules.yml",
        "--engine",
        "spark",
        "-v",
        "--base-rules",
        cwd=tmp_path,
    )
    assert "rejected: _hidden.json: Spark did not read it" in found.stderr
    assert "rejected: with:colon.json: Spark reads no file with a colon" in found.stderr
    assert "rejected: file:///nowhere/x: Spark cannot list it: [PATH_NOT_FOUND]" in found.stderr
    assert "4 rejected" in found.stderr
    assert found.stdout.count("\n") == 1
    assert found.exit_code == 2


@needs_spark
@pytest.mark.usefixtures("spark")
def test_urls_are_listed_by_spark(place: Path, tmp_path: Path) -> None:
    """A URL is listed and read by Spark; the matches are those of its files."""
    shutil.copytree(place / "sub dir[1]", tmp_path / "in")
    found = run("scan", f"file://{tmp_path}/in", "--engine", "spark").stdout.splitlines()
    here = run("scan", str(tmp_path / "in")).stdout.splitlines()
    assert [line.replace(f"file:{tmp_path}", str(tmp_path)) for line in found] == here


@needs_spark
def test_a_cluster_of_processes(place: Path) -> None:
    """Two executors in processes of their own find what this machine finds."""
    command = [sys.executable, "-c", START, "scan", str(place / "a.json"), str(place / "cut.gz")]
    submit = "--master local-cluster[2,1,1024] --conf spark.sql.shuffle.partitions=2 pyspark-shell"
    around = {**os.environ, "PYSPARK_SUBMIT_ARGS": submit, "PYTHONPATH": str(ROOT)}
    there = subprocess.run(
        [*command, "--engine", "spark"], cwd=ROOT, env=around, capture_output=True, check=False
    )
    if there.returncode == 2 and b"Spark does not start" in there.stderr:
        pytest.skip("a local cluster does not start here")
    here = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    assert there.stdout == here.stdout
    assert there.returncode == here.returncode
    assert here.stdout.count(b"\n") > 500
