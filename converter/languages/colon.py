"""What Lucene and KQL share: a field, a colon, and a value or a list of values."""

from __future__ import annotations

from abc import abstractmethod

from converter.languages.arranging import TextTest
from converter.languages.elastic import ElasticEmitter, is_anything, text_of
from converter.languages.emitter import Said
from converter.pipelines import Facts


class ColonEmitter(ElasticEmitter):
    """Says `field:value` and `field:(value or value)`; subclasses spell values."""

    @abstractmethod
    def spelt(self, test: TextTest, facts: Facts) -> str:
        """The value of a test as it stands behind the colon."""

    def is_value(self, facts: Facts, value: str) -> Said:
        return Said(f"{self.field_name(facts.name)}:{value}")

    def is_any(self, facts: Facts, values: list[str]) -> Said:
        """One of several values, spelt already; the operator is the language's OR."""
        joined = f" {self.or_token} ".join(values)
        return self.is_value(facts, f"({joined})" if len(values) > 1 else joined)

    def text(self, test: TextTest, facts: Facts) -> Said:
        if is_anything(test):
            return self.exists(facts)
        return self.is_value(facts, self.spelt(test, facts))

    def texts(self, tests: tuple[TextTest, ...], facts: Facts) -> Said:
        return self.is_any(facts, list(dict.fromkeys(self.spelt(test, facts) for test in tests)))

    def boolean(self, facts: Facts, value: bool) -> Said:
        return self.is_value(facts, text_of(value))
