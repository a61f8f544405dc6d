"""Where the results of a scan go: standard output or Parquet; rejects, histogram, checkpoint."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, Protocol

import click

from converter.cli.checkpoint import Checkpoint
from converter.cli.histogram import Histogram
from converter.cli.matches import FORMATS, Writer
from converter.cli.parquet import MATCHES, ParquetMatches
from converter.cli.seen import Seen
from converter.cli.stdout import StandardOutput
from converter.cli.talk import plain
from converter.errors import LogError
from converter.logs import Reject
from converter.logs.opening import shown
from converter.logs.parts import Part
from converter.matcher.correlation import Engine
from converter.scan.crew import Crew
from converter.scan.results import Row, Summary


class Wishes(Protocol):
    """The options that matter here."""

    @property
    def logs(self) -> Sequence[str]:
        """The logs, as they were named."""

    @property
    def form(self) -> str:
        """A name of FORMATS."""

    @property
    def folder(self) -> str | None:
        """Where Parquet goes."""

    @property
    def rejects(self) -> str | None:
        """The file for rejects."""

    @property
    def resume(self) -> str | None:
        """The file of the checkpoint."""

    @property
    def same(self) -> Mapping[str, Iterable[str]]:
        """What must be the same in a scan that goes on: its rules, its options."""

    @property
    def no_event(self) -> bool:
        """Whether matches are written without events."""

    @property
    def histogram(self) -> bool:
        """Whether a histogram is shown."""

    @property
    def verbose(self) -> bool:
        """Whether each reject is named."""


class Output:
    """Takes results. Raises LogError where a file cannot be written.

    `unread` tells whether a log that was named cannot be opened.
    """

    def __init__(self, asked: Wishes, summary: Summary) -> None:
        self._asked, self._summary = asked, summary
        self._out = StandardOutput(used=not asked.folder)
        self._named = {*asked.logs, *(shown(Path(place)) for place in asked.logs)}
        self.unread = False
        self._files = ExitStack()
        self._rejects: BinaryIO | None = None
        if asked.rejects:
            self._rejects = self._files.enter_context(_new(asked.rejects))
        self._histogram = Histogram() if asked.histogram else None
        self._checkpoint: Checkpoint | None = None
        self._end: Callable[[], None] = lambda: None
        self._writer: Writer | ParquetMatches
        if asked.folder:
            self._writer = ParquetMatches(asked.folder, with_event=not asked.no_event)
        else:
            rules = list(summary.matches)
            self._writer = FORMATS[asked.form](self._write, rules, with_event=not asked.no_event)

    @property
    def written(self) -> tuple[str | int | None, ...]:
        """The files that are written, by name or by number."""
        parquet = os.path.join(self._asked.folder, MATCHES) if self._asked.folder else None
        out = None if parquet else self._out.number
        return out, parquet, self._asked.rejects, self._asked.resume

    def resume(self, items: Sequence[Part | Reject], crew: Crew, engine: Engine) -> int:
        """How many items were done in an earlier run; from now on it is kept how many are."""
        if self._asked.resume is None:
            return 0
        seen = Seen(self._summary, self._histogram)
        kept = Checkpoint(self._asked.resume, self._asked.same, self._out.number, seen)
        self._checkpoint, self._end = kept, lambda: kept.end(crew, engine)
        done = kept.load(items, crew, engine)
        for rejected in self._summary.rejects.values():
            self._note(rejected.first)
        crew.behind = lambda: kept.save(crew, engine, self._out.flush)
        return done

    @property
    def done_before(self) -> bool:
        """Whether the same scan came to its end before, and its output stands."""
        return self._checkpoint is not None and self._checkpoint.ended

    def flush(self) -> None:
        """Lets readers have what was written."""
        self._out.flush()

    def take(self, results: Sequence[Row | Reject]) -> None:
        """Writes the matches, and what is to be said of rejects."""
        found = [one for one in results if isinstance(one, Row)]
        if found:
            self._writer.rows(found)
        if self._histogram:
            for row in found:
                self._histogram.add(row.time)
        if len(found) < len(results):
            for one in results:
                if isinstance(one, Reject):
                    self._take(one)

    def _take(self, reject: Reject) -> None:
        self._note(reject)
        if self._rejects and reject.number:
            self._reject(self._rejects, reject)
        if self._asked.verbose:
            click.echo(f"rejected: {told(reject)}", err=True)

    def _reject(self, file: BinaryIO, reject: Reject) -> None:
        try:
            file.write((reject.whole or reject.raw) + b"\n")
        except OSError as error:
            raise _no_rejects(str(self._asked.rejects), error) from None

    def _note(self, reject: Reject) -> None:
        self.unread |= reject.kind == "unreadable" and reject.file in self._named

    def finish(self, *, ended: bool) -> None:
        """Ends what was begun; a checkpoint has served where the scan has ended."""
        self._writer.finish()
        self._out.finish()
        try:
            self._files.close()
        except OSError as error:
            raise _no_rejects(str(self._asked.rejects), error) from None
        for line in self._histogram.lines() if self._histogram else ():
            click.echo(line, err=True)
        if ended:
            self._end()

    def _write(self, data: bytes) -> None:
        if self._checkpoint:
            self._checkpoint.write(data, self._out.write)
        else:
            self._out.write(data)


def told(reject: Reject) -> str:
    """Where the reject stands and why it is one, for people."""
    number = f" record {reject.number}" if reject.number else ""
    position = f" ({reject.position})" if reject.position else ""
    return plain(f"{reject.file}{number}{position}: {reject.why}")


def _new(file: str) -> BinaryIO:
    try:
        return open(file, "wb")
    except OSError as error:
        raise _no_rejects(file, error) from None


def _no_rejects(file: str, error: OSError) -> LogError:
    what = f"{file} cannot be written ({error.strerror})"
    return LogError(what, next_step="name another file with --rejects")
