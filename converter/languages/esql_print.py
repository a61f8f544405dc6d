"""Expressions of ES|QL as one line of text, for names and messages."""

from __future__ import annotations

from converter.languages import esql_tree as t


def printed(node: t.Expression) -> str:
    """The expression as ES|QL, without needless blanks."""
    if isinstance(node, t.Const):
        return _const(node.value)
    if isinstance(node, t.Column):
        return node.name
    if isinstance(node, t.Call):
        return f"{node.name.upper()}({', '.join(map(printed, node.args))})"
    if isinstance(node, t.Cast):
        return f"{printed(node.arg)}::{node.type}"
    if isinstance(node, t.Infix):
        return f"{printed(node.left)} {node.op} {printed(node.right)}"
    if isinstance(node, t.Minus):
        return f"-{printed(node.arg)}"
    if isinstance(node, t.Span):
        return f"{node.amount} {node.unit}{'' if node.amount == 1 else 's'}"
    return type(node).__name__.upper()


def _const(value: t.Scalar) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return f'"{value}"' if isinstance(value, str) else str(value)
