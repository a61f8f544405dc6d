"""ES|QL's function calls made runnable; those that look at types or time stand here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from converter.errors import QueryError, Unsupported
from converter.languages import esql_tree as t
from converter.languages import esql_values as v
from converter.languages.esql_conversions import CONVERSIONS
from converter.languages.esql_fulltext import FULL_TEXT
from converter.languages.esql_functions import FUNCTIONS, KNOWN, Function
from converter.languages.esql_scope import Compiled, Compiling, Record, Run
from converter.languages.esql_times import TIMES

_KINDS: dict[str, frozenset[str]] = {
    "text": v.STRINGS,
    "number": v.NUMBERS,
    "whole": v.WHOLES,
    "date": frozenset({"datetime"}),
}
Caller = Callable[[Compiling, t.Call], Compiled]


def compile_call(compiler: Compiling, node: t.Call) -> Compiled:
    """A call, its arguments checked. Raises QueryError; Unsupported for what is not held."""
    if node.name in CALLERS:
        return CALLERS[node.name](compiler, node)
    if node.name in FUNCTIONS:
        return _plain(FUNCTIONS[node.name], node, [compiler.compile(arg) for arg in node.args])
    if node.name in KNOWN:
        what = f"ES|QL: the function {node.name.upper()} is not held"
        raise Unsupported(what, next_step="test the field without it")
    if node.name.startswith("::"):
        raise QueryError(f"ES|QL: {node.name[2:]} is no type", next_step="cast to a known type")
    raise v.type_error(f"there is no function {node.name.upper()}")


def _plain(function: Function, node: t.Call, args: Sequence[Compiled]) -> Compiled:
    _check(function, node, args)
    gives = args[0].type if function.gives == "=" else function.gives
    runs = [arg.run for arg in args]
    ways = {"single": _single, "each": _each, "whole": _whole}
    return Compiled(gives, ways[function.way](function, runs))


def _check(function: Function, node: t.Call, args: Sequence[Compiled]) -> None:
    takes = function.takes
    least = sum(1 for kind in takes if kind[-1] not in "?*")
    if len(args) < least or (len(args) > len(takes) and not takes[-1].endswith("*")):
        raise QueryError(
            f"ES|QL: {node.name.upper()} does not take {len(args)} arguments",
            next_step="give what it takes",
        )
    for place, arg in enumerate(args):
        kind = takes[min(place, len(takes) - 1)].rstrip("?*")
        _check_kind(kind, arg.type, args[0].type, node.name)


def _check_kind(kind: str, found: str, first: str, name: str) -> None:
    if "null" in (found, first) or kind == "any":
        return
    fits = (found == first or {found, first} <= v.STRINGS) if kind == "same" else None
    if fits is False or (fits is None and found not in _KINDS[kind]):
        raise v.type_error(f"{name.upper()} does not take {found} there")


def _single(function: Function, runs: Sequence[Run]) -> Run:
    def run(record: Record) -> v.Cell:
        cells = [run(record) for run in runs]
        if any(len(cell) != 1 for cell in cells):
            return ()
        return _tried(function, [cell[0] for cell in cells])

    return run


def _tried(function: Function, values: list[object]) -> v.Cell:
    try:
        result = function.run(*values)
    except (ArithmeticError, ValueError):
        return ()
    return result if isinstance(result, tuple) else () if result is None else (result,)


def _each(function: Function, runs: Sequence[Run]) -> Run:
    return lambda record: tuple(function.run(value) for value in runs[0](record))


def _whole(function: Function, runs: Sequence[Run]) -> Run:
    return lambda record: tuple(function.run(*(run(record) for run in runs)))


def _coalesce(compiler: Compiling, node: t.Call) -> Compiled:
    args = [compiler.compile(arg) for arg in node.args]
    if not args:
        raise v.type_error("COALESCE takes at least one value")
    kind = v.common_type([arg.type for arg in args], "COALESCE")
    runs = [arg.run for arg in args]

    def run(record: Record) -> v.Cell:
        return next((cell for run in runs if (cell := run(record))), ())

    return Compiled(kind, run)


def _case(compiler: Compiling, node: t.Call) -> Compiled:
    args = [compiler.compile(arg) for arg in node.args]
    if len(args) < 2:
        raise QueryError("ES|QL: CASE takes a condition and a value", next_step="add the value")
    pairs = list(zip(args[0 : len(args) - 1 : 2], args[1::2], strict=False))
    rest = args[-1] if len(args) % 2 else None
    if any(test.type not in ("boolean", "null") for test, _ in pairs):
        raise v.type_error("a condition of CASE is no boolean")
    values = [value for _, value in pairs] + ([rest] if rest else [])
    kind = v.common_type([value.type for value in values], "CASE")

    def run(record: Record) -> v.Cell:
        for test, value in pairs:
            if test.run(record) == (True,):
                return value.run(record)
        return rest.run(record) if rest else ()

    return Compiled(kind, run)


def _extreme(choose: Callable[[list[Any]], Any]) -> Caller:
    """GREATEST or LEAST: null if any argument is."""

    def caller(compiler: Compiling, node: t.Call) -> Compiled:
        args = [compiler.compile(arg) for arg in node.args]
        kind = v.common_type([arg.type for arg in args], node.name.upper())

        def run(record: Record) -> v.Cell:
            cells = [arg.run(record) for arg in args]
            return (choose([x for cell in cells for x in cell]),) if all(cells) else ()

        return Compiled(kind, run)

    return caller


def _cidr_match(compiler: Compiling, node: t.Call) -> Compiled:
    if len(node.args) < 2:
        raise v.type_error("CIDR_MATCH takes an ip and one or more networks")
    address, *ranges = [compiler.compile(arg) for arg in node.args]
    for arg in node.args[1:]:
        if isinstance(arg, t.Const) and isinstance(arg.value, str):
            v.check_network(arg.value)
    if address.type not in ("ip", "null") or any(isinstance(arg, t.Several) for arg in node.args):
        raise v.type_error("CIDR_MATCH takes an ip and one or more networks")
    if any(network.type not in v.STRINGS for network in ranges):
        raise v.type_error("the networks of CIDR_MATCH are text")

    def run(record: Record) -> v.Cell:
        cell = address.run(record)
        if len(cell) != 1:
            return ()
        networks = [network.run(record) for network in ranges]
        return (any(v.in_network(cell[0], text[0]) for text in networks if len(text) == 1),)

    return Compiled("boolean", run)


CALLERS: dict[str, Caller] = {
    "coalesce": _coalesce,
    "case": _case,
    "greatest": _extreme(max),
    "least": _extreme(min),
    "cidr_match": _cidr_match,
    **CONVERSIONS,
    **TIMES,
    **FULL_TEXT,
}
