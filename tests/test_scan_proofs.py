"""A member that proves a record's log source is found wherever it stands, and nowhere else."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from converter.logs import Block
from converter.matcher.index import hyperscan
from converter.matcher.routing import Routing
from converter.pipelines import Pipelines
from converter.scan.proofs import Proof, proof

ROUTING = Routing([{"product": "aws"}, {"product": "windows"}], Pipelines().log_sources)
MODULES = [None, *([module] if (module := hyperscan()) else [])]
PROVEN = [
    '{"eventVersion":"1.08"}',
    '{ "eventVersion" : "1.09", "a":{}}',
    '{"awsRegion":"x","eventVersion":"1.08","z":[1]}',
    '{"a":null,"b":-1.5e3,"c":true,"d":"\\"{,","e":{"f":"}","g":1},"h":{},"eventVersion":"1.09"}',
    '{"eventVersions":"1","eventVersio":"1","":"","eventVersion":"1.08"}',
]
UNPROVEN = [
    "", "{}", "[]", '{"eventVersion":"1.0"}', '{"eventVersion":1.08}', '{"eventVersion":"1.08',
    '{"eventVersion":"1.08","eventVersion":"9"}', '{"a":{"eventVersion":"1.08"}}',
    '{"a":"\\"eventVersion\\":\\"1.08\\""}', '{"a":[1],"eventVersion":"1.08"}',
    '{"a":{"b":{}},"eventVersion":"1.08"}', '{"eventVersion":"1.08","a":{"eventVersion":"1.08"}}',
    '{"a":"b","c":"eventVersion":"1.08"}', '{"eventVersion":"9","eventVersion":"1.08"}',
    ' {"eventVersion":"1.08"}', '{"a":"},"eventVersion":"1.08"}',
]  # fmt: skip


def made(module: Any) -> Proof:
    """What two records teach."""
    rows = [b'{"eventVersion":"1.08"}', b'{"a":1,"eventVersion":"1.09","eventID":"x"}']
    found, proven = proof(ROUTING, rows, [json.loads(row) for row in rows], module)
    assert found is not None
    assert (found.key, sorted(found.routes), proven) == ("eventVersion", ["1.08", "1.09"], 2)
    return found


@pytest.mark.parametrize("module", MODULES, ids=lambda module: "hyperscan" if module else "re2")
@pytest.mark.parametrize("tail", ["", '{"eventVersion":"1.08","torn'])
def test_lines_that_are_not_proven_are_told(module: Any, tail: str) -> None:
    """Whatever stands around it, each line is told by itself; a torn one at the end is none."""
    found, chosen = made(module), random.Random(5)
    for size in (0, 1, 3, 9):
        lines = [chosen.choice(PROVEN + UNPROVEN * (size > 3)) for _ in range(size)]
        data = "".join(line + "\n" for line in lines) + tail
        told = found.unproven(Block(data.encode(), None))  # type: ignore[arg-type]
        ends = [len("\n".join(lines[: at + 1])) + 1 for at in range(size)]
        assert told == [end for end, one in zip(ends, lines, strict=True) if one in UNPROVEN]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: "hyperscan" if module else "re2")
@pytest.mark.parametrize("line", [*PROVEN, *UNPROVEN])
def test_each_line_alone(module: Any, line: str) -> None:
    """Lines are proven or not in every engine, and as items of a list."""
    found, raw = made(module), line.encode()
    ends = [] if line in PROVEN else [len(raw) + 1]
    assert found.unproven(Block(raw + b"\n", None)) == ends  # type: ignore[arg-type]
    if line.startswith("{"):
        assert found.proves(raw) is (line in PROVEN)


def test_two_lines_that_make_up_for_each_other() -> None:
    """A key that stands twice in one line does not prove the next one."""
    twice, none = b'{"eventVersion":"1.08","eventVersion":"1.08"}\n', b'{"Channel":"Security"}\n'
    block = Block(twice + none, None)  # type: ignore[arg-type]
    assert made(hyperscan()).unproven(block) == [len(twice), len(twice + none)]


def test_without_a_telling_member_there_is_no_proof() -> None:
    """What only several members tell together is no proof by one."""
    events = [{"EventID": 4688, "awsRegion": "x"}, {"eventVersion": 1.08}, {"a": 1}]
    rows = [json.dumps(event).encode() for event in events]
    assert proof(ROUTING, rows, events, None) == (None, 0)
