"""How long converting takes: ours against sigma-cli, on the same rules, in one run.

    make bench-convert ARGS="--rules path/to/sigma/rules -p sysmon -p ecs_windows -p splunk_windows"

Prints CPU seconds (user + system, of the whole process), wall seconds and peak memory of each run.
sigma-cli converts one language a run, so its four runs are summed; it has no pipeline for ES|QL,
whose time is counted as Lucene's. It is not among our requirements: install it beside, with the
same backends, and name it with --sigma.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

PEER_TARGETS = {"lucene": "lucene", "eql": "eql", "spl": "splunk"}


@dataclass(frozen=True)
class Figures:
    """What one run took: seconds and MiB."""

    cpu: float
    wall: float
    memory: float
    code: int


def measure(command: list[str]) -> Figures:
    """One run of a command, its output thrown away."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    done = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(done.pid, 0)
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Figures(cpu, wall, usage.ru_maxrss / 1024, os.waitstatus_to_exitcode(status))


def show(name: str, figures: Figures) -> None:
    print(
        f"{name:<34} {figures.cpu:8.2f} s CPU {figures.wall:8.2f} s wall "
        f"{figures.memory:7.0f} MiB  exit {figures.code}"
    )


def ours(rules: str, pipelines: list[str], jobs: int) -> Figures:
    """All four languages, cold, then what a second run takes, and one after a change."""
    folder = Path(tempfile.mkdtemp())
    os.environ["POLYSIGMA_CACHE"] = str(folder / "cache")
    mine = shutil.copytree(rules, folder / "rules")
    program = str(Path(sys.executable).with_name("polysigma"))
    command = [program, "convert", str(mine), "-o", str(folder / "out"), "-j", str(jobs)]
    for name in pipelines:
        command += ["-p", name]
    cold = measure(command)
    show("polysigma, four languages", cold)
    show("polysigma, again, nothing changed", measure(command))
    with sorted(mine.rglob("*.yml"))[0].open("a", encoding="utf-8") as rule:
        rule.write("# changed\n")
    show("polysigma, one rule changed", measure(command))
    show("polysigma --help", measure([program, "--help"]))
    shutil.rmtree(folder)
    return cold


def peer(sigma: str, rules: str, pipelines: list[str]) -> float:
    """The summed CPU seconds of one run for each language."""
    total = 0.0
    for language, target in PEER_TARGETS.items():
        fitting = [name for name in pipelines if ("splunk" in name) <= (target == "splunk")]
        fitting = [name for name in fitting if ("ecs" in name) <= (target != "splunk")]
        command = [sigma, "convert", "-t", target, "-s", "-o", os.devnull]
        for name in fitting:
            command += ["-p", name]
        command += [rules] if fitting else ["--without-pipeline", rules]
        figures = measure(command)
        show(f"sigma convert -t {target}", figures)
        total += figures.cpu * (2 if language == "lucene" else 1)
    return total


def parser() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(description=__doc__.splitlines()[0], allow_abbrev=False)
    found.add_argument("--rules", default="sigma_rules")
    found.add_argument("-p", "--pipeline", action="append", default=[], dest="pipelines")
    found.add_argument("-j", "--jobs", type=int, default=2)
    found.add_argument("--sigma", default=shutil.which("sigma"))
    return found


def main(arguments: argparse.Namespace) -> None:
    cold = ours(arguments.rules, arguments.pipelines, arguments.jobs)
    if not arguments.sigma:
        print("sigma-cli is not installed here, so there is no comparison: name it with --sigma")
        return
    total = peer(arguments.sigma, arguments.rules, arguments.pipelines)
    print(f"sigma convert, four languages summed: {total:.2f} s CPU")
    print(
        f"our wall seconds on {arguments.jobs} cores / their CPU seconds: {cold.wall / total:.2f}"
    )
    print(f"our CPU seconds / their CPU seconds: {cold.cpu / total:.2f}")


if __name__ == "__main__":
    main(parser().parse_args())
