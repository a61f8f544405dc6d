"""What may be assumed of events, in the words that the languages use for the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from converter import predicate as p
from converter.languages.elastic_addresses import network_patterns
from converter.pipelines import Facts
from converter.proof.kinds import FactsOf, Kind
from converter.proof.rewriting import Vocabulary
from converter.proof.theory import Evaluate

TEXT_TESTS = (p.Equals, p.Glob)

NULL = "a key with a null value counts as missing"
EMPTY = "a key with an empty list counts as missing"


@dataclass(frozen=True)
class Axiom:
    """An assumption as a statement about tests: `test` is true exactly where one of `same` is.

    It does not speak of events in which one of `unless` is true.
    """

    assumption: str
    test: p.Test
    same: tuple[p.Test, ...]
    unless: tuple[p.Test, ...] = ()


def type_assumptions(query: p.Predicate, kinds: Mapping[str, Kind], facts: FactsOf) -> list[str]:
    """What is assumed of fields that no catalogue describes, if the query looks at their values."""
    found = []
    for name, tests in by_field(query).items():
        looks = any(not isinstance(test, p.Exists | p.Null) for test in tests)
        if looks and facts(name).type == "unknown":
            what = "a number" if kinds[name] == "decimal" else "a keyword field"
            found.append(f"{name}, which no field catalogue describes, is {what}")
    return found


def restrictions(name: str, tests: Iterable[p.Test], facts: FactsOf) -> dict[str, str]:
    """Assumptions that restrict a field's values, by the flag of the theory."""
    known = facts(name)
    found = {"null": NULL}
    if known.lists or known.type == "unknown":
        found["empty"] = EMPTY
    if known.type == "unknown":
        found["single"] = f"{name}, which no field catalogue describes, holds one value"
    if any(isinstance(test, p.Regex) for test in tests):
        found["breaks"] = f"values of {name} hold no line breaks"
    return found


def axioms(
    rule: p.Predicate, query: p.Predicate, words: Vocabulary, facts: FactsOf, evaluate: Evaluate
) -> Iterator[Axiom]:
    """Spelling kept by the provider, addresses written in one way, gaps filled; in shared words."""
    asked, answered = by_field(rule), by_field(query)
    for name, tests in asked.items():
        exact = [t for t in answered.get(name, []) if isinstance(t, TEXT_TESTS) and t.cased]
        if exact and facts(name).canonical:
            yield from _spelling(name, tests, words, evaluate)
    for name in {**asked, **answered}:
        if words.kinds[name] == "text":
            yield from _addresses(name, [*asked.get(name, []), *answered.get(name, [])], words)
        yield from _filled(name, facts(name), words)


def by_field(predicate: p.Predicate) -> dict[str, list[p.FieldTest]]:
    """The tests of each field, without keywords and named atoms."""
    found: dict[str, list[p.FieldTest]] = {}
    for test in p.tests(predicate):
        if not isinstance(test, p.Keyword | p.KeywordRegex | p.Opaque):
            found.setdefault(test.field, []).append(test)
    return found


def _spelling(
    name: str, tests: list[p.FieldTest], words: Vocabulary, evaluate: Evaluate
) -> Iterator[Axiom]:
    """The rule's spelling is the provider's: its tests hold exactly where they hold with case.

    A whole value that the rule names is the provider's too, however its other tests are spelled.
    """
    exact: dict[p.Test, list[p.Test]] = {}
    for test in tests:
        if isinstance(test, TEXT_TESTS) and not test.cased:
            folded, spelled = words.test(test), words.test(_spelled(test))
            if folded and spelled and folded != spelled:
                exact.setdefault(folded, []).append(spelled)
    wholes = [test.value for test in tests if isinstance(test, p.Equals)]
    values = dict.fromkeys(value for value in wholes if isinstance(value, str))
    for folded, same in exact.items():
        loose, strict = evaluate(folded), evaluate(p.Or(tuple(same)))
        unless = [
            p.Equals(name, value, cased=True)
            for value in values
            if loose({name: value}) and not strict({name: value})
        ]
        text = f"{name} keeps its provider's spelling"
        yield Axiom(text, folded, tuple(dict.fromkeys(same)), tuple(unless))


def _filled(name: str, known: Facts, words: Vocabulary) -> Iterator[Axiom]:
    """Where the store puts a text in the place of nothing, no missing key and no null is left."""
    nothing = (p.Null(name), p.Equals(name, "null")) if known.absent else ()
    for test in nothing:
        word = words.test(test)
        if word is not None:
            yield Axiom(f"{name} is {known.absent} in events that have none", word, ())


def _spelled(test: p.Equals | p.Glob) -> p.Test:
    """The test with case; a boolean is spelled true or false."""
    if isinstance(test, p.Equals) and isinstance(test.value, bool):
        return p.Equals(test.field, str(test.value).lower(), cased=True)
    return replace(test, cased=True)


def _addresses(name: str, tests: list[p.FieldTest], words: Vocabulary) -> Iterator[Axiom]:
    """A network is its text patterns, where a text test stands beside it."""
    if not any(isinstance(test, TEXT_TESTS) for test in tests):
        return
    for test in tests:
        if isinstance(test, p.Cidr) and (patterns := _patterns(test.network)):
            globs = (words.test(p.Glob(name, pattern)) for pattern in patterns)
            same = tuple(one for one in globs if one is not None)
            text = f"addresses in {name} are written in their usual short form"
            yield Axiom(text, words.test(test) or test, same)


def _patterns(network: str) -> list[p.Pattern]:
    try:
        return network_patterns(network)
    except ValueError:
        return []
