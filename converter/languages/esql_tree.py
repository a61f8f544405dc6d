"""ES|QL as a tree: expressions and commands, as the text says them and without their meaning."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Scalar = str | int | float | bool | None
Place = tuple[int, int]
NOWHERE: Place = (0, 0)


@dataclass(frozen=True, slots=True)
class Const:
    """A literal: text, number, boolean or null."""

    value: Scalar


@dataclass(frozen=True, slots=True)
class Several:
    """A literal list in brackets."""

    values: tuple[Const, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """A literal length of time, such as `5 minutes`."""

    amount: int
    unit: str


@dataclass(frozen=True, slots=True)
class Options:
    """Named options of a function, `{"operator": "AND"}`."""

    entries: tuple[tuple[str, Expression], ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A column by its name, dots included."""

    name: str
    place: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Call:
    """A function; its name in lower case."""

    name: str
    args: tuple[Expression, ...]
    place: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Cast:
    """`value::type`."""

    arg: Expression
    type: str


@dataclass(frozen=True, slots=True)
class Infix:
    """A comparison or an arithmetic operator between two values."""

    op: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Minus:
    """The negative of a value."""

    arg: Expression


@dataclass(frozen=True, slots=True)
class Negation:
    """NOT."""

    arg: Expression


@dataclass(frozen=True, slots=True)
class Logic:
    """AND or OR between two or more."""

    op: Literal["and", "or"]
    args: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Like:
    """LIKE or RLIKE with one pattern or a list of them."""

    arg: Expression
    patterns: tuple[str, ...]
    regexp: bool
    listed: bool


@dataclass(frozen=True, slots=True)
class In:
    """IN with its list."""

    arg: Expression
    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class IsNull:
    """IS NULL, or IS NOT NULL."""

    arg: Expression
    denied: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """`field : value`, the full-text operator."""

    arg: Expression
    value: Expression


Expression = (
    Const
    | Several
    | Span
    | Options
    | Column
    | Call
    | Cast
    | Infix
    | Minus
    | Negation
    | Logic
    | Like
    | In
    | IsNull
    | Match
)


@dataclass(frozen=True, slots=True)
class Field:
    """A value and the name it is given."""

    name: str
    value: Expression


@dataclass(frozen=True, slots=True)
class From:
    """FROM with its indices and metadata columns."""

    indices: tuple[str, ...]
    metadata: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """ROW: one row of literals."""

    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Where:
    """WHERE."""

    test: Expression


@dataclass(frozen=True, slots=True)
class Eval:
    """EVAL."""

    fields: tuple[Field, ...]


Pattern = tuple[tuple[str, bool], ...]  # pieces of a column name; True: `*` stands for any text


@dataclass(frozen=True, slots=True)
class Keep:
    """KEEP, or DROP."""

    patterns: tuple[Pattern, ...]
    drop: bool = False


@dataclass(frozen=True, slots=True)
class Rename:
    """RENAME: pairs of old and new name."""

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Aggregate:
    """One column of STATS, and the test of the rows that count."""

    field: Field
    where: Expression | None


@dataclass(frozen=True, slots=True)
class Stats:
    """STATS, or INLINE STATS."""

    aggregates: tuple[Aggregate, ...]
    by: tuple[Field, ...]
    inline: bool = False


@dataclass(frozen=True, slots=True)
class Order:
    """One key of SORT."""

    value: Expression
    descending: bool
    nulls_first: bool


@dataclass(frozen=True, slots=True)
class Sort:
    """SORT."""

    orders: tuple[Order, ...]


@dataclass(frozen=True, slots=True)
class Limit:
    """LIMIT."""

    count: int


@dataclass(frozen=True, slots=True)
class MvExpand:
    """MV_EXPAND."""

    column: Column


@dataclass(frozen=True, slots=True)
class Other:
    """A command that is only known by its name."""

    name: str
    text: str


Command = Where | Eval | Keep | Rename | Stats | Sort | Limit | MvExpand | Other


@dataclass(frozen=True, slots=True)
class Query:
    """A whole query. `tails` holds for each command the text from there to the end."""

    settings: tuple[tuple[str, Scalar], ...]
    source: From | Row
    commands: tuple[Command, ...]
    tails: tuple[str, ...] = field(default=(), compare=False)
