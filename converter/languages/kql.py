"""KQL, as Kibana reads it (semantics: KQL 1-4): whole values and stars, in exact spelling."""

from __future__ import annotations

import re
from typing import ClassVar

from sigma.backends.elasticsearch.elasticsearch_lucene import LuceneBackend

from converter import predicate as p
from converter.languages.arranging import TextTest
from converter.languages.colon import ColonEmitter
from converter.languages.elastic import TEXTS, pattern_of
from converter.languages.emitter import Said
from converter.pipelines import Facts

_BARE = re.compile(r"[A-Za-z0-9_@.-]+")
_WORDS = frozenset({"and", "or", "not"})


class Kql(ColonEmitter, LuceneBackend):
    """Says what Kibana's own rules say; what needs folding or expressions is left to Lucene."""

    language: ClassVar[str] = "kql"
    name_of_language: ClassVar[str] = "KQL"
    and_token: ClassVar[str] = "and"
    or_token: ClassVar[str] = "or"
    not_token: ClassVar[str] = "not"

    def field_name(self, name: str) -> str:
        if not _BARE.fullmatch(name) or name.lower() in _WORDS:
            self.refuse(f"the field name {name!r} needs escapes", "use Lucene")
        return name

    def spelt(self, test: TextTest, facts: Facts) -> str:
        self.check_text(test, facts)
        if facts.type in TEXTS:
            self.refuse(f"{facts.name} is analysed text", "use ES|QL")
        if not self.is_exact(test, facts):
            self.refuse(f"{facts.name} is compared in exact spelling only", "use Lucene")
        pattern = pattern_of(test)
        if all(isinstance(piece, str) for piece in pattern):
            return _term("".join(map(str, pattern)))
        return self._starred(pattern, facts)

    def _starred(self, pattern: p.Pattern, facts: Facts) -> str:
        """Elasticsearch and Kibana free escapes beside stars differently, so there are none."""
        texts = [piece for piece in pattern if isinstance(piece, str)]
        if p.Wildcard.ONE in pattern:
            self.refuse("there is no wildcard for one character", "use Lucene")
        if facts.type == "flattened" or not all(map(_BARE.fullmatch, texts)):
            self.refuse(f"no stars beside special characters or in {facts.name}", "use Lucene")
        return "".join("*" if isinstance(piece, p.Wildcard) else piece for piece in pattern)

    def numbers(self, facts: Facts, values: list[int | float]) -> Said:
        return self.is_any(facts, list(map(str, values)))

    def address(self, facts: Facts, value: str) -> Said:
        return self.is_value(facts, _quoted(value))

    def regex(self, test: p.Regex, facts: Facts) -> Said:
        self.refuse("there are no regular expressions", "use Lucene")

    def within(self, facts: Facts, networks: list[str]) -> Said:
        return self.is_any(facts, list(map(_quoted, networks)))

    def compare(self, test: p.Compare, facts: Facts) -> Said:
        return Said(f"{self.field_name(facts.name)} {test.op} {test.value}")

    def exists(self, facts: Facts) -> Said:
        return self.is_value(facts, "*")

    def null(self, facts: Facts) -> Said:
        return self.negate(self.exists(facts))


def _term(text: str) -> str:
    return text if _BARE.fullmatch(text) and text.lower() not in _WORDS else _quoted(text)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
