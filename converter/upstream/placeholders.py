"""Texts with placeholders, and the values that take their place."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import sigma.modifiers as stock
import sigma.types as values
from sigma.exceptions import SigmaValueError

_ESCAPED = re.compile(r"\\%[^%]+%")


class _Expandable(values.SigmaString):
    """A text with placeholders: its values are alternatives, under `|all` too."""

    def replace_placeholders(self, callback: Callable[..., Any]) -> list[Any]:
        return _alternatives(super().replace_placeholders(callback))


class _CasedExpandable(values.SigmaCasedString):
    """pySigma's values for a placeholder forget the case rule."""

    def replace_placeholders(self, callback: Callable[..., Any]) -> list[Any]:
        found = super().replace_placeholders(callback)
        return _alternatives([type(self).from_sigma_string(value) for value in found])


def _alternatives(found: list[values.SigmaString]) -> list[Any]:
    if len(found) < 2 or any(value.contains_placeholder() for value in found):
        return found
    return [values.SigmaExpansion(list(found))]


class Expand(stock.SigmaExpandModifier):
    """Marks placeholders, in texts that know what becomes of them.

    pySigma does not look for placeholders among the texts that another modifier made of one, and
    passes over one behind a backslash, as in a path, without a word.
    """

    def apply(self, val: Any) -> list[Any]:
        if isinstance(val, values.SigmaExpansion):
            if stock.SigmaAllModifier in self.detection_item.modifiers:
                what = "expand after windash cannot stand with all"
                raise SigmaValueError(what, source=self.source)
            return [found for value in val.values for found in self.apply(value)]
        return super().apply(val)

    def modify(
        self, val: values.SigmaString | values.SigmaRegularExpression
    ) -> values.SigmaString | values.SigmaRegularExpression:
        pieces = val.regexp.s if isinstance(val, values.SigmaRegularExpression) else val.s
        if any(isinstance(piece, str) and _ESCAPED.search(piece) for piece in pieces):
            what = "a backslash before a placeholder makes plain text of it: put it into the list"
            raise SigmaValueError(what, source=self.source)
        marked = super().modify(val)
        if isinstance(marked, values.SigmaRegularExpression):
            return marked
        return expandable(marked, isinstance(marked, values.SigmaCasedString))


def expandable(text: values.SigmaString, cased: bool) -> values.SigmaString:
    """The same text in a class that keeps the case rule and the alternatives."""
    if cased:
        return _CasedExpandable.from_sigma_string(text)
    out = _Expandable(text.original)
    out.s = text.s
    return out
