"""Which truth values the tests of one field can have together.

`Theory.solve` is given some tests of a field with the truth value that each is to have. It answers
with a value that gives them, or with a few of them that no value can give together, or with None
when it cannot tell. A "no" is exact, and only these give one:

- equals, patterns, regular expressions (as far as Lucene can say them) and orders of text: all
  texts are searched, by automata, up to a fixed effort;
- numbers and booleans in equals and orders: truth values change only at the numbers that the tests
  name; each of these, and each space between them, is tried;
- networks: apart, or one inside the other; with equals in a field of addresses, every edge;
- parts of a time, each for itself: every value of the part;
- analysed words inside longer ones;
- with any further tests, a text that an equals test fixes: its spellings, if they are few.

A value is text, or what the field's type says; null and empty lists come only as a whole value, as
stores drop them from lists. In a list each test that is to be true needs an element of its own,
which passes none of the tests that are to be false.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from converter import predicate as p
from converter.proof.candidates import Wish, candidates
from converter.proof.conflicts import Wishes, conflict, settled
from converter.proof.kinds import Kind
from converter.proof.result import Event

MISSING: Final = object()
Flags = frozenset[str]
Evaluate = Callable[[p.Predicate], Callable[[Event], bool]]


@dataclass(frozen=True)
class Found:
    """A value of the field; MISSING for none."""

    value: Any


@dataclass(frozen=True)
class Conflict:
    """Tests that never have these truth values together, given the restrictions named."""

    core: Wishes
    flags: Flags = frozenset()


Answer = Found | Conflict | None


@dataclass
class Theory:
    """The values of one field. `lists`: it can hold several.

    Flags restrict them: "null" (no null), "empty" (no empty list), "single" (no list at all),
    "breaks" (no line breaks in texts).
    """

    name: str
    kind: Kind
    lists: bool
    evaluate: Evaluate
    _compiled: dict[p.Test, Callable[[Event], bool]] = field(default_factory=dict)
    _solved: dict[tuple[Wishes, Flags], Answer] = field(default_factory=dict)

    def solve(self, wishes: Wishes, flags: Flags) -> Answer:
        """A value that grants all wishes, or some wishes that none grants, or None: not known."""
        answer = self._cached(wishes, flags)
        if not isinstance(answer, Conflict):
            return answer
        needed = flags
        for flag in sorted(flags):
            if isinstance(self._cached(answer.core, needed - {flag}), Conflict):
                needed -= {flag}
        return Conflict(answer.core, needed)

    def grants(self, value: Any, wishes: Sequence[Wish]) -> bool:
        """Whether the tests have these truth values when the field holds this value."""
        event = {} if value is MISSING else {self.name: value}
        return all(self._holds(test)(event) == want for test, want in wishes)

    def _holds(self, test: p.Test) -> Callable[[Event], bool]:
        if test not in self._compiled:
            self._compiled[test] = self.evaluate(test)
        return self._compiled[test]

    def _cached(self, wishes: Wishes, flags: Flags) -> Answer:
        key = (wishes, flags)
        if key not in self._solved:
            self._solved[key] = self._solve(wishes, flags)
        return self._solved[key]

    def _solve(self, wishes: Wishes, flags: Flags) -> Answer:
        for value in self._empty_values(flags):
            if self.grants(value, wishes):
                return Found(value)
        shape = tuple(wish for wish in wishes if isinstance(wish[0], p.Exists | p.Null | p.Single))
        tests = tuple(wish for wish in wishes if wish not in shape)
        answer = self._value(shape, tests, flags)
        if isinstance(answer, Conflict):
            return Conflict(self._completed(answer.core, shape, tests, flags))
        return answer

    def _empty_values(self, flags: Flags) -> Iterator[Any]:
        yield MISSING
        if "null" not in flags:
            yield None
        if self.lists and not flags & {"single", "empty"}:
            yield []

    def _value(self, shape: Wishes, tests: Wishes, flags: Flags) -> Answer:
        """A value that is not empty: one, or a list of them."""
        alone = self.grants("x", shape)
        if self.lists and "single" not in flags and self.grants(["x", "y"], shape):
            return self._list(tests, flags, alone)
        return self._one(tests, flags) if alone else Conflict(shape)

    def _completed(self, core: Wishes, shape: Wishes, tests: Wishes, flags: Flags) -> Wishes:
        """What no value grants, with what keeps the field from being empty instead."""
        core = tuple(dict.fromkeys((*core, *(w for w in shape if isinstance(w[0], p.Single)))))
        for value in self._empty_values(flags):
            if self.grants(value, core):
                refused = next(w for w in (*tests, *shape) if not self.grants(value, (w,)))
                core = (*core, refused)
        return core

    def _list(self, tests: Wishes, flags: Flags, alone: bool) -> Answer:
        """One element for each test that is to be true; a list of one only as this value alone."""
        denied = tuple(wish for wish in tests if not wish[1])
        wanted = [(wish, *denied) for wish in tests if wish[1]]
        values: list[Any] = []
        for wishes in wanted or [denied]:
            answer = self._one(wishes, flags)
            if not isinstance(answer, Found):
                return answer
            if answer.value not in values:
                values.append(answer.value)
        if len(values) > 1 or alone:
            return Found(values if len(values) > 1 else values[0])
        other = self._one(denied, flags)
        return Found([*values, other.value if isinstance(other, Found) else values[0]])

    def _one(self, tests: Wishes, flags: Flags) -> Answer:
        breaks = "breaks" not in flags
        for value in candidates(self.kind, tests):
            if (breaks or "\n" not in str(value)) and self.grants(value, tests):
                return Found(value)
        if self.kind == "text":
            text = settled(tests, breaks, self.grants)
            if isinstance(text, tuple):
                return Conflict(text)
            if text is not None and self.grants(text, tests):
                return Found(text)
        core = conflict(self.kind, tests, self.grants)
        return None if core is None else Conflict(core)
