"""Explanations as lines for people and as data for programs."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from typing import Any

from converter.matcher.explain import Explanation, flips, listed
from converter.matcher.fields import Values
from converter.matcher.text import wide_text
from converter.predicate import sigma_item

_GROUPS = {"all": "all of", "any": "any of", "not": "not"}
_SELECTOR = re.compile(r"(?:1|any|all) of [^ ,]+")
_SHOWN = 5  # values of one field in a line
_WIDEST = 120  # characters of one value in a line
_LONGEST = 1000  # characters of one test in a line
_DEEPEST = 40  # levels of indentation
_MANY = 12  # parts of one group before the false ones are counted instead
_LONGEST_NUMBER = 4000  # bits of a whole number in JSON


def render(explanation: Explanation) -> list[str]:
    """Lines for a person: `*` at decisive parts, the verdict, the part, what the test found.

    Parts stand under the names that the rule gives them, tests in the rule's words. The last lines
    say which tests would have had to be otherwise for a match. Long values are cut, control
    characters from the event written as escapes.
    """
    lines = ["match" if explanation.verdict else "no match"]
    stack: list[tuple[Explanation | str, int]] = [(explanation, 0)]
    while stack:
        node, depth = stack.pop()
        indent = "  " * min(depth, _DEEPEST)
        if isinstance(node, str):
            lines.append(f"      {indent}{node}")
            continue
        mark, verdict = "*" if node.decisive else " ", "yes" if node.verdict else "no"
        lines.append(f"{mark} {verdict:3} {indent}{_title(node)}{_saw(node)}")
        stack.extend((part, depth + 1) for part in reversed(_shown_parts(node.args)))
    return lines + ([] if explanation.verdict else _advice(explanation))


def _shown_parts(parts: Sequence[Explanation]) -> list[Explanation | str]:
    """The parts of a group; of many tests the true ones, some false ones, and a count."""
    tests = [part for part in parts if part.kind == "test" and not part.verdict and not part.name]
    hidden = {id(part) for part in tests[_SHOWN:]} if len(parts) > _MANY else set()
    shown: list[Explanation | str] = [part for part in parts if id(part) not in hidden]
    return shown + ([f"and {len(hidden)} more, all no"] if hidden else [])


def _title(node: Explanation) -> str:
    text = _safe(node.text if node.kind == "test" else _GROUPS[node.kind])
    if len(text) > _LONGEST:
        text = f"{text[:_LONGEST]}… ({len(text)} characters)"
    if not node.name:
        return text
    name = _safe(node.name)
    return name if _SELECTOR.fullmatch(name) else f"{name}: {text}"


def _advice(explanation: Explanation) -> list[str]:
    changed = flips(explanation)
    if not changed:
        return ["no test alone decides: nothing in the event would make it match"]
    count = "this test were" if len(changed) == 1 else f"these {len(changed)} tests were"
    lines = [f"      {_title(node)}{_saw(node)}" for node in changed]
    return [f"it would match if {count} otherwise:", *lines]


def as_json(explanation: Explanation) -> dict[str, Any]:
    """The same tree as JSON data.

    Each part has `kind` (all, any, not, test), `name` (of a selection or selector, else null),
    `text`, `verdict`, `decisive`. A group has `args`. A test has `key` and `wanted`, as the line of
    a rule (both null where Sigma has no words), and `found`: a list of values, null where the key
    is missing, an object among them as its JSON text.
    """
    nodes, below = listed(explanation, lambda node: node.args)
    made: dict[int, dict[str, Any]] = {}
    for place, node in reversed(list(enumerate(nodes))):
        made[place] = {
            "kind": node.kind,
            "name": node.name or None,
            "text": node.text or _GROUPS[node.kind],
            "verdict": node.verdict,
            "decisive": node.decisive,
        }
        if node.test is not None:
            key, wanted = sigma_item(node.test) or (None, None)
            made[place] |= {"key": key, "wanted": _plain(wanted), "found": _plain(node.found)}
        else:
            made[place]["args"] = [made[child] for child in below[place]]
    return made[0]


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, int) and value.bit_length() < _LONGEST_NUMBER:
        return value
    return value if isinstance(value, float) and math.isfinite(value) else wide_text(value)


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
