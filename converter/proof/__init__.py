"""Whether a query means the same as a rule: a proof, or an event that tells them apart."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import closing
from functools import cache

from converter import predicate as p
from converter.errors import PolysigmaError
from converter.proof.assumptions import axioms, by_field, restrictions, type_assumptions
from converter.proof.comparison import Check, Comparison, Difference, Open, Outcome, Same
from converter.proof.kinds import FactsOf
from converter.proof.result import Event, Proof, Verdict, describe, event_text
from converter.proof.rewriting import Vocabulary, vocabulary
from converter.proof.theory import Evaluate, Theory

__all__ = ["Check", "Evaluate", "Event", "Proof", "Verdict", "describe", "prove"]


def prove(
    rule: p.Predicate,
    query: p.Predicate,
    facts: FactsOf,
    evaluate: Evaluate,
    *,
    check: Check | None = None,
) -> Proof:
    """Compares a rule's predicate with a query's; both two-valued, in the schema's field names.

    `facts` says what is known of a field, `evaluate` makes a predicate a function of events (the
    matcher's `compile_predicate`). `check` says whether the rule and the query match an event; by
    default both predicates are evaluated, but a caller can ask the query's own engine instead. No
    counterexample is given that it does not confirm. See `converter.proof.theory` for what is
    decided; what is not gives the verdict `undecided`, never a proof. Raises nothing of its own.
    """
    if _identical(p.normal(rule), p.normal(query)):
        return Proof("proved", tuple(_types(rule, query, facts)))
    words = vocabulary((rule, query), facts)
    sides = (words.rewrite(rule), words.rewrite(query))
    if _identical(*sides):
        return Proof("proved", tuple(_types(rule, query, facts)))
    try:
        comparison = _comparison((rule, query), sides, words, facts, evaluate, check)
        return _judged(comparison, type_assumptions(query, words.kinds, facts))
    except PolysigmaError as error:
        return Proof("undecided", explanation=(f"A test cannot be run: {error.what}",))


def _identical(one: p.Predicate, other: p.Predicate) -> bool:
    """Equal to the letter; tests of 1 and of true are two (see `Equals`)."""
    return one == other


def _types(rule: p.Predicate, query: p.Predicate, facts: FactsOf) -> list[str]:
    if all(facts(name).type != "unknown" for name in p.fields(query)):
        return []
    return type_assumptions(query, vocabulary((rule, query), facts).kinds, facts)


def _comparison(
    given: tuple[p.Predicate, p.Predicate],
    sides: tuple[p.Predicate, p.Predicate],
    words: Vocabulary,
    facts: FactsOf,
    evaluate: Evaluate,
    check: Check | None,
) -> Comparison:
    about = {name: [*tests] for name, tests in by_field(sides[0]).items()}
    for name, tests in by_field(sides[1]).items():
        about.setdefault(name, []).extend(tests)
    limits = {
        (name, flag): text
        for name in words.kinds
        for flag, text in restrictions(name, about.get(name, ()), facts).items()
    }
    theories = {
        name: Theory(name, kind, _can_be_list(name, facts), evaluate)
        for name, kind in words.kinds.items()
    }
    theories[words.text_field] = Theory(words.text_field, "text", True, evaluate)
    stated = tuple(axioms(*given, words, facts, evaluate))
    return Comparison(*sides, theories, limits, stated, check or _both(given, evaluate))


def _can_be_list(name: str, facts: FactsOf) -> bool:
    known = facts(name)
    return known.lists or known.type == "unknown"


def _both(given: tuple[p.Predicate, p.Predicate], evaluate: Evaluate) -> Check:
    """Both predicates, evaluated as they were given."""

    @cache
    def side(number: int) -> Callable[[Event], bool]:
        return evaluate(given[number])

    return lambda event: (side(0)(event), side(1)(event))


def _judged(comparison: Comparison, types: Iterable[str]) -> Proof:
    with closing(comparison):
        return _verdict(comparison, types)


def _verdict(comparison: Comparison, types: Iterable[str]) -> Proof:
    outcomes = [comparison.find(widening, comparison.assumptions) for widening in (True, False)]
    needed: frozenset[str] = frozenset()
    for outcome in outcomes:
        if isinstance(outcome, Same):
            needed |= outcome.assumptions
    if all(isinstance(outcome, Same) for outcome in outcomes):
        texts = (*types, *sorted(_least(comparison, needed)))
        return Proof("proved", tuple(dict.fromkeys(texts)))
    return _different(outcomes)


def _least(comparison: Comparison, needed: frozenset[str]) -> frozenset[str]:
    """The assumptions without which there is no proof."""
    for text in sorted(needed):
        fewer = needed - {text}
        if all(isinstance(comparison.find(side, fewer), Same) for side in (True, False)):
            needed = fewer
    return needed


def _different(outcomes: list[Outcome]) -> Proof:
    wider, narrower = (isinstance(outcome, Difference) for outcome in outcomes)
    verdict: Verdict = "undecided"
    if wider or narrower:
        verdict = "both" if wider and narrower else "widens" if wider else "narrows"
    lines: list[str] = []
    for side, outcome in zip(("query", "rule"), outcomes, strict=True):
        if isinstance(outcome, Difference):
            lines += _told(side, outcome)
        elif isinstance(outcome, Open):
            lines.append(f"Not decided whether the {side} alone matches some event:")
            lines.append(f"  {outcome.reason}")
    found = tuple(outcome.event for outcome in outcomes if isinstance(outcome, Difference))
    return Proof(verdict, (), found, tuple(lines))


def _told(side: str, difference: Difference) -> list[str]:
    lines = [f"Only the {side} matches {event_text(difference.event)}"]
    told = sorted((p.show_test(test), want) for test, want in difference.tests)
    return lines + [f"  {text}: {'yes' if want else 'no'}" for text, want in told]
