"""What a parsed KQL query asks, told to answers of one kind.

Elasticsearch gives `and` and `or` one rank: queries group from the right, value lists from the
left. Kibana lets `and` bind tighter in both (semantics: KQL 1).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from converter.languages.kql_syntax import (
    Asked,
    Chain,
    Literally,
    Negation,
    Nested,
    Node,
    Operator,
    Range,
)

T = TypeVar("T")


class Answers(Protocol[T]):
    """Answers of type T to single tests. The field None stands for all fields."""

    def all_of(self, parts: Sequence[T]) -> T:
        """What fits every part."""

    def any_of(self, parts: Sequence[T]) -> T:
        """What fits some part."""

    def negate(self, part: T) -> T:
        """What does not fit."""

    def value(self, field: Literally | None, value: Literally) -> T:
        """A field with a value."""

    def range(self, test: Range) -> T:
        """A field compared with a value."""

    def nested(self, query: Nested) -> T:
        """A query on nested objects."""


@dataclass(frozen=True, slots=True)
class Builder(Generic[T]):
    """`kibana`: group as Kibana does."""

    answers: Answers[T]
    kibana: bool = False

    def query(self, node: Node | None) -> T:
        """The answer to a whole query; an empty one finds everything."""
        return self.answers.all_of([]) if node is None else self.node(node)

    def node(self, node: Node) -> T:
        """The answer to a part of a query."""
        if isinstance(node, Negation):
            return self.answers.negate(self.node(node.of))
        if isinstance(node, Chain):
            return self._group(node, [self.node(part) for part in node.parts], left=False)
        if isinstance(node, Asked):
            return self.values(node.field, node.value)
        if isinstance(node, Range):
            return self.answers.range(node)
        if isinstance(node, Nested):
            return self.answers.nested(node)
        return self.answers.value(None, node)

    def values(self, field: Literally | None, node: Node) -> T:
        """The answer to a field with a value or a list of them."""
        if isinstance(node, Negation):
            return self.answers.negate(self.values(field, node.of))
        if isinstance(node, Chain):
            parts = [self.values(field, part) for part in node.parts]
            return self._group(node, parts, left=True)
        assert isinstance(node, Literally)
        return self.answers.value(field, node)

    def _group(self, chain: Chain, parts: list[T], left: bool) -> T:
        if self.kibana or len(set(chain.operators)) == 1:
            return self._by_rank(parts, chain.operators)
        operators = list(chain.operators)
        while operators:
            at = 0 if left else len(operators) - 1
            parts[at : at + 2] = [self._join(operators.pop(at), parts[at : at + 2])]
        return parts[0]

    def _by_rank(self, parts: Sequence[T], operators: Sequence[Operator]) -> T:
        groups = [[parts[0]]]
        for operator, part in zip(operators, parts[1:], strict=True):
            if operator == "and":
                groups[-1].append(part)
            else:
                groups.append([part])
        return self._join("or", [self._join("and", group) for group in groups])

    def _join(self, operator: Operator, parts: Sequence[T]) -> T:
        if len(parts) == 1:
            return parts[0]
        join = self.answers.all_of if operator == "and" else self.answers.any_of
        return join(parts)
