"""Where in a value something stands, and regular expressions."""

from __future__ import annotations

import sigma.modifiers as stock
import sigma.types as values

from converter.upstream.references import refer

_Containing = values.SigmaString | values.SigmaRegularExpression | values.SigmaFieldReference


class Contains(stock.SigmaContainsModifier):
    """A regular expression is searched for anyway; pySigma wraps it into `.*` without a group."""

    def modify(self, val: _Containing) -> _Containing:
        if isinstance(val, values.SigmaFieldReference):
            return refer(val, True, True)
        return val if isinstance(val, values.SigmaRegularExpression) else super().modify(val)


class StartsWith(stock.SigmaStartswithModifier):
    """pySigma takes a regular expression for bound to the start when it is not."""

    def modify(self, val: _Containing) -> _Containing:
        if isinstance(val, values.SigmaFieldReference):
            return refer(val, True, val.ends_with)
        if isinstance(val, values.SigmaRegularExpression):
            return values.SigmaRegularExpression(f"^(?:{val.regexp})", val.flags)
        return super().modify(val)


class EndsWith(stock.SigmaEndswithModifier):
    """As at the start."""

    def modify(self, val: _Containing) -> _Containing:
        if isinstance(val, values.SigmaFieldReference):
            return refer(val, val.starts_with, True)
        if isinstance(val, values.SigmaRegularExpression):
            return values.SigmaRegularExpression(f"(?:{val.regexp})$", val.flags)
        return super().modify(val)


class RegularExpression(stock.SigmaRegularExpressionModifier):
    """pySigma searches for the words None and True where the rule has null and true."""

    def modify(self, val: values.SigmaString | values.SigmaNumber) -> values.SigmaRegularExpression:
        text = val if isinstance(val, values.SigmaString) else values.SigmaString.from_str(str(val))
        return super().modify(text)
