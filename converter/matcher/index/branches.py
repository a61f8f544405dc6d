"""Predicate -> what each field of an event must hold before the predicate can be true of it.

A predicate is taken apart into branches, of which every match has one. A branch names fields, by
the paths at which an event may hold them, and for each some clauses, all of which must hold. A
clause is a set of atoms, one of which must stand in the field's text: the value between `START` and
`END`, folded. Branches err on one side only, as needs do: what matches always fits one of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import reduce
from itertools import product
from typing import Any

from converter import predicate as p
from converter.casing import fold
from converter.errors import Unsupported
from converter.matcher.fields import Paths, paths_of
from converter.matcher.text import texts
from converter.paths import Path
from converter.regexps.tree import Alt, Chars, Items, Repeat, read

Field = tuple[Path, ...]
Clause = frozenset[str]
Branch = dict[Field, tuple[Clause, ...]]
Branches = list[Branch]
"""None: the predicate is never true. One that names no field: it may be true of any event."""

START, END = "\x02", "\x03"
PRESENT: Clause = frozenset((START,))
"""The field is there, whatever it holds."""
NULL: Clause = frozenset(("\x04",))
"""The field is missing, or null."""

_ANYTHING: Branches = [{}]
_MOST = 8
_CLAUSES = 3
_LEAST = 2
_RARER = 0.7


def branches(predicate: p.Predicate, paths: Paths | None = None) -> Branches:
    """What a match needs of fields; `paths` as in `compile_predicate`."""
    return _branches(predicate, paths, holds=True)


def framed(value: str) -> str:
    """A text as atoms are looked for in it."""
    return f"{START}{value.lower() if value.isascii() else fold(value)}{END}"


def _branches(predicate: p.Predicate, paths: Paths | None, *, holds: bool) -> Branches:
    if isinstance(predicate, p.Not):
        return _branches(predicate.arg, paths, holds=not holds)
    if isinstance(predicate, p.And | p.Or):
        parts = [_branches(arg, paths, holds=holds) for arg in predicate.args]
        return _all(parts) if isinstance(predicate, p.And) is holds else _any(parts)
    if isinstance(predicate, p.Keyword | p.KeywordRegex):
        return _ANYTHING
    if isinstance(predicate, p.Opaque):
        return [] if holds else _ANYTHING
    if holds:
        return _of_test(predicate, paths)
    there = isinstance(predicate, p.Null)
    return [{paths_of(predicate.field, paths): (PRESENT,)}] if there else _ANYTHING


def _of_test(test: p.FieldTest, paths: Paths | None) -> Branches:
    mine = paths_of(test.field, paths)
    if isinstance(test, p.Null):
        return [{mine: (NULL,)}]
    if isinstance(test, p.FieldCompare):
        return [{mine: (PRESENT,), paths_of(test.other, paths): (PRESENT,)}]
    atoms = _ATOMS.get(type(test))
    return [{mine: (atoms(test) if atoms else PRESENT,)}]


def _all(parts: Iterable[Branches]) -> Branches:
    """One branch of each part, in all combinations, or fewer that are wider."""
    return reduce(_both, parts, _ANYTHING)


def _both(one: Branches, other: Branches) -> Branches:
    if len(one) * len(other) > _MOST:
        one, other = (_common(one), other) if len(one) > len(other) else (one, _common(other))
    if len(one) * len(other) > _MOST:
        one, other = _common(one), _common(other)
    return [_joined(*pair) for pair in product(one, other)]


def _joined(one: Branch, other: Branch) -> Branch:
    found = dict(one)
    for field, clauses in other.items():
        found[field] = _best((*found.get(field, ()), *clauses))
    return found


def _best(clauses: Iterable[Clause]) -> tuple[Clause, ...]:
    """The clauses that tell most."""
    return tuple(sorted(dict.fromkeys(clauses), key=_order)[:_CLAUSES])


def share(clause: Clause) -> float:
    """About how many values fit the clause, more or less."""
    return sum(_RARER ** len(atom) for atom in clause)


def _order(clause: Clause) -> tuple[float, list[str]]:
    return share(clause), sorted(clause)


def _any(parts: Iterable[Branches]) -> Branches:
    """All branches; those of one field together."""
    found: Branches = []
    single: dict[Field, set[str]] = {}
    for branch in (branch for part in parts for branch in part):
        if not branch:
            return _ANYTHING
        ((field, clauses), *more) = branch.items()
        if more or len(clauses) > 1:
            found.append(branch)
        else:
            single.setdefault(field, set()).update(clauses[0])
    found += [{field: (frozenset(atoms),)} for field, atoms in single.items()]
    return found if len(found) <= _MOST else _fewer(found)


def _fewer(found: Branches) -> Branches:
    alike: dict[frozenset[Field], Branches] = {}
    for branch in found:
        alike.setdefault(frozenset(branch), []).append(branch)
    fewer = [one for group in alike.values() for one in _common(group)]
    return fewer if len(fewer) <= _MOST else _common(fewer)


def _common(found: Sequence[Branch]) -> Branches:
    """One branch that whatever fits one of these fits, too."""
    if len(found) < 2:
        return list(found)
    fields = [field for field in found[0] if all(field in one for one in found)]
    return [{field: (frozenset().union(*(one[field][0] for one in found)),) for field in fields}]


def _equals(test: p.Equals) -> Clause:
    return frozenset(map(framed, texts(test.value)))


def _glob(test: p.Glob) -> Clause:
    """The longest piece of text; where it stands at an end, with what stands before or behind."""
    pieces = p.tidy(test.pattern)
    whole = (START, *pieces, END)
    texts = [
        _framed_piece(piece, whole[at] == START, whole[at + 2] == END)
        for at, piece in enumerate(pieces)
        if isinstance(piece, str) and _is_inner(piece)
    ]
    return _longest(texts or ([] if pieces else [framed("")]))


def _framed_piece(piece: str, first: bool, last: bool) -> str:
    return f"{START if first else ''}{fold(piece)}{END if last else ''}"


def _is_inner(text: str) -> bool:
    """Whether it cannot be taken for one with its ends."""
    return START not in text and END not in text


def _longest(texts: Iterable[str]) -> Clause:
    longest = max(texts, key=_size, default="")
    return frozenset((longest,)) if _size(longest) >= _LEAST else PRESENT


def _size(atom: str) -> int:
    """Its bytes; engines find nothing shorter than two."""
    return len(atom.encode("utf-8", "surrogatepass"))


def _regex(test: p.Regex) -> Clause:
    try:
        return _items(read(test.pattern, test.flags)) or PRESENT
    except Unsupported:
        return PRESENT


def _items(items: Items) -> Clause:
    """The best of what must be found, one after the other; nothing where all may be missing."""
    found, run = list[Clause](), ""
    for item in items:
        char = _char(item)
        if char is None:
            found += [_run(run), _item(item)]
            run = ""
        else:
            run += char
    found.append(_run(run))
    return min((one for one in found if one and one != PRESENT), key=_order, default=frozenset())


def _run(text: str) -> Clause:
    return _longest((text,)) if _is_inner(text) else PRESENT


def _item(item: object) -> Clause:
    if isinstance(item, Alt):
        options = [_items(option) for option in item.options]
        return frozenset[str]().union(*options) if all(options) else frozenset()
    return _items(item.body) if isinstance(item, Repeat) and item.low else frozenset()


def _char(item: object) -> str | None:
    """The one character, folded, that this is; None for all else."""
    if not isinstance(item, Chars) or item.negated or any(low != high for low, high in item.spans):
        return None
    chars = {fold(chr(low)) for low, _ in item.spans}
    return chars.pop() if len(chars) == 1 else None


_ATOMS: dict[type[p.FieldTest], Callable[[Any], Clause]] = {
    p.Equals: _equals,
    p.Glob: _glob,
    p.Regex: _regex,
    p.Words: lambda test: _longest(filter(_is_inner, test.words)),
}
