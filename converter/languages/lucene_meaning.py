"""Lucene query_string as predicates: every rule of case, null and lists made explicit.

Sources: Elasticsearch's reference of query_string; semantics: Lucene 1-13, with its defaults: a
text that does not fit its field finds nothing.
"""

from __future__ import annotations

from collections.abc import Callable

from converter.languages.elastic_tests import Tests
from converter.languages.lucene_build import Builder
from converter.languages.lucene_syntax import parse_query
from converter.pipelines import Facts
from converter.predicate import Predicate


def parse(text: str, facts: Callable[[str], Facts] = Facts) -> Predicate:
    """The query as a predicate.

    Raises QueryError where Elasticsearch would refuse it, Unsupported for words searched in all
    fields, fuzzy and loose terms, `now`, and what else a predicate cannot hold.
    """
    return Builder(Tests(facts, "Lucene")).query(parse_query(text))
