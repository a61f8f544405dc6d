"""What ES|QL compares: a field, perhaps in one case, or a constant; each under a condition."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, Literal, NamedTuple

from converter import predicate as p
from converter.errors import QueryError, Unsupported
from converter.languages import esql_tree as t
from converter.languages.elastic_index import NUMBERS, Index
from converter.languages.esql_calls import CALLERS
from converter.languages.esql_compile import Compiler
from converter.languages.esql_functions import FUNCTIONS, KNOWN
from converter.languages.esql_scope import Documents, Record, Scope
from converter.languages.esql_truth import Truth, both, either, opposite
from converter.languages.esql_values import shown, type_error
from converter.pipelines import Facts

Way = Literal["", "lower", "upper"]
_UNTEXT = NUMBERS | {"ip", "boolean", "date"}
_CASES: dict[str, Way] = {"to_lower": "lower", "to_upper": "upper"}
_TEXTS = frozenset({"to_string", "to_str", "::string", "::keyword", "::text"})
_DATES = frozenset({"to_datetime", "to_dt", "::datetime", "::date"})
_ADDRESSES = frozenset({"to_ip", "::ip"})
_OF_ONE = frozenset(
    {"mv_first", "mv_last", "mv_min", "mv_max", "mv_dedupe", "mv_sort", "mv_concat"}
)
Know = Callable[[str], Facts]
Judge = Callable[[t.Expression], Truth]


@dataclass(frozen=True, slots=True)
class Subject:
    """A field as it is compared: in lower or upper case, or as text whatever its type."""

    facts: Facts
    way: Way = ""
    text: bool = False

    @property
    def name(self) -> str:
        """The field's name."""
        return self.facts.name

    @property
    def lists(self) -> tuple[str, ...]:
        """The field, where it can hold several values."""
        return (self.name,) if self.facts.lists else ()


class Case(NamedTuple):
    """What is compared where the conditions hold."""

    conditions: tuple[p.Predicate, ...]
    value: Subject | t.Const


def refuse(what: str, next_step: str = "test the field itself") -> Unsupported:
    """The error for what a predicate cannot hold."""
    return Unsupported(f"ES|QL: {what} cannot be read as a test of events", next_step=next_step)


def subject_of(name: str, facts: Know) -> Subject:
    """A field. Raises QueryError where ES|QL has no such column."""
    known = facts(name)
    if known.type in ("flattened", "nested"):
        what = f"ES|QL: {name} is {known.type} and no column"
        raise QueryError.of("unknown_column", what, "ask for it with QSTR or KQL")
    if known.type == "unknown" and name == "@timestamp":
        known = replace(known, type="date")
    way: Way = "lower" if known.type == "lowercase" else ""
    return Subject(known if known.name == name else replace(known, name=name), way)


def cases(node: t.Expression, facts: Know, judge: Judge) -> list[Case]:
    """Everything that an expression can stand for. Raises Unsupported by the function's name."""
    folded = constant(node)
    if folded is not None:
        return [Case((), folded)]
    if isinstance(node, t.Column):
        return [Case((), subject_of(node.name, facts))]
    if isinstance(node, t.Cast):
        node = t.Call("::" + node.type, (node.arg,))
    if not isinstance(node, t.Call) or not node.args:
        raise refuse(_kind(node))
    if node.name == "coalesce":
        return _coalesced([cases(arg, facts, judge) for arg in node.args])
    if node.name == "case":
        return _chosen(node, facts, judge)
    if len(node.args) > 1 and node.name not in ("mv_concat", "mv_sort"):
        raise refused(node.name)
    return [_changed(node.name, case) for case in cases(node.args[0], facts, judge)]


def _coalesced(args: list[list[Case]]) -> list[Case]:
    out: list[Case] = []
    before: tuple[p.Predicate, ...] = ()
    for arg in args:
        for case in arg:
            known = (p.Exists(case.value.name),) if isinstance(case.value, Subject) else ()
            out.append(Case((*before, *case.conditions, *known), case.value))
        missing = [p.Null(case.value.name) for case in arg if isinstance(case.value, Subject)]
        if len(arg) > 1 or not missing:
            return out
        before = (*before, *missing)
    return [*out, Case(before, t.Const(None))]


def _chosen(node: t.Call, facts: Know, judge: Judge) -> list[Case]:
    out: list[Case] = []
    before: tuple[p.Predicate, ...] = ()
    for place in range(0, len(node.args) - 1, 2):
        test = judge(node.args[place])
        held = cases(node.args[place + 1], facts, judge)
        out += [Case((*before, test.true, *case.conditions), case.value) for case in held]
        before = (*before, opposite(test.true))
    rest = node.args[-1] if len(node.args) % 2 else t.Const(None)
    out += [Case((*before, *c.conditions), c.value) for c in cases(rest, facts, judge)]
    return out


