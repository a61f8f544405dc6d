"""The nodes of a predicate, its walkers and its normal form."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from converter.casing import fold
from converter.predicate.pattern import Pattern, tidy

Value = str | int | float | bool
Order = Literal["<", "<=", ">", ">="]
Relation = Literal["equals", "differs", "startswith", "endswith", "contains", "<", "<=", ">", ">="]


@dataclass(frozen=True, slots=True)
class And:
    """True when every argument is."""

    args: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """True when any argument is."""

    args: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """True when the argument is not."""

    arg: Predicate


@dataclass(frozen=True, slots=True, eq=False)
class Equals:
    """The field is this value. Text compares by simple case folding unless `cased`.

    A number or boolean also equals its text (semantics: `5` and "5", `true` and "true").
    """

    field: str
    value: Value
    cased: bool = False

    def _key(self) -> tuple[str, Value, type, bool]:
        return self.field, self.value, type(self.value), self.cased

    def __eq__(self, other: object) -> bool:
        """The same test; 1 and true are two, though Python holds them for one."""
        return isinstance(other, Equals) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())


@dataclass(frozen=True, slots=True)
class Glob:
    """The field, as text, fits the whole pattern: pieces of text and wildcards in order."""

    field: str
    pattern: Pattern
    cased: bool = False


@dataclass(frozen=True, slots=True)
class Regex:
    """The regular expression is found somewhere in the field's text. Flags: letters of "ims"."""

    field: str
    pattern: str
    flags: str = ""


@dataclass(frozen=True, slots=True)
class Cidr:
    """The field is an address inside this network, IPv4 or IPv6."""

    field: str
    network: str


@dataclass(frozen=True, slots=True)
class Compare:
    """The field stands in this order to the value: as a number, or as text to a text value."""

    field: str
    op: Order
    value: int | float | str


@dataclass(frozen=True, slots=True)
class Exists:
    """The event has the key, whatever its value (null included)."""

    field: str


@dataclass(frozen=True, slots=True)
class Null:
    """The key is missing or its value is null."""

    field: str


@dataclass(frozen=True, slots=True)
class FieldCompare:
    """Two fields of one event compared; false when either is missing.

    "differs": some value of the one equals no value of the other.
    """

    field: str
    relation: Relation
    other: str
    cased: bool = False


@dataclass(frozen=True, slots=True)
class TimePart:
    """A part of a time value stands in this order to a number.

    The parts are minute, hour, day, week, month, year, and weekday from 1, Monday, to 7.

    The part is read in the zone; without one in the value's own offset, else in UTC.
    """

    field: str
    part: str
    op: Literal["==", "<", "<=", ">", ">="]
    value: int
    zone: str = ""


@dataclass(frozen=True, slots=True)
class Words:
    """The field, split into lower-case words, holds these words in sequence (analysed text)."""

    field: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Single:
    """The field holds exactly one value."""

    field: str


@dataclass(frozen=True, slots=True)
class Opaque:
    """A named test of which nothing else is known, such as a macro; false to the matcher."""

    name: str


@dataclass(frozen=True, slots=True)
class Keyword:
    """Some text value of the event fits the pattern."""

    pattern: Pattern
    cased: bool = False


@dataclass(frozen=True, slots=True)
class KeywordRegex:
    """The regular expression is found in some text value of the event."""

    pattern: str
    flags: str = ""


FieldTest = (
    Equals
    | Glob
    | Regex
    | Cidr
    | Compare
    | Exists
    | Null
    | FieldCompare
    | TimePart
    | Words
    | Single
)
Test = FieldTest | Keyword | KeywordRegex | Opaque
Predicate = And | Or | Not | Test

TRUE = And(())
FALSE = Or(())


def tests(predicate: Predicate) -> Iterator[Test]:
    """Every test of the tree, left to right."""
    if isinstance(predicate, And | Or):
        for arg in predicate.args:
            yield from tests(arg)
    elif isinstance(predicate, Not):
        yield from tests(predicate.arg)
    else:
        yield predicate


def fields(predicate: Predicate) -> list[str]:
    """Names of all fields the tree asks for, each once, in order of appearance."""
    names: dict[str, None] = {}
    for test in tests(predicate):
        if not isinstance(test, Keyword | KeywordRegex | Opaque):
            names[test.field] = None
        if isinstance(test, FieldCompare):
            names[test.other] = None
    return list(names)


def rebuild(predicate: Predicate, change: Callable[[Test], Predicate]) -> Predicate:
    """The tree with each test replaced by what `change` gives for it."""
    if isinstance(predicate, And):
        return And(tuple(rebuild(arg, change) for arg in predicate.args))
    if isinstance(predicate, Or):
        return Or(tuple(rebuild(arg, change) for arg in predicate.args))
    if isinstance(predicate, Not):
        return Not(rebuild(predicate.arg, change))
    return change(predicate)


def in_zone(predicate: Predicate, zone: str) -> Predicate:
    """The predicate with parts of times read in a zone; as it is where none is named."""
    if not zone:
        return predicate

    def change(test: Test) -> Predicate:
        return replace(test, zone=zone) if isinstance(test, TimePart) else test

    return rebuild(predicate, change)


def normal(predicate: Predicate) -> Predicate:
    """The normal form: groups flat, sorted, without doubles; no double negation; no constants."""
    if isinstance(predicate, And | Or):
        return _normal_group(predicate)
    if isinstance(predicate, Not):
        arg = normal(predicate.arg)
        if isinstance(arg, Not):
            return arg.arg
        return FALSE if arg == TRUE else TRUE if arg == FALSE else Not(arg)
    return _normal_test(predicate)


def _normal_group(group: And | Or) -> Predicate:
    kind = type(group)
    zero: Predicate = FALSE if kind is And else TRUE
    flat: dict[Predicate, None] = {}
    for arg in group.args:
        plain = normal(arg)
        flat.update(dict.fromkeys(plain.args if isinstance(plain, kind) else (plain,)))
    args = tuple(flat) if len(flat) < 2 else tuple(sorted(flat, key=_order))
    if zero in args:
        return zero
    return args[0] if len(args) == 1 else kind(args)


def _order(predicate: Predicate) -> str:
    """A text by which arguments are sorted; what `repr` would say, in less time."""
    if isinstance(predicate, Glob):
        pieces = "\0".join(map(str, predicate.pattern))
        return f"Glob {predicate.field} {pieces} {predicate.cased}"
    if isinstance(predicate, Equals):
        return f"Equals {predicate.field} {predicate.value!r} {predicate.cased}"
    if isinstance(predicate, And | Or):
        return f"{type(predicate).__name__}({' '.join(map(_order, predicate.args))})"
    return f"Not {_order(predicate.arg)}" if isinstance(predicate, Not) else repr(predicate)


def _normal_test(test: Test) -> Test:
    if isinstance(test, Glob):
        pattern = tidy(test.pattern)
        if all(isinstance(piece, str) for piece in pattern):
            return _normal_test(Equals(test.field, "".join(map(str, pattern)), test.cased))
        return Glob(test.field, _folded(pattern, test.cased), test.cased)
    if isinstance(test, Equals) and isinstance(test.value, str) and not test.cased:
        folded = fold(test.value)
        return test if folded == test.value else Equals(test.field, folded, False)
    if isinstance(test, Keyword):
        return Keyword(_folded(tidy(test.pattern), test.cased), test.cased)
    return test


def _folded(pattern: Pattern, cased: bool) -> Pattern:
    if cased:
        return pattern
    return tuple(fold(piece) if isinstance(piece, str) else piece for piece in pattern)
