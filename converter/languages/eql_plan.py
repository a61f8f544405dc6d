"""What an EQL condition asks of each field, types checked: between its tree and its answers.

A plan is True, False or None (null), a group, or a test of one field that never is null. Nulls
come from `?field` without such a field and from literals; they are settled here by the rules of
Elasticsearch's optimiser: `x or null` is x, `x and null` and `not null` are null, and a null
condition matches nothing (semantics: EQL 3).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network

from converter.languages.elastic_index import Address
from converter.predicate import Order, Pattern

Value = str | int | float | bool | Address


@dataclass(frozen=True, slots=True)
class Column:
    """A field that can be searched exactly, and its type.

    `analysed`: the text field whose keyword sub-field this is; ranges still ask the text field.
    """

    name: str
    type: str
    analysed: str = ""


@dataclass(frozen=True, slots=True)
class Has:
    """The field has a value."""

    column: Column


@dataclass(frozen=True, slots=True)
class Lacks:
    """The field has no value."""

    column: Column


@dataclass(frozen=True, slots=True)
class Whole:
    """Some value is this one; text without case where not `cased`."""

    column: Column
    value: Value
    cased: bool = True


@dataclass(frozen=True, slots=True)
class Like:
    """Some value fits the pattern."""

    column: Column
    pattern: Pattern
    cased: bool = True


@dataclass(frozen=True, slots=True)
class Fits:
    """Some value fits Lucene's regular expression as a whole."""

    column: Column
    regexp: str
    cased: bool = True


@dataclass(frozen=True, slots=True)
class Ranged:
    """Some value stands in this order to the value; dates in milliseconds since 1970."""

    column: Column
    op: Order
    value: Value


@dataclass(frozen=True, slots=True)
class Between:
    """Some date is from `low` to `high`, both in milliseconds since 1970 and included."""

    column: Column
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Inside:
    """Some address is in the network."""

    column: Column
    network: IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class All:
    """Every argument is true."""

    args: tuple[Plan, ...]


@dataclass(frozen=True, slots=True)
class Any:
    """Some argument is true."""

    args: tuple[Plan, ...]


@dataclass(frozen=True, slots=True)
class Neither:
    """The argument is false."""

    arg: Plan


Leaf = Has | Lacks | Whole | Like | Fits | Ranged | Between | Inside
Plan = bool | None | All | Any | Neither | Leaf


def every(args: Iterable[Plan]) -> Plan:
    """All of them: false wins, then null, then what is left."""
    left: list[Plan] = []
    for arg in args:
        if arg is False:
            return False
        left += [] if arg is True else [arg]
    if any(arg is None for arg in left):
        return None
    return All(tuple(left)) if len(left) > 1 else left[0] if left else True


def some(args: Iterable[Plan]) -> Plan:
    """Any of them: true wins, and nulls are left out beside anything that is no constant."""
    left: list[Plan] = []
    null = False
    for arg in args:
        if arg is True:
            return True
        null = null or arg is None
        left += [] if arg is False or arg is None else [arg]
    if not left:
        return None if null else False
    return Any(tuple(left)) if len(left) > 1 else left[0]


def negation(arg: Plan) -> Plan:
    """Not the argument; null stays null."""
    if arg is None or isinstance(arg, bool):
        return None if arg is None else not arg
    return arg.arg if isinstance(arg, Neither) else Neither(arg)
