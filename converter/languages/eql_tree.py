"""EQL as a tree: as the text says it, without its meaning."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Scalar = str | int | float | bool | None
Place = tuple[int, int]  # line and column, from 1
NOWHERE: Place = (0, 0)


@dataclass(frozen=True, slots=True)
class Const:
    """A literal: text, number, boolean or null."""

    value: Scalar


@dataclass(frozen=True, slots=True)
class Field:
    """A field by its name, dots included; `optional` as in `?field`."""

    name: str
    optional: bool = False
    place: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Call:
    """A function, its name as written; `folded` with the `~` of a comparison without case."""

    name: str
    args: tuple[Expression, ...]
    folded: bool = False
    place: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`left op right`."""

    op: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Minus:
    """`-arg`."""

    arg: Expression


@dataclass(frozen=True, slots=True)
class Compared:
    """`left op right`, with ==, != or an order."""

    op: str
    left: Expression
    right: Expression
    place: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Among:
    """`arg in (values)`, or `in~`."""

    arg: Expression
    values: tuple[Expression, ...]
    folded: bool = False
    place: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Alike:
    """`arg : values`, `like`, `like~`, `regex` or `regex~`."""

    op: str
    arg: Expression
    values: tuple[Const, ...]
    place: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Negated:
    """`not arg`."""

    arg: Expression


@dataclass(frozen=True, slots=True)
class Group:
    """Arguments with `and` or `or` between them."""

    op: Literal["and", "or"]
    args: tuple[Expression, ...]


Expression = Const | Field | Call | Arithmetic | Minus | Compared | Among | Alike | Negated | Group


@dataclass(frozen=True, slots=True)
class Event:
    """`category where condition`; the category is empty for `any`."""

    category: str
    condition: Expression
    place: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Step:
    """One `[event] by keys with runs=N` of a sequence or sample; `missing` with `![`."""

    event: Event
    keys: tuple[Expression, ...] = ()
    runs: int = 1
    missing: bool = False


@dataclass(frozen=True, slots=True)
class Sequence:
    """Steps in order, at most `span` milliseconds from first to last (0: any time)."""

    steps: tuple[Step, ...]
    span: int = 0
    until: Step | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """Steps in any order, joined by keys."""

    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Pipe:
    """`head count` or `tail count`."""

    name: Literal["head", "tail"]
    count: int


@dataclass(frozen=True, slots=True)
class Query:
    """What is searched for, and the pipes behind it."""

    source: Event | Sequence | Sample
    pipes: tuple[Pipe, ...] = ()
