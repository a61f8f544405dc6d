"""ES|QL (semantics: ES|QL 1-14)."""

from __future__ import annotations

import re
from typing import ClassVar

from sigma.backends.elasticsearch.elasticsearch_esql import ESQLBackend

from converter import predicate as p
from converter.languages.arranging import Choice, Networks, TextTest, arrange
from converter.languages.correlated import Correlated
from converter.languages.elastic import (
    KEYWORDS,
    TEXTS,
    ElasticEmitter,
    is_anything,
    is_whole,
    pattern_of,
    quoted_name,
    quoted_text,
    text_of,
)
from converter.languages.emitter import Rank, Said
from converter.languages.esql_stats import stats
from converter.languages.first_seen import FirstSeen, esql_first_seen, window
from converter.languages.lucene import Lucene
from converter.languages.object_text import path_in_text
from converter.pipelines import Facts
from converter.queries import Query
from converter.time_zones import offset_name

_RESERVED = frozenset(
    "and as asc by change_point completion desc dissect drop enrich eval explain false first fork "
    "from fuse grok in inline inlinestats insist is join keep last like limit lookup metadata "
    "mv_expand not null nulls on or rename rerank rlike row sample show sort stats true ts where "
    "with".split()
)
_KEY = re.compile(r"[A-Za-z]\w*", re.ASCII)
_INDEX = re.compile(r"[\w.*:<>-]+", re.ASCII)
_PARTS = {
    "minute": "minute_of_hour",
    "hour": "hour_of_day",
    "day": "day_of_month",
    "weekday": "day_of_week",
    "month": "month_of_year",
    "year": "year",
}


