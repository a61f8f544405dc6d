"""ES|QL's casts: TO_STRING and the like, and `value::type`. What cannot be read becomes null."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from converter.errors import QueryError
from converter.languages import esql_tree as t
from converter.languages import esql_values as v
from converter.languages.elastic_dates import parse_date
from converter.languages.esql_scope import Compiled, Compiling

_LONG = 2**63
_INTEGER = 2**31


def _whole(limit: int) -> Callable[[str], Callable[[Any], int]]:
    def of(kind: str) -> Callable[[Any], int]:
        def convert(value: Any) -> int:
            if isinstance(value, bool):
                return int(value)
            number = value if isinstance(value, int) else _rounded(value)
            if not -limit <= number < limit:
                raise ValueError(f"{value!r} is too large")
            return number

        return convert

    return of


def _rounded(value: str | float) -> int:
    if isinstance(value, str) and "_" not in value:
        try:
            return int(value)
        except ValueError:
            return math.floor(float(value) + 0.5)
    return math.floor(float(value) + 0.5)


def _boolean(kind: str) -> Callable[[Any], bool]:
    if kind in v.STRINGS:
        return lambda text: str(text).lower() == "true"
    return bool


def _double(kind: str) -> Callable[[Any], float]:
    return float


def _ip(kind: str) -> Callable[[Any], int]:
    return lambda value: value if kind == "ip" else int(v.from_text(value, "ip"))


def _datetime(kind: str) -> Callable[[Any], int]:
    return lambda value: parse_date(value) if kind in v.STRINGS else int(value)


_TARGETS: dict[str, tuple[str, Callable[[str], Callable[[Any], Any]], frozenset[str]]] = {
    "string": ("keyword", v.as_text, v.STRINGS | v.NUMBERS | {"boolean", "ip", "datetime"}),
    "long": ("long", _whole(_LONG), v.STRINGS | v.NUMBERS | {"boolean", "datetime"}),
    "integer": ("integer", _whole(_INTEGER), v.STRINGS | v.NUMBERS | {"boolean"}),
    "double": ("double", _double, v.STRINGS | v.NUMBERS | {"boolean"}),
    "boolean": ("boolean", _boolean, v.STRINGS | v.NUMBERS | {"boolean"}),
    "ip": ("ip", _ip, v.STRINGS | {"ip"}),
    "datetime": ("datetime", _datetime, v.STRINGS | v.NUMBERS | {"datetime"}),
}
_SPELLINGS = {
    "string": ("to_string", "to_str", "::string", "::keyword", "::text"),
    "long": ("to_long", "::long"),
    "integer": ("to_integer", "to_int", "::integer", "::int"),
    "double": ("to_double", "to_dbl", "::double"),
    "boolean": ("to_boolean", "to_bool", "::boolean", "::bool"),
    "ip": ("to_ip", "::ip"),
    "datetime": ("to_datetime", "to_dt", "::datetime", "::date"),
}


def _converted(target: str) -> Callable[[Compiling, t.Call], Compiled]:
    kind, maker, takes = _TARGETS[target]

    def caller(compiler: Compiling, node: t.Call) -> Compiled:
        if len(node.args) != 1:
            raise v.type_error(f"{node.name.upper()} takes one value")
        arg = compiler.compile(node.args[0])
        if arg.type not in takes and arg.type != "null":
            raise v.type_error(f"{arg.type} cannot become {kind}")
        convert, run = maker(arg.type), arg.run
        return Compiled(kind, lambda record: _each(convert, run(record)))

    return caller


def _each(convert: Callable[[Any], Any], cell: v.Cell) -> v.Cell:
    out = []
    for value in cell:
        try:
            out.append(convert(value))
        except (ArithmeticError, ValueError, QueryError):
            continue
    return tuple(out)


CONVERSIONS: dict[str, Callable[[Compiling, t.Call], Compiled]] = {
    name: _converted(target) for target, names in _SPELLINGS.items() for name in names
}
