"""KQL over documents: what Elasticsearch's own KQL finds (not Kibana's; semantics: KQL)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from converter.errors import QueryError, Unsupported
from converter.languages.elastic_algebra import Bounds
from converter.languages.elastic_dates import NOW
from converter.languages.elastic_queries import Queries
from converter.languages.kql_build import Builder
from converter.languages.kql_syntax import Literally, Nested, Range, parse_query
from converter.languages.lucene_build import Builder as LuceneBuilder
from converter.languages.lucene_syntax import parse_query as parse_lucene

_LUCENE_SPECIAL = re.compile(r'([\\+\-!():^\[\]"{}~?|&/])')
_KEYWORD = frozenset({"keyword", "lowercase"})


def evaluate(
    text: str,
    mapping: Mapping[str, str],
    docs: Sequence[Mapping[str, Any]],
    params: Mapping[str, Any] | None = None,
    now: int = NOW,
) -> list[int]:
    """The numbers of the documents that the query finds, in order.

    `mapping` as elastic_index takes it; `params` may hold `case_insensitive`; `now` is in
    milliseconds since 1970. Raises QueryError as Elasticsearch does.
    """
    queries = Queries(mapping, docs, now)
    cased = not (params or {}).get("case_insensitive", False)
    found = Builder(_Found(queries, cased)).query(parse_query(text))
    return queries.numbers(found)


@dataclass(frozen=True, slots=True)
class _Found:
    """Answers as sets of document numbers, as bits."""

    queries: Queries
    cased: bool

    def all_of(self, parts: Sequence[int]) -> int:
        return self.queries.all_of(parts)

    def any_of(self, parts: Sequence[int]) -> int:
        return self.queries.any_of(parts)

    def negate(self, part: int) -> int:
        return self.queries.negate(part)

    def nested(self, query: Nested) -> int:
        name = query.field.text
        if self.queries.index.mapping.get(name) == "nested":
            raise Unsupported("KQL: a query on nested objects", next_step="test a plain field")
        raise QueryError(f"KQL: {name} is no nested field", next_step="leave out the braces")

    def range(self, test: Range) -> int:
        closed, value = len(test.op) == 2, test.value.text
        bounds = Bounds(None, value, with_high=closed)
        if test.op[0] == ">":
            bounds = Bounds(value, None, with_low=closed)
        return self._each(test.field, lambda name: self.queries.range(name, bounds, raw=True))

    def value(self, field: Literally | None, value: Literally) -> int:
        if field is None or (field.star and value.star):
            return self._anywhere(value)
        return self._each(field, lambda name: self._one(name, value))

    def _each(self, field: Literally, ask: Callable[[str], int]) -> int:
        """The answers of all mapped fields of that name; a quoted name takes no wildcards."""
        if field.quoted and "*" in field.text:
            return 0
        names = self.queries.targets(field.text)
        return self.any_of([ask(name) for name in names if self.queries.kind(name)])

    def _anywhere(self, value: Literally) -> int:
        if value.star:
            return self.queries.everything
        if value.wild:
            return self._query_string(None, value)
        found = [self._lenient(name, value) for name in self.queries.targets(None)]
        return self.any_of(found)

    def _one(self, name: str, value: Literally) -> int:
        """One field with one value, by the field's type."""
        kind = self.queries.kind(name)
        if value.star:
            return self.queries.exists(name)
        if value.wild:
            if kind in _KEYWORD:
                return self.queries.wildcard(name, value.text, self.cased)
            return self._query_string(name, value)
        if kind == "date":
            return self.queries.range(name, Bounds(value.text, value.text))
        if kind in _KEYWORD:
            return self.queries.term(name, value.text, self.cased)
        return self._lenient(name, value)

    def _lenient(self, name: str, value: Literally) -> int:
        """A match, or for a quoted value a phrase; what does not fit the type finds nothing."""
        try:
            if value.quoted:
                return self.queries.phrase(name, value.text) or 0
            return self.queries.match(name, value.text, every=False) or 0
        except QueryError:
            return 0

    def _query_string(self, name: str | None, value: Literally) -> int:
        """A value with wildcards goes through Lucene's parser, where blanks part words."""
        group = parse_lucene(_LUCENE_SPECIAL.sub(r"\\\1", value.text))
        builder = LuceneBuilder(self.queries, lenient=name is None, one_sided=name is None)
        return builder.group(group, name) or 0
