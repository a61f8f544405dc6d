"""Constants of EQL folded as Elasticsearch folds them, in three-valued logic."""

from __future__ import annotations

from collections.abc import Sequence

from converter.errors import Unsupported
from converter.languages.eql_tree import Scalar


def compare_constants(op: str, left: Scalar, right: Scalar) -> bool | None:
    """`left op right`; null where either is null or their types differ."""
    if left is None or right is None or _kind(left) is not _kind(right):
        return None
    less, same = left < right, left == right  # type: ignore[operator]
    more = not less and not same
    answers = {"==": same, "!=": not same, "<": less, "<=": not more, ">": more, ">=": not less}
    return answers[op]


def member(value: Scalar, values: Sequence[Scalar]) -> bool | None:
    """`value in (values)`."""
    found = [compare_constants("==", value, other) for other in values]
    if value is None:
        return None
    return True if True in found else None if None in values else False


def fold_arithmetic(op: str, left: Scalar, right: Scalar) -> int | float | None:
    """Arithmetic of two numbers; whole numbers divide towards zero."""
    if left is None or right is None:
        return None
    assert not isinstance(left, str)
    assert not isinstance(right, str)
    if op in ("/", "%"):
        return _divided(op, left, right)
    return left + right if op == "+" else left - right if op == "-" else left * right


def _divided(op: str, left: int | float, right: int | float) -> int | float:
    if right == 0:
        raise Unsupported("EQL: a division by zero", next_step="write the number out")
    whole = isinstance(left, int) and isinstance(right, int)
    quotient = left / right
    if whole:
        quotient = abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1)
    return quotient if op == "/" else left - right * (quotient if whole else int(quotient))


def _kind(value: Scalar) -> type:
    return float if isinstance(value, int | float) and not isinstance(value, bool) else type(value)
