"""Whether all ways find the same: scan, its prefilter left out, JSON spelled otherwise, and RSigma.

    make bench-matches ARGS="--rules path/to/sigma/rules"

Each line of a log, with each rule that matches it, is compared. Logs: CloudTrail, quiet and noisy,
with our rules; Windows events with the rules of the named folders; and for each rule of both the
events that a prover makes of it, matches and near misses. Differences from RSigma are told by what
the Sigma specification, or what a rule says beyond it, has to do with them (`KINDS`); what none of
these explains makes the exit code 1.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import baselines
import cloudtrail
import orjson
import windows
from lanes import PROGRAM
from made_events import events_of
from respelled import respelled

Found = set[tuple[int, str]]
NUMBER = "_number"


@dataclass(frozen=True)
class Case:
    """One difference: the rule's text, the event's line, and whether only we match."""

    rule: str
    line: str
    ours: bool


Kind = tuple[str, Callable[[Case], bool]]


def _says(pattern: str) -> Callable[[Case], bool]:
    return lambda case: re.search(pattern, case.rule, re.MULTILINE) is not None


def _holds(pattern: str) -> Callable[[Case], bool]:
    return lambda case: re.search(pattern, case.line) is not None


def _both(*tests: Callable[[Case], bool]) -> Callable[[Case], bool]:
    return lambda case: all(test(case) for test in tests)


_ALL = r"'\|(\w+\|)*all(\|\w+)*'"
KINDS: tuple[Kind, ...] = (
    ("we look for values not seen before, RSigma has no such rules", _says(r"^    new_terms:")),
    ("RSigma does not know our modifiers", _says(r"\|(weekday|differs)\b")),
    ("we look up the list of values that |expand names, RSigma takes the name as it is",
     _says(r"\|expand\b")),
    ("an object in the place of a value is its JSON text; RSigma passes it over",
     _holds(r'\{"object":')),
    ("case: by simple folding, of which lower case is only a part (σ ς, s ſ, k K)",
     _holds("[\u017f\u212a\u03c2\u0131\u0130]")),
    ("|exists asks for the key, whatever its value; to RSigma null is no key",
     _both(_says(r"\|exists\b"), _holds("null"))),
    ("null among several values is a missing key, too", _says(r"^\s+- null$|\[.*\bnull\b.*\]")),
    ("|windash is for every dash and slash that can begin an option; RSigma leaves slashes",
     _both(_says(r"\|windash\b"), _holds("[-/–—―]"))),
    ("|fieldref compares each value of a list, as all of the specification's tests do",
     _both(_says(r"\|fieldref\b"), _holds(r":\["))),
    ("base64 texts compare without case, as all texts", _says(r"\|base64")),
    ("keywords with |all: each is found somewhere in the event", _says(_ALL)),
    ("|startswith and |endswith keep the wildcards in their values in place",
     _both(_says(r"\|(startswith|endswith)\b"), _says(r"- .*[^\\][?*]"))),
    ("the shape of Windows events tells where rules' names stand in them",
     _both(_says("product: windows"), _says(r"^\s+-? ?(Data|TargetObject|Message)\b"))),
)  # fmt: skip


def ours(log: Path, rules: Path, *options: str) -> Found:
    """Line and rule of each match of a scan."""
    command = [PROGRAM, "scan", "--no-event", "--rules", str(rules), *options, str(log)]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode not in (0, 1):
        raise RuntimeError(done.stderr.decode("utf-8", "replace"))
    matches = map(orjson.loads, done.stdout.splitlines())
    return {(match["source"]["record"], match["rule"]["id"]) for match in matches}


def theirs(program: str, log: Path, rules: Path) -> Found:
    """The same of RSigma; lines carry their numbers."""
    command = [*baselines.rsigma(program, rules)[0], "--include-event", "--output-format", "ndjson"]
    with log.open("rb") as lines:
        done = subprocess.run(command, stdin=lines, capture_output=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr.decode("utf-8", "replace"))
    matches = [one for one in map(orjson.loads, done.stdout.splitlines()) if "event" in one]
    return {(match["event"][NUMBER], match["rule_id"]) for match in matches}


def differences(log: Path, rules: Path, one: Found, other: Found) -> int:
    """Prints what only one of them finds, by kind; gives how many no kind explains."""
    lines = log.read_text("utf-8").splitlines()
    texts = dict(_texts(rules))
    counts, example = Counter[str](), dict[str, tuple[str, int, str]]()
    for number, rule in sorted(one ^ other):
        case = Case(texts.get(rule, ""), lines[number - 1], (number, rule) in one)
        kind = next((name for name, fits in KINDS if fits(case)), "NOT EXPLAINED")
        counts[kind] += 1
        who = "only we match" if case.ours else "only RSigma matches"
        example.setdefault(kind, (rule, number, f"{who} {case.line[:160]}"))
    for kind, count in counts.most_common():
        rule, number, told = example[kind]
        print(f"  {count:>5} {kind}\n        e.g. {rule}, line {number}: {told}")
    return counts["NOT EXPLAINED"]


def _texts(rules: Path) -> Iterator[tuple[str, str]]:
    for file in sorted(rules.rglob("*.yml")):
        text = file.read_text("utf-8")
        found = re.search(r"^id: *(\S+)", text, re.MULTILINE)
        if found:
            yield found[1], text


def numbered(path: Path, lines: Iterable[bytes]) -> Path:
    """A log whose lines carry their numbers."""
    with path.open("wb") as file:
        for number, line in enumerate(lines, 1):
            file.write(orjson.dumps({**orjson.loads(line), NUMBER: number}) + b"\n")
    return path


def compare(name: str, log: Path, rules: Path, program: str, options: Sequence[str]) -> int:
    """Prints one comparison; gives how many differences there are that nothing explains."""
    found = ours(log, rules, *options)
    print(f"\n== {name}: {len(found):,} matches", flush=True)
    bad = len(found ^ ours(log, rules, "--no-prefilter", *options))
    print(f"without the prefilter: {bad or 'no'} differences", flush=True)
    again = log.with_suffix(".respelled")
    with log.open("rb") as lines:
        again.write_bytes(b"".join(respelled(lines, len(found))))
    lost = len(found ^ ours(again, rules, *options))
    print(f"spelled in other ways: {lost or 'no'} differences", flush=True)
    bad += lost
    if program:
        other = theirs(program, log, rules)
        print(f"RSigma: {len(found & other):,} in common, {len(found ^ other):,} differences")
        bad += differences(log, rules, found, other)
    return bad


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], allow_abbrev=False)
    parser.add_argument("--rules", action="append", default=[], metavar="FOLDER")
    parser.add_argument("--events", type=int, default=5_000, help="of each log (5000)")
    parser.add_argument("--made", type=int, default=3, help="tests to turn round of each rule (3)")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--rsigma", default=shutil.which("rsigma") or "")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="polysigma-bench-") as name:
        return min(sum(_comparisons(asked, Path(name))), 1)


def _comparisons(asked: argparse.Namespace, folder: Path) -> Iterator[int]:
    for product, places in (("aws", ["sigma_rules", *asked.rules]), ("windows", asked.rules)):
        if not (rules := baselines.of_product(product, places, folder / product)):
            continue
        for what, lines in _logs(product, Path(rules[0]), asked):
            log = numbered(folder / f"{product}.jsonl", lines)
            options = ["--no-routing"]
            yield compare(f"{product}, {what}", log, Path(rules[0]), asked.rsigma, options)


def _logs(
    product: str, rules: Path, asked: argparse.Namespace
) -> Iterator[tuple[str, Iterable[bytes]]]:
    if product == "aws":
        yield "quiet", cloudtrail.lines(asked.events, seed=asked.seed)
        yield "noisy", cloudtrail.lines(asked.events, noisy=True, seed=asked.seed)
    else:
        yield "flat", windows.lines(asked.events, seed=asked.seed)
    yield "events made of the rules", events_of(rules, asked.made, asked.seed)


if __name__ == "__main__":
    sys.exit(main())