def _changed(name: str, case: Case) -> Case:
    """A function around a value, where it leaves the value as it is or only changes its case."""
    value = case.value
    if isinstance(value, t.Const):
        folded = constant(t.Call(name, (value,)))
        if folded is None:
            raise refuse(name.upper())
        return Case(case.conditions, folded)
    return Case(case.conditions, _of_field(name, value))


def _of_field(name: str, value: Subject) -> Subject:
    kind = value.facts.type
    if name in _CASES and not value.text and kind in _UNTEXT:
        raise type_error(f"{name.upper()} reads text, {value.name} is {kind}")
    if name in _CASES and value.way in ("", _CASES[name]):
        return replace(value, way=_CASES[name])
    if name in _TEXTS and kind not in ("date", "double", "float", "half_float", "scaled_float"):
        return replace(value, text=True)
    if name in _DATES and value.facts.type in ("date", "unknown"):
        return value
    if name in _ADDRESSES and value.facts.type == "ip":
        return value
    if name in _OF_ONE and not value.facts.lists:
        return value
    raise refused(name)


def refused(name: str) -> Unsupported | QueryError:
    """The error for a function of a field: there is none, or a predicate cannot hold it."""
    if name not in FUNCTIONS and name not in CALLERS and name not in KNOWN:
        return type_error(f"there is no function {name.upper()}")
    return refuse(f"{name.upper().removeprefix('::')} of a field")


def _kind(node: t.Expression) -> str:
    if isinstance(node, t.Call):
        return f"{node.name.upper()}()"
    return f"{node.op} in a comparison" if isinstance(node, t.Infix) else type(node).__name__


def constant(node: t.Expression) -> t.Const | None:
    """The literal that an expression without columns and clock comes to; None for others."""
    if isinstance(node, t.Const):
        return node
    if isinstance(node, t.Several | t.Options | t.Span) or not _is_fixed(node):
        return None
    compiled = Compiler(Scope(Documents(Index({}), ()), {})).compile(node)
    cell = compiled.run(Record(-1, {}))
    if len(cell) > 1:
        return None
    return t.Const(shown(compiled.type)(cell[0]) if cell else None)


def _is_fixed(node: Any) -> bool:
    if isinstance(node, t.Column | t.Match) or (isinstance(node, t.Call) and node.name in _MOVING):
        return False
    return all(_is_fixed(part) for part in _parts(node))


_MOVING = frozenset({"now", "qstr", "kql", "match", "match_phrase"})


def _parts(node: Any) -> list[Any]:
    if not is_dataclass(node):
        return []
    values = [getattr(node, field.name) for field in fields(node)]
    flat = [part for value in values for part in (value if isinstance(value, tuple) else (value,))]
    return [part for part in flat if is_dataclass(part)]


def moves(node: Any) -> bool:
    """Whether an expression looks at the clock."""
    return (isinstance(node, t.Call) and node.name == "now") or any(map(moves, _parts(node)))


def columns(node: Any) -> list[str]:
    """The columns of an expression."""
    own = [node.name] if isinstance(node, t.Column) else []
    return own + [name for part in _parts(node) for name in columns(part)]


def substituted(node: Any, names: dict[str, t.Expression | None]) -> Any:
    """The expression with columns replaced by what they stand for; None: no such column."""
    if isinstance(node, t.Column):
        if node.name not in names:
            return node
        meant = names[node.name]
        if meant is None:
            raise QueryError.of("unknown_column", f"ES|QL: no column {node.name}", "mend the name")
        return meant
    if isinstance(node, tuple):
        return tuple(substituted(part, names) for part in node)
    if not is_dataclass(node) or isinstance(node, type):
        return node
    return replace(
        node, **{f.name: substituted(getattr(node, f.name), names) for f in fields(node)}
    )


def combined(left: list[Case], right: list[Case], compare: Callable[[Case, Case], Truth]) -> Truth:
    """A comparison over every pair of cases, each under its conditions."""
    pairs = [(a, b, compare(a, b)) for a in left for b in right]
    conditions = [_conditions(a, b) for a, b, _ in pairs]
    true = [both((*c, x.true)) for c, (_, _, x) in zip(conditions, pairs, strict=True)]
    false = [both((*c, x.false)) for c, (_, _, x) in zip(conditions, pairs, strict=True)]
    return (
        pairs[0][2] if len(pairs) == 1 and not conditions[0] else Truth(either(true), either(false))
    )


def _conditions(a: Case, b: Case) -> list[p.Predicate]:
    """What both cases need, without what the comparison of those fields needs anyway."""
    known = {p.Exists(case.value.name) for case in (a, b) if isinstance(case.value, Subject)}
    return [c for c in (*a.conditions, *b.conditions) if c not in known]
