"""Which conditions of ES|QL go to the index as a whole, where they may mean something else.

A node sends a condition there when each of its parts compares a field with literals; it was seen
to matter for normalized fields, wildcard fields and empty patterns (semantics: ES|QL 12).
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from converter.languages import esql_tree as t

Mapped = Callable[[t.Expression], str | None]
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def reaches_index(mapped: Mapped, node: t.Expression) -> bool:
    """Whether a condition can go to the index as a whole: fields against literals only."""
    match node:
        case t.Logic():
            return all(reaches_index(mapped, arg) for arg in node.args)
        case t.Negation():
            return reaches_index(mapped, node.arg)
        case t.IsNull() | t.Like():
            return _indexed(mapped, node.arg)
        case t.Infix():
            return _reaches_as_comparison(mapped, node)
        case t.In():
            return all(isinstance(i, t.Const) for i in node.items) and (
                _indexed(mapped, node.arg) or (len(node.items) == 1 and _lowered(mapped, node.arg))
            )
        case t.Call():
            return node.name in _INDEXED
        case _:
            return isinstance(node, t.Match)


_INDEXED = frozenset({"match", "match_phrase", "qstr", "kql", "cidr_match", "starts_with"})


def _reaches_as_comparison(mapped: Mapped, node: t.Infix) -> bool:
    if node.op not in COMPARE or not isinstance(node.right, t.Const):
        return False
    return _indexed(mapped, node.left) or _lowered(mapped, node.left)


def _indexed(mapped: Mapped, node: t.Expression) -> bool:
    return mapped(node) not in (None, "text", "match_only_text")


def _lowered(mapped: Mapped, node: t.Expression) -> bool:
    cased = isinstance(node, t.Call) and node.name in ("to_lower", "to_upper")
    return cased and isinstance(node, t.Call) and _indexed(mapped, node.args[0])
