"""What a check says, and what it may look at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from converter.rules import Rule

Keys = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """Content that should be better: where, the check that says so, what is wrong, what to do.

    `line` counts from 1; 0 means the whole file.
    """

    path: str
    line: int
    code: str
    what: str
    next_step: str

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else self.path
        return f"{place}: {self.what}; {self.next_step} [{self.code}]"


@dataclass(frozen=True, slots=True)
class Fault:
    """What one check says of one rule: `keys` lead to the place in the rule.

    Where the fault is in another file, `path` and `line` name the place instead.
    """

    what: str
    next_step: str
    keys: Keys = ()
    path: str = ""
    line: int = 0


@dataclass(frozen=True)
class Content:
    """All rules of a run and the folder of their sample events."""

    rules: tuple[Rule, ...]
    samples: str

    @cached_property
    def titles(self) -> dict[str, Rule]:
        """The first rule of each title, compared without case."""
        return {rule.title.casefold(): rule for rule in reversed(self.rules)}

    @cached_property
    def names(self) -> dict[str, Rule]:
        """The first rule of each name that correlations may call."""
        return {rule.name: rule for rule in reversed(self.rules) if rule.name}


Check = Callable[[Rule, Content], Iterator[Fault]]
