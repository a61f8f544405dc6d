"""pySigma's rule and condition tree -> predicate.

The only place that knows both.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from math import isfinite
from typing import Any

import sigma.types as values
from pyparsing import ParseException
from sigma.conditions import (
    ConditionAND,
    ConditionFieldEqualsValueExpression,
    ConditionNOT,
    ConditionOR,
    ConditionValueExpression,
    SigmaCondition,
)
from sigma.exceptions import SigmaError
from sigma.rule import SigmaRule

from converter import predicate as p
from converter.errors import RuleError
from converter.rules import Rule
from converter.stored import as_stored
from converter.upstream import (
    DASH,
    DASHES,
    Bytes,
    is_apart,
    is_cased,
    join_absences,
    named,
    parse_condition,
    read_rule,
    reworded,
)

__all__ = ["as_stored", "lower", "lower_item", "tree"]

_MANY = p.Wildcard.MANY
_SPECIAL = {
    values.SpecialChars.WILDCARD_MULTI: _MANY,
    values.SpecialChars.WILDCARD_SINGLE: p.Wildcard.ONE,
}
_ANY = values.SpecialChars.WILDCARD_MULTI
_REGEX_SPECIAL = re.compile(r"([.*+?^$()\[\]{}|\\])")
_MISFIT = re.compile(r"`\|(\w+)` does not take -?[0-9.]+")
_NUMERIC = {"gt", "gte", "lt", "lte", "minute", "hour", "day", "week", "weekday", "month", "year"}
_RELATIONS: dict[tuple[bool, bool], p.Relation] = {
    (False, False): "equals",
    (True, False): "startswith",
    (False, True): "endswith",
    (True, True): "contains",
}
_ORDERS: dict[Any, p.Order] = {
    values.CompareOperators.LT: "<",
    values.CompareOperators.LTE: "<=",
    values.CompareOperators.GT: ">",
    values.CompareOperators.GTE: ">=",
}
_FLAGS = {
    values.SigmaRegularExpressionFlag.IGNORECASE: "i",
    values.SigmaRegularExpressionFlag.MULTILINE: "m",
    values.SigmaRegularExpressionFlag.DOTALL: "s",
}


def tree(rule: Rule) -> SigmaRule:
    """A fresh pySigma rule; pipelines change it in place. Raises RuleError."""
    try:
        return read_rule(rule.data)
    except SigmaError as error:
        raise _refused(rule, error) from None
    except (TypeError, ValueError, AttributeError, LookupError, RecursionError) as error:
        raise _refused(rule, error) from None


def lower(rule: Rule, sigma_rule: SigmaRule) -> p.Predicate:
    """What the rule asks of an event; several conditions are alternatives. Raises RuleError."""
    try:
        join_absences(sigma_rule)
        conditions = [_lower_condition(c) for c in sigma_rule.detection.parsed_condition]
    except ParseException as error:
        what = f"the condition cannot be read at column {error.column}"
        step = "use and, or, not, parentheses and `1 of`/`all of` only"
        raise rule.error(what, "detection", "condition", next_step=step) from None
    except SigmaError as error:
        raise _refused(rule, error) from None
    except RuleError as error:
        raise error.at(rule.path, rule.line("detection")) from None
    except RecursionError:
        raise rule.error("the condition is nested too deeply", "detection") from None
    return conditions[0] if len(conditions) == 1 else p.Or(tuple(conditions))


def _refused(rule: Rule, error: Exception) -> RuleError:
    what = " ".join(reworded(error).split()).removesuffix(".") or type(error).__name__
    step = "see the Sigma specification, version 2.1"
    misfit = _MISFIT.fullmatch(what)
    if misfit and misfit[1] != "exists":
        step = f"write it {'without' if misfit[1] in _NUMERIC else 'in'} quotes"
    return rule.error(f"not a valid rule: {what}", "detection", next_step=step)


def _lower_condition(condition: SigmaCondition) -> p.Predicate:
    if "|" in condition.condition:
        step = "write a Sigma correlation instead"
        raise RuleError("the condition uses the pipe of old Sigma", next_step=step)
    parsed = parse_condition(condition.condition)
    return lower_item(parsed.postprocess(condition.detections, source=condition.source))


def lower_item(item: Any) -> p.Predicate:
    """One node of pySigma's condition tree. Raises RuleError for a value that is no test."""
    if isinstance(item, ConditionAND):
        return p.And(tuple(lower_item(arg) for arg in item.args))
    if isinstance(item, ConditionOR):
        return p.Or(tuple(lower_item(arg) for arg in item.args))
    if isinstance(item, ConditionNOT):
        return p.Not(lower_item(item.args[0]))
    if isinstance(item, ConditionFieldEqualsValueExpression):
        return _field_test(item.field, item.value)
    if isinstance(item, ConditionValueExpression):
        return _keyword(item.value)
    raise RuleError("a part of the condition selects nothing", next_step="name a selection")


def _field_test(field: str, value: values.SigmaType) -> p.Predicate:
    for kind, make in _TESTS:
        if isinstance(value, kind):
            return make(field, value)
    if isinstance(value, Bytes):
        step = "write |base64 or |base64offset after it"
        raise RuleError(f"the value of {field} is UTF-16 bytes, not text", next_step=step)
    what = f"{named(value)} of {field} is no test of one event"
    raise RuleError(what, next_step="use text, numbers, null or a modifier of the specification")


def _text(field: str, value: values.SigmaString) -> p.Predicate:
    cased = isinstance(value, values.SigmaCasedString)
    if DASH in value.s:
        return p.Regex(field, _dashed(value), _case_flags(value))
    pattern = _pattern(value)
    if all(isinstance(piece, str) for piece in pattern):
        return p.Equals(field, "".join(map(str, pattern)), cased)
    return p.Glob(field, pattern, cased)


