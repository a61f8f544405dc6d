"""A scan by parts and by several processes finds what a scan of whole files finds, in order."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_scan_sieve import ENDS, LINES, tools

from converter import predicate as p
from converter.logs import Reject, read
from converter.logs.parts import Part, parts
from converter.matcher import compile_predicate
from converter.scan import CompiledRule, Match, RuleSummary, Sieve, Summary, scan
from converter.scan.crew import Crew
from converter.scan.results import Row
from converter.scan.work import Work

TESTS = (p.Exists("a"), p.Equals("b", "wanted"))
RULES = [
    CompiledRule(RuleSummary(str(n), f"rule {n}", None, ""), compile_predicate(one), lambda e: None)
    for n, one in enumerate(TESTS)
]


def crewed(places: list[str], sizes: tuple[int, int], jobs: int = 1, learned: int = 0) -> Any:
    """What a crew finds, and how many records it counts."""
    summary = Summary()
    work = Work(RULES, sieve=Sieve(tools([*TESTS]), learned))
    crew = Crew(work, None, summary, jobs, None)
    found = [
        one.line() if isinstance(one, Row) else one
        for results in crew.scan(list(parts(places, *sizes)))
        for one in results
    ]
    return found, summary.records, dict(summary.rejects)


def whole(places: list[str]) -> Any:
    """The same of a scan of whole files, every record decoded."""
    summary = Summary()
    found = [
        one.line() if isinstance(one, Match) else one
        for one in scan(RULES, read(places), summary=summary)
    ]
    return found, summary.records, dict(summary.rejects)


@given(
    lines=st.lists(st.tuples(LINES, ENDS), min_size=3, max_size=12),
    cut=st.integers(0, 40),
    sizes=st.tuples(st.integers(1, 90), st.integers(1, 90)),
    learned=st.integers(0, 200),
)
def test_parts_make_a_whole(
    lines: list[tuple[str, str]], cut: int, sizes: tuple[int, int], learned: int
) -> None:
    """Wherever a file is cut into parts, records, numbers, positions and counts are the same."""
    records = [('{"a": 1}', "\n"), *lines]
    raw = "".join(line + end for line, end in records).encode("utf-8", "replace")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log.json"
        path.write_bytes(raw[: len(raw) - cut])
        assert crewed([str(path)], sizes, learned=learned) == whole([str(path)])


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    for name in ("one", "two", "three"):
        rows = [{"b": "wanted" if at % 97 == 0 else "x", "at": at} for at in range(3000)]
        lines = [json.dumps(row) for row in rows]
        lines[5:5] = ['{"b": "wanted"', "", '{"a": "broken']
        (tmp_path / name).write_text("\n".join(lines), "utf-8")
    (tmp_path / "four").write_bytes(b"\x00\x01\x02" * 99)
    return tmp_path


@pytest.mark.parametrize("jobs", [2, 3])
def test_processes_keep_the_order(logs: Path, jobs: int) -> None:
    """Matches and rejects of several processes come as those of one, numbered in their files."""
    assert crewed([str(logs)], (4000, 9000), jobs, learned=2000) == whole([str(logs)])


def test_a_large_file_is_cut(logs: Path) -> None:
    """Ranges cover a plain file of lines without a gap; other files stay whole."""
    found = list(parts([str(logs / "one"), str(logs / "four")], 4000, 9000))
    ranges = [(one.start, one.end) for one in found if isinstance(one, Part)]
    size = (logs / "one").stat().st_size
    assert ranges[0] == (0, 4000)
    assert [start for start, _ in ranges[1:-1]] == [end for _, end in ranges[:-2]]
    assert ranges[-2:] == [(ranges[-2][0], size), (0, None)]
    assert isinstance(next(parts([str(logs / "none")], 1, 1)), Part | Reject)
