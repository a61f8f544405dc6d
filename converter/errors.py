"""Every error a user can meet.

PolysigmaError
  RuleError      a Sigma rule, correlation or filter cannot be read or means nothing
  PipelineError  a processing pipeline, the field catalogue or a value list is wrong or missing
  QueryError     text is no query of its language, or the engine would refuse it
  Unsupported    one rule, one language: the language cannot say it
  LogError       a log, a sample or an event cannot be read
  StateError     a saved state cannot be read or belongs to other rules
  PackageError   a package cannot be built

Each says where (path and line), what is wrong, and what to do next.
"""

from __future__ import annotations


class PolysigmaError(Exception):
    """An error that points: `path:line: what; next_step`.

    `what` is one sentence without a full stop, `next_step` one imperative clause.
    `line` counts from 1; 0 means the whole file, an empty path the command line.
    """

    def __init__(self, what: str, *, path: str = "", line: int = 0, next_step: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.path = path
        self.line = line
        self.next_step = next_step

    def at(self, path: str, line: int = 0) -> PolysigmaError:
        """The same error with a place, where it had none."""
        self.path = self.path or path
        self.line = self.line or line
        return self

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.path and self.line else self.path
        text = f"{place}: {self.what}" if place else self.what
        return f"{text}; {self.next_step}" if self.next_step else text

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.what, self.path, self.line, self.next_step))


def _rebuild(
    kind: type[PolysigmaError], what: str, path: str, line: int, next_step: str
) -> PolysigmaError:
    return kind(what, path=path, line=line, next_step=next_step)


class RuleError(PolysigmaError):
    """A rule, correlation or filter that cannot be used.

    `about` is the value of the rule that is wrong, where only the value is known and not its place.
    """

    about: str = ""

    def of(self, value: str) -> RuleError:
        """The same error, of this value."""
        self.about = value
        return self


class PipelineError(PolysigmaError):
    """A pipeline, the field catalogue or a value list that cannot be used."""


class QueryError(PolysigmaError):
    """A query that its engine would refuse: `kind` is parse, type, unknown_column or other."""

    kind: str = "parse"

    @classmethod
    def of(cls, kind: str, what: str, next_step: str = "") -> QueryError:
        """An error of another kind than parse."""
        error = cls(what, next_step=next_step)
        error.kind = kind
        return error


class Unsupported(PolysigmaError):
    """What one language cannot say of one rule."""


class LogError(PolysigmaError):
    """A log, a sample or an event that cannot be read."""


class StateError(PolysigmaError):
    """What a scan has saved for the next one and cannot be used."""


class PackageError(PolysigmaError):
    """A package that cannot be built."""
