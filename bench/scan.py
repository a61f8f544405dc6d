"""How fast logs are scanned, as ratios measured in one run on one machine.

    make bench-scan ARGS="--rules sigma_rules/aws --rules path/to/sigma/rules/cloud/aws"

Generated logs (`cloudtrail.py`, `windows.py`; fixed seeds) are scanned by the command line in a
process of its own. Times are CPU seconds of that process less those of the same command on a log
of one record, which is what loading the rules takes. They are compared with decoding every line
by orjson, and with reading the bytes. With --scaling FOLDER the CloudTrail log is scanned with
10, 100, 1,000 and 3,000 of the rules below that folder; --plot writes the result as SVG. RSigma is
measured where it is on the PATH.
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
from collections.abc import Iterable
from pathlib import Path

import cloudtrail
import windows

PROGRAM = str(Path(sys.executable).with_name("polysigma"))
READ = "import sys\nwith open(sys.argv[1], 'rb', buffering=0) as f:\n  while f.read(1 << 20): pass"
DECODE = "import sys, orjson\nfor line in open(sys.argv[1], 'rb'): orjson.loads(line)"
COUNTS = (10, 100, 1000, 3000)


class Figures:
    """What one command took: CPU and wall seconds, MiB."""

    def __init__(self, command: list[str], stdin: Path | None = None) -> None:
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        with open(stdin or os.devnull, "rb") as given:
            done = subprocess.Popen(
                command, stdin=given, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            _, _, usage = os.wait4(done.pid, 0)
        self.wall = time.perf_counter() - start
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        self.memory = usage.ru_maxrss / 1024


def best(command: list[str], stdin: Path | None = None, times: int = 3) -> Figures:
    """The run with the fewest CPU seconds."""
    return min((Figures(command, stdin) for _ in range(times)), key=lambda one: one.cpu)


class Bench:
    """One set of rules, in a folder for logs."""

    def __init__(self, rules: Iterable[str], folder: Path, options: list[str]) -> None:
        self.rules = [word for rule in rules for word in ("--rules", rule)]
        self.folder = folder
        self.options = options

    def write(self, name: str, lines: Iterable[bytes]) -> Path:
        """A log, and beside it one of its first record."""
        path = self.folder / name
        with path.open("wb") as file:
            for at, line in enumerate(lines):
                file.write(line)
                if not at:
                    (self.folder / f"{name}.one").write_bytes(line)
        return path

    def scan(self, log: Path, jobs: int = 1) -> tuple[float, Figures]:
        """CPU seconds of the scan without loading, and all figures."""
        command = [PROGRAM, "scan", "-j", str(jobs), *self.options, *self.rules]
        whole = best([*command, str(log)])
        return max(whole.cpu - best([*command, f"{log}.one"]).cpu, 1e-3), whole

    def lane(self, log: Path) -> float:
        """One log: prints the ratios, gives CPU seconds of the scan."""
        read = best([sys.executable, "-c", READ, str(log)]).cpu
        read -= best([sys.executable, "-c", "pass"]).cpu
        decode = best([sys.executable, "-c", DECODE, str(log)]).cpu
        decode -= best([sys.executable, "-c", "import orjson"]).cpu
        net, whole = self.scan(log)
        megabytes = log.stat().st_size / 1e6
        print(
            f"{log.name:<10} {net:7.2f} s CPU {megabytes / net:8.0f} MB/s"
            f"  orjson.loads / scan {decode / net:6.2f}"
            f"  scan / reading {net / max(read, 1e-3):6.1f}  {whole.memory:5.0f} MiB"
        )
        cores = os.cpu_count() or 1
        if cores > 1:
            several = self.scan(log, cores)[1]
            print(f"{'':<10} {cores} processes: {whole.wall / several.wall:.2f} times as fast")
        return net


def peer(program: str, rules: str, log: Path) -> None:
    """RSigma on the same log, which it reads from standard input."""
    net = best([program, "eval", "-r", rules], log).cpu
    net -= best([program, "eval", "-r", rules], Path(f"{log}.one")).cpu
    print(f"{log.name:<10} {net:7.2f} s CPU by RSigma")


def scaling(folder: str, log: Path, place: Path, options: list[str]) -> list[tuple[int, float]]:
    """MB a second with so many rules of a folder, in the order of their names."""
    files = sorted(Path(folder).rglob("*.yml"))
    found = []
    for count in COUNTS:
        if count > len(files):
            break
        some = place / f"rules{count}"
        some.mkdir()
        step = len(files) / count
        for at in range(count):
            shutil.copy(files[int(at * step)], some / f"{at:05}.yml")
        net, _ = Bench([str(some)], place, options).scan(log)
        found.append((count, log.stat().st_size / 1e6 / net))
        print(f"{count:>6} rules {net:7.2f} s CPU {found[-1][1]:8.0f} MB/s")
    return found


def plot(rows: list[tuple[int, float]], file: str) -> None:
    """Throughput against the number of rules, as SVG."""
    most = max(speed for _, speed in rows)
    width, height = 560, 300
    places = [
        (60 + at * (width - 100) / max(len(rows) - 1, 1), 250 - 210 * speed / most, count, speed)
        for at, (count, speed) in enumerate(rows)
    ]
    line = " ".join(f"{x:.0f},{y:.0f}" for x, y, _, _ in places)
    marks = "".join(
        f'<circle cx="{x:.0f}" cy="{y:.0f}" r="4"/>'
        f'<text x="{x:.0f}" y="{y - 10:.0f}">{speed:.0f}</text>'
        f'<text x="{x:.0f}" y="275">{count:,}</text>'
        for x, y, count, speed in places
    )
    Path(file).write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        'font-family="sans-serif" font-size="13" text-anchor="middle">'
        f'<rect width="{width}" height="{height}" fill="white"/>'
        f'<polyline points="{line}" fill="none" stroke="black"/>{marks}'
        f'<text x="{width / 2:.0f}" y="18">MB/s of CloudTrail against rules</text></svg>\n',
        "utf-8",
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rules", action="append", default=[])
    parser.add_argument("--windows-rules", action="append", default=[])
    parser.add_argument("--scaling", help="a folder of 3,000 rules")
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--min-level", default="low", help="see polysigma scan")
    parser.add_argument("--plot", help="an SVG file to write")
    parser.add_argument("--rsigma", default=shutil.which("rsigma"))
    asked = parser.parse_args()
    options = ["--min-level", asked.min_level]
    with tempfile.TemporaryDirectory() as name:
        bench = Bench(asked.rules or ["sigma_rules/aws"], Path(name), options)
        for lane, noisy in (("quiet", False), ("noisy", True)):
            log = bench.write(lane, cloudtrail.lines(asked.events, noisy=noisy))
            bench.lane(log)
            if asked.rsigma:
                peer(asked.rsigma, bench.rules[1], log)
        if asked.windows_rules:
            other = Bench(asked.windows_rules, Path(name), options)
            log = other.write("windows", windows.lines(asked.events))
            other.lane(log)
            if asked.rsigma:
                peer(asked.rsigma, other.rules[1], log)
        if asked.scaling:
            rows = scaling(asked.scaling, Path(name) / "quiet", Path(name), options)
            if asked.plot and rows:
                plot(rows, asked.plot)


if __name__ == "__main__":
    main()
