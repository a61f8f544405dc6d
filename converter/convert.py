"""Rules x languages -> queries."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from converter import predicate as p
from converter.errors import PolysigmaError, Unsupported
from converter.languages import EMITTERS, Correlated, Emitter, FirstSeen, Scoped, Step
from converter.languages.arranging import either
from converter.languages.correlated import least
from converter.lower import as_stored, lower, tree
from converter.pipelines import Mapped, Pipelines, Schema
from converter.proving import Meaning, all_indices, proved
from converter.queries import Converted, Query
from converter.rules import Rule, RuleSet
from converter.rules.correlations import (
    Correlation,
    filtered,
    is_any_of,
    read_correlation,
    referenced,
    seconds,
)

_SCHEDULE = (("interval", "5m"), ("lookback", ""))


class Converter:
    """Rules of one set, mapped by the same pipelines."""

    def __init__(self, rules: RuleSet, pipelines: Pipelines, languages: Sequence[str]) -> None:
        self.rules = rules
        self.pipelines = pipelines
        self.languages = tuple(languages)

    def convert(self, rule: Rule) -> Converted:
        """One rule in every language. Never raises for what is wrong with the rule."""
        meanings: dict[Schema, list[Meaning]] = {}
        try:
            queries = {name: self._query(rule, name, meanings) for name in self.languages}
        except PolysigmaError as error:
            return Converted(rule, {}, error.at(rule.path))
        return Converted(rule, queries)

    def convert_all(self) -> Iterator[Converted]:
        """Every rule and correlation; filters only change the rules that they name."""
        return (self.convert(rule) for rule in self.rules.rules if rule.kind != "filter")

    def _query(self, rule: Rule, language: str, meanings: dict[Schema, list[Meaning]]) -> Query:
        kind = EMITTERS[language]
        try:
            if rule.kind == "correlation" and not is_any_of(rule):
                return self._correlation(rule, kind)
            if "new_terms" in rule.extra:
                return self._first_seen(rule, kind)
            if kind.schema not in meanings:
                meanings[kind.schema] = self.meanings(rule, kind.schema)
            return proved(_emit(kind, meanings[kind.schema]), meanings[kind.schema])
        except Unsupported as error:
            reason = f"{error.what}; {error.next_step}" if error.next_step else error.what
            return Query(language, "", "unsupported", (), (reason,))

    def _first_seen(self, rule: Rule, kind: type[Emitter]) -> Query:
        terms = rule.extra["new_terms"]
        terms = terms if isinstance(terms, dict) else {}
        history, fields = seconds(terms.get("history")), terms.get("fields")
        if history is None or not isinstance(fields, list) or not fields:
            step = "write `new_terms: {fields: [...], history: 14d}`"
            raise rule.error("unreadable new_terms", "polysigma", "new_terms", next_step=step)
        spans = [seconds(rule.extra.get(name, default)) for name, default in _SCHEDULE]
        names = [self.mapped_name(rule, str(name), kind.schema) for name in fields]
        first = FirstSeen(tuple(names), history, sum(span or 0 for span in spans))
        meaning = self.meaning(rule, kind.schema)
        return kind(meaning.facts, meaning.indices).emit_first_seen(meaning.predicate, first)

    def _correlation(self, rule: Rule, kind: type[Emitter]) -> Query:
        body = read_correlation(rule, self.rules)
        if len(body.fields) > 1:
            step = "count one field"
            raise Unsupported("no query counts several fields together", next_step=step)
        steps = tuple(self._step(body, base, kind.schema) for base in body.rules)
        correlated = Correlated(
            body.type, steps, body.group_by, body.timespan, body.conditions, body.percentile
        )
        meanings = [one for base in body.rules for one in self.meanings(base, kind.schema)]
        return kind(indices=all_indices(meanings)).emit_correlation(correlated)

    def _step(self, body: Correlation, base: Rule, schema: Schema) -> Step:
        if base.kind == "correlation":
            return self._nested(body, base, schema)
        meaning = self.meaning(base, schema)
        names = [body.field_of(name, base) for name in (*body.group_by, *body.fields[:1])]
        mapped = [self.mapped_name(base, name, schema) for name in names]
        keys = tuple(mapped[: len(body.group_by)])
        value = mapped[len(keys)] if body.fields else ""
        return Step(Scoped(meaning.predicate, meaning.facts), keys, value)

    def _nested(self, outer: Correlation, rule: Rule, schema: Schema) -> Step:
        """A correlation as a step: any event of its rules, or several within its own timespan."""
        inner = read_correlation(rule, self.rules)
        count = least(inner.conditions)
        if inner.type != "event_count" or not count:
            what = f"no query correlates a correlation that is no count of events ({rule.title})"
            raise Unsupported(what, next_step="correlate the rules themselves")
        if any(base.kind == "correlation" for base in inner.rules):
            what = "no query correlates correlations of correlations"
            raise Unsupported(what, next_step="correlate the rules themselves")
        if inner.group_by not in ((), outer.group_by) or (count > 1 and not inner.group_by):
            what = f"{rule.title} is grouped by other fields than what it is correlated with"
            raise Unsupported(what, next_step="group both by the same fields")
        names = inner if inner.group_by else outer
        steps = [self._step(names, base, schema) for base in inner.rules]
        sources = {tuple(sorted(base.logsource.items())) for base in inner.rules}
        if len({step.keys for step in steps}) > 1 or len(sources) > 1:
            what = f"the rules of {rule.title} differ in log source or key"
            raise Unsupported(what, next_step="correlate the rules themselves")
        whole = either([step.rule.predicate for step in steps])
        return Step(Scoped(whole, steps[0].rule.facts), steps[0].keys, "", count, inner.timespan)

    def mapped_name(self, base: Rule, name: str, schema: Schema) -> str:
        """What the base rule's pipeline calls a field; Unsupported where the schema has none."""
        asking = {"detection": {"a": {f"{name}|exists": True}, "condition": "a"}}
        mapped = self._mapped(replace(base, data=base.data | asking), schema)
        predicate = lower(base, mapped.rule)
        facts = mapped.facts(p.fields(predicate)[-1])
        if facts.none:
            what = f"the field {name} does not exist there: {facts.none}"
            raise Unsupported(what, next_step="group by another field")
        return facts.name

    def meanings(self, rule: Rule, schema: Schema) -> list[Meaning]:
        """What the rule asks, or each rule of a bundle, of which any suffices."""
        if rule.kind == "correlation":
            bases = referenced(rule, self.rules)
            return [meaning for base in bases for meaning in self.meanings(base, schema)]
        return [self.meaning(rule, schema)]

    def meaning(self, rule: Rule, schema: Schema) -> Meaning:
        """The rule's predicate in a schema's names. Raises RuleError, PipelineError."""
        mapped = self._mapped(rule, schema)
        parts = [lower(rule, mapped.rule)]
        parts += [
            lower(restriction, self._mapped(restriction, schema).rule)
            for restriction in filtered(rule, self.rules)
        ]
        joined = parts[0] if len(parts) == 1 else p.And(tuple(parts))
        predicate = p.in_zone(joined, self.pipelines.zone(rule))
        return Meaning(as_stored(predicate, mapped.facts), mapped.facts, mapped.indices)

    def _mapped(self, rule: Rule, schema: Schema) -> Mapped:
        return self.pipelines.map(rule, tree(rule), schema)


def _emit(kind: type[Emitter], meanings: Sequence[Meaning]) -> Query:
    if len(meanings) == 1:
        return kind(meanings[0].facts, meanings[0].indices).emit(meanings[0].predicate)
    scoped = [Scoped(one.predicate, one.facts) for one in meanings]
    return kind(indices=all_indices(meanings)).emit_any(scoped)
