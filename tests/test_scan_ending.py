"""How a scan ends before its logs do: by signals, by a reader that has gone, by a full disk."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from test_scan_crew import logs  # noqa: F401  a fixture

from converter import predicate as p
from converter.errors import LogError
from converter.logs.parts import Part, parts
from converter.matcher import compile_predicate
from converter.scan import CompiledRule, RuleSummary, Summary
from converter.scan.crew import Crew
from converter.scan.hands import Hands
from converter.scan.work import Tally, Work

RULES = """
title: Stopped
id: 11111111-0000-4000-8000-000000000001
logsource: {product: aws, service: cloudtrail}
detection: {x: {eventName: StopLogging}, condition: x}
"""
EVENT = b'{"eventName": "StopLogging"}\n'
COMMAND = [sys.executable, "-c", "from converter.cli import main; main()", "scan"]
OPTIONS = ["--rules", "rules.yml", "--no-event", "--no-prefilter"]
SURROUNDINGS = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "rules.yml").write_text(RULES, "utf-8")
    (tmp_path / "log").write_bytes(EVENT * 3)
    os.mkfifo(tmp_path / "pipe")
    return tmp_path


def begun(place: Path, *words: str, **streams: Any) -> subprocess.Popen[bytes]:
    """A scan in a process group of its own."""
    streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE} | streams
    return subprocess.Popen(
        [*COMMAND, *OPTIONS, *words], cwd=place, env=SURROUNDINGS, start_new_session=True,
        **{"stderr": subprocess.PIPE, **streams},
    )  # fmt: skip


def nobody_left(group: int) -> bool:
    """Whether the group's processes come to their end."""
    for _ in range(400):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_what_was_found_is_printed(place: Path, number: int, code: int) -> None:
    """A signal ends a scan that waits for input: matches so far are printed and counted."""
    with begun(place, "log", "-") as scan:
        assert scan.stdin is not None
        assert scan.stdout is not None
        scan.stdin.write(EVENT * 2)
        scan.stdin.flush()
        lines = [scan.stdout.readline() for _ in range(5)]
        scan.send_signal(number)
        rest, errors = scan.communicate()
    assert [b'"file":"log"' in line for line in lines] == [True] * 3 + [False] * 2
    assert (scan.returncode, rest) == (code, b"")
    assert b"interrupted after 1 of 2 parts of the logs" in errors
    assert b"5 records, 5 matches" in errors
    assert b"Traceback" not in errors


def test_what_is_pending_is_judged(place: Path) -> None:
    """Ctrl-C ends a scan whose correlation still waits for events: what it has is judged."""
    correlation = """
---
title: Often
id: 11111111-0000-4000-8000-000000000002
correlation:
  type: event_count
  rules: [11111111-0000-4000-8000-000000000001]
  timespan: 1h
  condition: {gte: 3}
"""
    (place / "rules.yml").write_text(RULES + correlation, "utf-8")
    with begun(place, "-", "--base-rules") as scan:
        assert scan.stdin is not None
        assert scan.stdout is not None
        scan.stdin.write(b'{"eventName": "StopLogging", "eventTime": "2024-03-01T01:00:00Z"}\n' * 4)
        scan.stdin.flush()
        assert all(b"Stopped" in scan.stdout.readline() for _ in range(4))
        scan.send_signal(signal.SIGINT)
        rest, errors = scan.communicate()
    assert scan.returncode == 130
    assert rest.count(b"Often") == rest.count(b"\n") == 1
    assert b"5 matches" in errors


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("all_of_them", [True, False])
def test_no_process_is_left(place: Path, number: int, all_of_them: bool) -> None:
    """However a scan by several processes is ended, all of them end, and lines are whole."""
    words = ("-j2", "log", "log", "pipe", "pipe")
    with begun(place, *words) as scan, (place / "pipe").open("wb"):  # a process reads it
        (os.killpg if all_of_them else os.kill)(scan.pid, number)
        out, errors = scan.communicate()
        assert nobody_left(scan.pid)
    assert scan.returncode == (-number if number == signal.SIGKILL else 128 + number)
    assert out.count(b"\n") == out.count(b'"record":') <= 6
    assert b"Traceback" not in errors


