"""What a command takes: CPU and wall seconds, and the memory of all its processes."""

from __future__ import annotations

import os
import resource
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
CAN_PIN = hasattr(os, "sched_setaffinity")
_PAUSE = 0.02


@dataclass(frozen=True)
class Figures:
    """What one run took: seconds, and the highest MiB of its first process and of each other."""

    cpu: float
    wall: float
    memory: tuple[float, ...] = ()

    def without(self, loading: Figures) -> Figures:
        """The same without what it takes to begin."""
        spent = (self.cpu - loading.cpu, self.wall - loading.wall)
        return Figures(max(spent[0], 1e-3), max(spent[1], 1e-3), self.memory)

    def seconds(self, cores: int) -> float:
        """What is compared: CPU seconds on one core, wall seconds on several."""
        return self.cpu if cores == 1 else self.wall


def run(commands: Sequence[Sequence[str]], stdin: Path | None = None, cores: int = 1) -> Figures:
    """The commands at the same time, their output thrown away; on one core all on the first.

    Raises RuntimeError where one of them fails; exit code 1 says that there was something to tell.
    """
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), perf_counter()
    started = [_start(command, stdin, cores) for command in commands]
    memory = _Memory(started[0].pid)
    for one in started:
        if one.wait() not in (0, 1):
            raise RuntimeError(f"exit code {one.returncode} of {one.args!r}")
    wall = perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Figures(cpu, wall, memory.end())


def best(
    commands: Sequence[Sequence[str]], stdin: Path | None = None, cores: int = 1, times: int = 3
) -> Figures:
    """Of several runs the fewest seconds of each kind, and the most memory."""
    runs = [run(commands, stdin, cores) for _ in range(times)]
    most = max((one.memory for one in runs), key=sum)
    return Figures(min(one.cpu for one in runs), min(one.wall for one in runs), most)


def _start(command: Sequence[str], stdin: Path | None, cores: int) -> subprocess.Popen[bytes]:
    with open(stdin or os.devnull, "rb") as given, _first_core(cores == 1 and CAN_PIN):
        return subprocess.Popen(
            command, stdin=given, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )


@contextmanager
def _first_core(wanted: bool) -> Iterator[None]:
    """What is started meanwhile stays on the first core."""
    if not wanted:
        yield
        return
    all_cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(all_cores)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, all_cores)


class _Memory:
    """Looks, while a process runs, at how much it and the processes below it have held."""

    def __init__(self, pid: int) -> None:
        self._pid, self._peaks = pid, dict[int, float]()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def end(self) -> tuple[float, ...]:
        """MiB of the process itself, then of the others, the highest first; none known: ()."""
        self._done.set()
        self._thread.join()
        first = self._peaks.pop(self._pid, None)
        return () if not first else (first, *sorted(self._peaks.values(), reverse=True))

    def _watch(self) -> None:
        while not self._done.wait(_PAUSE):
            for pid in _tree(self._pid):
                self._peaks[pid] = max(self._peaks.get(pid, 0), _peak(pid))


def _tree(pid: int) -> list[int]:
    """The process and all below it."""
    found = [pid]
    for one in found:
        for task in Path(f"/proc/{one}/task").glob("*/children"):
            try:
                found += map(int, task.read_text("ascii").split())
            except OSError:
                continue
    return found


def _peak(pid: int) -> float:
    """The most MiB that a process ever held, as Linux counts it; 0 elsewhere."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text("utf-8").splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))
