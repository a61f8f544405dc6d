"""The boolean skeleton: both sides as clauses for a SAT solver, a variable for each test."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from converter import predicate as p

Literal = tuple[p.Test, bool]
_SOLVER = "minisat22"


class Skeleton:
    """Clauses over the tests of some predicates. Close it after use: the solver is not Python's."""

    def __init__(self) -> None:
        from pysat.solvers import Solver  # type: ignore[import-untyped]  # noqa: PLC0415  slow to load

        self._solver: Any = Solver(name=_SOLVER)
        self._last = 0
        self._tests: dict[p.Test, int] = {}
        self._nodes: dict[p.Predicate, int] = {}

    def close(self) -> None:
        """Frees the solver."""
        self._solver.delete()

    def tests(self) -> tuple[p.Test, ...]:
        """All tests that have a variable, in the order of their coming."""
        return tuple(self._tests)

    def variable(self) -> int:
        """A new variable, for a switch."""
        self._last += 1
        return self._last

    def literal(self, test: p.Test, wanted: bool = True) -> int:
        """The number that says that a test has this truth value."""
        if test not in self._tests:
            self._tests[test] = self.variable()
        return self._tests[test] if wanted else -self._tests[test]

    def knows(self, test: p.Test) -> bool:
        """Whether the test has a variable already."""
        return test in self._tests

    def node(self, predicate: p.Predicate) -> int:
        """The number that says that a predicate is true."""
        if isinstance(predicate, p.Not):
            return -self.node(predicate.arg)
        if not isinstance(predicate, p.And | p.Or):
            return self.literal(predicate)
        if predicate not in self._nodes:
            self._nodes[predicate] = self._group(predicate)
        return self._nodes[predicate]

    def _group(self, group: p.And | p.Or) -> int:
        sign = 1 if isinstance(group, p.And) else -1
        parts = [sign * self.node(arg) for arg in group.args]
        whole = self.variable()
        for part in parts:
            self.add([-whole, part])
        self.add([whole, *(-part for part in parts)])
        return sign * whole

    def add(self, clause: Iterable[int]) -> None:
        """One of these is so."""
        self._solver.add_clause(list(clause))

    def solve(self, given: Sequence[int]) -> set[int] | None:
        """A model in which all these are so, as the numbers that are; None when there is none."""
        if not self._solver.solve(assumptions=list(given)):
            return None
        return set(self._solver.get_model())

    def core(self) -> set[int]:
        """Which of the given numbers the last failure to solve needed."""
        return set(self._solver.get_core() or ())

    def reasons(self, predicate: p.Predicate, model: set[int]) -> dict[p.Test, bool]:
        """Tests whose truth values in the model decide the predicate alone; few of them."""
        if isinstance(predicate, p.Not):
            return self.reasons(predicate.arg, model)
        if not isinstance(predicate, p.And | p.Or):
            return {predicate: self.literal(predicate) in model}
        every = isinstance(predicate, p.And)
        deciding = [arg for arg in predicate.args if self._is(arg, model) != every]
        if deciding:
            options = [self.reasons(arg, model) for arg in deciding]
            return min(options, key=len)
        found: dict[p.Test, bool] = {}
        for arg in predicate.args:
            found |= self.reasons(arg, model)
        return found

    def _is(self, predicate: p.Predicate, model: set[int]) -> bool:
        number = self.node(predicate)
        return number in model
