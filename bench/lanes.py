"""One log: the scan beside what it is compared with, on one core and on all."""

from __future__ import annotations

import gzip
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import baselines
import orjson
from measuring import CORES, Figures, best

PROGRAM = str(Path(sys.executable).with_name("polysigma"))
ROW = "{:<32} {:8.3f} s {:12,.0f} events/s {:9,.1f} MB/s   {}"


@dataclass(frozen=True)
class Log:
    """Lines in a file; `one` holds the first of them alone."""

    path: Path
    one: Path
    events: int
    megabytes: float


@dataclass(frozen=True)
class Lane:
    """A log, the command that scans it, and RSigma's, which reads standard input."""

    name: str
    log: Log
    scan: tuple[str, ...]
    rsigma: tuple[tuple[str, ...], ...] = ()
    times: int = 3


def write(folder: Path, name: str, lines: Iterable[bytes]) -> Log:
    """The lines as a log."""
    path, one, count = folder / f"{name}.jsonl", folder / f"{name}.one.jsonl", 0
    with path.open("wb") as file:
        for line in lines:
            file.write(line)
            count += 1
            if count == 1:
                one.write_bytes(line)
    return Log(path, one, count, path.stat().st_size / 1e6)


def packed(log: Log) -> Log:
    """The same log as .gz, of as many megabytes when unpacked."""
    path = log.path.with_suffix(".jsonl.gz")
    with log.path.open("rb") as file, gzip.open(path, "wb", compresslevel=6) as out:
        shutil.copyfileobj(file, out, 1 << 20)
    one = log.one.with_suffix(".jsonl.gz")
    one.write_bytes(gzip.compress(log.one.read_bytes()))
    return replace(log, path=path, one=one)


def scan_command(rules: Sequence[str], level: str, *options: str) -> tuple[str, ...]:
    """The command that scans, without the log."""
    places = [word for rule in rules for word in ("--rules", rule)]
    return (PROGRAM, "scan", "--min-level", level, *options, *places)


def scanned(lane: Lane, cores: int) -> tuple[Figures, Figures]:
    """The scan without loading, and loading: a log of one record."""
    command = [*lane.scan, "-j", str(cores)]
    loading = best([[*command, str(lane.log.one)]], cores=cores, times=lane.times)
    whole = best([[*command, str(lane.log.path)]], cores=cores, times=lane.times)
    return whole.without(loading), loading


def compared(lane: Lane, cores: int) -> Iterator[tuple[str, Figures]]:
    """What else is measured on the log, with its name; without what a program takes to begin."""
    log, empty = lane.log, [[sys.executable, "-c", "import sys"]]
    start = best(empty, cores=cores, times=lane.times)
    if log.path.suffix == ".gz":
        found = best(baselines.unpacking(log.path), cores=cores, times=lane.times)
        yield "unpack by isal, else zlib", found.without(start)
    else:
        for name, make in (("read the bytes", baselines.reading),
                           ("orjson.loads of each line", baselines.decoding)):  # fmt: skip
            found = best(make(log.path, cores), cores=cores, times=lane.times)
            yield name, found.without(start)
    for command in lane.rsigma:
        began = best([command], log.one, cores, times=1)
        whole = best([command], log.path, cores, times=max(lane.times - 1, 1))
        routed = "--logsource-routing" in command
        yield f"RSigma, {'routed' if routed else 'as it is'}", whole.without(began)


def measure(lane: Lane) -> None:
    """Prints all figures of a lane."""
    log, (matches, matched) = lane.log, _matches(lane)
    share = f"{matches:,} matches, {100 * matched / log.events:.2f} % of events match"
    print(f"\n== {lane.name}: {log.events:,} events, {log.megabytes:,.0f} MB, {share}")
    alone = _measured(lane, 1)
    if CORES > 1:
        together = _measured(lane, CORES)
        whole = alone.wall / together.wall
        print(f"{CORES} cores are {whole:.2f} times as fast as one (wall seconds, without loading)")
        print(_memory(f"-j {CORES}", together.memory))
    print(_memory("-j 1", alone.memory))


def _measured(lane: Lane, cores: int) -> Figures:
    print("one core, CPU seconds" if cores == 1 else f"{cores} cores, wall seconds")
    net, loading = scanned(lane, cores)
    ours = net.seconds(cores)
    print(_row("polysigma scan", ours, lane.log, f"and {loading.seconds(cores):.2f} s to begin"))
    for name, figures in compared(lane, cores):
        seconds = figures.seconds(cores)
        print(_row(name, seconds, lane.log, f"the scan is {seconds / ours:.2f} times as fast"))
    return net


def _row(name: str, seconds: float, log: Log, note: str) -> str:
    return ROW.format(name, seconds, log.events / seconds, log.megabytes / seconds, note)


def _memory(name: str, peaks: tuple[float, ...]) -> str:
    if not peaks:
        return f"memory {name}: not known here"
    others = ", ".join(f"{peak:.0f}" for peak in peaks[1:])
    workers = f", each other process {others} MiB" if others else ""
    return f"memory {name}: {peaks[0]:.0f} MiB{workers}, all together {sum(peaks):.0f} MiB at most"


def _matches(lane: Lane) -> tuple[int, int]:
    """How many matches the scan prints, and how many records have one; fills the cache, too."""
    command = [*lane.scan, "-j", str(CORES), "--no-event", str(lane.log.path)]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode not in (0, 1):
        raise RuntimeError(done.stderr.decode("utf-8", "replace"))
    lines = done.stdout.splitlines()
    return len(lines), len({orjson.loads(line)["source"]["record"] for line in lines})
