"""Fields compared with fields, and the case rule."""

from __future__ import annotations

from typing import cast

import sigma.modifiers as stock
import sigma.types as values
from sigma.exceptions import SigmaValueError

from converter.upstream.placeholders import expandable

_Comparable = (
    values.SigmaString | values.SigmaFieldReference | values.SigmaNumber | values.SigmaBool
)


class _Flag(int):
    """True or false of a reference, and its case rule: a field mapping copies nothing else."""


class _Apart(int):
    """A reference to a field from which a value is to differ."""


def is_apart(reference: values.SigmaFieldReference) -> bool:
    """Whether some value is to differ from the other field's."""
    return isinstance(reference.starts_with, _Apart)


def is_cased(reference: values.SigmaFieldReference) -> bool:
    """Whether the two fields are compared with case."""
    flags: tuple[object, ...] = (reference.starts_with, reference.ends_with)
    return any(isinstance(flag, _Flag) for flag in flags)


def refer(
    reference: values.SigmaFieldReference, start: bool, end: bool, cased: bool = False
) -> values.SigmaFieldReference:
    """The reference with its sides set, and its case rule kept or set. Raises SigmaValueError."""
    if is_apart(reference) and (start or end):
        raise SigmaValueError("`|differs` compares whole values, no beginnings and ends")
    kind = _Flag if cased or is_cased(reference) else bool
    if not is_apart(reference):
        reference.starts_with = cast(bool, kind(start))
    reference.ends_with = cast(bool, kind(end))
    return reference


class FieldReference(stock.SigmaFieldReferenceModifier):
    """pySigma forgets the case rule, and escapes what looks like a wildcard in the name."""

    def modify(self, val: values.SigmaString) -> values.SigmaFieldReference:
        super().modify(val)
        reference = values.SigmaFieldReference("".join(map(str, val.s)))
        return refer(reference, False, False, isinstance(val, values.SigmaCasedString))


class Differs(stock.SigmaValueModifier[values.SigmaFieldReference, values.SigmaFieldReference]):
    """Some value differs from the other field's; `neq` asks that none be equal."""

    def modify(self, val: values.SigmaFieldReference) -> values.SigmaFieldReference:
        cased, sides = is_cased(val), bool(val.starts_with or val.ends_with)
        val.starts_with = cast(bool, _Apart(0))
        return refer(val, sides, sides, cased)


class CaseSensitive(stock.SigmaCaseSensitiveModifier):
    """pySigma refuses it after `fieldref`, and for numbers and booleans."""

    def modify(  # type: ignore[override]
        self, val: _Comparable
    ) -> _Comparable:
        if isinstance(val, values.SigmaNumber | values.SigmaBool):
            return val
        if isinstance(val, values.SigmaFieldReference):
            return refer(val, val.starts_with, val.ends_with, cased=True)
        if val.contains_placeholder():
            return expandable(val, cased=True)
        return super().modify(val)
