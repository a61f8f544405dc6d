"""The command line as a user meets it: exit codes, messages, and files that are whole or absent."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from test_rules import GOOD, good

from converter.cli import cache, main, output, polysigma
from converter.errors import PolysigmaError
from converter.languages.eql import Eql

ROOT = Path(__file__).resolve().parent.parent
EVENT = {"eventName": "StopLogging", "eventTime": "2024-05-01T00:00:00Z"}


def run(*arguments: str, cwd: Path | None = None, stdin: bytes | None = None) -> Result:
    """The command's result; errors that `main` would print are printed likewise."""
    before = Path.cwd()
    os.environ.setdefault("POLYSIGMA_CACHE", "")
    os.chdir(cwd or before)
    try:
        result = CliRunner().invoke(polysigma, arguments, input=stdin)
    finally:
        os.chdir(before)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        assert isinstance(result.exception, PolysigmaError), result.exception
    return result


@pytest.fixture
def content(tmp_path: Path) -> Path:
    """A content repository with one good rule."""
    folder = tmp_path / "sigma_rules" / "aws" / "cloudtrail"
    folder.mkdir(parents=True)
    (folder / "stop.yml").write_text(GOOD, "utf-8")
    return tmp_path


BAD = {
    "broken.yml": (b"title: [\n", "not YAML"),
    "binary.yml": (b"\x00\x01\x02\xff", "a binary file"),
    "empty.yml": (b"", "the file is empty"),
    "no_id.yml": (GOOD.replace("id: 1", "name: 1").encode(), "the rule has no id"),
    "twice.yml": (GOOD.encode(), "belongs to"),
    "modifier.yml": (good("  a: {f|contians: x}\n  condition: a\n").encode(), "contians"),
    "latin.yml": ("title: é".encode("latin-1"), "is not UTF-8"),
}


def test_bad_rules_are_named_and_the_rest_is_done(content: Path) -> None:
    """Each bad file gets a message of its own, the good rule its queries; the exit code is 1."""
    for name, (text, _) in BAD.items():
        (content / "sigma_rules" / "zz" / name).parent.mkdir(exist_ok=True)
        (content / "sigma_rules" / "zz" / name).write_bytes(text)
    result = run("convert", cwd=content)
    assert result.exit_code == 1
    for name, (_, what) in BAD.items():
        start = f"error: sigma_rules/zz/{name}:"
        (line,) = [line for line in result.stderr.splitlines() if line.startswith(start)]
        assert what in line
    assert (content / "out/queries/spl/aws/cloudtrail/stop.spl").is_file()
    assert "Traceback" not in result.output


def test_only_bad_rules_give_exit_code_2(tmp_path: Path) -> None:
    """With nothing to convert nothing is written."""
    (tmp_path / "bad.yml").write_text("title: [", "utf-8")
    result = run("convert", "bad.yml", cwd=tmp_path)
    assert result.exit_code == 2
    assert not (tmp_path / "out").exists()


def test_a_wrong_pipeline_stops_the_run_with_a_message(content: Path) -> None:
    """A pipeline with a typo, and one that does not exist, are named; nothing is written."""
    (content / "own.yml").write_text("transformations:\n- type: field_name_maping\n", "utf-8")
    for name, words in (("own.yml", "field_name_maping"), ("sysmn", "nearest is sysmon")):
        result = run("convert", "-p", name, cwd=content)
        assert result.exit_code != 0
        assert words in str(result.exception) + result.stderr
        assert not (content / "out").exists()


def test_main_prints_errors_without_a_traceback(content: Path, capsys, monkeypatch) -> None:
    """What cannot be used ends with `error:` and exit code 2."""
    monkeypatch.chdir(content)
    with pytest.raises(SystemExit) as stop:
        main(["convert", "-p", "none.yml"])
    assert stop.value.code == 2
    assert capsys.readouterr().err.startswith("error: no pipeline none.yml; ")


def test_output_is_checked_without_writing(content: Path) -> None:
    """--check is 1 before the first run and after a change, 0 in between, and never writes."""
    assert run("convert", "--check", cwd=content).exit_code == 1
    assert not (content / "out").exists()
    assert run("convert", cwd=content).exit_code == 0
    assert run("convert", "--check", cwd=content).exit_code == 0
    query = content / "out/queries/eql/aws/cloudtrail/stop.eql"
    query.write_text("any where true\n", "utf-8")
    (content / "out/queries/eql/left.eql").write_text("x", "utf-8")
    result = run("convert", "--check", cwd=content)
    assert result.exit_code == 1
    assert [line for line in result.stderr.splitlines() if line.startswith("stale")] == [
        "stale: out/queries/eql/aws/cloudtrail/stop.eql",
        "stale: out/queries/eql/left.eql",
    ]
    assert query.read_text("utf-8") == "any where true\n"


