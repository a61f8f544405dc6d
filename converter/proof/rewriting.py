"""Both sides in one vocabulary: equal tests become the same test, keywords become a field."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from converter import predicate as p
from converter.proof.kinds import FactsOf, Kind, fitting, is_compared, kind_of


@dataclass(frozen=True)
class Vocabulary:
    """What the fields of both sides hold. `text_field` stands for the texts of a whole event."""

    kinds: Mapping[str, Kind]
    text_field: str

    def rewrite(self, predicate: p.Predicate) -> p.Predicate:
        """The predicate in normal form, each test in the spelling shared by all its equals."""
        return p.normal(p.rebuild(predicate, self._fitting))

    def test(self, test: p.Test) -> p.Test | None:
        """One test in the shared spelling; None where that is no test any more."""
        found = self._fitting(test)
        return None if isinstance(found, p.And | p.Or | p.Not) else found

    def _fitting(self, test: p.Test) -> p.Predicate:
        if isinstance(test, p.Opaque):
            return test
        if isinstance(test, p.Keyword):
            return fitting(p.Glob(self.text_field, test.pattern, test.cased), "text")
        if isinstance(test, p.KeywordRegex):
            return fitting(p.Regex(self.text_field, test.pattern, test.flags), "text")
        return fitting(test, self.kinds[test.field])


def vocabulary(sides: Iterable[p.Predicate], facts: FactsOf) -> Vocabulary:
    """The vocabulary in which these predicates can be compared."""
    named: dict[str, list[p.Test]] = {}
    for side in sides:
        for test in p.tests(side):
            if not isinstance(test, p.Keyword | p.KeywordRegex | p.Opaque):
                named.setdefault(test.field, []).append(test)
            if isinstance(test, p.FieldCompare):
                named.setdefault(test.other, []).append(test)
    kinds = {name: kind_of(facts(name), is_compared(tests)) for name, tests in named.items()}
    text_field = "message"
    while text_field in named:
        text_field += "_"
    return Vocabulary(kinds, text_field)
