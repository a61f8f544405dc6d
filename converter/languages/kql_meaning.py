"""KQL as predicates, read as Kibana reads it or as Elasticsearch does (semantics: KQL).

Rules are written for Kibana: there `and` binds tighter than `or`, escapes keep their meaning in a
value with wildcards, and `*` is the only wildcard.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from converter import predicate as p
from converter.errors import QueryError, Unsupported
from converter.languages.elastic_algebra import Bounds
from converter.languages.elastic_patterns import wildcard_pattern
from converter.languages.elastic_tests import Tests
from converter.languages.kql_build import Builder
from converter.languages.kql_syntax import Literally, Nested, Range, parse_query
from converter.pipelines import Facts


def parse(text: str, facts: Callable[[str], Facts] = Facts, *, kibana: bool = True) -> p.Predicate:
    """The query as a predicate, in Kibana's reading or, without `kibana`, in Elasticsearch's own.

    Raises QueryError where the text is no query, Unsupported for words searched in all fields,
    nested objects, `now`, and what else a predicate cannot hold.
    """
    answers = _Meant(Tests(facts, "KQL"), kibana)
    return Builder(answers, kibana).query(parse_query(text, kibana))


@dataclass(frozen=True, slots=True)
class _Meant:
    """Answers as predicates."""

    tests: Tests
    kibana: bool

    def all_of(self, parts: Sequence[p.Predicate]) -> p.Predicate:
        return self.tests.all_of(parts)

    def any_of(self, parts: Sequence[p.Predicate]) -> p.Predicate:
        return self.tests.any_of(parts)

    def negate(self, part: p.Predicate) -> p.Predicate:
        return self.tests.negate(part)

    def nested(self, query: Nested) -> p.Predicate:
        what = f"KQL: a query on the nested objects of {query.field.text}"
        raise Unsupported(what, next_step="test a plain field")

    def range(self, test: Range) -> p.Predicate:
        closed, value = len(test.op) == 2, test.value.text
        bounds = Bounds(None, value, with_high=closed)
        if test.op[0] == ">":
            bounds = Bounds(value, None, with_low=closed)
        return self.tests.range(self._name(test.field), bounds)

    def value(self, field: Literally | None, value: Literally) -> p.Predicate:
        if value.star and (field is None or field.star):
            return p.TRUE
        name = self._name(field) if field else ""
        if value.star:
            return self.tests.exists(name)
        pattern = self._pattern(value)
        if pattern is not None:
            return self._glob(name, pattern)
        return self._plain(name, value)

    def _name(self, field: Literally) -> str:
        if field.wild and not field.quoted:
            what = f"KQL: the field name {field.text} stands for several"
            raise Unsupported(what, next_step="name the field")
        return field.text

    def _pattern(self, value: Literally) -> p.Pattern | None:
        """The value as a pattern, where it has wildcards."""
        if self.kibana:
            return value.pattern if p.Wildcard.MANY in value.pattern else None
        return wildcard_pattern(value.text) if value.wild else None

    def _glob(self, name: str, pattern: p.Pattern) -> p.Predicate:
        blank = any(isinstance(piece, str) and " " in piece for piece in pattern)
        if name and blank and self.tests.kind(name) in ("flattened", "wildcard"):
            what = f"KQL: a blank beside a wildcard on {name}, which parts words there"
            raise Unsupported(what, next_step="test the parts one by one")
        return self.tests.glob(name, pattern)

    def _plain(self, name: str, value: Literally) -> p.Predicate:
        """A whole value or phrase; what does not fit the field's type finds nothing."""
        text = _text(value, self.kibana)
        try:
            if value.quoted:
                return self.tests.phrase(name, text) or p.FALSE
            return self.tests.match(name, text, every=False) or p.FALSE
        except QueryError:
            if name and self.tests.kind(name) == "date":
                raise
            return p.FALSE


def _text(value: Literally, kibana: bool) -> str:
    return "".join(map(str, value.pattern)) if kibana else value.text
