"""Queries on the fields of a few documents: the answers are sets of document numbers, as bits.

Each kind of test follows the field's type (semantics: field types; Lucene 4-13).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from converter.errors import QueryError
from converter.languages.elastic_algebra import Bounds
from converter.languages.elastic_dates import NOW
from converter.languages.elastic_index import TEXTS, Index, Stored, as_text
from converter.languages.elastic_patterns import (
    holds_phrase,
    pattern_test,
    wildcard_pattern,
    within,
)
from converter.languages.elastic_values import range_test, term_test
from converter.languages.elastic_words import lower, words
from converter.languages.lucene_regexp_grammar import has_complement
from converter.languages.lucene_regexp_match import regexp_matcher
from converter.predicate import Wildcard, tidy

TextTest = Callable[[str], bool]
_PATTERNED = (
    frozenset({"keyword", "constant_keyword", "wildcard", "lowercase", "flattened"}) | TEXTS
)


class Queries:
    """One index with its documents. Answers are integers: bit n stands for document n."""

    def __init__(
        self, mapping: Mapping[str, str], docs: Sequence[Mapping[str, Any]], now: int = NOW
    ) -> None:
        self.index = Index(mapping)
        self.docs = docs
        self.now = now
        self.everything = (1 << len(docs)) - 1
        self._columns: dict[str, list[list[Stored]]] = {}
        self._words: dict[str, list[list[list[str]]]] = {}

    def numbers(self, found: int) -> list[int]:
        """The document numbers of an answer."""
        return [number for number in range(len(self.docs)) if found >> number & 1]

    def all_of(self, parts: Sequence[int]) -> int:
        out = self.everything
        for part in parts:
            out &= part
        return out

    def any_of(self, parts: Sequence[int]) -> int:
        out = 0
        for part in parts:
            out |= part
        return out

    def negate(self, part: int) -> int:
        return self.everything & ~part

    def targets(self, field: str | None) -> Sequence[str]:
        names = list(self.index.fields)
        if field is None:
            return names
        if "*" not in field:
            return [field]
        *parts, last = field.split("*")
        starred = (piece for part in parts for piece in (part, Wildcard.MANY))
        fits = pattern_test(tidy((*starred, last)))
        return [name for name in names if fits(name)]

    def match(self, field: str, text: str, every: bool) -> int | None:
        if self.kind(field) not in TEXTS:
            return self.term(field, text)
        found = [self.word(field, word.__eq__) for word in words(text)]
        if not found:
            return None
        return self.all_of(found) if every else self.any_of(found)

    def phrase(self, field: str, text: str, slop: int = 0) -> int | None:
        if self.kind(field) not in TEXTS:
            return self.term(field, text)
        wanted = words(text)
        if not wanted:
            return None
        return self._bits(
            any(holds_phrase(value, wanted, slop) for value in values)
            for values in self.tokens(field)
        )

    def term(self, field: str, text: str, cased: bool = True) -> int:
        """A whole value."""
        kind = self.kind(field)
        if not kind:
            return 0
        if not cased and kind in _PATTERNED:
            plain = lower(text) if kind == "lowercase" else text
            return self._texts(field, pattern_test((plain,), False))
        return self.value(field, term_test(kind, text, self.now))

    def prefix(self, field: str, text: str, cased: bool = True) -> int:
        kind = self._patterned(field, "prefixes")
        start = lower(text) if kind == "lowercase" or kind in TEXTS else text
        if not cased:
            return self._texts(field, pattern_test((start, Wildcard.MANY), False))
        return self._texts(field, lambda value: value.startswith(start))

    def analysed_prefix(self, field: str, text: str, every: bool) -> int | None:
        if self.kind(field) not in TEXTS:
            return self.prefix(field, text)
        *whole, last = words(text) or [""]
        if not last:
            return None
        found = [self.word(field, word.__eq__) for word in whole]
        found.append(self.word(field, lambda word: word.startswith(last)))
        return self.all_of(found) if every else self.any_of(found)

    def wildcard(self, field: str, pattern: str, cased: bool = True) -> int:
        kind = self._patterned(field, "wildcards")
        pieces = wildcard_pattern(
            lower(pattern) if kind == "lowercase" or kind in TEXTS else pattern
        )
        if (
            kind == "wildcard"
            and Wildcard.MANY in pieces
            and not any(isinstance(piece, str) for piece in pieces)
        ):
            return self.exists(field)
        test = pattern_test(pieces, cased)
        root = self.index.flattened_root(field)
        if kind == "flattened" and root:
            # The pattern meets the key and the value as one text (semantics: flattened).
            return self._bits(any(map(test, self.index.keyed(doc, root))) for doc in self.docs)
        return self._texts(field, test)

    def regexp(self, field: str, regexp: str, cased: bool = True) -> int:
        kind = self._patterned(field, "regular expressions")
        if kind == "flattened" and self.index.flattened_root(field):
            raise QueryError.of("type", f"{field} is a key of a flattened field: no regexps")
        text = lower(regexp) if kind == "lowercase" else regexp
        if kind == "wildcard" and has_complement(text):
            raise QueryError.of("type", f"{field} is of type wildcard: no ~ in regexps")
        return self._texts(field, regexp_matcher(text, cased))

    def fuzzy(self, field: str, text: str, edits: int) -> int:
        kind = self._patterned(field, "fuzzy terms")
        if kind == "flattened" and self.index.flattened_root(field):
            raise QueryError.of("type", f"{field} is a key of a flattened field: no fuzzy terms")
        plain = lower(text) if kind == "lowercase" or kind in TEXTS else text
        return self._texts(field, lambda value: within(plain, value, edits))

    def range(self, field: str, bounds: Bounds, raw: bool = False) -> int:
        kind = self.kind(field)
        if not kind:
            return 0
        if kind in TEXTS:
            return self.word(field, range_test(kind if raw else "lowercase", bounds))
        return self.value(field, range_test(kind, bounds, self.now))

    def exists(self, field: str) -> int:
        if self.kind(field):
            return self._bits(map(bool, self.values(field)))
        below = [name for name in self.index.fields if name.startswith(field + ".")]
        return self.any_of([self.exists(name) for name in below])

    def kind(self, field: str) -> str:
        """The field's type, or nothing where it is unmapped."""
        return self.index.type(field) or ""

    def _patterned(self, field: str, what: str) -> str:
        kind = self.kind(field)
        if kind and kind not in _PATTERNED:
            raise QueryError.of("type", f"{field} is of type {kind} and takes no {what}")
        return kind

    def _texts(self, field: str, test: TextTest) -> int:
        """The documents in which some text, or word of an analysed field, passes a test."""
        if self.kind(field) in TEXTS:
            return self.word(field, test)
        return self.value(field, lambda value: test(as_text(value)))

    def value(self, field: str, test: Callable[[Stored], bool]) -> int:
        """The documents in which some stored value passes a test."""
        return self._bits(any(map(test, values)) for values in self.values(field))

    def word(self, field: str, test: TextTest) -> int:
        """The documents in which some word of an analysed field passes a test."""
        return self._bits(any(test(w) for v in values for w in v) for values in self.tokens(field))

    def _bits(self, found: Iterable[bool]) -> int:
        return sum(1 << number for number, yes in enumerate(found) if yes)

    def values(self, field: str) -> list[list[Stored]]:
        """Each document's stored values of a field."""
        if field not in self._columns:
            self._columns[field] = [self.index.values(doc, field) for doc in self.docs]
        return self._columns[field]

    def tokens(self, field: str) -> list[list[list[str]]]:
        """Each document's analysed values of a field."""
        if field not in self._words:
            self._words[field] = [self.index.tokens(doc, field) for doc in self.docs]
        return self._words[field]
