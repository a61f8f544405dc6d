"""Query text -> predicate: which languages are read, and by what."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Protocol, cast

from converter.errors import PolysigmaError
from converter.languages.lucene_regexp import from_regex
from converter.languages.lucene_regexp_parse import regexp_test
from converter.pipelines import Facts
from converter.predicate import Predicate, Regex, Test, rebuild, tests

# Read when first asked for: a grammar takes its time to load.
_READERS: dict[str, str] = {
    "lucene": "converter.languages.lucene_meaning",
    "kql": "converter.languages.kql_meaning",
    "eql": "converter.languages.eql_meaning",
    "esql": "converter.languages.esql_meaning",
    "spl": "converter.languages.spl_meaning",
}
READABLE = tuple(_READERS)


class _Reader(Protocol):
    def parse(self, text: str, facts: Callable[[str], Facts]) -> Predicate:
        """The query as a predicate."""


def load(language: str) -> None:
    """Imports what reads a language, ahead of its first query."""
    importlib.import_module(_READERS[language])


def as_read(language: str, predicate: Predicate) -> Predicate:
    """The predicate as `parse` would spell it for the same events, where that is defined."""
    reader = importlib.import_module(_READERS[language])
    spell = getattr(reader, "as_read", _as_lucene)
    return cast(Predicate, spell(predicate))


def _as_lucene(predicate: Predicate) -> Predicate:
    """Regular expressions as Elasticsearch reads them: Lucene's, of the whole value.

    The translation is held to RE2 on random patterns and texts by tests of its own.
    """

    if not any(isinstance(test, Regex) for test in tests(predicate)):
        return predicate

    def change(test: Test) -> Predicate:
        if not isinstance(test, Regex):
            return test
        try:
            return regexp_test(test.field, from_regex(test.pattern, test.flags))
        except PolysigmaError:
            return test

    return rebuild(predicate, change)


def parse(language: str, text: str, facts: Callable[[str], Facts]) -> Predicate:
    """The events that a query finds, as a predicate in the schema's names.

    Raises QueryError where the text is no query of the language, Unsupported for what a predicate
    cannot hold.
    """
    reader = cast(_Reader, importlib.import_module(_READERS[language]))
    return reader.parse(text, facts)
