"""How fast logs are scanned: ratios measured in one run, on one core and on all.

    make bench-scan
    make bench-scan ARGS="--rules path/to/sigma/rules --out folder/for/the/plot"

CloudTrail, quiet and noisy, plain and as .gz, with our rules and those of the named folders whose
product is aws. Windows events, with and without routing, with all rules of the named folders. Then
the quiet log with 10 to 3,000 rules, as a plot: made rules, where no folder is named. Logs are made
with fixed seeds. Each figure is without what the program takes to begin: an empty log.
RSigma is measured where it is on the PATH; it gets a copy of the same rules, and reads in one
thread, however many cores there are.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import baselines
import cloudtrail
import made_rules
import plot
import windows
from lanes import Lane, Log, Ratio, measure, packed, scan_command, scanned, summary, write
from measuring import CAN_PIN, CORES, best
from windows_layouts import LAYOUTS

COUNTS = (10, 100, 1000, 3000)
PARTS = ("cloudtrail", "windows", "scaling", "loading")
OURS = "sigma_rules/aws"


def parser() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(description=__doc__.splitlines()[0], allow_abbrev=False)
    one = found.add_argument
    one("--rules", action="append", default=[], metavar="FOLDER", help="such as SigmaHQ's")
    one("--events", type=int, default=100_000, help="CloudTrail events (100000)")
    one("--windows-events", type=int, default=50_000, help="Windows events (50000)")
    one("--layout", choices=(*LAYOUTS, "mixed"), default="flat", help="of Windows events (flat)")
    one("--seed", type=int, default=7)
    one("--times", type=int, default=3, help="runs of each command, of which the best counts (3)")
    one("--min-level", choices=baselines.LEVELS, default="low", help="of rules (low)")
    one("--out", metavar="FOLDER", help="for the plot (default: a new temporary one)")
    one("--rsigma", default=shutil.which("rsigma") or "", help="its program; empty: none")
    one("--only", choices=PARTS, action="append", default=[], help="these parts")
    return found


class Bench:
    """What was asked for, and a folder for logs."""

    def __init__(self, asked: argparse.Namespace, folder: Path) -> None:
        self.asked, self.folder, self.ratios = asked, folder, list[Ratio]()
        found = baselines.of_product("aws", asked.rules, folder / "aws-rules")
        self.rules = [OURS, *(found or [str(Path(__file__).with_name("rules"))])]

    def lane(
        self, name: str, log: Log, rules: Sequence[str], *more: str, peers: Sequence[str] = ()
    ) -> None:
        """One lane; for each of `peers`, RSigma with that log source, empty for none."""
        asked, rsigma = self.asked, list[list[str]]()
        if asked.rsigma and peers:
            copies = self.folder / f"rsigma-{name.partition(',')[0]}"
            if not copies.exists():
                baselines.rules_for_rsigma(rules, copies, asked.min_level)
            for source in peers:
                rsigma += baselines.rsigma(asked.rsigma, copies, source)
        command = scan_command(rules, asked.min_level, *more)
        self.ratios += measure(Lane(name, log, command, tuple(map(tuple, rsigma)), asked.times))

    def cloudtrail(self) -> None:
        for name, noisy in (("quiet", False), ("noisy", True)):
            lines = cloudtrail.lines(self.asked.events, noisy=noisy, seed=self.asked.seed)
            log = write(self.folder, name, lines)
            peers = ("", "product=aws,service=cloudtrail")
            self.lane(f"CloudTrail, {name}", log, self.rules, peers=peers)
            self.lane(f"CloudTrail, {name}, .gz", packed(log), self.rules)

    def windows(self) -> None:
        asked = self.asked
        if not asked.rules:
            print("\n== Windows: not measured, as our rules are for clouds; --rules names others")
            return
        made = windows.lines(asked.windows_events, asked.layout, seed=asked.seed)
        log = write(self.folder, f"windows-{asked.layout}", made)
        flat = asked.layout == "flat"  # RSigma looks for fields at the top only
        routed, unrouted = (("product=windows",), ("",)) if flat else ((), ())
        name = f"Windows, {asked.layout}"
        self.lane(f"{name}, routed", log, asked.rules, peers=routed)
        self.lane(f"{name}, unrouted", log, asked.rules, "--no-routing", peers=unrouted)

    def scaling(self) -> None:
        """The quiet log with more and more rules, as a plot too."""
        lines = cloudtrail.lines(self.asked.events, seed=self.asked.seed)
        log, rows = write(self.folder, "scaling", lines), dict[str, list[tuple[int, float]]]()
        print(f"\n== CloudTrail, quiet, with so many rules: {log.megabytes:,.0f} MB")
        for count, folder in self._rule_folders():
            lane = Lane("", log, scan_command([str(folder)], "informational"), (), self.asked.times)
            for cores in (1, CORES) if CORES > 1 else (1,):
                name = "one core" if cores == 1 else f"{cores} cores"
                seconds = scanned(lane, cores)[0].seconds(cores)
                rows.setdefault(name, []).append((count, log.megabytes / seconds))
                print(
                    f"{count:>6,} rules, {name:<9} {seconds:8.3f} s {rows[name][-1][1]:9,.1f} MB/s"
                )
        self._conclude(rows)

    def _conclude(self, rows: dict[str, list[tuple[int, float]]]) -> None:
        for name, row in rows.items():
            speeds = dict(row)
            if {100, 3000} <= speeds.keys():
                ratio = speeds[100] / speeds[3000]
                print(f"{name}: 3,000 rules take {ratio:.2f} times as long as 100")
        place = Path(self.asked.out or tempfile.mkdtemp(prefix="polysigma-bench-"))
        place.mkdir(parents=True, exist_ok=True)
        file = place / "throughput.svg"
        file.write_text(plot.svg(rows, "Scanning CloudTrail: throughput and rules"), "utf-8")
        print(f"plot: {file}")

    def _rule_folders(self) -> Iterator[tuple[int, Path]]:
        """Folders of 10, 100, 1,000 and 3,000 rules: made ones, or every n-th of those named."""
        files = [file for place in self.asked.rules for file in sorted(Path(place).rglob("*.yml"))]
        for count in COUNTS:
            folder = self.folder / f"rules{count}"
            if folder.exists():
                yield count, folder
            elif not files:
                made_rules.write(folder, count)
                yield count, folder
            elif count <= len(files):
                folder.mkdir()
                for at in range(count):
                    shutil.copy(files[at * len(files) // count], folder / f"{at:05}.yml")
                yield count, folder

    def loading(self) -> None:
        """The first start with these rules, and the second."""
        log = write(self.folder, "start", cloudtrail.lines(1))
        rules = self.asked.rules or [str([folder for _, folder in self._rule_folders()][-1])]
        count = sum(1 for place in rules for _ in Path(place).rglob("*.yml"))
        os.environ["POLYSIGMA_CACHE"] = str(self.folder / "new cache")
        print(f"\n== Loading {count:,} rules for a log of one record, one core")
        command = [*scan_command(rules, "informational"), "-j", "1", str(log.path)]
        for name, times in (("first", 1), ("second", max(self.asked.times, 2))):
            spent = best([command], times=times)
            print(f"{name} start: {spent.cpu:.2f} s CPU, {spent.wall:.2f} s wall")


def main(asked: argparse.Namespace, said: Sequence[str]) -> None:
    """Prints all parts; `said` are the arguments, to repeat it."""
    print(f"again: make bench-scan ARGS={shlex.quote(shlex.join(said))}")
    kept = "the first one" if CAN_PIN else "any, as they cannot be kept,"
    print(f"{CORES} cores; {kept} where it says one core")
    if os.getloadavg()[0] > CORES / 2:
        print(
            f"other programs are at work (load {os.getloadavg()[0]:.1f}): wall seconds tell little"
        )
    if not asked.rsigma:
        print("RSigma is not on the PATH, so there is no comparison with it; --rsigma names it")
    with tempfile.TemporaryDirectory(prefix="polysigma-bench-") as name:
        os.environ["POLYSIGMA_CACHE"] = str(Path(name) / "cache")
        bench = Bench(asked, Path(name))
        for part in asked.only or PARTS:
            getattr(bench, part)()
        if bench.ratios:
            summary(bench.ratios)


if __name__ == "__main__":
    main(parser().parse_args(), sys.argv[1:])
