"""Looking for an event that one side matches and the other does not.

The solver proposes truth values of tests, each field's theory finds a value that gives them or
says why there is none, and the solver learns that. What no theory can decide is left out for the
moment and remembered: then there may be no proof, but never a wrong one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from converter import predicate as p
from converter.predicate import Test
from converter.proof.assumptions import Axiom
from converter.proof.implications import implications
from converter.proof.result import Event
from converter.proof.skeleton import Skeleton
from converter.proof.theory import Conflict, Found, Theory
from converter.proof.witness import events

Check = Callable[[Event], tuple[bool, bool]]
Wanted = dict[Test, bool]

_MOST_ROUNDS = 2_000
_MOST_OPEN = 40


@dataclass(frozen=True)
class Difference:
    """An event that one side alone matches, and the tests that make it so."""

    event: Event
    tests: tuple[tuple[Test, bool], ...]


@dataclass(frozen=True)
class Same:
    """No such event, under these assumptions."""

    assumptions: frozenset[str]


@dataclass(frozen=True)
class Open:
    """Neither was found, and why."""

    reason: str


Outcome = Difference | Same | Open


@dataclass
class Comparison:
    """Two predicates in shared words, the theories of their fields, and what may be assumed.

    `restrictions` names, for a field and a flag of its theory, the assumption that sets the flag.
    """

    rule: p.Predicate
    query: p.Predicate
    theories: dict[str, Theory]
    restrictions: dict[tuple[str, str], str]
    axioms: Sequence[Axiom]
    check: Check
    skeleton: Skeleton = field(default_factory=Skeleton)
    switches: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._sides = (self.skeleton.node(self.rule), self.skeleton.node(self.query))
        for axiom in self.axioms:
            self._learn_axiom(axiom)
        tests = self.skeleton.tests()
        for test in tests:
            self._learn_presence(test)
            if isinstance(test, p.Equals | p.Glob) and test.cased:
                loose = p.normal(replace(test, cased=False))
                if not isinstance(loose, p.And | p.Or | p.Not):
                    self._learn_follows(test, loose, True)
        kinds = {name: theory.kind for name, theory in self.theories.items()}
        for one, other in implications(tests, kinds):
            literal = self.skeleton.literal
            self.skeleton.add([literal(one, False), literal(other)])

    def close(self) -> None:
        """Frees the solver."""
        self.skeleton.close()

    @property
    def assumptions(self) -> frozenset[str]:
        """All that may be assumed."""
        return frozenset((*self.restrictions.values(), *(one.assumption for one in self.axioms)))

    def _switch(self, assumption: str) -> int:
        if assumption not in self.switches:
            self.switches[assumption] = self.skeleton.variable()
        return self.switches[assumption]

    def _learn_axiom(self, axiom: Axiom) -> None:
        literal, off = self.skeleton.literal, -self._switch(axiom.assumption)
        unless = [literal(test) for test in axiom.unless]
        same = [literal(test) for test in axiom.same]
        self.skeleton.add([off, *unless, literal(axiom.test, False), *same])
        for one in same:
            self.skeleton.add([off, *unless, literal(axiom.test), -one])

    def _learn_presence(self, test: Test) -> None:
        """A test of a value is false where there is none; a value that is no list is single."""
        if isinstance(test, p.Exists | p.Null | p.Opaque | p.Keyword | p.KeywordRegex):
            return
        names = [test.field, test.other] if isinstance(test, p.FieldCompare) else [test.field]
        for name in names:
            self._learn_follows(test, p.Exists(name), True)
            self._learn_follows(test, p.Null(name), False)
            off = self.restrictions.get((name, "single"))
            if off or not self.theories[name].lists:
                self._learn_follows(test, p.Single(name), True, off)

    def _learn_follows(
        self, test: Test, other: Test, wanted: bool, assumption: str | None = None
    ) -> None:
        """Where the first test is true, the other has this truth value; if both are asked."""
        if self.skeleton.knows(other) and other != test:
            off = [-self._switch(assumption)] if assumption else []
            literal = self.skeleton.literal
            self.skeleton.add([*off, literal(test, False), literal(other, wanted)])

    def find(self, widening: bool, assumed: frozenset[str]) -> Outcome:
        """An event that only the query matches (`widening`) or only the rule does."""
        rule, query = self._sides
        doubt = self.skeleton.variable()
        given = [-rule, query] if widening else [rule, -query]
        given += [doubt, *(self._switch(text) for text in sorted(assumed))]
        opened = 0
        reason = ""
        for _ in range(_MOST_ROUNDS):
            model = self.skeleton.solve(given)
            if model is None:
                return self._ended(doubt, reason)
            wanted = self._wanted(model, assumed)
            found = self._realised(wanted, assumed, widening)
            if isinstance(found, Difference):
                return found
            if isinstance(found, str):
                reason, opened = reason or found, opened + 1
                literals = [self.skeleton.literal(test, not want) for test, want in wanted.items()]
                self.skeleton.add([-doubt, *literals])
            if opened > _MOST_OPEN:
                break
        return Open(reason or "the search was given up")

    def _ended(self, doubt: int, reason: str) -> Outcome:
        core = self.skeleton.core()
        if doubt in core:
            return Open(reason)
        return Same(frozenset(text for text, number in self.switches.items() if number in core))

    def _wanted(self, model: set[int], assumed: frozenset[str]) -> Wanted:
        """Truth values that decide both sides, and those of the assumptions about these tests."""
        wanted = self.skeleton.reasons(self.rule, model)
        wanted |= self.skeleton.reasons(self.query, model)
        for axiom in self.axioms:
            spoken = {axiom.test, *axiom.same, *axiom.unless}
            if axiom.assumption in assumed and not spoken.isdisjoint(wanted):
                for test in (axiom.test, *axiom.same, *axiom.unless):
                    wanted[test] = self.skeleton.literal(test) in model
        return wanted

    def _realised(
        self, wanted: Wanted, assumed: frozenset[str], widening: bool
    ) -> Difference | str | None:
        """An event with these truth values; None where something was learnt; else why not."""
        values: dict[str, object] = {}
        learnt, doubts = False, ""
        for name, wishes in self._by_field(wanted).items():
            flags = frozenset(
                flag
                for (other, flag), text in self.restrictions.items()
                if other == name and text in assumed
            )
            answer = self.theories[name].solve(wishes, flags)
            if isinstance(answer, Found):
                values[name] = answer.value
            elif isinstance(answer, Conflict):
                self._learn(name, answer)
                learnt = True
            else:
                doubts = f"whether tests of {name} exclude each other could not be decided"
        if learnt or doubts:
            return None if learnt else doubts
        for event in events(values, wanted, self.theories):
            if self.check(event) == (not widening, widening):
                return Difference(event, tuple(wanted.items()))
        return _unconfirmed(wanted)

    def _by_field(self, wanted: Wanted) -> dict[str, tuple[tuple[Test, bool], ...]]:
        rows: dict[str, dict[Test, bool]] = {}
        for test, want in wanted.items():
            if isinstance(test, p.FieldCompare):
                if want:
                    rows.setdefault(test.field, {})[p.Null(test.field)] = False
                    rows.setdefault(test.other, {})[p.Null(test.other)] = False
            elif not isinstance(test, p.Opaque | p.Keyword | p.KeywordRegex):
                rows.setdefault(test.field, {})[test] = want
        return {name: tuple(row.items()) for name, row in rows.items()}

    def _learn(self, name: str, answer: Conflict) -> None:
        """These truth values do not go together while these assumptions hold."""
        off = [-self._switch(self.restrictions[name, flag]) for flag in sorted(answer.flags)]
        literals = [self.skeleton.literal(test, not want) for test, want in answer.core]
        self.skeleton.add([*off, *literals])


def _unconfirmed(wanted: Wanted) -> str:
    names = sorted(test.name for test in wanted if isinstance(test, p.Opaque))
    if names:
        return f"nothing is known of {names[0]}"
    shown = sorted(p.show_test(test) for test in wanted)
    return f"no event could be made that decides: {'; '.join(shown[:3])}"