def _pattern(value: values.SigmaString) -> p.Pattern:
    pieces: list[str | p.Wildcard] = []
    for piece in value.s:
        if isinstance(piece, values.Placeholder):
            raise _unlisted(piece.name)
        pieces.append(piece if isinstance(piece, str) else _SPECIAL[piece])
    return p.tidy(pieces)


def _unlisted(name: str) -> RuleError:
    what = f"the placeholder %{name}% has no value list"
    return RuleError(what, next_step=f"add pipelines/lists/{name}.txt, one value a line")


def _dashed(value: values.SigmaString) -> str:
    """A text with more dashes than are spelled out, as a regular expression."""
    start = "" if value.startswith(_ANY) else "^"
    end = "" if value.endswith(_ANY) else "$"
    return start + _dashed_inside(value) + end


def _dashed_inside(value: values.SigmaString) -> str:
    pieces = value.s[value.startswith(_ANY) : len(value.s) - value.endswith(_ANY)]
    return "".join(_regex_piece(piece) for piece in pieces)


def _case_flags(value: values.SigmaString) -> str:
    return "s" if isinstance(value, values.SigmaCasedString) else "is"


def _regex_piece(piece: values.SigmaStringPartType) -> str:
    if piece == DASH:
        return f"[{DASHES}]"
    if isinstance(piece, values.SpecialChars):
        return ".*" if piece is _ANY else "."
    if isinstance(piece, values.Placeholder):
        raise _unlisted(piece.name)
    return _REGEX_SPECIAL.sub(r"\\\1", str(piece))


def _number(field: str, value: values.SigmaNumber) -> p.Predicate:
    return p.Equals(field, _finite(value.number))


def _finite(number: int | float) -> int | float:
    if isinstance(number, float) and not isfinite(number):
        raise RuleError(f"{number} is no number to compare with", next_step="write a finite number")
    return number


def _time_part(field: str, value: values.SigmaTimestampPart) -> p.Predicate:
    return p.TimePart(field, value.timestamp_part.name.lower(), "==", int(value.number))


def _bool(field: str, value: values.SigmaBool) -> p.Predicate:
    return p.Equals(field, bool(value.boolean))


def _regex(field: str, value: values.SigmaRegularExpression) -> p.Predicate:
    return p.Regex(field, _pattern_of(value), _flags(value))


def _pattern_of(value: values.SigmaRegularExpression) -> str:
    for piece in value.regexp.s:
        if isinstance(piece, values.Placeholder):
            raise _unlisted(piece.name)
    return str(value.regexp)


def _flags(value: values.SigmaRegularExpression) -> str:
    return "".join(sorted(_FLAGS[flag] for flag in value.flags))


def _cidr(field: str, value: values.SigmaCIDRExpression) -> p.Predicate:
    return p.Cidr(field, str(value.network))


def _compare(field: str, value: values.SigmaCompareExpression) -> p.Predicate:
    order = _ORDERS[value.op]
    number = value.number
    if isinstance(number, values.SigmaTimestampPart):
        return p.TimePart(field, number.timestamp_part.name.lower(), order, int(number.number))
    return p.Compare(field, order, _finite(number.number))


def _field_reference(field: str, value: values.SigmaFieldReference) -> p.Predicate:
    relation = _RELATIONS[bool(value.starts_with), bool(value.ends_with)]
    relation = "differs" if is_apart(value) else relation
    return p.FieldCompare(field, relation, value.field, is_cased(value))


def _null(field: str, value: values.SigmaType) -> p.Predicate:
    return p.Null(field)


def _exists(field: str, value: values.SigmaExists) -> p.Predicate:
    return p.Exists(field) if value.exists else p.Not(p.Exists(field))


def _expansion(field: str, value: values.SigmaExpansion) -> p.Predicate:
    return p.Or(tuple(_field_test(field, inner) for inner in value.values))


# Subclasses before their bases: a timestamp part is a number to pySigma.
_TESTS: tuple[tuple[type[values.SigmaType], Callable[[str, Any], p.Predicate]], ...] = (
    (values.SigmaString, _text),
    (values.SigmaTimestampPart, _time_part),
    (values.SigmaNumber, _number),
    (values.SigmaBool, _bool),
    (values.SigmaRegularExpression, _regex),
    (values.SigmaCIDRExpression, _cidr),
    (values.SigmaCompareExpression, _compare),
    (values.SigmaFieldReference, _field_reference),
    (values.SigmaNull, _null),
    (values.SigmaExists, _exists),
    (values.SigmaExpansion, _expansion),
)


def _keyword(value: values.SigmaType) -> p.Predicate:
    """A value without a field: found inside any text (specification: keywords)."""
    if isinstance(value, values.SigmaString):
        if DASH in value.s:
            return p.KeywordRegex(_dashed_inside(value), _case_flags(value))
        pattern = p.tidy((_MANY, *_pattern(value), _MANY))
        return p.Keyword(pattern, isinstance(value, values.SigmaCasedString))
    if isinstance(value, values.SigmaNumber) and not isinstance(value, values.SigmaTimestampPart):
        return p.Keyword((_MANY, str(value.number), _MANY))
    if isinstance(value, values.SigmaRegularExpression):
        return p.KeywordRegex(_pattern_of(value), _flags(value))
    if isinstance(value, values.SigmaExpansion):
        return p.Or(tuple(_keyword(inner) for inner in value.values))
    raise RuleError(f"{named(value)} without a field is no keyword", next_step="give it a field")
