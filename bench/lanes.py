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
from measuring import CORES, Figures, best, run

PROGRAM = str(Path(sys.executable).with_name("polysigma"))
ROW = "{:<32} {:8.3f} s {:12,.0f} events/s {:9,.1f} MB/s   {}"


@dataclass(frozen=True)
class Log:
    """Lines in a file; `empty` is one without any."""

    path: Path
    empty: Path
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


@dataclass(frozen=True)
class Ratio:
    """How many times as fast as the other a scan was."""

    lane: str
    other: str
    cores: int
    times: float


def write(folder: Path, name: str, lines: Iterable[bytes]) -> Log:
    """The lines as a log."""
    path, empty, count = folder / f"{name}.jsonl", folder / f"{name}.empty.jsonl", 0
    empty.write_bytes(b"")
    with path.open("wb") as file:
        for line in lines:
            file.write(line)
            count += 1
    return Log(path, empty, count, path.stat().st_size / 1e6)


def packed(log: Log) -> Log:
    """The same log as .gz, of as many megabytes when unpacked."""
    path = log.path.with_suffix(".jsonl.gz")
    with log.path.open("rb") as file, gzip.open(path, "wb", compresslevel=6) as out:
        shutil.copyfileobj(file, out, 1 << 20)
    empty = log.empty.with_suffix(".jsonl.gz")
    empty.write_bytes(gzip.compress(b""))
    return replace(log, path=path, empty=empty)


def scan_command(rules: Sequence[str], level: str, *options: str) -> tuple[str, ...]:
    """The command that scans, without the log."""
    places = [word for rule in rules for word in ("--rules", rule)]
    return (PROGRAM, "scan", "--min-level", level, *options, *places)


def scanned(lane: Lane, cores: int) -> tuple[Figures, Figures]:
    """The scan without loading, and loading: an empty log; both from a full cache."""
    command = [*lane.scan, "-j", str(cores)]
    run([[*command, str(lane.log.empty)], [*command, str(lane.log.path)]], cores=CORES)
    loading = best([[*command, str(lane.log.empty)]], cores=cores, times=lane.times)
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
        name = f"RSigma, {'routed' if '--logsource-routing' in command else 'as it is'}"
        try:
            began = best([command], log.empty, cores, times=1)
            whole = best([command], log.path, cores, times=max(lane.times - 1, 1))
        except RuntimeError as error:
            print(f"{name}: not measured, {error}")
        else:
            yield name, whole.without(began)


def measure(lane: Lane) -> list[Ratio]:
    """Prints all figures of a lane; gives by how much the scan is faster than each of the others,
    and than itself on one core."""
    log, (matches, matched) = lane.log, _matches(lane)
    share = f"{matches:,} matches, {100 * matched / log.events:.2f} % of events match"
    print(f"\n== {lane.name}: {log.events:,} events, {log.megabytes:,.0f} MB, {share}")
    alone, ratios = _measured(lane, 1)
    if CORES > 1:
        together, more = _measured(lane, CORES)
        whole = alone.wall / together.wall
        print(f"{CORES} cores are {whole:.2f} times as fast as one (wall seconds, without loading)")
        print(_memory(f"-j {CORES}", together.memory))
        ratios += [*more, Ratio(lane.name, "the scan on one core", CORES, whole)]
    print(_memory("-j 1", alone.memory))
    return ratios


def summary(ratios: Sequence[Ratio]) -> None:
    """Prints all ratios again, a line for each pair."""
    found: dict[tuple[str, str], dict[int, float]] = {}
    for one in ratios:
        found.setdefault((one.lane, one.other), {})[one.cores] = one.times
    heads = [f"{cores} core{'s' * (cores > 1)}" for cores in (1, CORES)[: min(CORES, 2)]]
    print(f"\n== How many times as fast as{'':<44}" + "".join(f"{head:>10}" for head in heads))
    for (lane, other), times in found.items():
        cells = [f"{times[cores]:.2f}" if cores in times else "" for cores in (1, CORES)]
        print(f"{lane:<34} {other:<36}" + "".join(f"{one:>10}" for one in cells[: len(heads)]))


def _measured(lane: Lane, cores: int) -> tuple[Figures, list[Ratio]]:
    print("one core, CPU seconds" if cores == 1 else f"{cores} cores, wall seconds")
    net, loading = scanned(lane, cores)
    ours = net.seconds(cores)
    print(_row("polysigma scan", ours, lane.log, f"and {loading.seconds(cores):.2f} s to begin"))
    ratios = []
    for name, figures in compared(lane, cores):
        seconds = figures.seconds(cores)
        print(_row(name, seconds, lane.log, f"the scan is {seconds / ours:.2f} times as fast"))
        ratios.append(Ratio(lane.name, name, cores, seconds / ours))
    return net, ratios


def _row(name: str, seconds: float, log: Log, note: str) -> str:
    return ROW.format(name, seconds, log.events / seconds, log.megabytes / seconds, note)


def _memory(name: str, peaks: tuple[float, ...]) -> str:
    if not peaks:
        return f"memory {name}: not known here"
    others = ", ".join(f"{peak:.0f}" for peak in peaks[1:])
    workers = f", each other process {others} MiB" if others else ""
    return f"memory {name}: {peaks[0]:.0f} MiB{workers}, all together {sum(peaks):.0f} MiB at most"


def _matches(lane: Lane) -> tuple[int, int]:
    """How many matches the scan prints, and how many records have one."""
    command = [*lane.scan, "-j", str(CORES), "--no-event", str(lane.log.path)]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode not in (0, 1):
        raise RuntimeError(done.stderr.decode("utf-8", "replace"))
    lines = done.stdout.splitlines()
    return len(lines), len({orjson.loads(line)["source"]["record"] for line in lines})