class Esql(ElasticEmitter, ESQLBackend):
    """Three-valued: under NOT a comparison that may be null is made false first."""

    language: ClassVar[str] = "esql"
    name_of_language: ClassVar[str] = "ES|QL"
    searched: ClassVar[frozenset[str]] = KEYWORDS | TEXTS
    and_token: ClassVar[str] = "AND"
    or_token: ClassVar[str] = "OR"
    not_token: ClassVar[str] = "NOT"

    def emit_correlation(self, correlated: Correlated) -> Query:
        return self.query_of(stats(self, correlated, f"FROM {self._from()}"))

    def emit_first_seen(self, predicate: p.Predicate, first: FirstSeen) -> Query:
        self.assume(window(first))
        events = [f"FROM {self._from()}", f"| WHERE {self.say(arrange(predicate)).text}"]
        names = []
        for facts in map(self.facts_of, first.fields):
            if facts.type == "flattened":
                events.append(self._key_read(facts))
            names.append(self.field_name(facts.key or facts.name))
        return self.query_of(esql_first_seen("\n".join(events), names, first))

    def _key_read(self, facts: Facts) -> str:
        """A command that makes a column of a key of an object, read from the object's text."""
        if not _KEY.fullmatch(facts.key):
            what = f"{facts.name} is flattened, and has no columns for its keys"
            self.refuse(what, "use SPL, or a new-terms rule")
        self.assume(f"{facts.name} is read from the text in {facts.text}")
        pattern = quoted_text(f"[{{ ]{facts.key}=%{{DATA:{facts.key}}}(, |}})")
        return f"| GROK {self.field_name(facts.text)} {pattern}"

    def whole(self, predicate: p.Predicate) -> str:
        where = self.say(predicate).text
        return f"FROM {self._from()} METADATA {self.state_defaults['metadata']}\n| WHERE {where}"

    def _from(self) -> str:
        names = self.indices or (str(self.state_defaults["index"]),)
        return ", ".join(name if _INDEX.fullmatch(name) else quoted_text(name) for name in names)

    def negate(self, part: Said) -> Said:
        """NOT of null is null: what may be null becomes false under NOT (semantics: ES|QL 1)."""
        if part.total:
            return super().negate(part)
        return Said(f"NOT COALESCE({part.text}, false)", Rank.NOT)

    def field_name(self, name: str) -> str:
        return quoted_name(name, _RESERVED)

    def field_test(self, test: p.FieldTest, facts: Facts) -> Said:
        if self._needs_search(facts) and not isinstance(test, p.Null | p.Exists):
            return self._search(test)
        if facts.type == "flattened":
            return self._search(test)
        return super().field_test(test, facts)

    def _needs_search(self, facts: Facts) -> bool:
        """Comparisons of a list are null; flattened keys are no columns (semantics: ES|QL 2)."""
        return facts.type == "flattened" or (facts.lists and facts.type not in TEXTS)

    def _search(self, predicate: p.Predicate) -> Said:
        """The test as Lucene text inside QSTR(), which sees lists and flattened keys."""
        lucene = Lucene(self.facts)
        said = lucene.say(predicate)
        self.assumptions |= lucene.assumptions
        self.losses |= lucene.losses
        if said.rank is Rank.NOT:
            return Said(f"NOT QSTR({quoted_text(said.text.removeprefix('NOT '))})", Rank.NOT)
        return Said(f"QSTR({quoted_text(said.text)})")

    def any_of(self, choice: Choice) -> Said:
        if self._needs_search(self.facts_of(choice.field)):
            return self._search(p.Or(choice.tests))
        return super().any_of(choice)

    def any_network(self, part: Networks) -> Said:
        if self._needs_search(self.facts_of(part.field)):
            return self._search(p.Or(part.tests))
        return super().any_network(part)

    def keyword(self, test: p.Keyword | p.KeywordRegex) -> Said:
        return self._search(test)

    def text(self, test: TextTest, facts: Facts) -> Said:
        return self.texts((test,), facts)

    def texts(self, tests: tuple[TextTest, ...], facts: Facts) -> Said:
        for test in tests:
            self.check_text(test, facts)
        if any(is_anything(test) for test in tests):
            return self.exists(facts)
        exact = self.all_exact(tests, facts)
        field = self.field_name(facts.name) if exact else f"TO_LOWER({self.field_name(facts.name)})"
        patterns = {test: self._cased(pattern_of(test), exact) for test in tests}
        plain = ["".join(map(str, patterns[test])) for test in tests if is_whole(test)]
        whole = [quoted_text(text) for text in plain]
        globs = [quoted_text(_like(patterns[test])) for test in tests if not is_whole(test)]
        parts = [_listed(field, "==", "IN", whole)] if whole else []
        if facts.type == "wildcard":  # takes no list (semantics: ES|QL 12)
            parts += [_listed(field, "LIKE", "LIKE", [glob]) for glob in globs]
        elif globs:
            parts.append(_listed(field, "LIKE", "LIKE", globs))
        if len(globs) > 1 and facts.type != "wildcard":
            self.notes["needs Elasticsearch 9.2 or newer (LIKE with a list)"] = None
        return self.join(Rank.OR, parts)

    def _cased(self, pattern: p.Pattern, exact: bool) -> p.Pattern:
        if exact:
            return pattern
        return tuple(self.lowered(one) if isinstance(one, str) else one for one in pattern)

    def numbers(self, facts: Facts, values: list[int | float]) -> Said:
        return _listed(self.field_name(facts.name), "==", "IN", list(map(str, values)))

    def boolean(self, facts: Facts, value: bool) -> Said:
        return self._compared(facts, "==", text_of(value))

    def address(self, facts: Facts, value: str) -> Said:
        return self._compared(facts, "==", quoted_text(value))

    def _compared(self, facts: Facts, operator: str, value: str) -> Said:
        return Said(f"{self.field_name(facts.name)} {operator} {value}", total=False)

    def regex(self, test: p.Regex, facts: Facts) -> Said:
        return self._compared(facts, "RLIKE", quoted_text(self.regexp_of(test, facts)))

    def within(self, facts: Facts, networks: list[str]) -> Said:
        values = ", ".join(map(quoted_text, networks))
        return Said(f"CIDR_MATCH({self.field_name(facts.name)}, {values})", total=False)

    def compare(self, test: p.Compare, facts: Facts) -> Said:
        return self._compared(facts, test.op, str(test.value))

    def exists(self, facts: Facts) -> Said:
        return Said(f"{self.field_name(facts.name)} IS NOT NULL")

    def null(self, facts: Facts) -> Said:
        return Said(f"{self.field_name(facts.name)} IS NULL")

    def time_part(self, test: p.TimePart, facts: Facts) -> Said:
        if facts.type not in ("date", "unknown"):
            self.refuse(f"{facts.name} is of type {facts.type}, no date", "use the time field")
        if test.part not in _PARTS:
            self.refuse("weeks are not counted as the calendar does", "use SPL")
        part = f'DATE_EXTRACT("{_PARTS[test.part]}", {self._moment(test, facts)})'
        return Said(f"{part} {test.op} {test.value}", total=False)

    def _moment(self, test: p.TimePart, facts: Facts) -> str:
        """The time, moved to the rule's zone: DATE_EXTRACT reads it in UTC."""
        seconds = self.offset_of(test)
        self.assume(f"times are read in {offset_name(seconds)}")
        minutes, name = abs(seconds) // 60, self.field_name(facts.name)
        if not minutes:
            return name
        span = f"{minutes} minutes" if minutes % 60 else f"{minutes // 60} hours"
        return f"{name} {'-' if seconds < 0 else '+'} {span}"

    def field_compare(self, test: p.FieldCompare, facts: Facts, other: Facts) -> Said:
        if test.relation == "differs" and facts.text and other.type in KEYWORDS and not other.lists:
            return self._differs_in_text(facts, other)
        for side in (facts, other):
            lower = test.cased and side.type == "lowercase"
            if (
                test.relation == "differs"
                or lower
                or side.type in ("flattened", "nested")
                or side.lists
            ):
                what = f"{side.name} ({side.type}) cannot be compared with another field"
                self.refuse(what, "use SPL")
        left, right = self.field_name(facts.name), self.field_name(other.name)
        if not test.cased:
            left, right = f"TO_LOWER({left})", f"TO_LOWER({right})"
        return Said(_COMPARED[test.relation].format(left=left, right=right), total=False)

    def _differs_in_text(self, facts: Facts, other: Facts) -> Said:
        """The object's text still holds the key after every place is gone where it is the other."""
        self.lose_map_text(self.facts_of(facts.text))
        path, text, value = path_in_text(facts), facts.text, self.field_name(other.name)
        key = path.rsplit("[{ ]", 1)[-1]
        same = f'CONCAT({quoted_text(f"[{{ ]{key}=")}, {value}, "[,}}]")'
        rest = f'REPLACE({self.field_name(text)}, {same}, "")'
        return Said(f"{rest} RLIKE {quoted_text(f'.*[{{ ]{path}=.*')}", total=False)


_COMPARED = {
    "equals": "{left} == {right}",
    "startswith": "STARTS_WITH({left}, {right})",
    "endswith": "ENDS_WITH({left}, {right})",
    "contains": "LOCATE({left}, {right}) > 0",
    "<": "{left} < {right}",
    "<=": "{left} <= {right}",
    ">": "{left} > {right}",
    ">=": "{left} >= {right}",
}


def _listed(field: str, single: str, several: str, values: list[str]) -> Said:
    unique = list(dict.fromkeys(values))
    if len(unique) == 1:
        return Said(f"{field} {single} {unique[0]}", total=False)
    return Said(f"{field} {several} ({', '.join(unique)})", total=False)


def _like(pattern: p.Pattern) -> str:
    """LIKE's own escapes, below those of the string literal (semantics: ES|QL 5)."""
    return "".join(
        piece.value if isinstance(piece, p.Wildcard) else re.sub(r"([\\*?])", r"\\\1", piece)
        for piece in pattern
    )
