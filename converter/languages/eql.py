"""EQL (semantics: EQL 1-11)."""

from __future__ import annotations

from typing import ClassVar

from sigma.backends.elasticsearch.elasticsearch_eql import EqlBackend

from converter import predicate as p
from converter.languages.arranging import TextTest
from converter.languages.correlated import Correlated
from converter.languages.elastic import (
    TEXTS,
    ElasticEmitter,
    is_anything,
    is_whole,
    pattern_of,
    pieces,
    quoted_name,
    quoted_text,
    text_of,
)
from converter.languages.emitter import Rank, Said
from converter.languages.eql_sequence import sequence
from converter.languages.lucene_regexp import from_glob, has_case
from converter.pipelines import Facts
from converter.queries import Query

_RESERVED = frozenset(
    "and any by false in join like maxspan not null of or regex sample sequence true until where "
    "with".split()
)


class Eql(ElasticEmitter, EqlBackend):
    """`any where`, because these events carry no event.category."""

    language: ClassVar[str] = "eql"
    name_of_language: ClassVar[str] = "EQL"
    unreached: ClassVar[frozenset[str]] = frozenset({"nested", "flattened", *TEXTS})

    def reads_key(self, test: object) -> bool:
        return False

    def whole(self, predicate: p.Predicate) -> str:
        return f"any where {self.say(predicate).text}"

    def emit_correlation(self, correlated: Correlated) -> Query:
        return self.query_of(sequence(self, correlated))

    def field_name(self, name: str) -> str:
        return quoted_name(name, _RESERVED)

    def text(self, test: TextTest, facts: Facts) -> Said:
        return self.texts((test,), facts)

    def texts(self, tests: tuple[TextTest, ...], facts: Facts) -> Said:
        for test in tests:
            self.check_text(test, facts)
        if any(is_anything(test) for test in tests):
            return self.exists(facts)
        exact = self.all_exact(tests, facts)
        folding = [exact or _folds(test) for test in tests]
        plain = [test for test, folds in zip(tests, folding, strict=True) if folds]
        whole = [test for test in plain if is_whole(test)]
        globs = [test for test in plain if not is_whole(test) and not _has_star(test)]
        starred = [test for test in plain if not is_whole(test) and _has_star(test)]
        spelt = [test for test, folds in zip(tests, folding, strict=True) if not folds]
        parts = [self._whole(whole, facts, exact)] if whole else []
        if globs:
            operator = "like" if exact else ("like~" if len(globs) > 1 else ":")
            values = [quoted_text(_glob(pattern_of(test))) for test in globs]
            parts.append(self._is(facts, operator, values))
        parts += self._regexps(facts, "regex" if exact else "regex~", starred, cased=True)
        parts += self._regexps(facts, "regex", spelt, cased=False)
        return self.join(Rank.OR, parts)

    def _regexps(
        self, facts: Facts, operator: str, tests: list[TextTest], cased: bool
    ) -> list[Said]:
        values = [quoted_text(from_glob(pattern_of(test), cased)) for test in tests]
        return [self._is(facts, operator, values)] if values else []

    def _whole(self, tests: list[TextTest], facts: Facts, exact: bool) -> Said:
        values = [quoted_text("".join(map(str, pattern_of(test)))) for test in tests]
        if len(values) > 1:
            return self._is(facts, "in" if exact else "in~", values)
        if exact:
            return self._is(facts, "==", values)
        # `:` would read a star or question mark of the value as a wildcard.
        starred = any(_has_star(test) for test in tests)
        return self._is(facts, "in~" if starred else ":", values, listed=starred)

    def _is(self, facts: Facts, operator: str, values: list[str], listed: bool = False) -> Said:
        joined = ", ".join(dict.fromkeys(values))
        value = f"({joined})" if len(values) > 1 or listed else joined
        return Said(f"{self.field_name(facts.name)} {operator} {value}")

    def numbers(self, facts: Facts, values: list[int | float]) -> Said:
        return self._is(facts, "in" if len(values) > 1 else "==", list(map(str, values)))

    def boolean(self, facts: Facts, value: bool) -> Said:
        return self._is(facts, "==", [text_of(value)])

    def address(self, facts: Facts, value: str) -> Said:
        return self._is(facts, "==", [quoted_text(value)])

    def regex(self, test: p.Regex, facts: Facts) -> Said:
        return self._is(facts, "regex", [quoted_text(self.regexp_of(test, facts))])

    def within(self, facts: Facts, networks: list[str]) -> Said:
        values = ", ".join(map(quoted_text, networks))
        return Said(f"cidrMatch({self.field_name(facts.name)}, {values})")

    def compare(self, test: p.Compare, facts: Facts) -> Said:
        return self._is(facts, test.op, [str(test.value)])

    def exists(self, facts: Facts) -> Said:
        return self._is(facts, "!=", ["null"])

    def null(self, facts: Facts) -> Said:
        return self._is(facts, "==", ["null"])


def _folds(test: TextTest) -> bool:
    """Whether the operators without case serve: they fold the letters of ASCII only."""
    return all(piece.isascii() or not has_case(piece) for piece in pieces(test))


def _has_star(test: TextTest) -> bool:
    """A literal star or question mark, which `:` and `like` cannot escape (semantics: EQL 4)."""
    return any(c in piece for piece in pattern_of(test) if isinstance(piece, str) for c in "*?")


def _glob(pattern: p.Pattern) -> str:
    return "".join(piece.value if isinstance(piece, p.Wildcard) else piece for piece in pattern)
