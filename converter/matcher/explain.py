"""Why an event matched or did not: the predicate as a tree of verdicts, with the values found."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from converter.matcher.fields import Event, Paths, every_value, field_reader
from converter.matcher.program import compile_test
from converter.matcher.tests import TESTS
from converter.predicate import (
    And,
    FieldCompare,
    Keyword,
    KeywordRegex,
    Not,
    Opaque,
    Or,
    Predicate,
    Test,
    show_as_sigma,
)

Names = Mapping[tuple[int, ...], str]
Kind = Literal["all", "any", "not", "test"]
Node = TypeVar("Node")


@dataclass(frozen=True, slots=True)
class Explanation:
    """One part of a predicate on one event.

    `found` holds the values a test looked at, None when the key is missing (of a keyword: the
    values that fit; of two fields: the values of each). `decisive` parts force the verdict of the
    whole: each false part of a false And, every part of a true one; for Or the other way round.
    `name` is what the rule calls the part, `text` a test in the words of a rule.
    """

    kind: Kind
    verdict: bool
    decisive: bool
    name: str = ""
    test: Test | None = None
    found: tuple[Any, ...] | None = None
    args: tuple[Explanation, ...] = ()

    @property
    def text(self) -> str:
        """The test as a line of a rule; empty for a group."""
        return show_as_sigma(self.test) if self.test is not None else ""


def explain(
    predicate: Predicate, event: Event, paths: Paths | None = None, names: Names | None = None
) -> Explanation:
    """The verdict of every test on the event, none cut short, and which of them decide.

    `paths` as for compile_predicate; `names` are the rule's own, by their way down the tree.
    Raises RuleError for a test that cannot be run.
    """
    nodes, below = listed(predicate, _parts)
    verdicts = _verdicts(nodes, below, event, paths)
    decisive = _decisive(nodes, below, verdicts)
    called = _called(below, names or {})
    made: dict[int, Explanation] = {}
    for place, node in reversed(list(enumerate(nodes))):
        test = None if isinstance(node, And | Or | Not) else node
        made[place] = Explanation(
            _kind(node),
            verdicts[place],
            decisive[place],
            called.get(place, ""),
            test,
            None if test is None else _found(test, event, paths),
            tuple(made[child] for child in below[place]),
        )
    return made[0]


def _called(below: Sequence[Sequence[int]], names: Names) -> dict[int, str]:
    """The names by the place of their node."""
    called: dict[int, str] = {}
    for way, name in names.items():
        place = 0
        for step in way:
            if step >= len(below[place]):
                break
            place = below[place][step]
        else:
            called[place] = name
    return called


def flips(explanation: Explanation) -> tuple[Explanation, ...]:
    """The fewest tests whose change would change the verdict, each test once, in order.

    Counted over the tree, where each place of a test is its own. Empty if nothing can change it.
    """
    nodes, below = listed(explanation, lambda node: node.args)
    costs: dict[int, float] = {}
    for place, node in reversed(list(enumerate(nodes))):
        wanted = _to_flip(node, below[place], costs)
        costs[place] = 1 if node.kind == "test" else sum(costs[child] for child in wanted)
        costs[place] = costs[place] or math.inf
    found: dict[str, Explanation] = {}
    stack = [0] if costs[0] < math.inf else []
    while stack:
        place = stack.pop()
        if nodes[place].kind == "test":
            found.setdefault(nodes[place].text, nodes[place])
        stack.extend(reversed(_to_flip(nodes[place], below[place], costs)))
    return tuple(found.values())


def _to_flip(node: Explanation, below: Sequence[int], costs: dict[int, float]) -> Sequence[int]:
    """The parts to change: one that decides (the cheapest), or all that hold the group back."""
    if node.kind == "not" or not below:
        return below
    if node.verdict == (node.kind == "all"):
        return (min(below, key=lambda child: costs[child]),)
    held = zip(below, node.args, strict=True)
    return [child for child, arg in held if arg.verdict == node.verdict]


def listed(
    root: Node, parts: Callable[[Node], Sequence[Node]]
) -> tuple[list[Node], list[Sequence[int]]]:
    """All nodes, parents first, and for each node the places of its parts."""
    nodes: list[Node] = [root]
    below: list[Sequence[int]] = []
    for node in nodes:  # the list grows while it is walked
        inner = parts(node)
        below.append(range(len(nodes), len(nodes) + len(inner)))
        nodes.extend(inner)
    return nodes, below


def _parts(node: Predicate) -> Sequence[Predicate]:
    if isinstance(node, Not):
        return (node.arg,)
    return node.args if isinstance(node, And | Or) else ()


def _kind(node: Predicate) -> Kind:
    if isinstance(node, And):
        return "all"
    if isinstance(node, Or):
        return "any"
    return "not" if isinstance(node, Not) else "test"


def _verdicts(
    nodes: Sequence[Predicate], below: Sequence[Sequence[int]], event: Event, paths: Paths | None
) -> list[bool]:
    verdicts = [False] * len(nodes)
    for place, node in reversed(list(enumerate(nodes))):
        inner = (verdicts[child] for child in below[place])
        if isinstance(node, And):
            verdicts[place] = all(inner)
        elif isinstance(node, Or):
            verdicts[place] = any(inner)
        elif isinstance(node, Not):
            verdicts[place] = not next(inner)
        else:
            verdicts[place] = compile_test(node, paths)(event)
    return verdicts


def _decisive(
    nodes: Sequence[Predicate], below: Sequence[Sequence[int]], verdicts: Sequence[bool]
) -> list[bool]:
    decisive = [True] * len(nodes)
    for place, node in enumerate(nodes):
        for child in below[place]:
            agrees = isinstance(node, Not) or verdicts[child] == verdicts[place]
            decisive[child] = decisive[place] and agrees
    return decisive


def _found(test: Test, event: Event, paths: Paths | None) -> tuple[Any, ...] | None:
    if isinstance(test, Keyword | KeywordRegex | Opaque):
        passes = TESTS[type(test)](test)
        return tuple(value for value in every_value(event) if passes((value,)))
    if isinstance(test, FieldCompare):
        sides = (field_reader(name, paths)(event) for name in (test.field, test.other))
        return tuple(tuple(side or ()) for side in sides)
    values = field_reader(test.field, paths)(event)
    return None if values is None else tuple(values)
