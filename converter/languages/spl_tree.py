"""The syntax tree of an SPL query: stages of a pipeline, and the two kinds of expressions.

`search` and `where` read expressions of their own. Both share All, Any, Negation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Mark = Literal["", "CASE", "TERM"]


@dataclass(frozen=True, slots=True)
class All:
    """AND, implied or written."""

    args: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Any:
    """OR."""

    args: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Negation:
    """NOT."""

    arg: Expression


@dataclass(frozen=True, slots=True)
class Value:
    """A value of `search`, unescaped; its stars are wildcards. `mark`: written in CASE or TERM."""

    text: str
    quoted: bool = False
    mark: Mark = ""


@dataclass(frozen=True, slots=True)
class FieldTest:
    """`search`: a field compared with a value by = != < <= > >=."""

    field: str
    op: str
    value: Value


@dataclass(frozen=True, slots=True)
class FieldIn:
    """`search`: a field compared with a list of values."""

    field: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Term:
    """`search`: a word or phrase of the raw event."""

    value: Value


@dataclass(frozen=True, slots=True)
class Macro:
    """A back-quoted macro, as an expression of `search` or as a whole stage."""

    text: str


@dataclass(frozen=True, slots=True)
class Subsearch:
    """A search in brackets."""

    text: str


@dataclass(frozen=True, slots=True)
class Text:
    """`eval`: a string literal, unescaped."""

    text: str


@dataclass(frozen=True, slots=True)
class Number:
    """`eval`: a number literal."""

    value: int | float


@dataclass(frozen=True, slots=True)
class Name:
    """`eval`: a field."""

    name: str


@dataclass(frozen=True, slots=True)
class Call:
    """`eval`: a function, its name in small letters."""

    function: str
    args: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Binary:
    """`eval`: = != < <= > >= xor and + - . * / %."""

    op: str
    left: Expression
    right: Expression


Expression = (
    All
    | Any
    | Negation
    | FieldTest
    | FieldIn
    | Term
    | Macro
    | Subsearch
    | Text
    | Number
    | Name
    | Call
    | Binary
)


def names(node: Expression) -> set[str]:
    """All fields of an eval expression."""
    match node:
        case Name(name):
            return {name}
        case All(args) | Any(args) | Call(_, args):
            return set().union(*(names(arg) for arg in args))
        case Negation(arg):
            return names(arg)
        case Binary(_, left, right):
            return names(left) | names(right)
        case _:
            return set()


@dataclass(frozen=True, slots=True)
class Search:
    """Keeps the events for which the expression holds."""

    condition: Expression


@dataclass(frozen=True, slots=True)
class Where:
    """Keeps the events for which the eval expression is true."""

    condition: Expression


@dataclass(frozen=True, slots=True)
class Eval:
    """Sets fields, one after the other."""

    assignments: tuple[tuple[str, Expression], ...]


@dataclass(frozen=True, slots=True)
class Matching:
    """The command `regex`."""

    field: str
    negated: bool
    pattern: str


@dataclass(frozen=True, slots=True)
class Argument:
    """One word of a command. `kind`: word, text (a string, unescaped), sign, or opaque."""

    kind: Literal["word", "text", "sign", "opaque"]
    text: str
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class Command:
    """Any other command: its name in small letters, its words, and all after the name as text."""

    name: str
    arguments: tuple[Argument, ...]
    text: str = ""


Stage = Search | Where | Eval | Matching | Command | Macro


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A whole query. `generated`: it begins with a pipe and so with a generating command."""

    stages: tuple[Stage, ...]
    generated: bool = False
