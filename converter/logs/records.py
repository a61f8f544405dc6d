"""What reading a log gives: records, and rejects for what is none."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from converter.errors import LogError
from converter.logs.lines import one_line

Kind = Literal[
    "unreadable",
    "empty",
    "binary",
    "truncated",
    "corrupt",
    "too long",
    "encoding",
    "json",
    "not an object",
    "unfinished",
    "matcher",
]

NEXT_STEPS: dict[Kind, str] = {
    "unreadable": "check the path and the permissions",
    "empty": "nothing to do if no events were expected",
    "binary": "give JSON or text logs, plain or gzipped",
    "truncated": "copy the file again from where it came",
    "corrupt": "copy the file again from where it came",
    "too long": "split the record, or raise the limit of a record's size",
    "encoding": "write the log as UTF-8",
    "json": "repair the record at its source",
    "not an object": "a record is a JSON object",
    "unfinished": "repair the record at its source, or copy the file again",
    "matcher": "report this as a fault of polysigma, with the rule and the event",
}

EXCERPT = 200


@dataclass(slots=True)  # not frozen: that would take twice as long to make
class Record:
    """One event, the file it is from (`-` is standard input) and its number there.

    Numbers count from 1 in each file, over the records inside wrappers; a rejected record takes
    a number too, so that the numbers of its neighbours do not depend on it. `raw` is the line that
    is the record, if one is, and is sound JSON.
    """

    event: dict[str, Any]
    file: str
    number: int
    raw: bytes = field(default=b"", repr=False, compare=False)

    @property
    def line(self) -> bytes:
        """Its bytes, if they can stand in a line of JSON as they are; else none."""
        return one_line(self.raw) if self.raw else b""


@dataclass(frozen=True, slots=True)
class Reject:
    """One record that cannot be read, or with number 0 something about the whole file.

    `position` is `line N` (from 1), `byte N` (from 0, after decompression), both, or empty.
    `raw` holds at most the first 200 bytes, `whole` all of them, as far as they are known.
    """

    file: str
    number: int
    position: str
    kind: Kind
    why: str
    raw: bytes = b""
    whole: bytes = field(default=b"", repr=False, compare=False)

    @property
    def error(self) -> LogError:
        """The same as an error for people, with its next step."""
        what = f"{self.why} ({self.position})" if self.position else self.why
        if self.number:
            what = f"record {self.number}: {what}"
        return LogError(what, path=self.file, next_step=NEXT_STEPS[self.kind])


@dataclass(frozen=True, slots=True)
class Fault:
    """Why some bytes are no event, before their place is known."""

    kind: Kind
    why: str
    raw: bytes = b""

    def torn(self, cut: int) -> Fault:
        """The same of bytes that were cut there, if they were."""
        if not cut:
            return self
        why = "a bracket or a quote in it is not closed, or closed twice"
        return Fault("json", why, self.raw[: min(cut, EXCERPT)])
