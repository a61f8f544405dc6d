"""Compiling a predicate: its tests in a row, each with the place to go on when true or false.

The row replaces nested calls, so a tree of any depth runs without recursion, and And, Or and Not
cost nothing: they only decide where to go on. Tests of one field in one And or Or become one step,
so that the field is read once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from converter.matcher.fields import (
    Event,
    Paths,
    Reader,
    Readers,
    Values,
    every_value,
    field_reader,
    paths_of,
    reader,
)
from converter.matcher.tests import TESTS, ValuesTest, any_like, one_of
from converter.paths import Path
from converter.predicate import (
    And,
    Equals,
    FieldCompare,
    Glob,
    Keyword,
    KeywordRegex,
    Not,
    Null,
    Opaque,
    Or,
    Predicate,
    Test,
    fields,
    tests,
)

EventTest = Callable[[Event], bool]
Step = tuple[EventTest, int, int]

_TRUE, _FALSE = -1, -2


@dataclass(frozen=True, slots=True)
class _Bundle:
    """Tests of one field in one And (`every`) or Or."""

    every: bool
    tests: Sequence[Test]


_Node = Predicate | _Bundle


@dataclass(frozen=True, slots=True)
class _Sources:
    """What tests read by: the paths of fields, and what makes readers of paths."""

    paths: Paths | None
    readers: Readers

    def reader(self, test: Test) -> Reader:
        """What the test looks at: its field, both fields as a pair, or every value of the event."""
        if isinstance(test, Keyword | KeywordRegex | Opaque):
            return every_value if self.readers is reader else self.readers(())
        read = field_reader(test.field, self.paths, self.readers)
        if not isinstance(test, FieldCompare):
            return read
        other = field_reader(test.other, self.paths, self.readers)

        def pair(event: Event) -> Values | None:
            left, right = read(event), other(event)
            return None if left is None or right is None else (left, right)

        return pair


def compile_predicate(
    predicate: Predicate, paths: Paths | None = None, readers: Readers = reader
) -> EventTest:
    """A function that says whether an event matches. It never raises, whatever the event.

    `paths` names, for a field of the predicate, the event's own paths in order; the first that
    exists counts. Without it a field is its own path. `readers` makes a reader of paths; several
    predicates may share what it keeps. Raises RuleError, before any event is seen, for a test that
    cannot be run (a regular expression beyond RE2, a network that is none).
    """
    steps = _program(predicate, _Sources(paths, readers))

    def matches(event: Event) -> bool:
        at = 0
        while at >= 0:
            test, when_true, when_false = steps[at]
            at = when_true if test(event) else when_false
        return at == _TRUE

    return steps[0][0] if steps[0][1:] == (_TRUE, _FALSE) else matches


def paths_read(predicate: Predicate, paths: Paths | None = None) -> frozenset[Path] | None:
    """The paths of an event on whose values alone the predicate depends; None if on all it holds.

    `paths` are those that it is compiled with.
    """
    if any(isinstance(test, Keyword | KeywordRegex | Opaque) for test in tests(predicate)):
        return None
    return frozenset(path for name in fields(predicate) for path in paths_of(name, paths))


def compile_test(test: Test, paths: Paths | None = None) -> EventTest:
    """Like `compile_predicate`, for one test."""
    return _single(test, _Sources(paths, reader))


def _single(test: Test, sources: _Sources) -> EventTest:
    return _step(sources.reader(test), TESTS[type(test)](test), isinstance(test, Null))


def _step(read: Reader, passes: ValuesTest, when_missing: bool) -> EventTest:
    def run(event: Event) -> bool:
        values = read(event)
        return when_missing if values is None else passes(values)

    return run


def _program(predicate: Predicate, sources: _Sources) -> list[Step]:
    """Steps by number, beginning at 0. Each group hands its targets down to its arguments."""
    steps: dict[int, Step] = {}
    taken = 1
    todo: list[tuple[_Node, int, int, int]] = [(predicate, 0, _TRUE, _FALSE)]
    while todo:
        node, here, yes, no = todo.pop()
        if isinstance(node, Not):
            todo.append((node.arg, here, no, yes))
        elif not isinstance(node, And | Or):
            steps[here] = (_event_test(node, sources), yes, no)
        elif not node.args:
            target = yes if isinstance(node, And) else no
            steps[here] = (_always, target, target)
        else:
            args = _bundled(node)
            more = range(taken, taken + len(args) - 1)
            taken += len(more)
            todo += _targets(isinstance(node, And), args, [here, *more], yes, no)
    return [steps[number] for number in range(taken)]


def _targets(
    every: bool, args: Sequence[_Node], numbers: list[int], yes: int, no: int
) -> Iterator[tuple[_Node, int, int, int]]:
    """An argument that does not decide its group goes on to the next; the last one decides."""
    following = [*numbers[1:], yes if every else no]
    for arg, number, after in zip(args, numbers, following, strict=True):
        yield (arg, number, after, no) if every else (arg, number, yes, after)


def _always(event: Event) -> bool:
    return True


def _bundled(group: And | Or) -> Sequence[_Node]:
    """The arguments of a group, tests of one field together at the place of the first."""
    rows: dict[object, list[Predicate]] = {}
    for place, arg in enumerate(group.args):
        rows.setdefault(_subject(arg) or place, []).append(arg)
    return [_together(isinstance(group, And), row) for row in rows.values()]


def _together(every: bool, row: list[Predicate]) -> _Node:
    tests = [arg for arg in row if not isinstance(arg, And | Or | Not)]
    return row[0] if len(row) == 1 else _Bundle(every, tests)


def _subject(node: Predicate) -> str:
    """What a test reads, if others may read it too."""
    if isinstance(node, And | Or | Not | FieldCompare | Opaque):
        return ""
    return "*" if isinstance(node, Keyword | KeywordRegex) else f"={node.field}"


def _event_test(node: Test | _Bundle, sources: _Sources) -> EventTest:
    if not isinstance(node, _Bundle):
        return _single(node, sources)
    read = sources.reader(node.tests[0])
    missing = [isinstance(test, Null) for test in node.tests]
    if node.every:
        return _step(read, _every(_prepared(node.tests)), all(missing))
    return _step(read, _either(_merged(node.tests)), any(missing))


def _prepared(tests: Sequence[Test]) -> list[ValuesTest]:
    return [TESTS[type(test)](test) for test in tests]


def _merged(tests: Sequence[Test]) -> list[ValuesTest]:
    """Tests of an Or: equals become one set, patterns share one folded text, others follow."""
    same = [test for test in tests if isinstance(test, Equals) and not test.cased]
    like = [test for test in tests if isinstance(test, Glob | Keyword) and not test.cased]
    taken = {id(test) for test in (*same, *like)}
    merged = [one_of(same)] if same else []
    merged += [any_like(like)] if like else []
    return merged + _prepared([test for test in tests if id(test) not in taken])


def _every(tests: Sequence[ValuesTest]) -> ValuesTest:
    return lambda values: all(passes(values) for passes in tests)


def _either(tests: Sequence[ValuesTest]) -> ValuesTest:
    return tests[0] if len(tests) == 1 else lambda values: any(one(values) for one in tests)
