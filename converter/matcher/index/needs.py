"""Predicate -> what the bytes of an event must hold before the predicate can be true of it.

A need is a tree of `Every` and `Any` over probes, and a probe is something to look for in a record
of JSON without decoding it. Needs err on one side only: an event may meet the need and not match,
but an event that matches meets the need. `NOTHING` is the need of a predicate that may be true of
any event.

Probes speak of plain JSON, in which no character is spelled `\\uXXXX` that need not be, no slash
`\\/`, and no letter is the Kelvin sign or the long s (see `spelling.plain`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from converter import predicate as p
from converter.casing import fold
from converter.errors import Unsupported
from converter.matcher.fields import Paths, paths_of
from converter.matcher.index.spelling import beginning, is_bare, key_of, pieces
from converter.matcher.text import texts
from converter.paths import Path, Under
from converter.regexps.tree import Alt, Chars, Items, Repeat, read


@dataclass(frozen=True, slots=True)
class Text:
    """This text, in lower case, stands somewhere in the record, in any case."""

    text: str


@dataclass(frozen=True, slots=True)
class Member:
    """A key that ends so, with a value that begins so, or is all of it if `whole`.

    The value is in lower case and stands for any case; the key is exact. `bare` values may also be
    written without quotes, numbers also in another way (`5.0`, `5e0`).
    """

    key: str
    value: str
    whole: bool
    bare: bool


@dataclass(frozen=True, slots=True)
class Value:
    """A text, in lower case, that in any case is all of a string, whatever its key."""

    text: str


@dataclass(frozen=True, slots=True)
class Foreign:
    """A character outside of ASCII, as it is or escaped."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key that ends so."""

    key: str


