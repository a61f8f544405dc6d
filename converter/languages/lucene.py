"""Lucene query_string, as Elasticsearch reads it (semantics: Lucene 1-13)."""

from __future__ import annotations

import re
from typing import ClassVar

from sigma.backends.elasticsearch.elasticsearch_lucene import LuceneBackend

from converter import predicate as p
from converter.languages.arranging import TextTest
from converter.languages.colon import ColonEmitter
from converter.languages.elastic import TEXTS, pattern_of
from converter.languages.emitter import Rank, Said
from converter.languages.lucene_regexp import from_glob, from_regex
from converter.pipelines import Facts

_BARE = re.compile(r"[\w@.][\w@.+-]*")
_WORDS = frozenset({"AND", "OR", "NOT", "TO"})
_SPECIAL = re.compile(r'([+\-=&|!(){}\[\]^"~*?:\\/<>\s])')
_FIELD_SPECIAL = re.compile(r'([+\-=&|!(){}\[\]^"~*?:\\/<>\s,;#\'`%$])')


class Lucene(ColonEmitter, LuceneBackend):
    """AND, OR and NOT are no ordinary booleans here: every mixed group is parenthesised."""

    language: ClassVar[str] = "lucene"
    name_of_language: ClassVar[str] = "Lucene"

    def inside(self, part: Said, rank: Rank) -> str:
        """A NOT beside OR needs its own parentheses (semantics: Lucene 1)."""
        if part.rank is Rank.NOT and rank is Rank.OR:
            return self.grouped(part)
        return super().inside(part, rank)

    def field_name(self, name: str) -> str:
        if "*" in name or "?" in name:
            self.refuse(f"{name!r} stands for several fields", "rename it in the pipeline")
        escaped = _FIELD_SPECIAL.sub(r"\\\1", name)
        return f"\\{escaped}" if name in _WORDS else escaped

    def spelt(self, test: TextTest, facts: Facts) -> str:
        if facts.type in TEXTS:
            return self._analysed(test, facts)
        if facts.type == "flattened":
            return self._flattened(test, facts)
        self.check_text(test, facts)
        if self.is_exact(test, facts):
            return _exact(test)
        return _slashed(from_glob(pattern_of(test), cased=False))

    def _analysed(self, test: TextTest, facts: Facts) -> str:
        """An analysed field is searched by words: a phrase comes nearest."""
        words = [piece for piece in pattern_of(test) if isinstance(piece, str)]
        if not words:
            return "*"
        if len(words) > 1 or not re.search(r"\w", words[0]):
            what = f"{facts.name} is analysed text: no wildcards between words"
            self.refuse(what, "use ES|QL or SPL")
        self.lose("both", f"{facts.name} is analysed text, searched by whole words")
        return _quoted(words[0])

    def _flattened(self, test: TextTest, facts: Facts) -> str:
        """Keys of a flattened field take whole values and prefixes, always in exact spelling."""
        pattern = pattern_of(test)
        if pattern == (p.Wildcard.MANY,):
            return "*"
        prefix = len(pattern) == 2 and isinstance(pattern[0], str) and pattern[1] is p.Wildcard.MANY
        if len(pattern) != 1 and not prefix:
            what = f"{facts.name} is flattened: wildcards only at the end of a value"
            self.refuse(what, "use SPL, or test another field")
        if not self.is_exact(test, facts):
            self.lose("narrows", f"{facts.name} is flattened and compares in exact spelling")
        return _exact(test)

    def numbers(self, facts: Facts, values: list[int | float]) -> Said:
        return self.is_any(facts, list(map(_number, values)))

    def address(self, facts: Facts, value: str) -> Said:
        return self.is_value(facts, _quoted(value))

    def regex(self, test: p.Regex, facts: Facts) -> Said:
        return self.is_value(facts, _slashed(self.regexp_of(test, facts)))

    def within(self, facts: Facts, networks: list[str]) -> Said:
        return self.is_any(facts, list(map(_quoted, networks)))

    def compare(self, test: p.Compare, facts: Facts) -> Said:
        return self.is_value(facts, f"{test.op}{_number(test.value)}")

    def exists(self, facts: Facts) -> Said:
        return Said(f"_exists_:{self.field_name(facts.name)}")

    def null(self, facts: Facts) -> Said:
        return self.negate(self.exists(facts))

    def keyword(self, test: p.Keyword | p.KeywordRegex) -> Said:
        self.lose("both", "a search without a field reads the indexed fields, not the raw event")
        if isinstance(test, p.KeywordRegex):
            return Said(_slashed(from_regex(test.pattern, test.flags)))
        return Said(_slashed(from_glob(test.pattern, cased=test.cased)))


def _exact(test: TextTest) -> str:
    pattern = pattern_of(test)
    if len(pattern) == 1 and isinstance(pattern[0], str):
        return _term(pattern[0])
    if not pattern:
        return '""'
    if isinstance(pattern[0], str) and pattern[0][0] in "<>":
        # A leading < or > is a range even when escaped (semantics: Lucene 5).
        return _slashed(from_glob(pattern, cased=True))
    return "".join(
        piece.value if isinstance(piece, p.Wildcard) else _SPECIAL.sub(r"\\\1", piece)
        for piece in pattern
    )


def _term(text: str) -> str:
    return text if _BARE.fullmatch(text) and text not in _WORDS else _quoted(text)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _slashed(regexp: str) -> str:
    """Between slashes. A backslash at the end would escape the closing one, so it stands in []."""
    escaped = re.sub(r"(?<!\\)((?:\\\\)*)/", r"\1\\/", regexp)
    if escaped.endswith("\\"):
        escaped = escaped[:-2] + "[\\\\]"
    return f"/{escaped}/"


def _number(value: int | float | str) -> str:
    return f"\\{value}" if str(value).startswith("-") else str(value)
