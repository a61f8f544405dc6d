"""The fields Splunk extracts from JSON: one for each leaf, named by its path."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

Fields = dict[str, Any]


def extracted(value: object, prefix: str = "") -> Fields:
    """Leaf fields of a JSON value: text, or a list of texts where a field has several values.

    Names join keys with dots and put `{}` after each list (`a.items{}.b`). All values are text:
    booleans `true` and `false`, numbers as JSON writes them, null as `null`. Objects and lists
    themselves, empty ones and empty text are no fields (seen in Splunk's published samples).
    """
    found: dict[str, list[str]] = {}
    for name, text in _leaves(value, prefix):
        found.setdefault(name, []).append(text)
    return {name: texts[0] if len(texts) == 1 else texts for name, texts in found.items()}


def _leaves(value: Any, name: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(item, f"{name}.{key}" if name else key)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item, name + "{}")
    elif value != "":
        yield name, value if isinstance(value, str) else json.dumps(value)
