"""Where in a value something stands (specification: generic modifiers, for values of all types)."""

from __future__ import annotations

from typing import Any

import sigma.modifiers as stock
import sigma.types as values
from sigma.exceptions import SigmaValueError

from converter.upstream.expressions import Expression
from converter.upstream.references import refer

_Containing = (
    values.SigmaString
    | values.SigmaRegularExpression
    | values.SigmaFieldReference
    | values.SigmaNumber
    | values.SigmaBool
)


class Contains(stock.SigmaContainsModifier):
    """A regular expression is searched for anyway; pySigma wraps it into `.*` without a group."""

    def modify(self, val: _Containing) -> _Containing:  # type: ignore[override]
        if isinstance(val, values.SigmaFieldReference):
            return refer(val, True, True)
        if isinstance(val, values.SigmaRegularExpression):
            return val
        return super().modify(as_text(val))


class StartsWith(stock.SigmaStartswithModifier):
    """pySigma takes a regular expression for bound to the start when it is not."""

    def modify(self, val: _Containing) -> _Containing:  # type: ignore[override]
        if isinstance(val, values.SigmaFieldReference):
            return refer(val, True, val.ends_with)
        if isinstance(val, values.SigmaRegularExpression):
            return Expression(f"^(?:{val.regexp})", val.flags)
        _need_field(self, "startswith")
        return super().modify(as_text(val))


class EndsWith(stock.SigmaEndswithModifier):
    """As at the start."""

    def modify(self, val: _Containing) -> _Containing:  # type: ignore[override]
        if isinstance(val, values.SigmaFieldReference):
            return refer(val, val.starts_with, True)
        if isinstance(val, values.SigmaRegularExpression):
            return Expression(f"(?:{val.regexp})$", val.flags)
        _need_field(self, "endswith")
        return super().modify(as_text(val))


def as_text(val: values.SigmaType) -> values.SigmaString:
    """A text as it is, a number or boolean as the text that it also matches."""
    if isinstance(val, values.SigmaString):
        return val
    if isinstance(val, values.SigmaBool):
        return values.SigmaString("true" if val.boolean else "false")
    if isinstance(val, values.SigmaTimestampPart):
        raise SigmaValueError("a part of a time is a number, not a text to look into")
    return values.SigmaString(str(val))


def _need_field(modifier: stock.SigmaModifier[Any, Any], word: str) -> None:
    """A keyword is found anywhere in a text; pySigma forgets where it should stand."""
    if not modifier.detection_item.field:
        what = f"`|{word}` needs a field: a keyword is found anywhere in a text"
        raise SigmaValueError(what, source=modifier.source)
