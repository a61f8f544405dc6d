"""From the parts that the grammar of EQL finds to its tree: one method for each rule."""

from __future__ import annotations

import re
from itertools import chain
from typing import Any

from lark import Token, Transformer, v_args

from converter.errors import QueryError
from converter.languages import eql_tree as t

_ESCAPE = re.compile(r"\\(?:u\{([0-9A-Fa-f]+)\}|(.))")
_CONTROL = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", '"': '"', "\\": "\\"}
_UNITS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_MOST_RUNS = 100


class Keys(tuple[t.Expression, ...]):
    """The keys after `by`."""

    __slots__ = ()


class Runs(int):
    """The number after `with runs=`."""


class Until:
    """The step after `until`."""

    def __init__(self, step: tuple[t.Step, ...]) -> None:
        self.step = step[0]


@v_args(inline=True)
class Build(Transformer[Token, Any]):
    """Makes the tree, bottom-up, and checks what the grammar leaves open."""

    def start(self, source: Any, *pipes: t.Pipe) -> t.Query:
        if isinstance(source, t.Sample) and pipes:
            raise _wrong("a sample takes no pipes")
        return t.Query(source, pipes)

    def event(self, category: Token, _: Token, condition: t.Expression) -> t.Event:
        name = {"ANY": "", "NAME": str(category)}.get(category.type)
        if name is None:
            name = _text(category) if category.type == "TEXT" else category[3:-3]
        return t.Event(name, condition, _at(category))

    # Sequences and samples

    def by(self, _: Token, *keys: t.Expression) -> Keys:
        return Keys(keys)

    def span(self, _: Token, maxspan: Token, number: t.Const, unit: Token | None = None) -> int:
        if not isinstance(number.value, int) or number.value <= 0:
            raise _wrong("maxspan is not a positive whole number", _at(maxspan))
        if unit is None or unit not in _UNITS:
            raise _wrong("maxspan takes one of the units ms, s, m, h, d", _at(maxspan))
        return number.value * _UNITS[unit]

    def by_then_span(self, keys: Keys, span: int = 0) -> tuple[Keys, int]:
        return keys, span

    def span_then_by(self, span: int, keys: Keys | None = None) -> tuple[Keys, int]:
        if keys is not None:
            raise _wrong("`by` stands before `with maxspan`, not after it")
        return Keys(), span

    def runs(self, _: Token, name: Token, number: t.Const) -> Runs:
        count = number.value
        if name != "runs" or not isinstance(count, int) or not 1 <= count <= _MOST_RUNS:
            what = f"a step takes only `with runs=N`, N from 1 to {_MOST_RUNS}"
            raise _wrong(what, _at(name))
        return Runs(count)

    def step(self, event: t.Event, *more: Keys | Runs) -> tuple[t.Step, ...]:
        keys, runs = _step_parts(more)
        return (t.Step(event, keys, runs),)

    def missing(self, _: Token, event: t.Event, *more: Keys | Runs) -> tuple[t.Step, ...]:
        keys, runs = _step_parts(more)
        if any(isinstance(part, Runs) for part in more):
            raise _wrong("a missing event takes no `with runs`", event.place)
        return (t.Step(event, keys, runs, True),)

    def until(self, _: Token, step: tuple[t.Step, ...]) -> Until:
        return Until(step)

    def sequence(self, word: Token, *parts: Any) -> t.Sequence:
        heads = [part for part in parts if isinstance(part, tuple) and not _is_step(part)]
        keys, span = heads[0] if heads else (Keys(), 0)
        steps = tuple(chain.from_iterable(part for part in parts if _is_step(part)))
        ends = [part.step for part in parts if isinstance(part, Until)]
        return sequence(_keyed(steps, keys), span, _keyed(ends, keys), _at(word))

    def term(self, event: t.Event, keys: Keys = Keys()) -> tuple[t.Step, ...]:  # noqa: B008
        return (t.Step(event, tuple(keys)),)

    def sample(self, word: Token, *parts: Any) -> t.Sample:
        keys = next((part for part in parts if isinstance(part, Keys)), Keys())
        steps = _keyed(chain.from_iterable(part for part in parts if _is_step(part)), keys)
        if len(steps) < 2:
            raise _wrong("a sample has at least two steps", _at(word))
        _check_keys(steps, _at(word))
        if not steps[0].keys:
            raise _wrong("a sample needs `by` with a field", _at(word))
        return t.Sample(steps)

    def join(self, word: Token, *_: Any) -> t.Sequence:
        raise _wrong("`join` is not supported", _at(word), "type")

    def pipe(self, name: Token, *args: t.Expression) -> t.Pipe:
        if name not in ("head", "tail"):
            raise _wrong(f"there is no pipe {name}, only head and tail", _at(name))
        count = args[0].value if len(args) == 1 and isinstance(args[0], t.Const) else None
        if not isinstance(count, int) or isinstance(count, bool) or count < 0:
            raise _wrong(f"{name} takes one positive whole number", _at(name))
        return t.Pipe("head" if name == "head" else "tail", count)

    # Expressions

    def any_of(self, *parts: Any) -> t.Group:
        return t.Group("or", _without_tokens(parts))

    def all_of(self, *parts: Any) -> t.Group:
        return t.Group("and", _without_tokens(parts))

    def negated(self, _: Token, arg: t.Expression) -> t.Negated:
        return t.Negated(arg)

    def lineage(self, name: Token, *_: Any) -> t.Expression:
        raise _wrong(f"`{name} of` is not supported", _at(name), "other")

    def compared(self, left: t.Expression, op: Token, right: t.Expression) -> t.Compared:
        return t.Compared(str(op), left, right, _at(op))

    def arithmetic(self, *parts: Any) -> t.Expression:
        value = parts[0]
        for op, right in zip(parts[1::2], parts[2::2], strict=True):
            value = t.Arithmetic(str(op), value, right)
        return value  # type: ignore[no-any-return]

    def signed(self, op: Token, arg: t.Expression) -> t.Expression:
        if op == "+":
            return arg
        if isinstance(arg, t.Const) and isinstance(arg.value, int | float):
            return t.Const(-arg.value)
        return t.Minus(arg)

    def among(self, arg: t.Expression, *parts: Any) -> t.Expression:
        op = next(part for part in parts if isinstance(part, Token) and part.type != "NOT")
        among = t.Among(arg, _without_tokens(parts), op == "in~", _at(op))
        return t.Negated(among) if parts[0] is not op else among

    def alike(self, arg: t.Expression, op: Token, *values: t.Const) -> t.Alike:
        return t.Alike(str(op), arg, values, _at(op))

    def call(self, name: Token, *args: t.Expression) -> t.Call:
        return t.Call(name.removesuffix("~"), args, name.endswith("~"), _at(name))

    def field(self, *parts: Any) -> t.Field:
        name, place = parts[-1]
        return t.Field(name, len(parts) > 1, place)

    def name(self, *tokens: Token) -> tuple[str, t.Place]:
        return ".".join(map(_plain, tokens)), _at(tokens[0])

    def grouped(self, arg: t.Expression) -> t.Expression:
        return arg

    def number(self, token: Token) -> t.Const:
        return t.Const(int(token) if token.type == "INTEGER" else float(token))

    def text(self, token: Token) -> t.Const:
        return t.Const(_text(token))

    def raw(self, token: Token) -> t.Const:
        return t.Const(str(token[3:-3]))

    def true(self, _: Token) -> t.Const:
        return t.Const(True)

    def false(self, _: Token) -> t.Const:
        return t.Const(False)

    def null(self, _: Token) -> t.Const:
        return t.Const(None)