def test_stdout_holds_only_queries(content: Path) -> None:
    """With -o - the queries go to stdout and all talk to stderr."""
    result = run("convert", "-o", "-", "-t", "eql", cwd=content)
    assert result.stdout.splitlines() == [
        'any where event.dataset == "aws.cloudtrail" and event.action == "StopLogging"'
    ]
    assert not (content / "out").exists()


def test_strict_asks_for_proof(content: Path) -> None:
    """--strict is 0 where every query is proved, 1 with the reason where one is not."""
    assert run("convert", "--strict", cwd=content).exit_code == 0
    rule = content / "sigma_rules/aws/cloudtrail/stop.yml"
    rule.write_text(GOOD.replace("{eventName: StopLogging}", "[StopLogging]"), "utf-8")
    assert run("convert", cwd=content).exit_code == 0
    result = run("convert", "--strict", cwd=content)
    assert result.exit_code == 1
    assert "partial: sigma_rules/aws/cloudtrail/stop.yml spl: can match more" in result.stderr


def test_a_query_that_contradicts_its_rule_is_not_written(content: Path, monkeypatch) -> None:
    """A defect of an emitter fails the run and leaves no wrong query behind."""
    monkeypatch.setattr(Eql, "negate", lambda self, part: part)
    rule = content / "sigma_rules/aws/cloudtrail/stop.yml"
    rule.write_text(GOOD.replace("condition: selection", "condition: not selection"), "utf-8")
    result = run("convert", cwd=content)
    assert result.exit_code == 1
    assert "eql: The query" in result.stderr
    assert not (content / "out/queries/eql").exists()
    assert (content / "out/queries/spl/aws/cloudtrail/stop.spl").is_file()


def test_a_folder_that_is_not_ours_is_left_alone(content: Path) -> None:
    """An output folder with other content and no report is refused, and stays as it is."""
    (content / "mine").mkdir()
    (content / "mine" / "thesis.txt").write_text("x", "utf-8")
    result = run("convert", "-o", "mine", cwd=content)
    assert isinstance(result.exception, PolysigmaError)
    assert os.listdir(content / "mine") == ["thesis.txt"]


class Interrupted(dict[str, bytes]):
    """Files of which writing stops after the first."""

    def items(self):
        yield "queries/b", b"new"
        raise KeyboardInterrupt


def test_an_interrupted_write_leaves_the_old_tree(tmp_path: Path) -> None:
    """If the run ends while the new tree is built, the old one stands as it was."""
    out = tmp_path / "out"
    output.write_tree(out, {"report.json": b"old", "queries/a": b"old"})
    (out / "packages").mkdir()
    (out / "packages" / "kept").write_text("kept", "utf-8")
    with pytest.raises(KeyboardInterrupt):
        output.write_tree(out, Interrupted({"report.json": b"new", "queries/b": b"new"}))
    assert (out / "queries/a").read_bytes() == b"old"
    output.write_tree(out, {"report.json": b"new", "queries/b": b"new"})
    names = sorted(p.relative_to(out).as_posix() for p in out.rglob("*") if p.is_file())
    assert names == ["packages/kept", "queries/b", "report.json"]
    assert os.listdir(tmp_path) == ["out"]


def test_a_second_run_says_and_does_the_same(content: Path, monkeypatch) -> None:
    """From the cache or not: the same words, exit code and files; a touched file is mended."""
    monkeypatch.setenv("POLYSIGMA_CACHE", str(content / "cache"))
    (content / "sigma_rules" / "bad.yml").write_text("title: [", "utf-8")
    first = run("convert", cwd=content)
    again = run("convert", cwd=content)
    assert (again.exit_code, again.stderr) == (1, first.stderr)
    query = content / "out/queries/eql/aws/cloudtrail/stop.eql"
    wanted = query.read_bytes()
    query.write_bytes(b"touched")
    assert run("convert", cwd=content).exit_code == 1
    assert query.read_bytes() == wanted
    rule = content / "sigma_rules/aws/cloudtrail/stop.yml"
    rule.write_text(GOOD.replace("StopLogging", "DeleteTrail"), "utf-8")
    run("convert", cwd=content)
    assert b"DeleteTrail" in query.read_bytes()


def test_the_cache_does_not_grow_without_end(tmp_path: Path, monkeypatch) -> None:
    """Of each kind only the newest files stay."""
    monkeypatch.setenv("POLYSIGMA_CACHE", str(tmp_path))
    for number in range(12):
        cache.keep(f"rules-{number:02}", {"n": number})
    assert len(list(tmp_path.iterdir())) == 8
    assert cache.recall("rules-11") == {"n": 11}
    assert cache.recall("rules-00") == {}


