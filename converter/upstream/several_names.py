"""A field that a pipeline maps to several names.

pySigma joins the names with OR, which is right for a value that any of them may hold. What asks for
a field's absence (null, `exists: false`) or for another value (`neq`) must hold of all of them.
"""

from __future__ import annotations

from sigma.conditions import ConditionAND, ConditionOR
from sigma.exceptions import SigmaValueError
from sigma.rule import SigmaDetection, SigmaDetectionItem, SigmaRule
from sigma.types import SigmaExists, SigmaNull, SigmaType


def join_absences(rule: SigmaRule) -> None:
    """Mends a mapped rule in place; the same again changes nothing.

    Raises SigmaValueError for null beside other values, which neither AND nor OR of the names is.
    """
    for detection in rule.detection.detections.values():
        _join(detection)


def _join(detection: SigmaDetection) -> None:
    for part in detection.detection_items:
        if isinstance(part, SigmaDetection):
            _join(part)
    items = _names_of_one(detection)
    if not items:
        return
    first = items[0]
    absent = [_is_absence(value) for value in first.value]
    if first.negated or all(absent):
        detection.item_linking = ConditionAND
    elif any(absent):
        names = " and ".join(str(item.field) for item in items)
        raise SigmaValueError(f"null beside other values, for a field that is both {names}")


def _names_of_one(detection: SigmaDetection) -> list[SigmaDetectionItem]:
    """The items of a group that mapping made of one: the very same values under other names."""
    parts = detection.detection_items
    items = [part for part in parts if isinstance(part, SigmaDetectionItem)]
    several = len(items) == len(parts) > 1 and detection.item_linking is ConditionOR
    values = [[id(value) for value in item.value] for item in items]
    same = several and all(one == values[0] for one in values)
    return items if same and len({item.field for item in items}) == len(items) else []


def _is_absence(value: SigmaType) -> bool:
    return isinstance(value, SigmaNull) or (isinstance(value, SigmaExists) and not value.exists)
