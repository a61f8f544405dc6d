"""The same events, spelled as JSON also allows: escapes, space, keys in another order."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator
from typing import Any

import orjson


def respelled(lines: Iterable[bytes], seed: int) -> Iterator[bytes]:
    """Each line anew: of some few characters are escaped, of some half of them, of some none."""
    rng = random.Random(seed)
    for line in lines:
        share, space = rng.choice((0.0, 0.05, 0.5)), rng.choice(("", "", " ", " \t"))
        yield _value(orjson.loads(line), rng, share, space).encode() + b"\n"


def _value(value: Any, rng: random.Random, share: float, space: str) -> str:
    if isinstance(value, dict):
        items = rng.sample(list(value.items()), len(value))
        parts = (
            f"{_text(key, rng, share)}{space}:{space}{_value(one, rng, share, space)}"
            for key, one in items
        )
        return "{" + space + f"{space},{space}".join(parts) + space + "}"
    if isinstance(value, list):
        return "[" + f",{space}".join(_value(one, rng, share, space) for one in value) + "]"
    return _text(value, rng, share) if isinstance(value, str) else json.dumps(value)


def _text(text: str, rng: random.Random, share: float) -> str:
    return '"' + "".join(_char(char, rng, share) for char in text) + '"'


def _char(char: str, rng: random.Random, share: float) -> str:
    if rng.random() >= share:
        return json.dumps(char, ensure_ascii=False)[1:-1]
    if char == "/":
        return "\\/"
    code = f"\\u{ord(char):04x}" if ord(char) < 0x10000 else char
    return code.upper().replace("\\U", "\\u") if rng.random() < 0.5 else code
