"""Query text -> predicate: which languages are read, and by what."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Protocol, cast

from converter.errors import Unsupported
from converter.pipelines import Facts
from converter.predicate import Predicate

# Read when first asked for: a grammar takes its time to load.
_READERS: dict[str, str] = {
    "eql": "converter.languages.eql_meaning",
    "esql": "converter.languages.esql_meaning",
    "spl": "converter.languages.spl_meaning",
}
READABLE = tuple(_READERS)


class _Reader(Protocol):
    def parse(self, text: str, facts: Callable[[str], Facts]) -> Predicate:
        """The query as a predicate."""


def as_read(language: str, predicate: Predicate) -> Predicate:
    """The predicate as `parse` would spell it for the same events, where that is defined."""
    if language not in _READERS:
        return predicate
    reader = importlib.import_module(_READERS[language])
    spell = getattr(reader, "as_read", None)
    return predicate if spell is None else cast(Predicate, spell(predicate))


def parse(language: str, text: str, facts: Callable[[str], Facts]) -> Predicate:
    """The events that a query finds, as a predicate in the schema's names.

    Raises QueryError where the text is no query of the language, Unsupported for what a predicate
    cannot hold.
    """
    if language not in _READERS:
        what = f"{language} queries are not read back yet"
        raise Unsupported(what, next_step=f"ask for one of {', '.join(READABLE)}")
    reader = cast(_Reader, importlib.import_module(_READERS[language]))
    return reader.parse(text, facts)
