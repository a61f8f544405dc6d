"""The grammar of conditions."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any, cast

from pyparsing import Keyword, OpAssoc, ParserElement, Word, alphanums, infix_notation
from sigma.conditions import (
    ConditionAND,
    ConditionIdentifier,
    ConditionItem,
    ConditionNOT,
    ConditionOR,
    ConditionSelector,
)
from sigma.rule import SigmaRule

Way = tuple[int, ...]

_NAME = alphanums + "_-"


@lru_cache(maxsize=512)
def _parsed(condition: str) -> ConditionItem:
    return cast(ConditionItem, _grammar().parse_string(condition, parse_all=True)[0])


def parse_condition(text: str) -> ConditionItem:
    """The condition's tree, not yet resolved. Raises pyparsing.ParseException.

    Names may begin with an operator's letters (`notepad`), and selectors may hold hyphens.
    """
    return copy.deepcopy(_parsed(text))


def condition_names(rule: SigmaRule) -> dict[Way, str]:
    """Selections and selectors of the condition, by their way down the condition's tree.

    The way to several conditions begins with their place. Raises what parse_condition raises.
    """
    texts = [one.condition for one in rule.detection.parsed_condition]
    found: dict[Way, str] = {}
    for place, text in enumerate(texts):
        start = (place,) if len(texts) > 1 else ()
        found.update(_names(parse_condition(text), start, rule))
    return found


def _names(node: Any, way: Way, rule: SigmaRule) -> Iterator[tuple[Way, str]]:
    if isinstance(node, ConditionIdentifier):
        yield way, node.identifier
    elif isinstance(node, ConditionSelector):
        found = [one.identifier for one in node.resolve_referenced_detections(rule.detection)]
        selector = " of ".join(node.args)
        if len(found) == 1:  # no group of its own
            yield way, f"{selector}, {found[0]}"
            return
        yield way, selector
        yield from (((*way, place), name) for place, name in enumerate(found))
    elif isinstance(node, ConditionItem):
        for place, arg in enumerate(node.args):
            yield from _names(arg, (*way, place), rule)


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
