"""polysigma scan --engine spark: the parts of a scan are scanned by Spark's workers.

Each worker makes of the rules and pipelines, sent as they stand in their files, the same work that
a scan on one machine does, and sends back what it found. Hits of rules that look at several events
are few beside the events; Spark puts them in order of time, and one engine here takes them.
"""

from __future__ import annotations

import heapq
import pickle
import sys
import tempfile
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from operator import itemgetter
from pathlib import Path

import click

from converter.cli.reading import prepared
from converter.cli.scanning import Asked, work_of
from converter.errors import LogError
from converter.logs import Reject
from converter.logs.opening import STDIN, File
from converter.logs.parts import Part
from converter.matcher.times import instant
from converter.pipelines import Pipelines, pipeline_folders
from converter.rules import RuleSet, read_rules
from converter.scan import Stage, Summary
from converter.scan.crew import Crew
from converter.scan.results import Row
from converter.scan.work import Before, Done, Work
from converter.spark import Found, Key, Log, Result, Task, logs, run, session

_SENT = (".yml", ".yaml", ".txt")
_UNREAD = "Spark did not read it; it passes over names that begin with _ or ."


def cluster(asked: Asked, work: Work, stage: Stage, summary: Summary) -> Crew:
    """Spark's workers. Raises LogError where there is no Spark."""
    if asked.resume or asked.jobs:
        what = "--resume and --jobs are for --engine local; Spark repeats and divides by itself"
        raise click.UsageError(what)
    if STDIN in asked.logs:
        raise click.UsageError("--engine spark reads files and URLs, no standard input")
    return Cluster(recipe(asked), work, stage, summary)


@dataclass(frozen=True)
class Recipe:
    """All that another machine needs to make the same work; `chosen` and `files` are pipelines."""

    asked: Asked
    rules: RuleSet
    folders: int
    chosen: tuple[str, ...]
    files: Mapping[str, bytes]

    def __call__(self) -> Task:
        """The task of a worker."""
        with tempfile.TemporaryDirectory(prefix="polysigma-") as name:
            root = Path(name)
            for path, content in self.files.items():
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_bytes(content)
            chosen = [str(root / one) if one.startswith("chosen/") else one for one in self.chosen]
            folders = [root / str(number) for number in range(self.folders)]
            pipelines = Pipelines(chosen, folders)
            loaded = prepared(self.rules, pipelines, self.asked.schema)
            return partial(results, work_of(self.asked, loaded))


def recipe(asked: Asked) -> Recipe:
    """What the workers need for these rules and options."""
    rules = read_rules(asked.places or ("sigma_rules",))
    files: dict[str, bytes] = {}
    folders = pipeline_folders()
    for number, folder in enumerate(folders):
        files |= _read(folder, str(number))
    chosen = []
    for number, name in enumerate(asked.pipelines):
        own = _read(Path(name), f"chosen/{number}/{Path(name).name}") if Path(name).exists() else {}
        files |= own
        chosen.append(f"chosen/{number}/{Path(name).name}" if own else name)
    return Recipe(asked, rules, len(folders), tuple(chosen), files)


def _read(place: Path, name: str) -> dict[str, bytes]:
    if place.is_file():
        return {name: place.read_bytes()}
    inner = (path for path in sorted(place.rglob("*")) if path.suffix in _SENT and path.is_file())
    return {f"{name}/{path.relative_to(place).as_posix()}": path.read_bytes() for path in inner}


def results(work: Work, part: Part) -> Iterator[Result]:
    """What a worker sends back of one part: `found`, `hits` with their time, and `done`."""
    done = Done(part)
    for rows, hits in work.run(part, done):
        for row in rows:
            yield "found", None, pickle.dumps(row)
        if hits:
            time = next((hit.time for hit in hits if hit.time), None)
            yield "hits", instant(time), pickle.dumps(hits)
    done.part = Part(File(part.file.name, None))
    if part.end is None:
        kinds = done.summary.rejects.items()
        rejects = sum(rejected.count for kind, rejected in kinds if kind != "matcher")
        done.records = done.summary.records + rejects
    yield "done", None, pickle.dumps(done)


class Cluster(Crew):
    """A scan by Spark's workers: what they found, numbered and counted as in one file."""

    def __init__(self, setup: Recipe, work: Work, stage: Stage, summary: Summary) -> None:
        super().__init__(work, stage, summary, 1, None)
        self._setup = setup
        self._spark = session(progress=sys.stderr.isatty())
        self._files: list[Log | Reject] = []
        self._places: dict[Key, Before] = {}

    def items(self, places: Sequence[str]) -> list[Part | Reject]:
        """The files, as Spark lists them."""
        self._files = logs(self._spark, places)
        return [
            one if isinstance(one, Reject) else Part(File(one.name, None, one.path), one.size)
            for one in self._files
        ]

    def scan(self, items: Iterable[Part | Reject]) -> Generator[Sequence[Row | Reject], None, None]:
        """Matches of single events and rejects as they stand in the logs, then those over several.

        Spark's work is done when the first comes.
        """
        with run(self._spark, self._files, self._setup) as found:
            self._count(found)
            for row in self._rows(found):
                yield [row]
            for key, data in found.in_time("hits"):
                self.before = self._places[key]
                yield from self._settled(([], pickle.loads(data)))

    def _count(self, found: Found) -> None:
        """Counts all that was read, and learns how many records stand before each piece."""
        file, unread = -1, [isinstance(one, Log) for one in self._files]
        for key, data in found.in_order("done"):
            done: Done = pickle.loads(data)
            if key.file != file:
                self._told(file + 1, key.file)
                file, self.before = key.file, Before(done.part.file.name)
            if key in self._places:
                raise LogError(f"Spark read {done.part.file.name} twice", next_step="report it")
            unread[file] = False
            self._places[key] = replace(self.before)
            self._counted(done)
            self.before.leave(done)
        self._told(file + 1, len(self._files))
        for number, log in enumerate(self._files):
            if unread[number] and isinstance(log, Log):
                self._files[number] = Reject(log.name, 0, "", "unreadable", _UNREAD)
                self._told(number, number + 1)
        self.done = len(self._files)

    def _told(self, start: int, end: int) -> None:
        """Counts the files that could not be read."""
        for one in self._files[start:end]:
            if isinstance(one, Reject):
                self._summary.reject(one)

    def _rows(self, found: Found) -> Iterator[Row | Reject]:
        unread = (
            (Key(number, -1, 0), one)
            for number, one in enumerate(self._files)
            if isinstance(one, Reject)
        )
        rows = ((key, self._placed(key, data)) for key, data in found.in_order("found"))
        yield from map(itemgetter(1), heapq.merge(unread, rows, key=itemgetter(0)))

    def _placed(self, key: Key, data: bytes) -> Row | Reject:
        (one,), _ = self._places[key].placed(([pickle.loads(data)], []))
        return one