def sequence(
    steps: tuple[t.Step, ...], span: int, ends: tuple[t.Step, ...], place: t.Place
) -> t.Sequence:
    """A sequence of keyed steps, with the checks that hold for it (semantics: EQL 8, 11)."""
    if sum(step.runs for step in steps) < 2:
        raise _wrong("a sequence has at least two steps", place)
    _check_keys((*steps, *ends), place)
    if any(step.missing for step in ends):
        raise _wrong("`until` takes no missing event", place)
    if all(step.missing for step in steps):
        raise _wrong("a sequence needs a step that is not missing", place)
    if not span and any(step.missing for step in steps):
        raise _wrong("a sequence with a missing event needs `with maxspan`", place)
    return t.Sequence(steps, span, ends[0] if ends else None)


def _check_keys(steps: tuple[t.Step, ...], place: t.Place) -> None:
    if len({len(step.keys) for step in steps}) > 1:
        raise _wrong("the steps are joined by different numbers of keys", place)


def _is_step(part: Any) -> bool:
    return isinstance(part, tuple) and len(part) == 1 and isinstance(part[0], t.Step)


def _step_parts(more: tuple[Keys | Runs, ...]) -> tuple[tuple[t.Expression, ...], int]:
    keys = next((tuple(part) for part in more if isinstance(part, Keys)), ())
    return keys, next((int(part) for part in more if isinstance(part, Runs)), 1)


def _keyed(steps: Any, keys: Keys) -> tuple[t.Step, ...]:
    """The steps, joined by the keys of all and by their own."""
    return tuple(t.Step(s.event, (*keys, *s.keys), s.runs, s.missing) for s in steps)


def _without_tokens(parts: tuple[Any, ...]) -> tuple[t.Expression, ...]:
    return tuple(part for part in parts if not isinstance(part, Token))


def _plain(token: Token) -> str:
    return token[1:-1].replace("``", "`") if token.type == "QUOTED" else str(token)


def _text(token: Token) -> str:
    return _ESCAPE.sub(lambda m: chr(int(m[1], 16)) if m[1] else _CONTROL[m[2]], token[1:-1])


def _at(token: Token) -> t.Place:
    return (token.line or 0, token.column or 0)


def _wrong(what: str, place: t.Place = t.NOWHERE, kind: str = "parse") -> QueryError:
    at = f"line {place[0]}, column {place[1]}: " if place[0] else ""
    return QueryError.of(kind, f"EQL: {at}{what}", "mend the query there")
