"""The dashes of Windows command lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product

import sigma.modifiers as stock
import sigma.types as values
from sigma.exceptions import SigmaValueError

DASH = values.Placeholder("_windash")
DASHES = "-/–—―"
# `DASH` in a text stands for any of `DASHES`; a text with many of them is not spelled out.
_DASH = re.compile(rf"\B[{DASHES}]\b")
_SPELLED_DASHES = 3


class WindowsDash(stock.SigmaWindowsDashModifier):
    """pySigma forgets the case rule, leaves longer dashes as they are, and spells out 5^n texts."""

    def modify(  # type: ignore[override]
        self, val: values.SigmaString
    ) -> values.SigmaString | values.SigmaExpansion:
        if val.contains_placeholder():
            what = "windash cannot change what a placeholder stands for: write it before expand"
            raise SigmaValueError(what, source=self.source)
        marked = val.replace_with_placeholder(_DASH, DASH.name)
        places = [n for n, piece in enumerate(marked.s) if piece == DASH]
        if len(places) > _SPELLED_DASHES or not places:
            return marked
        return values.SigmaExpansion(list(_spelled(marked, places)))


def _spelled(marked: values.SigmaString, places: list[int]) -> Iterator[values.SigmaString]:
    for dashes in product(DASHES, repeat=len(places)):
        pieces = list(marked.s)
        for place, dash in zip(places, dashes, strict=True):
            pieces[place] = dash
        text = type(marked)()
        text.s = pieces
        yield text._merge_strs()