@dataclass(frozen=True, slots=True)
class Every:
    """All of these needs."""

    args: tuple[Need, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """At least one of these needs."""

    args: tuple[Need, ...]


Probe = Text | Member | Key | Value | Foreign
Need = Every | Either | Probe

NOTHING = Every(())
NEVER = Either(())


def need(predicate: p.Predicate, paths: Paths | None = None) -> Need:
    """What an event's bytes must hold for the predicate; `paths` as in `compile_predicate`."""
    return _need(predicate, paths, holds=True)


def _need(predicate: p.Predicate, paths: Paths | None, *, holds: bool) -> Need:
    if isinstance(predicate, p.Not):
        return _need(predicate.arg, paths, holds=not holds)
    if isinstance(predicate, p.And | p.Or):
        args = [_need(arg, paths, holds=holds) for arg in predicate.args]
        return every(args) if isinstance(predicate, p.And) is holds else either(args)
    if holds:
        return _TESTS[type(predicate)](predicate, paths)
    return _keys(predicate.field, paths) if isinstance(predicate, p.Null) else NOTHING


def every(needs: Iterable[Need]) -> Need:
    """All of these needs, groups flat, each once."""
    flat: dict[Need, None] = {}
    for one in needs:
        flat.update(dict.fromkeys(one.args if isinstance(one, Every) else (one,)))
    return NEVER if NEVER in flat else next(iter(flat)) if len(flat) == 1 else Every(tuple(flat))


def either(needs: Iterable[Need]) -> Need:
    """At least one of these needs, groups flat, each once."""
    flat: dict[Need, None] = {}
    for one in needs:
        flat.update(dict.fromkeys(one.args if isinstance(one, Either) else (one,)))
    if NOTHING in flat:
        return NOTHING
    return next(iter(flat)) if len(flat) == 1 else Either(tuple(flat))


def _under(field: str, paths: Paths | None, probe: Callable[[str], Need]) -> Need:
    """What `probe` says of the key at which each path of the field ends."""
    ends = (
        end
        for name in paths_of(field, paths)
        for end in (name.keys if isinstance(name, Under) else (name,))
    )
    keys = (key_of(end) for end in dict.fromkeys(ends))
    return either(NOTHING if key is None else probe(key) for key in keys)


def _keys(field: str, paths: Paths | None) -> Need:
    """The key at which a path of the field ends, or the field's name in a list of named values."""
    return _keys_of(paths_of(field, paths))


@lru_cache(4096)
def _keys_of(paths: tuple[Path, ...]) -> Need:
    found = list[Need]()
    for one in dict.fromkeys(paths):
        name = one.name if isinstance(one, Under) else one
        key = key_of(name)
        found.append(Key(key) if key else NOTHING)
        if isinstance(one, Under) and one.named:
            found += [_value_of(key, name) for key in one.NAMES]
    return either(found)


def _value_of(key: str, value: str) -> Need:
    begins = beginning(value)
    return _member(key, begins, whole=begins == value.lower()) if begins else Key(key)


def _member(key: str, begins: str, *, whole: bool) -> Member:
    return Member(key, begins, whole, is_bare(begins, whole=whole))


def _equals(test: p.Equals, paths: Paths | None) -> Need:
    return either(_value(test.field, one, paths, whole=True) for one in texts(test.value))


def _value(field: str, value: str, paths: Paths | None, *, whole: bool) -> Need:
    begins = beginning(value)
    whole = whole and begins == value.lower()
    if value.startswith("{") or not (begins or whole):
        return _keys(field, paths)
    there = _under(field, paths, lambda key: _member(key, begins, whole=whole))
    if any(isinstance(one, Under) and one.named for one in paths_of(field, paths)):
        return every((there, _keys(field, paths), _texts(value)))
    return there


def _glob(test: p.Glob, paths: Paths | None) -> Need:
    pattern = p.tidy(test.pattern)
    first = pattern[0] if pattern else ""
    if len(pattern) < 2 and isinstance(first, str):
        return _value(test.field, first, paths, whole=True)
    first_need = _keys(test.field, paths)
    if isinstance(first, str):
        first_need = _value(test.field, first, paths, whole=False)
    return every((first_need, _pattern(pattern)))


def _pattern(pattern: p.Pattern) -> Need:
    return every(_texts(piece) for piece in pattern if isinstance(piece, str))


def _texts(value: str) -> Need:
    found: list[Need] = [Text(piece) for piece in pieces(value)]
    return every(found if fold(value).isascii() else [*found, Foreign()])


def _regex(pattern: str, flags: str) -> Need:
    try:
        return _items(read(pattern, flags))
    except Unsupported:
        return NOTHING


def _items(items: Items) -> Need:
    """Runs of single characters are text; of what stands between them each has its own need."""
    needs, run = list[Need](), ""
    for item in items:
        char = _char(item)
        if char is None:
            needs += [_texts(run), _item(item)]
            run = ""
        else:
            run += char
    return every((*needs, _texts(run)))


def _item(item: object) -> Need:
    if isinstance(item, Alt):
        return either(_items(option) for option in item.options)
    return _items(item.body) if isinstance(item, Repeat) and item.low else NOTHING


def _char(item: object) -> str | None:
    """The one character, in lower case, that this is in any case; None for all else."""
    if not isinstance(item, Chars) or item.negated or any(low != high for low, high in item.spans):
        return None
    chars = {chr(low).lower() if low < 0x80 else chr(low) for low, _ in item.spans}
    return chars.pop() if len(chars) == 1 else None


def _compared(test: p.FieldCompare, paths: Paths | None) -> Need:
    return every((_keys(test.field, paths), _keys(test.other, paths)))


def _words(test: p.Words, paths: Paths | None) -> Need:
    return every((_keys(test.field, paths), *map(_texts, test.words)))


def _there(test: p.FieldTest, paths: Paths | None) -> Need:
    return _keys(test.field, paths)


_TESTS: dict[type[p.Test], Callable[[Any, Paths | None], Need]] = {
    p.Equals: _equals,
    p.Glob: _glob,
    p.Regex: lambda test, paths: every(
        (_keys(test.field, paths), _regex(test.pattern, test.flags))
    ),
    p.Cidr: _there,
    p.Compare: _there,
    p.Exists: _there,
    p.Null: lambda test, paths: NOTHING,
    p.FieldCompare: _compared,
    p.TimePart: _there,
    p.Words: _words,
    p.Single: _there,
    p.Keyword: lambda test, paths: _pattern(p.tidy(test.pattern)),
    p.KeywordRegex: lambda test, paths: _regex(test.pattern, test.flags),
    p.Opaque: lambda test, paths: NEVER,
}
