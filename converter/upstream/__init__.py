"""pySigma 1.x, mended: what it reads wrongly of a rule is put right here and nowhere else.

The mends stand in pySigma's own tables (`sigma.types.type_map`, `sigma.modifiers.modifier_mapping`)
and so hold for the whole process; each names its fault. Of these faults pySigma 2.0 is rid of those
of `base64` and `base64offset`, of names that begin with `not`, and of dashes without end.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import sigma.modifiers as stock
import sigma.types as values
from sigma.rule import SigmaDetection, SigmaRule

from converter.upstream.conditions import parse_condition
from converter.upstream.dashes import DASH, DASHES, WindowsDash
from converter.upstream.edges import Contains, EndsWith, StartsWith
from converter.upstream.encodings import Base64, Base64Offset, Bytes, Utf16, Utf16Be, Utf16Le
from converter.upstream.expressions import RegularExpression
from converter.upstream.names import names_of
from converter.upstream.numbers import Day, ExactNumber, Hour, Minute, Month, Week, Weekday, Year
from converter.upstream.placeholders import Expand
from converter.upstream.references import CaseSensitive, Differs, FieldReference, is_apart, is_cased
from converter.upstream.several_names import join_absences

__all__ = [
    "DASH",
    "DASHES",
    "Bytes",
    "is_apart",
    "is_cased",
    "join_absences",
    "mend",
    "named",
    "names_of",
    "parse_condition",
    "read_rule",
    "reworded",
]

_MISFIT = re.compile(r"Modifier (\w+) incompatible to value type of '(.*?)'.*")

_CLASS = re.compile(r"Sigma[A-Z]\w+\(.*")

_MODIFIERS: dict[str, type[stock.SigmaModifier[Any, Any]]] = {
    "base64": Base64,
    "base64offset": Base64Offset,
    "cased": CaseSensitive,
    "contains": Contains,
    "day": Day,
    "differs": Differs,
    "endswith": EndsWith,
    "expand": Expand,
    "fieldref": FieldReference,
    "hour": Hour,
    "minute": Minute,
    "month": Month,
    "re": RegularExpression,
    "startswith": StartsWith,
    "utf16": Utf16,
    "utf16be": Utf16Be,
    "utf16le": Utf16Le,
    "week": Week,
    "weekday": Weekday,
    "wide": Utf16Le,
    "windash": WindowsDash,
    "year": Year,
}


def mend() -> None:
    """Put the mends into pySigma's tables; a second time changes nothing."""
    values.type_map[int] = ExactNumber
    stock.modifier_mapping.update(_MODIFIERS)


def read_rule(data: Mapping[str, Any]) -> SigmaRule:
    """pySigma's rule. Raises SigmaError, and whatever else pySigma lets through.

    `timeframe` of old Sigma would become a selection that `all of them` counts; it is left out.
    """
    mend()
    detection = data.get("detection")
    if isinstance(detection, dict) and "timeframe" in detection:
        kept = {name: part for name, part in detection.items() if name != "timeframe"}
        data = {**data, "detection": kept}
    rule = SigmaRule.from_dict(dict(data))
    for part in rule.detection.detections.values():
        _name_modifiers(part)
    return rule


def reworded(error: Exception) -> str:
    """What pySigma complains of, in a rule's words where it speaks of its own classes."""
    found = _MISFIT.fullmatch(str(error).split("\n")[0])
    if found is None:
        return str(error)
    kind, value = found.groups()
    names = [name for name, one in stock.modifier_mapping.items() if one.__name__ == kind]
    word = min(names, key=len, default=kind)
    shown = "null" if "SigmaNull" in value else _CLASS.sub("what stands before it", value)
    return f"`|{word}` does not take {shown}"


def named(value: values.SigmaType) -> str:
    """What a rule's reader calls a value of this kind."""
    return _NAMES.get(type(value)) or type(value).__name__


_NAMES: dict[type[values.SigmaType], str] = {
    Bytes: "UTF-16 bytes",
    values.SigmaNull: "null",
    values.SigmaBool: "a boolean",
    values.SigmaCIDRExpression: "a network (cidr)",
    values.SigmaCompareExpression: "a comparison",
    values.SigmaFieldReference: "a field reference",
    values.SigmaTimestampPart: "a part of a time",
}


def _name_modifiers(part: SigmaDetection) -> None:
    """pySigma's validators know its own modifiers, not the mended ones."""
    for item in part.detection_items:
        if isinstance(item, SigmaDetection):
            _name_modifiers(item)
        else:
            item.modifiers = [_stock(kind) for kind in item.modifiers]


def _stock(kind: type[stock.SigmaModifier[Any, Any]]) -> type[stock.SigmaModifier[Any, Any]]:
    return next(base for base in kind.__mro__ if base.__module__ == stock.__name__)
