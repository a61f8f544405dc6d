"""From converted rules to the content of packages."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from converter import predicate as p
from converter.attack import Attack
from converter.convert import Converter
from converter.errors import PolysigmaError
from converter.packages.content import Content, Entry, Names, Release
from converter.pipelines import SCHEMAS, Facts, Pipelines, Schema, Source
from converter.proving import Meaning, all_indices
from converter.queries import Converted
from converter.rules import Rule, RuleSet
from converter.rules.correlations import Correlation, chained, is_any_of, read_correlation

_BASE = ("kql", "lucene")


def collect(
    converted: Iterable[Converted],
    rules: RuleSet,
    pipelines: Pipelines,
    attack: Attack,
    release: Release,
) -> tuple[Content, list[PolysigmaError]]:
    """The content of all rules that were converted, and what is wrong with the others."""
    converter = Converter(rules, pipelines, _BASE)
    entries = []
    errors: list[PolysigmaError] = []
    for one in sorted(converted, key=lambda one: one.rule.stem):
        if one.error is not None:
            errors.append(one.error)
            continue
        try:
            entries.append(_entry(one, converter))
        except PolysigmaError as error:
            errors.append(error.at(one.rule.path))
    lists = pipelines.value_lists(one.rule.text for one in converted)
    return Content(tuple(entries), attack, release, lists, rules.filters), errors


def _entry(one: Converted, converter: Converter) -> Entry:
    rule = one.rule
    is_correlation = rule.kind == "correlation"
    bases = chained(rule, converter.rules)[:-1] if is_correlation else ()
    body = read_correlation(rule, converter.rules) if is_correlation else None
    body = None if body is None or is_any_of(rule) else body
    named = [base for base in bases if base.kind == "rule"] or [rule]
    found = {own.stem: own for base in named if (own := _source(base, converter.pipelines))}
    sources = [found[stem] for stem in sorted(found)]
    names = {schema: _names(rule, named, body, converter, schema) for schema in SCHEMAS}
    is_new = "new_terms" in rule.extra
    plain = converter.convert(_forgetful(rule) if is_new else rule).queries
    queries = dict(one.queries) if is_new else {"kql": plain["kql"], **one.queries}
    return Entry(
        rule,
        queries,
        names,
        tuple(sources),
        plain if is_new else {},
        body,
        bases,
        _version(rule),
    )


def _version(rule: Rule) -> int:
    version = rule.extra.get("version", 1)
    return version if type(version) is int and version > 0 else 1


def _source(rule: Rule, pipelines: Pipelines) -> Source | None:
    return None if pipelines.chosen else pipelines.source(rule.logsource)


def _forgetful(rule: Rule) -> Rule:
    """The rule without its memory of what was seen before."""
    extra = {key: value for key, value in rule.extra.items() if key != "new_terms"}
    return replace(rule, data=rule.data | {"polysigma": extra})


def _names(
    rule: Rule,
    bases: Sequence[Rule],
    body: Correlation | None,
    converter: Converter,
    schema: Schema,
) -> Names:
    meanings = converter.meanings(rule, schema)
    terms = rule.extra.get("new_terms")
    new = _list(terms.get("fields")) if isinstance(terms, dict) else ()
    keys = [body.field_of(name, bases[0]) for name in body.group_by] if body else []
    counted = [body.field_of(name, bases[0]) for name in body.fields] if body else []
    suppression = rule.extra.get("suppression")
    quiet = _list(suppression.get("by")) if isinstance(suppression, dict) else ()
    special = [_mapped(part, bases, converter, schema) for part in (keys, counted, new, quiet)]
    reads = _reads(meanings)
    core = (one.name for one in reads if converter.pipelines.is_core(schema, one.name))
    return Names(
        reads=reads,
        shows=tuple(_shown(rule, bases, converter.pipelines, schema)),
        group_by=special[0],
        counts=special[1],
        new_terms=special[2],
        suppress_by=special[3],
        about=tuple(meanings[0].facts(name) for part in special for name in part),
        standard=frozenset(core),
        indices=all_indices(meanings),
        meaning=_meaning(rule, meanings),
        meanings=tuple(meanings),
    )


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else ()


def _mapped(
    names: Sequence[Any], bases: Sequence[Rule], converter: Converter, schema: Schema
) -> tuple[str, ...]:
    """What the schema calls these fields; nothing where it lacks one of them."""
    try:
        return tuple(converter.mapped_name(bases[0], str(name), schema) for name in names)
    except PolysigmaError:
        return ()


def _reads(meanings: Sequence[Meaning]) -> tuple[Facts, ...]:
    found: dict[str, Facts] = {}
    for meaning in meanings:
        for name in p.fields(meaning.predicate):
            facts = meaning.facts(name)
            for one in facts.first_of or (name,):
                found.setdefault(one, meaning.facts(one))
    return tuple(facts for _, facts in sorted(found.items()))


def _shown(
    rule: Rule, bases: Sequence[Rule], pipelines: Pipelines, schema: Schema
) -> Iterator[str]:
    """The fields that a rule lists for people, each once, as far as the schema has them."""
    seen: set[str] = set()
    for base in (rule, *bases) if rule.kind == "correlation" else (rule,):
        source = _source(base, pipelines)
        listed = base.data.get("fields")
        for field in listed if isinstance(listed, list) else ():
            name = source.name(schema, str(field)) if source else str(field)
            if name and "*" not in name and name not in seen:
                seen.add(name)
                yield name


def _meaning(rule: Rule, meanings: Sequence[Meaning]) -> str:
    """A name for what the rule asks: equal for rules written differently that ask the same."""
    parts = [f"{p.show(p.normal(one.predicate))}\n{' '.join(one.indices)}" for one in meanings]
    body: Mapping[str, Any] = rule.data.get("correlation", {}) if rule.kind == "correlation" else {}
    parts += [f"{key}={body[key]!r}" for key in sorted(body) if key not in ("rules", "generate")]
    parts.append(repr(rule.extra.get("new_terms", "")))
    return hashlib.sha256("\n\n".join(parts).encode()).hexdigest()
