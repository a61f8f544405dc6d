"""Sigma's YAML, strictly: libyaml speed, no silent reading of text as something else.

What other readers change without a word is an error here: a key given twice, and plain text that
YAML 1.1 reads as another value (`no`, `on`, `1:30`, `010`, `1_000`, `1.10`, `0x1F`, `.inf`).
Whole numbers of any size stay exact.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import yaml

_BOOL = re.compile(r"true|True|TRUE|false|False|FALSE")
_NULL = re.compile(r"~|null|Null|NULL|")
_INT = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_FLOAT = re.compile(r"-?(?:0|[1-9][0-9]*)\.[0-9]+")
_AMBIGUOUS = re.compile(
    r"y|Y|yes|Yes|YES|n|N|no|No|NO|on|On|ON|off|Off|OFF"
    r"|[-+]?0[0-7_]+|[-+]?0[xob][0-9a-fA-F_]+|[-+]?[0-9][0-9_]*_[0-9_]*"
    r"|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?"
    r"|[-+]?\.(?:inf|Inf|INF|nan|NaN|NAN)"
    r"|[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|[-+]?[0-9]+[eE][-+]?[0-9]+"
    r"|[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[Tt ].*)?"
)
_MAX_NODES = 200_000


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something wrong at a line (from 1) of the file: what it is and what to do."""

    line: int
    what: str
    next_step: str


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML document: its value, the line it starts on, and its flaws."""

    value: Any
    line: int
    flaws: tuple[Flaw, ...]


class _Builder:
    """Builds plain Python values from composed nodes and collects flaws on the way."""

    def __init__(self) -> None:
        self.flaws: list[Flaw] = []
        self.strict = False
        self.budget = _MAX_NODES

    def flaw(self, node: yaml.Node, what: str, next_step: str) -> None:
        self.flaws.append(Flaw(node.start_mark.line + 1, what, next_step))

    def build(self, node: yaml.Node) -> Any:
        self.budget -= 1
        if self.budget < 0:
            raise yaml.constructor.ConstructorError(
                None, None, "the document expands to too many values", node.start_mark
            )
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(item) for item in node.value]
        return self.scalar(node) if isinstance(node, yaml.ScalarNode) else None

    def mapping(self, node: yaml.MappingNode) -> dict[Any, Any]:
        out: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            key = self.key(key_node)
            if key in out:
                self.flaw(key_node, f"the key {key!r} is given twice", "keep one, or make a list")
            outer, self.strict = self.strict, self.strict or key == "detection"
            out[key] = self.build(value_node)
            self.strict = outer
        return out

    def key(self, node: yaml.Node) -> str:
        if isinstance(node, yaml.ScalarNode):
            return str(node.value)
        self.flaw(node, "a key is a list or a map", "write plain text before the colon")
        return str(node.start_mark)

    def scalar(self, node: yaml.ScalarNode) -> Any:
        text: str = node.value
        if node.style:  # quoted or a block
            return text
        if _BOOL.fullmatch(text):
            return text.lower() == "true"
        if _NULL.fullmatch(text):
            return None
        if _INT.fullmatch(text):
            return int(text)
        if _FLOAT.fullmatch(text) and repr(float(text)) == text:
            return float(text)
        if self.strict and _AMBIGUOUS.fullmatch(text):
            step = f"""quote it as "{text}" if text is meant, or write the value in full"""
            self.flaw(node, f"{text} is read differently by different YAML readers", step)
        return text


class _Loader(yaml.CSafeLoader):
    """libyaml's composer without YAML 1.1's guesses about plain scalars."""

    # Without annotation: the base class declares it as an instance's.
    yaml_implicit_resolvers = {}  # noqa: RUF012


def read_documents(text: str) -> list[Document]:
    """All documents of a YAML text; empty ones are left out.

    Raises yaml.YAMLError where the text is no YAML.
    """
    loader = _Loader(text)
    documents: list[Document] = []
    try:
        while loader.check_node():
            node = loader.get_node()
            builder = _Builder()
            value = builder.build(node) if node else None
            if node and value is not None:
                documents.append(Document(value, node.start_mark.line + 1, tuple(builder.flaws)))
    finally:
        loader.dispose()
    return documents


def find_line(text: str, document: int, keys: tuple[str | int, ...]) -> int:
    """The line (from 1) of the node at `keys` in a non-empty document, as deep as it exists."""
    nodes = [
        node
        for node in yaml.compose_all(text, Loader=_Loader)
        if node.value or not isinstance(node, yaml.ScalarNode)
    ]
    if document >= len(nodes):
        return 0
    node, line = nodes[document], nodes[document].start_mark.line + 1
    for key in keys:
        step = _child(node, key)
        if step is None:
            break
        line, node = step
    return line


def _child(node: yaml.Node, key: str | int) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key_node, value_node in node.value:
            if key_node.value == key:
                return key_node.start_mark.line + 1, value_node
    if isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
        return node.value[key].start_mark.line + 1, node.value[key]
    return None
