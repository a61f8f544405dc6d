"""What one Sigma rule is to us."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from converter.errors import PolysigmaError, RuleError
from converter.rules.yaml_reader import find_line

Kind = Literal["rule", "correlation", "filter"]


@dataclass(frozen=True)
class Rule:
    """One Sigma rule, correlation or filter, as read.

    `path` is the file as named by the user, `stem` its place below the rules root without suffix
    (with `.N` for the N-th document of a file, from the second on), `index` counts from 0.
    `digest` names the content of the file.
    """

    path: str
    stem: str
    index: int
    kind: Kind
    data: dict[str, Any]
    text: str = field(repr=False, compare=False)
    digest: str = field(default="", repr=False, compare=False)

    @property
    def id(self) -> str:
        return str(self.data.get("id", "")).lower()

    @property
    def title(self) -> str:
        return str(self.data.get("title", ""))

    @property
    def name(self) -> str:
        """What correlations may call the rule besides its id."""
        return str(self.data.get("name", ""))

    @property
    def level(self) -> str:
        return str(self.data.get("level", ""))

    @property
    def status(self) -> str:
        return str(self.data.get("status", ""))

    @property
    def logsource(self) -> dict[str, str]:
        """product, category, service as far as given; other words (definition) left out."""
        source = self.data.get("logsource")
        known = ("product", "category", "service")
        return (
            {k: str(source[k]) for k in known if source.get(k)} if isinstance(source, dict) else {}
        )

    @cached_property
    def extra(self) -> dict[str, Any]:
        """What stands under `polysigma:`."""
        extra = self.data.get("polysigma")
        return extra if isinstance(extra, dict) else {}

    def line(self, *keys: str | int) -> int:
        """The line of a part of the rule, counted from 1: `rule.line("detection", "selection")`."""
        return find_line(self.text, self.index, keys)

    def place(self, error: PolysigmaError) -> PolysigmaError:
        """The error with a place in this rule, where it had none: the value it is about."""
        value = error.about if isinstance(error, RuleError) else ""
        keys = _keys_of(self.data.get("detection"), value) if value else None
        return error.at(self.path, self.line("detection", *keys) if keys else 0)

    def error(self, what: str, *keys: str | int, next_step: str = "") -> RuleError:
        """An error that points at a part of this rule."""
        return RuleError(what, path=self.path, line=self.line(*keys), next_step=next_step)


def _keys_of(part: Any, value: str) -> tuple[str | int, ...] | None:
    """The way to the first value that is this text."""
    if not isinstance(part, dict | list):
        return () if str(part) == value else None
    for key, inner in part.items() if isinstance(part, dict) else enumerate(part):
        keys = _keys_of(inner, value)
        if keys is not None:
            return (key, *keys)
    return None


@dataclass(frozen=True)
class RuleSet:
    """Rules in reading order, and what could not be read."""

    rules: tuple[Rule, ...]
    errors: tuple[RuleError, ...]

    def __iter__(self) -> Iterator[Rule]:
        return iter(self.rules)

    def __len__(self) -> int:
        return len(self.rules)

    @cached_property
    def filters(self) -> tuple[Rule, ...]:
        return self.of_kind("filter")

    def of_kind(self, kind: Kind) -> tuple[Rule, ...]:
        return tuple(rule for rule in self.rules if rule.kind == kind)
