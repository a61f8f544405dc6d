"""Why an event matched or did not: the predicate as a tree of verdicts, with the values found."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from converter.matcher.fields import Event, Paths, Values, every_value, field_reader
from converter.matcher.program import compile_test
from converter.matcher.tests import TESTS
from converter.matcher.text import wide_text
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
    show_test,
)

Kind = Literal["all", "any", "not", "test"]
Node = TypeVar("Node")

_GROUPS: dict[Kind, str] = {"all": "all of", "any": "any of", "not": "not"}
_SHOWN = 5  # values of one field in a line
_WIDEST = 120  # characters of one value in a line
_DEEPEST = 40  # levels of indentation


@dataclass(frozen=True, slots=True)
class Explanation:
    """One part of a predicate on one event.

    `found` holds the values a test looked at, None when the key is missing (of a keyword: the
    values that fit; of two fields: the values of each). `decisive` parts force the verdict of the
    whole: each false part of a false And, every part of a true one; for Or the other way round.
    """

    kind: Kind
    text: str
    verdict: bool
    decisive: bool
    found: tuple[Any, ...] | None = None
    args: tuple[Explanation, ...] = ()


def explain(predicate: Predicate, event: Event, paths: Paths | None = None) -> Explanation:
    """The verdict of every test on the event, none cut short, and which of them decide.

    `paths` as for compile_predicate. Raises RuleError for a test that cannot be run.
    """
    nodes, below = _listed(predicate, _parts)
    verdicts = _verdicts(nodes, below, event, paths)
    decisive = _decisive(nodes, below, verdicts)
    made: dict[int, Explanation] = {}
    for place, node in reversed(list(enumerate(nodes))):
        kind = _kind(node)
        args = tuple(made[child] for child in below[place])
        words, found = _GROUPS.get(kind, ""), None
        if not isinstance(node, And | Or | Not):
            words, found = show_test(node), _found(node, event, paths)
        made[place] = Explanation(kind, words, verdicts[place], decisive[place], found, args)
    return made[0]


def flips(explanation: Explanation) -> tuple[Explanation, ...]:
    """The fewest tests whose change would change the verdict, each test once, in order.

    Counted over the tree, where each place of a test is its own. Empty if nothing can change it.
    """
    nodes, below = _listed(explanation, lambda node: node.args)
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


def render(explanation: Explanation) -> list[str]:
    """Lines for a person: `*` at decisive parts, the verdict, the part, what the test found.

    A last line says which tests would have had to be otherwise for a match. Control characters
    from the event are written as escapes.
    """
    lines = ["match" if explanation.verdict else "no match"]
    stack = [(explanation, 0)]
    while stack:
        node, depth = stack.pop()
        mark, verdict = "*" if node.decisive else " ", "yes" if node.verdict else "no"
        indent = "  " * min(depth, _DEEPEST)
        lines.append(f"{mark} {verdict:3} {indent}{_safe(node.text)}{_saw(node)}")
        stack.extend((arg, depth + 1) for arg in reversed(node.args))
    changed = [] if explanation.verdict else flips(explanation)
    if changed:
        tests = "; ".join(_safe(node.text) for node in changed)
        lines.append(f"it would match if this were otherwise: {tests}")
    return lines


def as_json(explanation: Explanation) -> dict[str, Any]:
    """The same tree as JSON data: kind, text, verdict, decisive; found of a test, args of a group.

    `found` is null where the key is missing; an object among the values is its JSON text.
    """
    nodes, below = _listed(explanation, lambda node: node.args)
    made: dict[int, dict[str, Any]] = {}
    for place, node in reversed(list(enumerate(nodes))):
        made[place] = {
            "kind": node.kind,
            "text": node.text,
            "verdict": node.verdict,
            "decisive": node.decisive,
        }
        if node.kind == "test":
            made[place]["found"] = _plain(node.found)
        else:
            made[place]["args"] = [made[child] for child in below[place]]
    return made[0]


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, str | bool | int):
        return value
    return value if isinstance(value, float) and math.isfinite(value) else wide_text(value)


def _listed(
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


def _saw(node: Explanation) -> str:
    if node.kind != "test":
        return ""
    return f"  <- {', '.join(_shown(node.found))}"


def _shown(values: Values | None) -> Iterator[str]:
    if values is None:
        yield "missing"
    elif not values:
        yield "nothing"
    else:
        for value in values[:_SHOWN]:
            yield f"({', '.join(_shown(value))})" if isinstance(value, tuple) else _value(value)
        if len(values) > _SHOWN:
            yield f"and {len(values) - _SHOWN} more"


def _value(value: Any) -> str:
    written = "null" if value is None else wide_text(value) or type(value).__name__
    if isinstance(value, str):
        written = f'"{value}"'
    shown = _safe(written[:_WIDEST])
    return shown if len(written) <= _WIDEST else f"{shown}… ({len(written)} characters)"


def _safe(words: str) -> str:
    """The text without characters that could move a cursor, colour a terminal or turn a line."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in words)