def test_an_early_end_is_an_end(place: Path) -> None:
    """Ctrl-C before the logs are read is told as such, with the exit code of Ctrl-C."""
    os.mkfifo(place / "slow.yml")
    with begun(place, "--rules", "slow.yml", "log") as scan, (place / "slow.yml").open("wb"):
        scan.send_signal(signal.SIGINT)
        out, errors = scan.communicate()
    assert (scan.returncode, out, errors) == (130, b"", b"interrupted\n")


def test_matches_of_a_stream_come_as_it_goes(place: Path) -> None:
    """A match of what standard input brings is readable before more is brought."""
    with begun(place, "-") as scan:
        assert scan.stdin is not None
        assert scan.stdout is not None
        for number in (1, 2, 3):
            scan.stdin.write(EVENT)
            scan.stdin.flush()
            assert b'"record":%d}' % number in scan.stdout.readline()
        scan.communicate()
    assert scan.returncode == 0


def test_output_that_cannot_be_written_is_an_error(place: Path) -> None:
    """A full disk and a closed output are told in a line; a reader that has gone is nobody."""
    (place / "log").write_bytes(EVENT * 20_000)
    with open("/dev/full", "wb") as full:
        scan = begun(place, "log", "-j2", stdout=full)
        _, errors = scan.communicate()
    assert errors.startswith(b"error: standard output cannot be written (No space left on device)")
    assert scan.returncode == 2
    with begun(place, "log", "-j2") as scan:
        assert scan.stdout is not None
        assert scan.stdout.readline()
        scan.stdout.close()
        scan.stdout = None
        _, errors = scan.communicate()
    assert (scan.returncode, errors) == (1, b"")
    closed = subprocess.run(
        ["sh", "-c", '"$@" >&-', "sh", *COMMAND, *OPTIONS, "log"],
        cwd=place, env=SURROUNDINGS, stderr=subprocess.PIPE, check=False,
    )  # fmt: skip
    assert closed.stderr.startswith(b"error: standard output is closed; ")


def shown(place: Path, *words: str, out: bool, **streams: Any) -> list[str]:
    """What a terminal of 80 columns shows, one after another in a line."""
    master, slave = pty.openpty()
    streams |= {"stdout": slave} if out else {"stdout": subprocess.DEVNULL}
    scan = begun(place, *words, stderr=slave, **streams)
    os.close(slave)
    read = b""
    while True:
        try:
            read += os.read(master, 1 << 16)
        except OSError:
            break
    os.close(master)
    assert scan.wait() == 0
    plain = re.sub(rb"\x1b\[(?!2K)[0-9;?]*[A-Za-z]", b"", read).decode()
    return [one.strip() for one in re.split("[\r\n]+", plain) if one.strip()]


def test_a_bar_shows_how_far_a_scan_is(place: Path) -> None:
    """On a terminal one bar shows bytes, rate and time left; of standard input there is no end."""
    (place / "log").write_bytes(EVENT * 20_000)
    bars = [one for one in shown(place, "log", "log", "-j2", out=False) if " MB " in one]
    assert re.search(r"━ 1\.2/1\.2 MB [\d.?]+ .*0:00:00$", bars[-1])
    with (place / "log").open("rb") as stdin:
        found = shown(place, "-", "log", out=False, stdin=stdin)
    bars = [one for one in found if " MB " in one]
    assert re.search(r"━ 1\.2/\? MB ", bars[-1])


