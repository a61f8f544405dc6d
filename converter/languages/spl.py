"""SPL (semantics: SPL 1-14).

What `search` can say stands first, so that the index narrows the search; the rest follows in
`| where`, which is case-sensitive and three-valued and therefore written differently.
"""

from __future__ import annotations

import re
from typing import ClassVar

from sigma.backends.splunk.splunk import SplunkBackend

from converter import predicate as p
from converter.languages.arranging import Choice, Networks, TextTest, arrange
from converter.languages.correlated import Correlated
from converter.languages.emitter import Emitter, Rank, Said
from converter.languages.first_seen import FirstSeen, spl_first_seen, window
from converter.languages.spl_streamstats import column, streamstats
from converter.languages.spl_where import Where
from converter.pipelines import Facts, Schema
from converter.queries import Query

_FIELD = re.compile(r"[A-Za-z_@][\w@.:{}-]*", re.ASCII)
_WORDS = frozenset({"AND", "AS", "BY", "CASE", "IN", "NOT", "OR", "TERM", "XOR"})
_UNSAFE_NAME = re.compile(r"[\x00-\x1f\"\\|`\[\]*?]")
_NETWORK = re.compile(r"[0-9a-fA-F.:]+/[0-9]{1,3}")
_UNSAYABLE = re.compile(r"[*\x00-\x1f]|```")


class _OnlyWhere(Exception):
    """Raised while saying a test that `search` cannot say."""


class Spl(Emitter, SplunkBackend):
    """`search` compares without case; it has no `?` wildcard and no regular expressions."""

    language: ClassVar[str] = "spl"
    name_of_language: ClassVar[str] = "SPL"
    schema: ClassVar[Schema] = "splunk"

    def emit_correlation(self, correlated: Correlated) -> Query:
        return self.query_of(streamstats(self, Where(self.facts, self), correlated))

    def emit_first_seen(self, predicate: p.Predicate, first: FirstSeen) -> Query:
        self.assume(window(first))
        columns, events = [], [self.whole(arrange(predicate))]
        where = Where(self.facts, self)
        for facts in map(self.facts_of, first.fields):
            if facts.first_of:
                names = ", ".join(map(where.field_name, facts.first_of))
                events.append(f"| eval {where.field_name(facts.name)}=coalesce({names})")
            columns.append(column(self, facts.name))
        return self.query_of(spl_first_seen("\n".join(events), columns, first))

    def whole(self, predicate: p.Predicate) -> str:
        parts = predicate.args if isinstance(predicate, p.And) else (predicate,)
        said = [self._try_search(part) for part in parts]
        first = [text for text in said if text is not None]
        rest = [part for part, text in zip(parts, said, strict=True) if text is None]
        search = self.join(Rank.AND, first).text if first else str(self.deferred_only_query)
        if not rest:
            return search
        where = Where(self.facts, self).say(p.And(tuple(rest)) if len(rest) > 1 else rest[0])
        return f"{search}\n| where {where.text}"

    def _try_search(self, part: p.Predicate) -> Said | None:
        kept = (dict(self.assumptions), dict(self.losses))
        try:
            return self.say(part)
        except _OnlyWhere:
            self.assumptions, self.losses = kept
            return None

    def field_name(self, name: str) -> str:
        if _FIELD.fullmatch(name) and name.upper() not in _WORDS:
            return name
        if _UNSAFE_NAME.search(name):
            self.refuse(f"no field can be called {name!r}", "rename the field in the pipeline")
        return f'"{name}"'

    def field_test(self, test: p.FieldTest, facts: Facts) -> Said:
        match test:
            case p.Equals() | p.Glob():
                return self._is(facts, "=", self._value(test))
            case p.Cidr():
                return self.any_network(Networks(test.field, (test,)))
            case p.Compare():
                self.assume(f"{facts.name} is a number")
                return self._is(facts, test.op, str(test.value))
            case p.Exists():
                return self._is(facts, "=", "*")
            case p.Null():
                return self.negate(self._is(facts, "=", "*"))
            case _:
                raise _OnlyWhere

    def _is(self, facts: Facts, operator: str, value: str) -> Said:
        return Said(f"{self.field_name(facts.name)}{operator}{value}")

    def any_of(self, choice: Choice) -> Said:
        values = list(dict.fromkeys(self._value(test) for test in choice.tests))
        return self._list(self.facts_of(choice.field), values)

    def any_network(self, part: Networks) -> Said:
        values = [f'"{test.network}"' for test in part.tests]
        return self._list(self.facts_of(part.field), values)

    def _list(self, facts: Facts, values: list[str]) -> Said:
        if len(values) == 1:
            return self._is(facts, "=", values[0])
        return Said(f"{self.field_name(facts.name)} IN ({', '.join(values)})")

    def _value(self, test: TextTest) -> str:
        if isinstance(test, p.Equals):
            if isinstance(test.value, bool):
                return "true" if test.value else "false"
            if not isinstance(test.value, str):
                return str(test.value)
            return self._quoted((test.value,), test.cased)
        return "*" if test.pattern == (p.Wildcard.MANY,) else self._quoted(test.pattern, test.cased)

    def _quoted(self, pattern: p.Pattern, cased: bool) -> str:
        texts = [piece for piece in pattern if isinstance(piece, str)]
        if cased or p.Wildcard.ONE in pattern or any(_UNSAYABLE.search(text) for text in texts):
            raise _OnlyWhere
        if len(texts) == len(pattern) and _NETWORK.fullmatch("".join(texts)):
            raise _OnlyWhere  # `search` would read it as all addresses of the network
        body = "".join(
            re.sub(r'(["\\])', r"\\\1", piece) if isinstance(piece, str) else "*"
            for piece in pattern
        )
        return f'"{body}"'

    def keyword(self, test: p.Keyword | p.KeywordRegex) -> Said:
        if isinstance(test, p.KeywordRegex):
            raise _OnlyWhere
        self.lose("widens", "a search without a field reads the whole raw event, names included")
        return Said(self._quoted(test.pattern, test.cased))

    def field_compare(self, test: p.FieldCompare, facts: Facts, other: Facts) -> Said:
        raise _OnlyWhere
