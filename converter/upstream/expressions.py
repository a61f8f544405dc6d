"""Regular expressions (specification: `re`, of the PCRE flavour)."""

from __future__ import annotations

import warnings

import sigma.modifiers as stock
import sigma.types as values
from sigma.exceptions import SigmaRegularExpressionError, SigmaValueError

from converter.regexps import readable


class Expression(values.SigmaRegularExpression):
    """pySigma takes Python's flavour for PCRE: it refuses `\\z`, `(?<name>…)`, `\\pL`, `\\h`."""

    def compile(self) -> None:
        """Raises SigmaRegularExpressionError for what neither Python nor RE2 can read."""
        try:
            with warnings.catch_warnings(action="ignore", category=FutureWarning):
                super().compile()
        except (SigmaRegularExpressionError, OverflowError):
            if not readable(str(self.regexp)):
                raise


class RegularExpression(stock.SigmaRegularExpressionModifier):
    """pySigma searches for the words None and True where the rule has null and true."""

    def modify(self, val: values.SigmaString | values.SigmaNumber) -> values.SigmaRegularExpression:
        if self.applied_modifiers:
            raise SigmaValueError("`|re` stands first among the modifiers", source=self.source)
        return Expression(val.original if isinstance(val, values.SigmaString) else str(val))
