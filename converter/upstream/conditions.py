"""The grammar of conditions."""

from __future__ import annotations

import copy
from functools import cache, lru_cache
from typing import cast

from pyparsing import Keyword, OpAssoc, ParserElement, Word, alphanums, infix_notation
from sigma.conditions import (
    ConditionAND,
    ConditionIdentifier,
    ConditionItem,
    ConditionNOT,
    ConditionOR,
    ConditionSelector,
)

_NAME = alphanums + "_-"


@lru_cache(maxsize=512)
def _parsed(condition: str) -> ConditionItem:
    return cast(ConditionItem, _grammar().parse_string(condition, parse_all=True)[0])


def parse_condition(text: str) -> ConditionItem:
    """The condition's tree, not yet resolved. Raises pyparsing.ParseException.

    Names may begin with an operator's letters (`notepad`), and selectors may hold hyphens.
    """
    return copy.deepcopy(_parsed(text))


@cache
def _grammar() -> ParserElement:
    name = Word(_NAME).set_parse_action(ConditionIdentifier.from_parsed)
    count = Keyword("1") | Keyword("any") | Keyword("all")
    selector = (count + Keyword("of") + Word(_NAME + "*")).set_parse_action(
        ConditionSelector.from_parsed
    )
    levels = [
        (Keyword("not", ident_chars=_NAME + "*"), 1, OpAssoc.RIGHT, ConditionNOT.from_parsed),
        (Keyword("and", ident_chars=_NAME + "*"), 2, OpAssoc.LEFT, ConditionAND.from_parsed),
        (Keyword("or", ident_chars=_NAME + "*"), 2, OpAssoc.LEFT, ConditionOR.from_parsed),
    ]
    return cast(ParserElement, infix_notation(selector | name, levels))
