"""Numbers that stay as the rule has them."""

from __future__ import annotations

from enum import Enum
from typing import Any, ClassVar, cast

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


class _OwnPart(Enum):
    """Parts of a time that the specification has no word for."""

    WEEKDAY = "weekday"


class Weekday(_WholePart):
    """A day of the week, 1 for Monday to 7 for Sunday (ISO 8601)."""

    time_part_unit: ClassVar[values.TimestampPart] = cast(values.TimestampPart, _OwnPart.WEEKDAY)

    def modify(self, val: values.SigmaNumber) -> values.SigmaTimestampPart:
        if not 1 <= val.number <= 7:
            what = f"{val.number} is no day of the week: 1 is Monday, 7 is Sunday"
            raise SigmaValueError(what, source=self.source)
        return super().modify(val)


class Year(_WholePart, stock.SigmaTimestampYearModifier):
    """A whole year."""
