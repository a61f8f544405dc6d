"""From the parts that the grammar of ES|QL finds to its tree: one method for each rule."""

from __future__ import annotations

import re
from typing import Any, Literal

from lark import Token, Transformer, v_args
from lark.tree import Meta

from converter.errors import QueryError
from converter.languages import esql_tree as t

_ESCAPED = {"t": "\t", "n": "\n", "r": "\r", '"': '"', "\\": "\\"}
_UNITS = {
    "millisecond": ("millisecond", "milliseconds", "ms"),
    "second": ("second", "seconds", "sec", "s"),
    "minute": ("minute", "minutes", "min", "m"),
    "hour": ("hour", "hours", "h"),
    "day": ("day", "days", "d"),
    "week": ("week", "weeks", "w"),
    "month": ("month", "months", "mo"),
    "quarter": ("quarter", "quarters", "q"),
    "year": ("year", "years", "yr", "y"),
}
_UNIT = {word: unit for unit, words in _UNITS.items() for word in words}


@v_args(inline=True)
class Build(Transformer[Token, Any]):
    """Makes the tree while the text is parsed; a column without a name of its own gets none."""

    def start(self, *parts: Any) -> tuple[t.Query, tuple[int, ...]]:
        settings = tuple(part for part in parts if isinstance(part, tuple))
        source, *rest = parts[len(settings) :]
        pipes = tuple(token.end_pos for token in rest[::2])
        return t.Query(settings, source, tuple(rest[1::2])), pipes

    def setting(self, _: Token, name: Token, value: t.Const) -> tuple[str, t.Scalar]:
        return str(name), value.value

    def from_indices(self, _: Token, *parts: Any) -> t.From:
        metadata = parts[-1] if isinstance(parts[-1], tuple) else ()
        return t.From(tuple(part for part in parts if isinstance(part, str)), metadata)

    def metadata(self, _: Token, *names: str) -> tuple[str, ...]:
        return names

    def index(self, token: Token) -> str:
        return str(token) if token.type == "INDEX" else _text_of(token)

    def row(self, _: Token, fields: tuple[t.Field, ...]) -> t.Row:
        return t.Row(fields)

    def where(self, _: Token, test: t.Expression) -> t.Where:
        return t.Where(test)

    def eval_fields(self, _: Token, fields: tuple[t.Field, ...]) -> t.Eval:
        return t.Eval(fields)

    def keep(self, _: Token, patterns: tuple[t.Pattern, ...]) -> t.Keep:
        return t.Keep(patterns)

    def drop(self, _: Token, patterns: tuple[t.Pattern, ...]) -> t.Keep:
        return t.Keep(patterns, drop=True)

    def rename(self, _: Token, *pairs: tuple[str, str]) -> t.Rename:
        return t.Rename(pairs)

    def renamed(self, old: t.Pattern, _: Token, new: t.Pattern) -> tuple[str, str]:
        return _whole_name(old), _whole_name(new)

    def renamed_back(self, new: t.Pattern, old: t.Pattern) -> tuple[str, str]:
        return _whole_name(old), _whole_name(new)

    def stats(self, _: Token, aggregates: Any, by: Any) -> t.Stats:
        return t.Stats(aggregates or (), by or ())

    def inline_stats(self, _: Token, aggregates: Any, by: Any) -> t.Stats:
        return t.Stats(aggregates, by or (), inline=True)

    def sort(self, _: Token, *orders: t.Order) -> t.Sort:
        return t.Sort(orders)

    def order(self, value: t.Expression, way: Token | None, *nulls: Token | None) -> t.Order:
        descending = way is not None and way.type == "DESC"
        first = nulls[1].type == "FIRST" if nulls[0] and nulls[1] else descending
        return t.Order(value, descending, first)

    def limit(self, _: Token, count: Token) -> t.Limit:
        return t.Limit(int(count))

    def mv_expand(self, _: Token, name: tuple[str, t.Place]) -> t.MvExpand:
        return t.MvExpand(t.Column(*name))

    def other(self, token: Token) -> t.Other:
        word = re.match(r"\w+(?:\s+join)?", token, re.IGNORECASE)
        return t.Other(" ".join(word[0].upper().split()) if word else "", str(token))

    def fields(self, *fields: t.Field) -> tuple[t.Field, ...]:
        return fields

    def aggregates(self, *parts: t.Aggregate) -> tuple[t.Aggregate, ...]:
        return parts

    def aggregate(self, field: t.Field, _: Token | None, where: t.Expression | None) -> t.Aggregate:
        return t.Aggregate(field, where)

    def by(self, _: Token, fields: tuple[t.Field, ...]) -> tuple[t.Field, ...]:
        return fields

    def named(self, name: tuple[str, t.Place], value: t.Expression) -> t.Field:
        return t.Field(name[0], value)

    def unnamed(self, value: t.Expression) -> t.Field:
        return t.Field(value.name if isinstance(value, t.Column) else "", value)

    def patterns(self, *patterns: t.Pattern) -> tuple[t.Pattern, ...]:
        return patterns

    def pattern(self, *parts: tuple[str, bool]) -> t.Pattern:
        return parts

    def pattern_part(self, token: Token) -> tuple[str, bool]:
        if token.type == "QUOTED":
            return _name_of(token), False
        return str(token), "*" in token

    def any_of(self, *parts: Any) -> t.Expression:
        return _logic("or", parts[::2])

    def all_of(self, *parts: Any) -> t.Expression:
        return _logic("and", parts[::2])

    def not_(self, _: Token, arg: t.Expression) -> t.Negation:
        return t.Negation(arg)

    def like(self, arg: t.Expression, _: Token, likes: tuple[tuple[str, ...], bool]) -> t.Like:
        return t.Like(arg, likes[0], False, likes[1])

    def not_like(self, arg: t.Expression, _: Token, *rest: Any) -> t.Negation:
        return t.Negation(self.like(arg, *rest))

    def rlike(self, arg: t.Expression, _: Token, likes: tuple[tuple[str, ...], bool]) -> t.Like:
        return t.Like(arg, likes[0], True, likes[1])

    def not_rlike(self, arg: t.Expression, _: Token, *rest: Any) -> t.Negation:
        return t.Negation(self.rlike(arg, *rest))

    def likes(self, text: t.Const | tuple[str, ...]) -> tuple[tuple[str, ...], bool]:
        return (text, True) if isinstance(text, tuple) else ((str(text.value),), False)

    def like_list(self, *texts: t.Const) -> tuple[tuple[str, ...], bool]:
        return tuple(str(text.value) for text in texts), True

    def in_(self, arg: t.Expression, _: Token, *items: t.Expression) -> t.In:
        return t.In(arg, items)

    def not_in(self, arg: t.Expression, _: Token, *rest: Any) -> t.Negation:
        return t.Negation(self.in_(arg, *rest))

    def is_null(self, arg: t.Expression, *_: Token) -> t.IsNull:
        return t.IsNull(arg)

    def is_not_null(self, arg: t.Expression, *_: Token) -> t.IsNull:
        return t.IsNull(arg, denied=True)

    def wanted(self, value: t.Expression) -> t.Expression:
        return value

    def match(self, arg: t.Expression, value: t.Expression) -> t.Match:
        return t.Match(arg, value)

    def infix(self, left: t.Expression, op: Token, right: t.Expression) -> t.Infix:
        return t.Infix(str(op), left, right)

    def minus(self, _: Token, arg: t.Expression) -> t.Expression:
        if isinstance(arg, t.Const) and isinstance(arg.value, int | float):
            return t.Const(-arg.value)
        return t.Minus(arg)

    def plus(self, _: Token, arg: t.Expression) -> t.Expression:
        return arg

    def column(self, name: tuple[str, t.Place]) -> t.Column:
        return t.Column(*name)

    def call(self, name: Token, args: tuple[t.Expression, ...] | None) -> t.Call:
        return t.Call(name.lower(), args or (), (name.line or 0, name.column or 0))

    def function(self, name: Token) -> Token:
        return name

    def arguments(self, *args: t.Expression) -> tuple[t.Expression, ...]:
        return args

    def star(self, _: Token) -> tuple[t.Expression, ...]:
        return ()

    def options(self, *parts: t.Expression | None) -> t.Options:
        keys = [str(key.value) for key in parts[::2] if isinstance(key, t.Const)]
        values = [value for value in parts[1::2] if value is not None]
        return t.Options(tuple(zip(keys, values, strict=False)))

    def cast(self, arg: t.Expression, kind: Token) -> t.Cast:
        return t.Cast(arg, kind.lower())

    def name(self, *parts: Token) -> tuple[str, t.Place]:
        place = (parts[0].line or 0, parts[0].column or 0)
        return ".".join(_name_of(part) for part in parts), place

    def part(self, token: Token) -> Token:
        return token

    def span(self, amount: Token, unit: Token) -> t.Span:
        if unit.lower() not in _UNIT:
            raise QueryError(
                f"ES|QL: line {unit.line}, column {unit.column}: {unit!s} is no unit of time",
                next_step="write a unit such as minutes, or put names that begin with a digit "
                "in back-quotes",
            )
        return t.Span(int(amount), _UNIT[unit.lower()])

    def several(self, *values: t.Const) -> t.Several:
        return t.Several(values)

    def null(self, _: Token) -> t.Const:
        return t.Const(None)

    def true(self, _: Token) -> t.Const:
        return t.Const(True)

    def false(self, _: Token) -> t.Const:
        return t.Const(False)

    def integer(self, token: Token) -> t.Const:
        return t.Const(int(token))

    def decimal(self, token: Token) -> t.Const:
        return t.Const(float(token))

    def text(self, token: Token) -> t.Const:
        return t.Const(_text_of(token))


class NamingBuild(Build):
    """The same from a parse tree with places: such a column is called as it is written."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    @v_args(inline=False, meta=True)
    def unnamed(self, meta: Meta, parts: list[t.Expression]) -> t.Field:
        plain = super().unnamed(parts[0])
        return t.Field(plain.name or self._text[meta.start_pos : meta.end_pos], plain.value)


def _logic(op: Literal["and", "or"], args: tuple[t.Expression, ...]) -> t.Expression:
    return args[0] if len(args) == 1 else t.Logic(op, args)


def _text_of(token: Token) -> str:
    if token.type == "RAW":
        return str(token)[3:-3]
    return re.sub(r"\\(.)", lambda found: _ESCAPED[found[1]], token[1:-1])


def _name_of(token: Token) -> str:
    return token[1:-1].replace("``", "`") if token.type == "QUOTED" else str(token)


def _whole_name(pattern: t.Pattern) -> str:
    return ".".join(piece for piece, _ in pattern)
