"""Numbers that stay as the rule has them."""

from __future__ import annotations

from typing import Any

import sigma.modifiers as stock
import sigma.types as values
from sigma.exceptions import SigmaValueError


class ExactNumber(values.SigmaNumber):
    """Whole numbers beyond 2^53 become floats in pySigma; here they stay as written."""

    def __post_init__(self, init_number: Any) -> None:
        if isinstance(init_number, int):
            self.number = init_number
        else:
            super().__post_init__(init_number)


class _WholePart(stock.SigmaTimestampModifier):
    """pySigma cuts fractions off."""

    def modify(self, val: values.SigmaNumber) -> values.SigmaTimestampPart:
        if val.number != int(val.number):
            what = f"{val.number} is no part of a time: a whole number is wanted"
            raise SigmaValueError(what, source=self.source)
        return super().modify(val)


class Minute(_WholePart, stock.SigmaTimestampMinuteModifier):
    """A whole number of minutes."""


class Hour(_WholePart, stock.SigmaTimestampHourModifier):
    """A whole number of hours."""


class Day(_WholePart, stock.SigmaTimestampDayModifier):
    """A whole day of the month."""


class Week(_WholePart, stock.SigmaTimestampWeekModifier):
    """A whole week of the year."""


class Month(_WholePart, stock.SigmaTimestampMonthModifier):
    """A whole month."""


class Year(_WholePart, stock.SigmaTimestampYearModifier):
    """A whole year."""
