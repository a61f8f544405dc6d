"""What a parsed Lucene query asks, told to an algebra of answers.

The rules of Lucene's classic parser: AND and + make clauses required, NOT and - prohibited, all
others are optional and count only where nothing is required (semantics: Lucene 1-3, 8, 9, 11).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from converter.errors import QueryError
from converter.languages.elastic_algebra import Algebra, Bounds
from converter.languages.lucene_syntax import Clause, Group, Mark, Span, Word

T = TypeVar("T")
_EXISTS = "_exists_"
_LONGEST_REGEXP = 1000


@dataclass(frozen=True, slots=True)
class Builder(Generic[T]):
    """Options as of query_string: `every` is default_operator AND.

    `one_sided`: `>5` is a range, as it is but where a list of fields is given with the query.
    """

    algebra: Algebra[T]
    every: bool = False
    lenient: bool = True
    analyze_wildcard: bool = False
    one_sided: bool = True

    def query(self, group: Group) -> T:
        """The answer to a whole query; one that asks nothing finds nothing."""
        found = self.group(group, None)
        return self.algebra.any_of([]) if found is None else found

    def group(self, group: Group, field: str | None) -> T | None:
        """The answer to some clauses; None where analysis left nothing of them."""
        occurs: list[tuple[Mark, T]] = []
        first: T | None = None
        for n, clause in enumerate(_joined(group.clauses)):
            found = self.clause(clause, field)
            self._add(occurs, clause, found)
            if n == 0 and not clause.mark:
                first = found
        if len(occurs) == 1 and first is not None:
            return first
        return self._boolean(occurs)

    def _add(self, occurs: list[tuple[Mark, T]], clause: Clause, found: T | None) -> None:
        """Adds a clause, and says of the one before what the word between makes of it."""
        if occurs and occurs[-1][0] != "-":
            if clause.joint == "AND":
                occurs[-1] = ("+", occurs[-1][1])
            elif clause.joint == "OR" and self.every:
                occurs[-1] = ("", occurs[-1][1])
        if found is None:
            return
        mark = clause.mark
        if not mark and (clause.joint == "AND" or (self.every and clause.joint != "OR")):
            mark = "+"
        occurs.append((mark, found))

    def _boolean(self, occurs: Sequence[tuple[Mark, T]]) -> T | None:
        """Required, optional and prohibited clauses as one answer (semantics: Lucene 2)."""
        if not occurs:
            return None
        algebra = self.algebra
        required = [found for mark, found in occurs if mark == "+"]
        optional = [found for mark, found in occurs if not mark]
        prohibited = [algebra.negate(found) for mark, found in occurs if mark == "-"]
        if optional and not required:
            required = [algebra.any_of(optional)]
        return algebra.all_of([*required, *prohibited])

    def clause(self, clause: Clause, field: str | None) -> T | None:
        """The answer to one clause, its mark left aside."""
        field = field if clause.field is None else clause.field
        if isinstance(clause.body, Group):
            return self.group(clause.body, field)
        if isinstance(clause.body, Span):
            span = clause.body
            return self.range(field, Bounds(span.low, span.high, span.with_low, span.with_high))
        return self.word(field, clause.body)

    def word(self, field: str | None, word: Word) -> T | None:
        """The answer to one term, quoted or not."""
        if word.kind in ("prefix", "wildcard", "regexp", "fuzzy"):
            return self.pattern(field, word)
        if field == _EXISTS:
            return self.exists(word.text)
        if word.kind == "phrase":
            slop = _slop(word)
            return self._each(field, lambda name: self.algebra.phrase(name, word.text, slop))
        bounds = _one_sided(word.text) if self.one_sided else None
        if bounds:
            return self.range(field, bounds)
        return self._each(field, lambda name: self.algebra.match(name, word.text, self.every))

    def pattern(self, field: str | None, word: Word) -> T | None:
        """The answer to a term with wildcards, a regular expression or a fuzzy term."""
        algebra, text = self.algebra, word.text
        if word.kind == "wildcard":
            if text == "*":
                return algebra.all_of([]) if field in (None, "*") else self.exists(str(field))
            return self._each(field, lambda name: algebra.wildcard(name, text))
        if word.kind == "regexp":
            if len(text) > _LONGEST_REGEXP:
                raise QueryError.of("other", "Lucene: a regular expression over 1000 characters")
            return self._each(field, lambda name: algebra.regexp(name, text))
        if word.kind == "fuzzy":
            return self._each(field, lambda name: algebra.fuzzy(name, text, _edits(word)))
        if self.analyze_wildcard:
            return self._each(field, lambda name: algebra.analysed_prefix(name, text, self.every))
        return self._each(field, lambda name: algebra.prefix(name, text))

    def exists(self, pattern: str) -> T:
        """The answer to `_exists_:name`, also with wildcards in the name."""
        if pattern == "*":
            raise QueryError.of("type", "Lucene: _exists_:\\* asks fields that cannot be searched")
        if "*" not in pattern:
            return self.algebra.exists(pattern)
        names = self.algebra.targets(pattern)
        return self.algebra.any_of([self.algebra.exists(name) for name in names])

    def range(self, field: str | None, bounds: Bounds) -> T | None:
        """The answer to a range."""
        return self._each(field, lambda name: self.algebra.range(name, bounds))

    def _each(self, field: str | None, ask: Callable[[str], T | None]) -> T | None:
        """The answers of all fields that a name stands for, one of which suffices."""
        names = self.algebra.targets(None if field == "*" else field)
        asked = [self._lenient(ask, name) for name in names]
        found = [answer for answer in asked if answer is not None]
        return self.algebra.any_of(found) if found or not asked else None

    def _lenient(self, ask: Callable[[str], T | None], name: str) -> T | None:
        try:
            return ask(name)
        except QueryError:
            if not self.lenient:
                raise
            return self.algebra.any_of([])


def _joined(clauses: Sequence[Clause]) -> list[Clause]:
    """The clauses with bare words that follow each other made one text (semantics: Lucene 3)."""
    out: list[Clause] = []
    rest = list(clauses)
    while rest:
        clause, rest = rest[0], rest[1:]
        words = [clause.body.text] if clause.bare and isinstance(clause.body, Word) else []
        while words and rest and _continues(rest):
            assert isinstance(rest[0].body, Word)
            words.append(rest[0].body.text)
            rest = rest[1:]
        out.append(Clause(Word("text", " ".join(words))) if len(words) > 1 else clause)
    return out


def _continues(rest: Sequence[Clause]) -> bool:
    after = rest[1] if len(rest) > 1 else None
    return rest[0].bare and (after is None or not (after.joint or after.is_star))


def _one_sided(text: str) -> Bounds | None:
    """`>5` and the like, which the parser takes for a word (semantics: Lucene 5, 11)."""
    if len(text) < 2 or text[0] not in "<>":
        return None
    closed = text[1] == "=" and len(text) > 2
    value = text[1 + closed :]
    end = None if value == "*" else value
    if text[0] == ">":
        return Bounds(end, None, with_low=closed)
    return Bounds(None, end, with_high=closed)


def _slop(word: Word) -> int:
    """The moves that `~` allows a phrase; what is no number counts as none."""
    try:
        return int(float(word.fuzzy[1:] or 0))
    except (ValueError, OverflowError):
        return 0


def _edits(word: Word) -> int:
    """The edits that `~` allows: as said, or by the length of the word."""
    said = word.fuzzy[1:]
    if said and said.upper() != "AUTO":
        try:
            return min(2, int(float(said)))
        except (ValueError, OverflowError):
            raise QueryError(f"Lucene: ~{said} is no number of edits") from None
    size = len(word.text)
    return 0 if size < 3 else 1 if size < 6 else 2