@pytest.mark.parametrize("form", ["jsonl", "sarif"])
def test_matches_stand_above_the_bar(place: Path, form: str) -> None:
    """Where matches go to the same terminal, the bar gives way to each of their lines."""
    lines = shown(place, "log", "--format", form, out=True)
    matches = [one for one in lines if "StopLogging" in one or '"record":' in one]
    assert len(matches) == 3
    assert not any("━" in one for one in matches)


def test_a_process_that_is_gone_is_told(logs: Path) -> None:  # noqa: F811
    """Where a process dies, the scan ends with an error and does not wait for it."""
    rule = CompiledRule(
        RuleSummary("1", "rule", None, ""), lambda event: os._exit(9), lambda e: None
    )
    crew = Crew(Work([rule]), None, Summary(), 2, None)
    with pytest.raises(LogError, match="a process that scans has ended early"):
        list(crew.scan(crew.items([str(logs)])))


def test_a_process_ends_though_it_has_only_begun(logs: Path) -> None:  # noqa: F811
    """A process that is told to end before it has done anything ends by that, and at once."""
    rule = CompiledRule(RuleSummary("1", "rule", None, ""), lambda event: False, lambda event: None)
    items = [one for one in parts([str(logs)], 1 << 20) if isinstance(one, Part)]

    def handler(number: int, frame: object) -> None:
        raise AssertionError("the handler of the first process ran in another")

    before = signal.signal(signal.SIGTERM, handler)
    try:
        for _ in range(20):
            tallies = [Tally(memoryview(bytearray(16)).cast("q"), at) for at in range(2)]
            with Hands(Work([rule]), items, tallies) as hands:
                processes = list(hands._processes)
            assert [process.exitcode for process in processes] == [-signal.SIGTERM] * 2
    finally:
        signal.signal(signal.SIGTERM, before)


def test_what_was_taken_is_counted(logs: Path) -> None:  # noqa: F811
    """Of a scan that is not taken to its end, what was taken is counted."""
    summary, test = Summary(), compile_predicate(p.Equals("b", "wanted"))
    rule = CompiledRule(RuleSummary("1", "rule", None, ""), test, lambda event: None)
    crew = Crew(Work([rule]), None, summary, 2, None)
    items = [one for one in parts([str(logs)], 1 << 20) if isinstance(one, Part)]
    found = crew.scan(items)
    taken = [one for _ in range(5) for one in next(found)]
    found.close()
    assert taken
    rejected = sum(one.count for one in summary.rejects.values())
    assert summary.matches[rule.rule] + rejected == len(taken)
    assert 0 < summary.records <= 3000


LOADING = """
import os, signal
import converter.__main__ as start, converter.cli as cli
def interrupted(*_):
    try:
        os.kill(os.getpid(), signal.SIGINT)
        import colorsys
    except BaseException:
        print("lost", flush=True)
cli.{name} = interrupted
start.main()
"""


@pytest.mark.parametrize(("name", "code", "out"), [("prepare", 130, b""), ("main", 0, b"lost\n")])
def test_loading_ends_at_once(name: str, code: int, out: bytes) -> None:
    """Nothing that loads can swallow Ctrl-C; a command that runs is interrupted as by Python."""
    words = [sys.executable, "-c", LOADING.format(name=name)]
    done = subprocess.run(words, env=SURROUNDINGS, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (code, out, b"")


def test_who_ignores_interruptions_goes_on_doing_so() -> None:
    """A command in the background of a shell is not ended by Ctrl-C in the foreground."""
    ignoring = f"import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n{LOADING}"
    words = [sys.executable, "-c", ignoring.format(name="prepare")]
    done = subprocess.run([*words, "--version"], env=SURROUNDINGS, capture_output=True, check=False)
    assert done.returncode == 0
    assert done.stdout.startswith(b"polysigma")


def test_as_a_module() -> None:
    """`python -m converter` is the command."""
    words = [sys.executable, "-m", "converter", "scan", "--help"]
    done = subprocess.run(words, env=SURROUNDINGS, capture_output=True, check=True)
    assert done.stdout.startswith(b"Usage: polysigma scan")