def test_an_unreadable_cache_is_no_cache(content: Path, monkeypatch) -> None:
    """Garbage in the cache folder changes nothing."""
    monkeypatch.setenv("POLYSIGMA_CACHE", str(content / "cache"))
    assert run("convert", cwd=content).exit_code == 0
    for path in (content / "cache").iterdir():
        path.write_bytes(b"[1, 2")
    assert run("convert", cwd=content).exit_code == 0


def test_scan_reads_every_wrapping(content: Path) -> None:
    """Plain, wrapped, gzipped and piped records give the same matches."""
    line = json.dumps(EVENT).encode()
    (content / "a.ndjson").write_bytes(line + b"\n{}\n")
    (content / "b.json").write_bytes(b'{"Records": [' + line + b"]}")
    (content / "c.json.gz").write_bytes(gzip.compress(b"[" + line + b"]"))
    result = run("scan", "a.ndjson", "b.json", "c.json.gz", "-", cwd=content, stdin=line)
    assert result.exit_code == 0
    found = [json.loads(text) for text in result.stdout.splitlines()]
    assert [match["source"] for match in found] == [
        {"file": name, "record": 1} for name in ("a.ndjson", "b.json", "c.json.gz", "-")
    ]
    assert {match["time"] for match in found} == {"2024-05-01T00:00:00Z"}
    assert found[0]["event"] == EVENT


def test_scan_counts_what_it_cannot_read(content: Path) -> None:
    """A truncated archive yields what it holds; the rest is counted and shown: no finding."""
    whole = gzip.compress(b"\n".join([json.dumps(EVENT).encode()] * 500))
    (content / "cut.gz").write_bytes(whole[: len(whole) - 12])
    (content / "odd.ndjson").write_bytes(b'{"a": 1}\n{"b": \n"\xff"\n{"c": 1}\n')
    result = run("scan", "--no-event", "cut.gz", "odd.ndjson", cwd=content)
    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) >= 1
    assert "rejected: " in result.stderr
    assert "Traceback" not in result.output


def test_fail_on_match(content: Path) -> None:
    """A match is a finding only where the user says so."""
    (content / "a.ndjson").write_text(json.dumps(EVENT), "utf-8")
    assert run("scan", "a.ndjson", cwd=content).exit_code == 0
    assert run("scan", "--fail-on-match", "a.ndjson", cwd=content).exit_code == 1


def test_scan_keeps_to_a_time(content: Path) -> None:
    """--since includes its moment, --until does not."""
    (content / "a.ndjson").write_text(json.dumps(EVENT), "utf-8")
    at = EVENT["eventTime"]
    assert run("scan", "--since", at, "a.ndjson", cwd=content).stdout
    assert not run("scan", "--until", at, "a.ndjson", cwd=content).stdout


def test_explain_shows_what_decided(content: Path) -> None:
    """A near miss names the test, the value found and the value wanted."""
    event = json.dumps({"eventName": "StartLogging"}).encode()
    rule = "sigma_rules/aws/cloudtrail/stop.yml"
    result = run("explain", rule, "-", cwd=content, stdin=event)
    assert result.exit_code == 0
    assert 'selection: eventName: "StopLogging"' in result.stdout
    assert '"StartLogging"' in result.stdout
    data = json.loads(run("explain", "--json", rule, "-", cwd=content, stdin=event).stdout)
    assert data["rule"]["title"] == "Good"
    assert data["explanation"]["verdict"] is False


def test_a_failing_sample_shows_which_test_decided(content: Path) -> None:
    """`test` runs each sample three ways and explains a failure."""
    samples = content / "tests/samples/aws/cloudtrail"
    samples.mkdir(parents=True)
    text = "match:\n- {name: wrong, event: {eventName: StartLogging}}\nmiss: []\n"
    (samples / "stop.yml").write_text(text, "utf-8")
    result = run("test", cwd=content)
    assert result.exit_code == 1
    assert result.stderr.count("'wrong' must match") == 3
    assert 'event.action: "StopLogging"' in result.stderr


def test_rules_without_samples_are_named(content: Path) -> None:
    """A rule without a samples file is a finding."""
    result = run("test", cwd=content)
    assert result.exit_code == 1
    assert "no samples: sigma_rules/aws/cloudtrail/stop.yml" in result.stderr


def test_lint_names_its_findings(content: Path) -> None:
    """A finding has place, words, next step and the check that says so; the exit code is 1."""
    result = run("lint", cwd=content)
    assert result.exit_code == 1
    assert "sigma_rules/aws/cloudtrail/stop.yml" in result.stdout
    assert "findings" in result.stderr


def test_the_project_is_clean() -> None:
    """The shipped rules pass lint and their samples, and out/ is up to date."""
    for arguments in (["lint"], ["test"], ["convert", "--check"]):
        result = run(*arguments, cwd=ROOT)
        assert result.exit_code == 0, result.output
