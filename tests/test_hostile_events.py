"""Whole rules on events made to break them, as Python objects and as JSON text through `scan`.

The sizes are such that quadratic work would not end; no test looks at a clock.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from test_cli import run
from test_raise_sigma import HEADER, lowered

from converter.matcher import compile_predicate
from converter.matcher.explain import explain
from converter.matcher.telling import as_json, render

LONG = 10_000_000
MANY = 20_000
DEEP = 20_000
DEEPEST = 100_000
RULE = {
    "text": {"f": "needle"},
    "glob": {"f|contains": ["needle", "n?e*l"]},
    "cased": {"f|cased|endswith": "needle"},
    "regex": {"f|re|i": ["NEEDLE$", "^(a+)+$", "(x*)*q$"]},
    "number": {"n|gte": 5},
    "same": {"n": [0, 1.5, True]},
    "part": {"f|hour": 5},
    "network": {"f|cidr": ["10.0.0.0/8", "::/0"]},
    "fields": {"f|fieldref|contains": "g"},
    "order": {"f|fieldref|startswith": "g"},
    "ends": {"f|fieldref|endswith": "g"},
    "path": {"a.a.a": "needle"},
    "nothing": {"f": None, "x|exists": True},
    "word": ["needle"],
    "pattern": {"|re": "needle$"},
}
PREDICATE = lowered(HEADER | {"detection": RULE | {"condition": "1 of them"}})
MATCHES = compile_predicate(PREDICATE)
EACH = {
    name: compile_predicate(lowered(HEADER | {"detection": {"s": part, "condition": "s"}}))
    for name, part in RULE.items()
}


def nested(wrap: Callable[[Any], Any], inner: Any, depth: int = DEEP) -> Any:
    """The value wrapped again and again."""
    for _ in range(depth):
        inner = wrap(inner)
    return inner


def ring() -> dict[str, Any]:
    """An object that holds itself, directly and in a list inside itself."""
    found: dict[str, Any] = {"f": "y"}
    row: list[Any] = ["needle", found]
    row.append(row)
    found |= {"a": found, "g": row, "n": row}
    return found


NEEDLES = [f"{number}x" for number in range(MANY)]
EVENTS: list[tuple[str, dict[str, Any], bool]] = [
    ("nothing", {}, False),
    ("a long text", {"f": "x" * MANY}, False),
    ("a long text that ends well", {"f": "x" * LONG + "needle"}, True),
    ("a long text that nearly fits", {"f": "needl" * MANY}, True),
    ("a long text beyond ASCII", {"f": "é" * MANY, "n": "٣" * 1000}, False),
    ("a text for slow engines", {"f": "a" * MANY + "!", "g": "b" * MANY}, False),
    ("deep objects", {"f": nested(lambda one: {"a": one}, "y"), "a": 1}, False),
    ("deep objects with a needle", nested(lambda one: {"a": one}, "needle", DEEPEST), True),
    ("deep lists", {"f": nested(lambda one: [one], "y"), "n": nested(lambda one: [one], 1)}, False),
    ("deep lists with a needle", {"f": nested(lambda one: [one], "needle", DEEPEST)}, True),
    ("objects and lists by turns", {"a": nested(lambda one: [{"a": one}], "y")}, False),
    ("a thousand levels", {"a": nested(lambda one: {"a": [one]}, "y", 1000)}, False),
    ("many keys", {f"k{number}": number for number in range(MANY)}, False),
    ("many objects", {"a": [{"a": [{"a": number}]} for number in range(MANY)]}, False),
    ("many values", {"f": NEEDLES, "n": NEEDLES}, False),
    ("two long lists", {"f": NEEDLES, "g": [f"{number}y" for number in range(MANY)]}, False),
    ("two long texts in lists", {"f": ["c" * MANY] * 2, "g": ["c" * MANY + "b", "b"]}, False),
    ("odd keys", {"": "y", ".": "y", "..": "y", "a.": {".a": "y"}, "*": "y", "f|re": "y"}, False),
    ("an infinite number", {"n": float("inf")}, True),
    ("what is no number", {"n": float("nan")}, False),
    ("less than any number", {"n": [float("-inf"), -(10**5000), "-1e400", "nan", "inf"]}, False),
    ("a number in text beyond all floats", {"n": "1e400"}, True),
    ("a whole number of 5000 digits", {"n": 10**5000}, True),
    ("its text", {"n": "9" * MANY}, True),
    ("minus zero", {"n": -0.0}, True),
    ("half a character", {"f": "\ud800", "g": "\udfff", "\ud800": "\udc00"}, False),
    ("half a character and a needle", {"f": "\udfffneedle"}, True),
    ("control characters", {"f": "\x00\x1b[2J\r\n\u202e", "\x00": "\x07"}, False),
    ("itself", ring(), True),
    ("values of other kinds", {"f": b"needle", "g": {1, 2}, "n": 1j, 5: object()}, False),  # type: ignore[dict-item]
]


@pytest.mark.parametrize(
    ("event", "wanted"), [row[1:] for row in EVENTS], ids=[e[0] for e in EVENTS]
)
def test_every_rule_has_its_verdict(event: dict[str, Any], wanted: bool) -> None:
    """No event makes a rule raise or hang, and whatever it is made of hides no match."""
    assert MATCHES(event) is wanted
    verdicts = [test(event) for test in EACH.values()]  # every one of them ends
    assert any(verdicts) is wanted


@pytest.mark.parametrize("event", [row[1] for row in EVENTS], ids=[row[0] for row in EVENTS])
def test_every_event_is_explained(event: dict[str, Any]) -> None:
    """An explanation is short, printable, and the same verdict, whatever the event."""
    whole = explain(PREDICATE, event)
    assert whole.verdict is MATCHES(event)
    lines = render(whole)
    assert all(line.isprintable() and len(line) < 2000 for line in lines)
    assert json.loads(json.dumps(as_json(whole)))["verdict"] is whole.verdict


READ: list[tuple[str, str, int, int]] = [
    ("a long text", '{"f": "' + "x" * LONG + 'needle"}', 1, 0),
    ("a hundred levels", '{"f": ' + '{"a":' * 100 + '"needle"' + "}" * 101, 1, 0),
    ("a thousand levels", '{"f": "needle", "a": ' + '{"a":' * 1000 + "1" + "}" * 1001, 1, 0),
    ("a needle that deep", '{"x": ' + "[" * 1000 + '"needle"' + "]" * 1000 + "}", 1, 0),
    ("as many as can be", '{"f": "needle", "a": ' + "[" * DEEPEST + "]" * DEEPEST + "}", 1, 0),
    ("brackets without end", '{"f": "needle", "a": ' + "[" * DEEPEST, 0, 1),
    ("many keys", json.dumps({"f": "needle"} | {str(n): n for n in range(MANY)}), 1, 0),
    ("a long list", json.dumps({"f": [*NEEDLES, "needle"]}), 1, 0),
    ("numbers", '{"n": 5E0}\n{"n": -0}\n{"n": 12345678901234567890123}', 3, 0),
    ("no finite numbers", '{"n": 1e400}\n{"n": NaN}\n{"n": -Infinity}\n{"n": 5}', 2, 0),
    ("a number of 5000 digits", '{"n": ' + "9" * 5000 + "}", 1, 0),
    ("no numbers", '{"n": 05}\n{"n": +5}\n{"n": .5}\n{"n": 0x5}\n{"n": 5}', 1, 4),
    ("keys given twice", '{"f": "x", "f": "needle"}\n{"f": "needle", "f": "x"}', 1, 0),
    ("half a character", '{"f": "\\ud800needle"}\n{"\\udfff": "x"}', 1, 0),
    ("odd keys", '{"": "needle"}\n{".": "x"}\n{"..": {"": "x"}}', 1, 0),
    ("no objects", '1\nnull\n"x"\n[]\n{"f": "needle"}', 1, 0),
]


@pytest.mark.parametrize(
    ("text", "matches", "rejected"), [r[1:] for r in READ], ids=[r[0] for r in READ]
)
def test_scan_reads_or_counts(tmp_path: Path, text: str, matches: int, rejected: int) -> None:
    """A record of a log is matched, or rejected and counted; the next ones are read either way."""
    rule = HEADER | {"level": "low", "detection": RULE | {"condition": "1 of them"}}
    (tmp_path / "r.yml").write_text(json.dumps(rule), "utf-8")
    (tmp_path / "e.ndjson").write_text(text + '\n{"f": "last needle"}\n', "utf-8")
    result = run("scan", "--rules", "r.yml", "--no-event", "e.ndjson", cwd=tmp_path)
    assert len(result.stdout.splitlines()) == matches + 1
    assert f" {matches + 1} matches" in result.stderr
    assert f" {rejected} rejected" in result.stderr
