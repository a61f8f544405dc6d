"""A predicate and metadata -> a Sigma rule: lowering, backwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from converter.errors import RuleError
from converter.predicate import And, Not, Or, Predicate, Test, show_test, sigma_item

_ALONE = "|exists"  # a modifier that takes one value only


def raise_rule(predicate: Predicate, metadata: Mapping[str, Any]) -> dict[str, Any]:
    """A Sigma rule, as its YAML is read, that lowers to this predicate.

    `metadata` is everything of the rule but `detection`. Raises RuleError for what Sigma has no
    words for: constants, fields in an order, whole texts without a field, 5.0 apart from 5.
    """
    body = _Body()
    try:
        condition = body.say(predicate)
    except RecursionError:
        what, step = "the condition is nested too deeply for a rule", "make several rules of it"
        raise RuleError(what, next_step=step) from None
    return {**metadata, "detection": {**body.selections, "condition": condition}}


@dataclass
class _Body:
    """The selections of a rule in the making."""

    selections: dict[str, Any] = field(default_factory=dict)

    def say(self, node: Predicate) -> str:
        """The condition for a node; its tests become selections."""
        if isinstance(node, Not):
            return f"not {self._inside(node.arg)}"
        if isinstance(node, And | Or):
            return self._group(node)
        return self._selection(_line([node]))

    def _group(self, group: And | Or) -> str:
        if not group.args:
            what = (
                f"Sigma has no rule that is always {'true' if isinstance(group, And) else 'false'}"
            )
            raise RuleError(what, next_step="give the rule a test")
        tests = [arg for arg in group.args if not isinstance(arg, And | Or | Not)]
        whole = _whole(group, tests) if len(tests) == len(group.args) else None
        if whole:
            return self._selection(whole)
        word = " and " if isinstance(group, And) else " or "
        return word.join(self._inside(arg) for arg in group.args)

    def _inside(self, node: Predicate) -> str:
        said = self.say(node)
        return said if " " not in said else f"({said})"

    def _selection(self, lines: Any) -> str:
        name = f"selection_{len(self.selections) + 1}"
        self.selections[name] = lines
        return name


def _whole(group: And | Or, tests: Sequence[Test]) -> Any:
    """A group of tests as one selection: a map of fields, or the values of one; None if neither."""
    items = [_item(test) for test in tests]
    keys = {key for key, _ in items}
    if isinstance(group, And) and len(keys) == len(items) and all(map(_field, keys)):
        return dict(items)
    if len(keys) > 1 or any(_ALONE in key for key in keys) or len(items) < 2:
        return None
    return _line(tests, "|all" * isinstance(group, And))


def _line(tests: Sequence[Test], also: str = "") -> Any:
    """A selection of one key: tests of one field, or keywords."""
    items = [_item(test) for test in tests]
    key = items[0][0] + also
    values = [value for _, value in items]
    if not key:
        return values
    return {key: values if len(values) > 1 else values[0]}


def _item(test: Test) -> tuple[str, Any]:
    item = sigma_item(test)
    if item is None:
        step = "say it with the modifiers of the specification"
        raise RuleError(f"Sigma has no words for: {show_test(test)}", next_step=step)
    return item


def _field(key: str) -> str:
    return key.partition("|")[0]
